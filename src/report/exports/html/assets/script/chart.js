// Line charts on uPlot: one look, a legend of buttons, a summary in words, and a table for those who do not see lines.

const AXIS_WIDTH = 58;
const RIGHT = 24;
const TABLE_ROWS = 60;
const FEW_POINTS = 16;
const DASHES = { dashed: [7, 5], dotted: [2, 3] };
// Arrivals that wait are the reason for an open model, and service time knows nothing of them.
const page = { time: run.workloads.some((workload) => workload.model === "open") ? "response" : "service", log: false };
const blocks = [];

let colours = new Map();
function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
  return colours.get(name);
}

function faded(name, alpha) {
  const [r, g, b] = rgb(colour(name));
  return "rgba(" + r + "," + g + "," + b + "," + alpha + ")";
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// A chart in its place: `build` says what is on it, and is asked again when that changes.
function chartBlock({ id, title, height, controls, build, nothing }) {
  const figure = el("figure", { role: "img" });
  const legend = el("div", { class: "legend", role: "group", "aria-label": "Lines of the chart “" + title + "”" });
  const at = el("span", { class: "at" });
  const unit = el("span", { class: "unit" });
  const asTable = el("details", { class: "as-table" }, el("summary", {}, "Show as table"));
  const element = el("div", { class: "chart", data: { chart: id } },
    el("div", { class: "chart-head" }, el("h3", {}, title), unit, controls, at), figure, legend, asTable);
  const block = { id, element, figure, plot: null, hidden: new Set(), height: height || 170, chart: null };
  asTable.addEventListener("toggle", () => { if (asTable.open) fillTable(asTable, block); });

  block.draw = () => {
    block.chart = build();
    const { chart } = block;
    unit.textContent = chart.unit || "";
    figure.setAttribute("aria-label", visible(title + ": " + chart.summary));
    if (block.plot) block.plot.destroy();
    block.plot = null;
    const empty = !chart.xs.length || !chart.series.some((line) => line.values.some((value) => value !== null));
    asTable.hidden = empty;
    figure.replaceChildren(empty ? el("p", { class: "nothing" }, nothing || "Nothing was measured.") : el("div", { class: "plot" }));
    legend.replaceChildren(...(empty ? [] : chart.series.map((line, index) => legendEntry(block, line, index))));
    if (!empty) block.plot = plot(block, figure.firstChild, legend, at);
    if (asTable.open) fillTable(asTable, block);
  };
  block.resize = (width) => {
    if (block.plot) block.plot.setSize({ width: width || figure.clientWidth || 600, height: block.height });
  };
  blocks.push(block);
  return block;
}

function legendEntry(block, line, index) {
  const toggle = () => {
    const hide = !block.hidden.has(line.label);
    if (hide) block.hidden.add(line.label); else block.hidden.delete(line.label);
    button.setAttribute("aria-pressed", String(!hide));
    block.plot.setSeries(index + 1, { show: !hide });
  };
  const button = el("button", { type: "button", "aria-pressed": String(!block.hidden.has(line.label)), title: "Show or hide this line", on: { click: toggle } },
    el("span", { class: "swatch c" + line.colour + (line.dash ? " " + line.dash : ""), "aria-hidden": "true" }), line.label, el("span", { class: "value" }));
  return button;
}

function plot(block, place, legend, at) {
  const { chart } = block;
  const values = [...legend.querySelectorAll(".value")];
  const setCursor = (u) => {
    const index = u.cursor.idx;
    const off = index === null || index === undefined || u.cursor.left < 0;
    at.textContent = off ? "" : chart.xLabel(chart.xs[index]);
    chart.series.forEach((line, n) => { values[n].textContent = off ? "" : (line.format || chart.format)(line.values[index]); });
  };
  const options = {
    width: block.figure.clientWidth || 600, height: block.height, padding: [8, RIGHT, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: Boolean(chart.zooms), y: false, setScale: Boolean(chart.zooms) }, points: { size: 6 }, sync: chart.sync ? { key: chart.sync, setSeries: false } : undefined },
    scales: { x: chart.xScale, y: chart.yScale || yScale(chart) },
    axes: [axis({ ...chart.xAxis, size: 26 }), axis({ size: AXIS_WIDTH, values: (u, ticks) => ticks.map((value) => (value === null ? "" : (chart.tick || chart.format)(value))), ...(chart.log ? { splits: logTicks, filter: (u, ticks) => ticks } : {}), ...chart.yAxis })],
    series: [{}, ...chart.series.map((line) => lineOf(line, block))],
    hooks: { setCursor: [setCursor], drawClear: [(u) => chart.behind && chart.behind(u)], drawAxes: [(u) => chart.labels && chart.labels(u)], draw: [(u) => chart.above && chart.above(u)], setScale: [(u, key) => key === "x" && chart.zoomed && chart.zoomed(u)] },
  };
  return new uPlot(options, [chart.xs, ...chart.series.map((line) => chart.log ? line.values.map((value) => (value > 0 ? value : null)) : line.values)], place);
}

function lineOf(line, block) {
  const lone = (u, index, show) => (show ? null : alone(u.data[index]));
  return {
    label: line.label, show: !block.hidden.has(line.label), spanGaps: false,
    stroke: () => colour("s" + line.colour), width: line.width || 1.5, dash: DASHES[line.dash],
    fill: line.fill ? () => faded("s" + line.colour, line.fill) : undefined,
    paths: line.paths, points: line.paths ? { show: false } : { show: (u, index, first, last) => last - first < FEW_POINTS, size: 5, filter: lone, fill: () => colour("s" + line.colour) },
  };
}

// Points without a neighbour: no line goes through them.
function alone(values) {
  const found = [];
  for (let at = 0; at < values.length; at++) {
    if (values[at] !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null) found.push(at);
  }
  return found;
}

function axis(options) {
  return { stroke: () => colour("soft"), font: "12px " + colour("sans"), gap: 4, grid: { stroke: () => colour("grid"), width: 1 }, ticks: { stroke: () => colour("grid"), width: 1, size: 4 }, ...options };
}

// From zero to a little above the highest, and to a limit that is not far above.
function yScale(chart) {
  const limits = (chart.limits || []).map((limit) => limit.value);
  if (chart.log) {
    return { distr: 3, log: 10, range: (u, min, max) => {
      if (!(min > 0)) return [1, 10];
      const all = limits.filter((value) => value > 0);
      return [Math.min(min, ...all) / 1.3, Math.max(max, ...all) * 1.3];
    } };
  }
  return { range: (u, min, max) => {
    const near = limits.filter((value) => value <= (max || 0) * 4);
    return [0, Math.max(max || 0, ...near) * (chart.labels ? 1.2 : 1.08) || 1];
  } };
}

function logTicks(u, index, min, max) {
  const decades = Math.log10(max / min);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 3, 5, 7];
  const ticks = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++) {
    for (const step of steps) ticks.push(Number((step * 10 ** power).toPrecision(3)));
  }
  return ticks.filter((value) => value >= min && value <= max);
}

// A labelled line across the chart.
function drawLimit(u, { value, label }) {
  const { ctx, bbox } = u;
  const y = Math.round(u.valToPos(value, "y", true));
  if (!(y >= bbox.top - 1 && y <= bbox.top + bbox.height)) return;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("limit");
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([8 * ratio, 3 * ratio, 2 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = "600 " + 11 * ratio + "px " + colour("sans");
  ctx.textAlign = "right";
  ctx.textBaseline = y - bbox.top > 16 * ratio ? "bottom" : "top";
  const [right, width] = [bbox.left + bbox.width - 4 * ratio, ctx.measureText(label).width];
  const text = y + (ctx.textBaseline === "top" ? 3 : -2) * ratio;
  ctx.fillStyle = faded("panel", 0.8);
  ctx.fillRect(right - width - 3 * ratio, ctx.textBaseline === "top" ? text : text - 13 * ratio, width + 6 * ratio, 13 * ratio);
  ctx.fillStyle = colour("limit");
  ctx.fillText(label, right, text);
  ctx.restore();
}

// What a line did, in words.
function inWords(label, xs, values, format, when) {
  let [low, high, at, last] = [Infinity, -Infinity, 0, 0];
  values.forEach((value, index) => {
    if (value === null) return;
    if (value < low) low = value;
    if (value > high) [high, at] = [value, index];
    last = value;
  });
  if (high === -Infinity) return label + " has no data";
  if (low === high) return label + " " + format(high) + " throughout";
  return label + " between " + format(low) + " and " + format(high) + ", highest at " + when(xs[at]) + ", " + format(last) + " at the end";
}

function fillTable(details, block) {
  const { chart } = block;
  const step = Math.max(1, Math.ceil(chart.xs.length / TABLE_ROWS));
  const rows = chart.xs.map((x, index) => index).filter((index) => index % step === 0);
  const head = el("tr", {}, el("th", { scope: "col" }, chart.xName), chart.series.map((line) => el("th", { scope: "col", class: "num" }, line.label)));
  const body = rows.map((index) => el("tr", {}, el("th", { scope: "row" }, chart.xLabel(chart.xs[index])), chart.series.map((line) => el("td", { class: "num" }, (line.format || chart.format)(line.values[index])))));
  const note = step > 1 ? el("p", { class: "soft" }, "Every " + step + (step === 2 ? "nd" : step === 3 ? "rd" : "th") + " of " + grouped(chart.xs.length) + " points.") : null;
  details.replaceChildren(details.firstChild, note || "", el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The chart's numbers" }, el("table", { class: "data" }, el("thead", {}, head), el("tbody", {}, body))));
}

// Everything that is drawn, again: after a change of theme or of what the charts show.
function redraw() {
  colours = new Map();
  for (const block of blocks) block.draw();
}

function resizeAll(width) {
  for (const block of blocks) block.resize(width);
}
