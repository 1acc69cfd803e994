// Draws a chart over each table that has one: the table stays for whoever reads rather than looks.
// <figure data-chart="line"> <canvas></canvas> <table> first column: labels; further columns: a series each </table> </figure>
const drawn = new WeakMap();

// The colour that a variable has in the present theme; a canvas does not know variables.
function colour(name, share = 100) {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `color-mix(in srgb, var(${name}) ${share}%, transparent)`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
}

function read(table) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const value = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value ?? cell.textContent));
    return {
        labels: rows.map((row) => row.cells[0].textContent.trim()),
        series: heads.slice(1).map((head, index) => ({
            label: head.textContent.trim(),
            colour: head.dataset.colour ?? "--blue",
            values: rows.map((row) => value(row.cells[index + 1])),
        })),
    };
}

// A value between gaps has no line to be seen by: it gets a dot.
function lonely(values) {
    return values.map((value, at) => (value != null && values[at - 1] == null && values[at + 1] == null ? 2 : 0));
}

function configuration(figure, { labels, series }) {
    const small = figure.dataset.chart === "spark";
    const stacked = figure.dataset.chart === "bar";
    const grid = { color: colour("--line") }, ticks = { color: colour("--soft"), font: { size: 10 }, maxTicksLimit: 6 };
    const axis = small ? { display: false } : { grid: { ...grid, display: false }, ticks: { ...ticks, maxRotation: 0 } };
    return {
        type: stacked ? "bar" : "line",
        data: {
            labels,
            datasets: series.map((one) => ({
                label: one.label, data: one.values, borderColor: colour(one.colour), backgroundColor: colour(one.colour, stacked ? 100 : 12),
                borderWidth: stacked ? 0 : 1.5, pointRadius: lonely(one.values), pointHitRadius: 12, tension: 0.25, fill: series.length === 1, spanGaps: false,
            })),
        },
        options: {
            animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false },
            plugins: { legend: { display: !small && series.length > 1, position: "top", align: "end", labels: { boxWidth: 8, boxHeight: 8, color: colour("--soft"), font: { size: 10 } } }, tooltip: { enabled: !small } },
            scales: { x: { ...axis, stacked }, y: { ...(small ? { display: false } : { grid, ticks }), stacked, beginAtZero: true, grace: "5%", border: { display: false } } },
        },
    };
}

function draw(figure) {
    const canvas = figure.querySelector("canvas"), table = figure.querySelector("table");
    if (!canvas || !table || !window.Chart) return;
    const wanted = configuration(figure, read(table));
    const chart = drawn.get(canvas);
    if (chart) {
        Object.assign(chart.data, wanted.data);
        chart.options = wanted.options;
        chart.update("none");
    } else drawn.set(canvas, new window.Chart(canvas, wanted));
}

const all = (root) => (root.querySelectorAll ? root.querySelectorAll("figure[data-chart]") : []).forEach(draw);

export function startCharts() {
    all(document);
    document.body.addEventListener("htmx:afterSettle", (event) => all(event.detail.elt.parentElement ?? document));
    new MutationObserver(() => all(document)).observe(document.documentElement, { attributeFilter: ["class"] });
}
