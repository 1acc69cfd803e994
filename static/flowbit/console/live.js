// Hears that something changed: by WebSocket, else by SSE, else by asking every few seconds.
import { said } from "./clock.js";
import { changed, everything, stale } from "./panels.js";

const POLL = 5000, SILENCE = 45000, LONGEST = 10000, OPENING = 10000, CLIMB = 10000, SLOWEST_CLIMB = 80000;
const NAMES = { ws: "Live", sse: "Live (SSE)", poll: "Polling", offline: "Offline", paused: "Paused", connecting: "Connecting" };
const state = { mode: "connecting", retries: 0, last: null, since: null, failures: 0, climbs: 0, source: null, probe: null, timers: [] };

const part = (name) => document.querySelector(`#live-status [data-of=${name}]`);

function show(mode) {
    state.mode = mode;
    const box = document.getElementById("live-status");
    box.dataset.mode = mode;
    const word = box.querySelector(".live-mode");
    if (word.textContent !== NAMES[mode]) word.textContent = NAMES[mode];
    part("transport").textContent = { ws: "WebSocket", sse: "Server-sent events", poll: "Polling every 5 s" }[mode] ?? NAMES[mode];
    part("retries").textContent = state.retries;
}

function heard(text) {
    state.last = Date.now();
    if (!text) return;
    const message = JSON.parse(text);
    if (message.id) state.since = message.id;
    if (message.type === "changed") changed(Object.keys(message.kinds));
    if (message.type === "resync") everything();
}

function address(path) {
    const query = new URLSearchParams({ changes: "1" });
    if (state.since) query.set("since", state.since);
    return `${path}?${query}`;
}

function close() {
    state.timers.splice(0).forEach(clearTimeout);
    const open = [state.source, state.probe];
    state.source = state.probe = null;
    open.forEach((source) => source?.close());
}

function later(action, ms) {
    state.timers.push(setTimeout(action, ms));
}

function opened(mode) {
    state.failures = 0;
    show(mode);
    state.last = Date.now();
    everything(); // what happened before it opened is on no stream that we heard
    watch();
    if (mode === "ws") state.climbs = 0;
    else climb();
}

// On a lesser transport: look with growing pauses whether a WebSocket opens again, and go on as before until one has.
function climb() {
    if (!("WebSocket" in window)) return;
    const pause = Math.min(SLOWEST_CLIMB, CLIMB * 2 ** state.climbs);
    state.climbs += 1;
    later(() => {
        const probe = state.probe = plainSocket();
        later(() => probe.close(), OPENING);
        probe.onclose = () => state.probe === probe && climb();
        probe.onopen = () => {
            if (state.probe !== probe) return probe.close();
            state.probe = null;
            close();
            follow(probe);
            return opened("ws");
        };
    }, pause);
}

// A connection that is silent for longer than the server's pings has gone without telling.
function watch() {
    later(() => (Date.now() - state.last > SILENCE ? lost() : watch()), SILENCE / 3);
}

function lost() {
    close();
    if (document.hidden) return show("paused");
    state.failures += 1;
    state.retries += 1;
    // A second WebSocket, then the next transport, within seconds. Where none answers the pauses grow, and the cheapest
    // question is asked: whether the server is there.
    const ladder = [webSocket, events, poll];
    const rounds = Math.max(state.failures - ladder.length, 0);
    if (rounds) { show("offline"); stale(); }
    else if (state.mode !== "poll") show("connecting");
    later(ladder[state.failures - 1] ?? poll, Math.min(LONGEST, 500 * 2 ** Math.min(rounds, 6)) * (0.5 + Math.random() / 2));
    return undefined;
}

// What is between may swallow a connection without a word.
function patient(source) {
    later(() => state.source === source && !["ws", "sse"].includes(state.mode) && lost(), OPENING);
}

function plainSocket() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(`${scheme}//${location.host}${address("/ws/events")}`);
}

function follow(socket) {
    state.source = socket;
    socket.onopen = () => opened("ws");
    socket.onmessage = (event) => heard(event.data);
    socket.onclose = () => state.source === socket && lost();
}

function webSocket() {
    if (!("WebSocket" in window)) return events();
    close();
    const socket = plainSocket();
    follow(socket);
    patient(socket);
    return undefined;
}

function events() {
    close();
    const source = new EventSource(address("/sse/events"));
    state.source = source;
    patient(source);
    source.onopen = () => opened("sse");
    source.onmessage = (event) => heard(event.data);
    source.addEventListener("ping", () => heard(""));
    source.onerror = () => state.source === source && lost();
}

// The last step of the ladder. A server that has just come back is asked for a WebSocket first.
async function poll() {
    close();
    if (!await reachable()) return lost();
    if (state.mode === "offline") return reconnect();
    show("poll");
    state.failures = 0;
    ask();
    return climb();
}

async function ask() {
    state.last = Date.now();
    everything();
    later(async () => (await reachable() ? state.mode === "poll" && ask() : lost()), POLL);
}

async function reachable() {
    try {
        const answer = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(4000) });
        return answer.status < 500 || answer.status === 503;
    } catch {
        return false;
    }
}

function reconnect() {
    state.failures = 0;
    show("connecting");
    webSocket();
}

function details() {
    const button = document.querySelector(".live-button");
    const box = document.getElementById("live-details");
    button.addEventListener("click", () => {
        box.hidden = !box.hidden;
        button.setAttribute("aria-expanded", String(!box.hidden));
    });
    document.addEventListener("click", (event) => {
        if (!event.target.closest("#live-status")) { box.hidden = true; button.setAttribute("aria-expanded", "false"); }
    });
    document.querySelector("[data-reconnect]").addEventListener("click", () => { state.retries += 1; reconnect(); });
    setInterval(() => {
        if (!box.hidden) part("last").textContent = state.last ? `${said((Date.now() - state.last) / 1000)} ago` : "none yet";
    }, 1000);
}

export function startLive() {
    details();
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) later(() => { if (document.hidden) { close(); show("paused"); } }, 10000);
        else if (state.mode === "paused") reconnect();
    });
    addEventListener("online", reconnect);
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => event.persisted && reconnect());
    webSocket();
}
