// `/` searches, `g` and a letter goes to a page, `?` tells which. Unfold's own Ctrl-K opens the palette.
let waitsUntil = 0;

// The pages are those of the sidebar: what a person may not see has no key.
function pages() {
    const found = new Map();
    for (const link of document.querySelectorAll("[data-go]")) found.set(link.dataset.go, link);
    return found;
}

function help() {
    const rows = [["/", document.querySelector("[data-search]")?.dataset.search || "Search"], ["?", "This help"], ["Esc", "Close"]];
    if (window.Alpine) rows.push(["Ctrl K", "Go to a page or a job"]); // unfold's palette is in the admin only
    for (const [letter, link] of pages()) rows.push([`g ${letter}`, link.dataset.name]);
    document.getElementById("keys-rows").replaceChildren(...rows.map(([key, does]) => {
        const row = document.createElement("tr");
        const name = document.createElement("th"), what = document.createElement("td"), cap = document.createElement("kbd");
        cap.textContent = key;
        name.append(cap);
        what.textContent = does;
        row.append(name, what);
        return row;
    }));
    document.getElementById("keys").showModal();
}

function search() {
    const box = document.querySelector("[data-search]:not([disabled])");
    if (box) { box.focus(); box.select(); }
    else window.dispatchEvent(new CustomEvent("opencommand"));
}

function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const followsG = Date.now() < waitsUntil;
    waitsUntil = 0;
    if (followsG) pages().get(event.key)?.click();
    else if (event.key === "g") waitsUntil = Date.now() + 1500;
    else if (event.key === "?") help();
    else if (event.key === "/") search();
    else return;
    event.preventDefault();
}

// unfold's switches of the sidebar are made for a mouse only.
function switchByKeys(icon) {
    Object.assign(icon, { role: "button", tabIndex: 0, ariaLabel: "Show or hide the navigation" });
    icon.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        icon.click();
    });
}

export function startKeys() {
    document.addEventListener("keydown", pressed);
    document.querySelectorAll("[x-on\\:click^=sidebar]").forEach(switchByKeys);
}
