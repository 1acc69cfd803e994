// Contrast as WCAG AA counts it: 4.5 of text, 3 of large text, icons and the borders of fields. What lets something
// through is mixed with what is behind it. Tokens are measured whether or not something uses them just now.
() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }), known = new Map();
    const parts = (colour) => {
        if (!known.has(colour)) {
            canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
            known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
        }
        return known.get(colour);
    };
    const over = (front, back, share = 1) => {
        const alpha = front[3] / 255 * share;
        return [...[0, 1, 2].map((place) => front[place] * alpha + back[place] * (1 - alpha)), 255];
    };
    const light = (colour) => colour.slice(0, 3).map((one) => one / 255)
        .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
    const contrast = (one, two) => {
        const [dark, bright] = [light(one), light(two)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const behind = (node) => {
        if (!node) return [255, 255, 255, 255];
        const own = parts(getComputedStyle(node).backgroundColor);
        return own[3] === 255 ? own : over(own, behind(node.parentElement));
    };
    const opacity = (node) => node ? Number(getComputedStyle(node).opacity) * opacity(node.parentElement) : 1;
    const edge = (node) => {
        const style = getComputedStyle(node), ground = behind(node.parentElement);
        return parseFloat(style.borderTopWidth) ? contrast(over(parts(style.borderTopColor), ground), ground) : 1;
    };
    const faint = [];
    const measure = (node, colour, least, said) => {
        const ground = behind(node), found = contrast(over(parts(colour), ground, opacity(node)), ground);
        if (found < least) faint.push(`${said} of ${node.tagName} ${node.className?.baseVal ?? node.className}: ${found.toFixed(2)}`);
    };
    const probe = document.body.appendChild(document.createElement("i"));
    const token = (name) => { probe.style.color = `var(${name})`; return parts(getComputedStyle(probe).color); };
    const states = ["waiting", "running", "retrying", "throttled", "succeeded", "failed", "cancelled"];
    for (const name of ["--ink", "--soft", ...states.map((state) => `--state-${state}`)])
        for (const ground of document.querySelector(".console, .top") ? ["--ground", "--raised"] : []) {
            const found = contrast(token(name), token(ground));
            if (found < 4.5) faint.push(`${name} on ${ground}: ${found.toFixed(2)}`);
        }
    probe.remove();
    let looked = 0;
    for (const node of document.body.querySelectorAll("*")) {
        if (node.closest(":disabled, [aria-disabled=true], template, .unseen")) continue;
        const style = getComputedStyle(node), written = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        const field = node.matches("input:not([type=hidden], [type=submit]), select, textarea");
        if (!(written || field) || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        looked += 1;
        const size = parseFloat(style.fontSize), icon = node.matches(".material-symbols-outlined");
        const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const said = icon ? `icon ${node.textContent.trim()}` : `"${node.textContent.trim().slice(0, 40)}"`;
        if (written) measure(node, node.namespaceURI.endsWith("svg") ? style.fill : style.color, large || icon ? 3 : 4.5, said);
        if (node.placeholder && !node.value) measure(node, getComputedStyle(node, "::placeholder").color, 4.5, `placeholder "${node.placeholder}"`);
        if (field && !(style.appearance === "auto" && node.matches("[type=checkbox], [type=radio], [type=file]")) && contrast(behind(node), behind(node.parentElement)) < 3) {
            const found = Math.max(edge(node), edge(node.parentElement)); // a search has its icon within its border
            if (found < 3) faint.push(`border of ${node.name || node.id || node.type}: ${found.toFixed(2)}`);
        }
    }
    return looked ? [...new Set(faint)] : ["no text was found"];
}
