// Forms. A list to choose from that narrows as one types: <details data-picker> <input data-find> <section data-group> <li data-words>
function narrow(input) {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const picker = input.closest("[data-picker]");
    for (const item of picker.querySelectorAll("[data-words]")) {
        const text = item.dataset.words.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of picker.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-words]:not([hidden])");
}

export function startForms() {
    // What the browser refuses in a part that is folded away could not be seen, and the form would not go.
    document.addEventListener("invalid", (event) => event.target.closest("details:not([open])")?.setAttribute("open", ""), true);
    document.addEventListener("input", (event) => event.target.matches?.("[data-picker] [data-find]") && narrow(event.target));
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !event.target.matches?.("[data-picker] [data-find]")) return;
        event.preventDefault();
        const found = [...event.target.closest("[data-picker]").querySelectorAll("[data-words]:not([hidden]) a")];
        const typed = event.target.value.trim().toLowerCase();
        (found.find((link) => link.textContent.toLowerCase().includes(typed)) ?? found[0])?.click(); // by its name before its summary
    });
    document.addEventListener("toggle", (event) => {
        if (event.target.matches?.("[data-picker]") && event.target.open) event.target.querySelector("[data-find]")?.focus();
    }, true);
}
