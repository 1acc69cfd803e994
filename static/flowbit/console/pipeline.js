// Cards that move from column to column, and the bar that sends a sentence.
const SHORT = 280; // ms
const byId = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let places = null; // card id -> where it was before the board was refreshed
let moving = []; // animations of cards that are on their way

function cards() {
    return document.querySelectorAll("#panel-board .card[id]");
}

function remember(event) {
    if (event.detail.target?.id !== "panel-board") return;
    places = new Map([...cards()].map((card) => [card.id, card.getBoundingClientRect()]));
}

// Each card goes from where it was to where it is; a new one appears.
function move() {
    if (!places) return;
    const before = places;
    places = null;
    moving = [];
    if (calm.matches) return;
    for (const card of cards()) {
        const old = before.get(card.id), now = card.getBoundingClientRect();
        if (!old) card.animate([{ opacity: 0, transform: "translateY(-0.375rem)" }, {}], { duration: SHORT, easing: "ease-out" });
        else if (old.left !== now.left || old.top !== now.top) {
            const from = `translate(${old.left - now.left}px, ${old.top - now.top}px)`;
            moving.push(card.animate([{ transform: from, zIndex: 5 }, { zIndex: 5 }], { duration: SHORT, easing: "ease-in-out" }));
        }
    }
}

// In a window of another width the way from there to here leads through what is no longer there.
function arrive() {
    places = null;
    for (const way of moving) way.cancel();
    moving = [];
}

// The card of a sentence that is on its way. Only text goes in: it is a person's.
function appear(text) {
    vanish();
    const card = byId("sending-card").content.firstElementChild.cloneNode(true);
    card.querySelector(".card-glance").textContent = text;
    byId("cards-pending").prepend(card);
}

function vanish() {
    document.querySelector(".card[data-sending]")?.remove();
}

function asked(event) {
    const form = event.target.closest?.("[data-prompt]");
    if (!form || event.target !== form) return;
    byId("prompt").readOnly = true;
    form.setAttribute("aria-busy", "true");
    if (event.detail.requestConfig.parameters.get?.("action") !== "preview") appear(byId("prompt").value.trim());
}

function answered(event) {
    if (!event.target.closest?.("#panel-prompt")) return;
    vanish();
    byId("prompt").readOnly = false;
    document.querySelector("[data-prompt]").removeAttribute("aria-busy");
    grow();
}

// No answer came that could be shown: the sentence stays, and so does what there is to say.
function unanswered(event) {
    if (!event.target.closest?.("[data-prompt]") || event.detail.xhr?.status === 422) return;
    const status = event.detail.xhr?.status;
    const why = { 401: "Your session has ended: sign in again, and send it then.", 403: "You may not submit jobs." }[status]
        ?? (status ? `That did not work (${status}). It was not sent.` : "No answer came: look among the cards before you send it again.");
    const said = document.createElement("p");
    said.className = "problem";
    said.textContent = why;
    byId("prompt-answer").replaceChildren(said);
}

// From now on it is the job's card: the next refresh of the board fills it in and moves it.
function sent(event) {
    const card = document.querySelector(".card[data-sending]");
    if (!card) return;
    if (byId(`card-${event.detail.job}`)) card.remove();
    else {
        card.id = `card-${event.detail.job}`;
        delete card.dataset.sending;
    }
}

// A refresh of the board that was under way does not know of what is being sent.
function keep() {
    Idiomorph.defaults.callbacks.beforeNodeRemoved = (node) => !node.dataset?.sending;
}

function grow() {
    const box = byId("prompt");
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 160)}px`;
}

function typed(event) {
    if (event.target.id !== "prompt" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!event.target.readOnly) event.target.form.requestSubmit(event.target.form.querySelector("[value=send]"));
}

export function startPipeline() {
    keep();
    document.body.addEventListener("htmx:beforeSwap", remember);
    document.body.addEventListener("htmx:afterSettle", move);
    addEventListener("resize", arrive);
    if (!byId("prompt")) return;
    document.addEventListener("keydown", typed);
    document.addEventListener("input", (event) => event.target.id === "prompt" && grow());
    document.body.addEventListener("htmx:beforeRequest", asked);
    document.body.addEventListener("htmx:afterRequest", answered);
    document.body.addEventListener("sent", sent);
    for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.body.addEventListener(name, unanswered);
}
