// Panels that refresh themselves. What is on screen stays there until something newer has come.
import { said } from "./clock.js";

const waiting = new Set(); // ids of panels with news that are not asked for yet
const asked = new Map(); // id -> when it was asked for last

// Kinds of events ("job.failed") -> the panels that they concern.
export function changed(kinds) {
    const words = new Set(kinds.flatMap((kind) => [kind, kind.split(".")[0]]));
    for (const panel of document.querySelectorAll("[data-live]")) {
        const wanted = panel.dataset.live.split(" ").filter(Boolean);
        if (kinds.includes("*") ? wanted.length : wanted.some((word) => words.has(word))) waiting.add(panel.id);
    }
    ask();
}

export function everything() {
    changed(["*"]);
}

function held(panel) {
    return document.hidden
        || document.querySelector("dialog[open]")
        || panel.querySelector("input[data-row]:checked")
        || panel.matches(".is-editing")
        || panel.contains(document.activeElement) && document.activeElement.matches("textarea, select, input[type=text]")
        || (!document.getSelection().isCollapsed && panel.contains(document.getSelection().anchorNode));
}

function ask() {
    const now = Date.now();
    for (const id of waiting) {
        const panel = document.getElementById(id);
        if (!panel) waiting.delete(id);
        else if (!held(panel) && now - (asked.get(id) ?? 0) >= 1000 * (Number(panel.dataset.every) || 1)) {
            waiting.delete(id);
            asked.set(id, now);
            htmx.trigger(panel, "live");
        }
    }
}

function mark(panel, why) {
    panel.classList.add("stale");
    panel.dataset.staleSince ??= String(asked.get(panel.id) ?? Date.now());
    const age = Math.max(1, (Date.now() - Number(panel.dataset.staleSince)) / 1000);
    panel.dataset.stale = `${why} · ${said(age)} old`;
}

function age() {
    for (const panel of document.querySelectorAll(".stale[data-stale-since]")) {
        mark(panel, panel.dataset.stale.split(" · ")[0]);
    }
}

function failed(event) {
    const panel = event.target.closest?.("[data-live]");
    if (!panel || panel !== event.target) return;
    const status = event.detail.xhr?.status ?? 0;
    mark(panel, status === 401 ? "Signed out" : status === 403 ? "Not allowed any more" : "Not refreshed");
    if (status === 401) document.body.dispatchEvent(new CustomEvent("toast", {
        detail: { level: "warning", text: "Your session has ended: sign in again to go on." },
    }));
}

// A panel that could not be refreshed is asked for again when the connection is back.
export function stale() {
    for (const panel of document.querySelectorAll("[data-live]")) {
        if (panel.dataset.live && !panel.classList.contains("stale")) mark(panel, "Offline");
    }
}

// What the browser made of a part, and what a person has opened in it, survives a refresh.
function keep() {
    const { callbacks } = Idiomorph.defaults;
    callbacks.beforeNodeMorphed = (old) => old.tagName !== "CANVAS";
    callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");
}

export function startPanels() {
    keep();
    setInterval(() => { ask(); age(); }, 250);
    for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
        document.body.addEventListener(name, failed);
    }
    // A row may be selected while an answer is on its way that knows nothing of it: that one comes too late.
    document.body.addEventListener("htmx:beforeSwap", (event) => {
        const panel = event.detail.requestConfig?.elt;
        if (panel === event.detail.target && panel?.matches("[data-live]") && held(panel)) {
            event.detail.shouldSwap = false;
            waiting.add(panel.id);
        }
    });
    document.body.addEventListener("acted", everything);
    document.body.addEventListener("moved", everything); // an answer says that what the page is about has changed
}
