// "3 m ago" counts on by itself, so that a page without news is not out of date.
const STEPS = [[86400, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]];

export function said(seconds) {
    if (seconds < 1) return "now";
    for (const [size, unit, smaller, letter] of STEPS) {
        if (seconds >= size) {
            const rest = Math.floor((seconds % size) / smaller);
            return `${Math.floor(seconds / size)} ${unit}` + (rest ? ` ${rest} ${letter}` : "");
        }
    }
    return `${Math.floor(seconds)} s`;
}

function tick() {
    if (document.hidden) return;
    for (const time of document.querySelectorAll("time.ago")) {
        const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
        const text = said(Math.abs(seconds));
        const shown = text === "now" ? text : seconds >= 0 ? `${text} ago` : `in ${text}`;
        if (time.textContent !== shown) time.textContent = shown;
    }
}

export function startClock() {
    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
}
