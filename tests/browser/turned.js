// Letters that are read from the right turn around numbers and signs beside them: what begins with Alef and ends with
// Tav, or is cut, must be in an element of its own unless nothing follows it in its line.
() => {
    const found = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const apart = (node) => /isolate|plaintext/.test(getComputedStyle(node).unicodeBidi)
        || getComputedStyle(node).display !== "inline" || /flex|grid/.test(getComputedStyle(node.parentElement).display);
    const follows = (node) => {
        for (let next = node.nextSibling; next; next = next.nextSibling) {
            if (next.nodeType === 1 && (next.tagName === "BR" || apart(next) && getComputedStyle(next).display !== "inline")) return false;
            if ((next.nodeType === 1 || next.nodeType === 3) && next.textContent.trim()) return true;
        }
        return false;
    };
    for (let text; (text = walker.nextNode());) {
        if (!text.data.includes("\u05d0") || text.parentElement.closest("script, style, textarea, option, svg, template, h1")) continue;
        let turned = !/[\u05ea\u2026w]["')]?[,.]?$/.test(text.data.trim());
        for (let node = text; !turned; node = node.parentElement) {
            if (node.nodeType === 1 && apart(node)) break;
            turned = follows(node);
        }
        if (turned) found.add(`${text.parentElement.tagName} ${text.parentElement.className}: ${text.data.trim().slice(0, 80)}`);
    }
    return [...found];
}
