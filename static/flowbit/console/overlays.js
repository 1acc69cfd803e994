// One dialog, one drawer, and toasts for the whole console.
const byId = (id) => document.getElementById(id);
const DETAILS = ["/admin/", "/my/jobs/"]; // what a drawer may show; its address comes with the page's own
let opener = null; // what had the focus before a drawer opened

function toast({ level = "info", text }) {
    const box = byId("toasts");
    const same = [...box.children].find((one) => one.dataset.text === text);
    same?.remove(); // once per cause
    const shown = document.createElement("div");
    shown.className = `toast toast-${level}`;
    shown.dataset.text = text;
    shown.setAttribute("role", level === "error" ? "alert" : "status");
    shown.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "toast-close";
    close.setAttribute("aria-label", "Dismiss");
    close.textContent = "×";
    close.addEventListener("click", () => shown.remove());
    shown.append(close);
    box.append(shown);
    if (level !== "error") setTimeout(() => shown.remove(), 6000);
}

// Links and buttons with data-dialog load their address into the dialog; rows selected in the same form go along.
async function openDialog(source) {
    const address = source.dataset.dialog || source.getAttribute("href");
    await htmx.ajax("GET", withRows(address, source), { target: "#dialog-content", swap: "innerHTML" });
    if (byId("dialog-content").childElementCount && !byId("dialog").open) byId("dialog").showModal();
    byId("dialog").querySelector("[autofocus], input:not([type=hidden]), textarea, button")?.focus();
}

function withRows(address, source) {
    if (!source.dataset.rows) return address;
    const query = new URLSearchParams();
    for (const row of document.querySelectorAll(`${source.dataset.rows} input[data-row]:checked`)) query.append("key", row.value);
    return `${address}${address.includes("?") ? "&" : "?"}${query}`;
}

function closeDialog() {
    if (byId("dialog").open) byId("dialog").close();
    byId("dialog-content").replaceChildren();
}

async function openDrawer(address, { push = true } = {}) {
    const whole = new URL(address, location.href);
    if (whole.origin !== location.origin || !DETAILS.some((prefix) => whole.pathname.startsWith(prefix))) return;
    const part = new URL(whole);
    part.searchParams.set("drawer", "1");
    opener ??= document.activeElement;
    await htmx.ajax("GET", part.pathname + part.search, { target: "#drawer-content", swap: "innerHTML" });
    const drawer = byId("drawer");
    if (!byId("drawer-content").childElementCount) return;
    drawer.hidden = false;
    drawer.querySelector(".drawer-whole").href = whole.pathname + whole.search;
    drawer.focus({ preventScroll: true });
    if (push) remember(whole.pathname + whole.search);
}

function closeDrawer({ push = true } = {}) {
    if (byId("drawer").hidden) return;
    byId("drawer").hidden = true;
    byId("drawer-content").replaceChildren();
    opener?.focus?.();
    opener = null;
    if (push) remember(null);
}

// The list's own address says which details are open, so that it can be sent to somebody.
function remember(open) {
    const here = new URL(location.href);
    if (open) here.searchParams.set("open", open);
    else here.searchParams.delete("open");
    history.pushState({}, "", here);
}

function follow() {
    const open = new URLSearchParams(location.search).get("open");
    if (open) openDrawer(open, { push: false });
    else closeDrawer({ push: false });
}

function clicked(event) {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const source = event.target.closest("[data-dialog], [data-drawer], [data-close-dialog], [data-close-drawer], [data-copy]");
    if (!source || source.disabled) return;
    event.preventDefault();
    if ("dialog" in source.dataset) openDialog(source);
    else if ("drawer" in source.dataset) openDrawer(source.getAttribute("href"));
    else if ("closeDialog" in source.dataset) closeDialog();
    else if ("copy" in source.dataset) copy(source);
    else closeDrawer();
}

async function copy(button) {
    const from = button.dataset.copy ? document.querySelector(button.dataset.copy) : button.parentElement.querySelector("pre");
    try {
        await navigator.clipboard.writeText(button.dataset.text ?? from.textContent);
        toast({ level: "success", text: "Copied." });
    } catch {
        toast({ level: "warning", text: "The browser did not let it be copied." });
    }
}

// How many rows are selected, and whether their buttons can be pressed.
function count() {
    for (const bar of document.querySelectorAll("[data-selection]")) {
        const chosen = document.querySelectorAll(`${bar.dataset.selection} input[data-row]:checked`).length;
        bar.classList.toggle("has-rows", chosen > 0);
        for (const button of bar.querySelectorAll("button[data-rows]")) button.disabled = chosen === 0;
        const said = bar.querySelector("[data-selected]");
        if (said) said.textContent = chosen ? `${chosen} selected` : "";
    }
}

function selected(event) {
    if (event.target.matches("input[data-all-rows]")) {
        const rows = event.target.closest("table").querySelectorAll("input[data-row]");
        for (const row of rows) row.checked = event.target.checked;
    }
    if (event.target.matches("input[data-row], input[data-all-rows]")) count();
}

function done() {
    closeDialog();
    for (const row of document.querySelectorAll("input[data-row]:checked, input[data-all-rows]:checked")) row.checked = false;
    count();
}

export function startOverlays() {
    document.addEventListener("click", clicked);
    document.addEventListener("change", selected);
    document.body.addEventListener("toast", (event) => toast(event.detail));
    document.body.addEventListener("acted", done);
    document.body.addEventListener("htmx:afterSettle", count);
    document.body.addEventListener("htmx:responseError", (event) => {
        if (!event.target.closest?.("[data-live]")) toast({ level: "error", text: `That did not work (${event.detail.xhr.status}).` });
    });
    document.body.addEventListener("htmx:sendError", (event) => {
        if (!event.target.closest?.("[data-live]")) toast({ level: "error", text: "The server cannot be reached." });
    });
    // A form that was refused comes back with its errors and a status that says so: it is to be shown.
    document.body.addEventListener("htmx:beforeSwap", (event) => {
        if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
    });
    byId("dialog")?.addEventListener("close", () => byId("dialog-content").replaceChildren());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !document.querySelector("dialog[open]")) closeDrawer(); });
    addEventListener("popstate", follow);
    // What the server had to say on the way here.
    for (const one of document.querySelectorAll("[data-toast]")) { toast({ level: one.dataset.toast, text: one.textContent }); one.remove(); }
    count();
    follow();
}
