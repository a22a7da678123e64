// The run over time: charts that share one axis, one cursor and one zoom.

const series = run.series;
const endOf = (at) => series.t_ms[at] + series.lengths[at];
const lastPoint = series.t_ms.length ? endOf(series.t_ms.length - 1) : 0;
const runEnd = Math.max(run.run.duration_ms, lastPoint, 1) / 1000;
const zoom = { min: 0, max: runEnd };
const zoomWatchers = [];

// Points by number, and null where the run has a hole: no line leads over it.
const rows = [];
series.t_ms.forEach((t, at) => {
  if (at > 0 && t - endOf(at - 1) > series.interval_ms / 2) rows.push(null);
  rows.push(at);
});
const moments = rows.map((at, place) => (at === null ? endOf(rows[place - 1]) : series.t_ms[at]) / 1000);

function column(values, of) {
  return rows.map((at) => {
    if (at === null || !values) return null;
    const value = of ? of(values[at], at) : values[at];
    return value === undefined || Number.isNaN(value) ? null : value;
  });
}

// Seconds of a point. The last one ends with the load; what is left of it can be too little for a rate.
function lengthOf(part, duration, at) {
  const whole = part.lengths[at] / 1000;
  const left = (duration - part.t_ms[at]) / 1000;
  if (at < part.t_ms.length - 1 || left >= whole || left <= 0) return whole;
  return part.t_ms.length > 2 && left < whole / 2 ? NaN : left;
}

function perSecond(values) {
  return column(values, (count, at) => (count === null ? null : count / lengthOf(series, run.run.duration_ms, at)));
}

// The baseline's values at our times: of the point that covers each of them, however long it is.
function baselineAt(pick) {
  const base = run.baseline.series;
  let at = -1;
  return rows.map((row) => {
    if (row === null) return null;
    const t = series.t_ms[row];
    while (at + 1 < base.t_ms.length && base.t_ms[at + 1] <= t) at += 1;
    const value = at >= 0 && t < base.t_ms[at] + base.lengths[at] ? pick(base, at) : null;
    return value === undefined || Number.isNaN(value) ? null : value;
  });
}

function line(label, colour, values, more) {
  return { label, colour, values, ...more };
}

// Stages

// The run between any two ends of stages, with the stages that there are.
function bands() {
  const within = run.stages.filter((stage) => stage.end_ms > stage.start_ms && stage.start_ms < runEnd * 1000);
  // A workload of one stage has no name to tell, and no corner but its ends.
  const told = within.filter((stage) => run.stages.some((other) => other.workload === stage.workload && other.name !== stage.name));
  const stages = told.length ? told : within;
  const warmth = run.warm_up && run.warm_up.duration_ms ? [0, run.warm_up.duration_ms] : [];
  const ends = new Set([...warmth, ...stages.flatMap((stage) => [stage.start_ms, Math.min(stage.end_ms, runEnd * 1000)])]);
  const corners = [...ends].sort((a, b) => a - b);
  const several = new Set(stages.map((stage) => stage.workload)).size > 1;
  return corners.slice(1).map((end, at) => {
    const here = stages.filter((stage) => stage.start_ms < end && stage.end_ms > corners[at]);
    const names = (told.length ? here : []).map((stage) => (several ? stage.workload + ": " : "") + stage.name);
    const warmUp = here.length > 0 && here.every((stage) => stage.warm_up) || run.warm_up && end <= run.warm_up.duration_ms;
    const label = names.join(" · ") + (warmUp ? (names.length ? " (warm-up)" : "warm-up") : "");
    return { start: corners[at] / 1000, end: end / 1000, label, warmUp };
  });
}
const stageBands = bands();

function within(u, draw) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(uPlot.pxRatio);
  ctx.restore();
}

function drawBands(u) {
  within(u, (ratio) => stageBands.forEach((band, at) => drawBand(u, band, at, ratio)));
}

// Above the grid, below the lines.
function drawLabels(u) {
  within(u, (ratio) => {
    stageBands.forEach((band) => drawLabel(u, band, ratio));
    if (run.verdict.incomplete) drawEnd(u, ratio);
  });
}

function drawBand(u, band, at, ratio) {
  const { ctx, bbox } = u;
  const [left, right] = [u.valToPos(band.start, "x", true), u.valToPos(band.end, "x", true)];
  if (right < bbox.left || left > bbox.left + bbox.width) return;
  if (at % 2 === 0 && stageBands.length > 1) {
    ctx.fillStyle = faded("band", 0.035);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  if (band.warmUp) hatch(ctx, left, bbox.top, right - left, bbox.height, ratio);
  if (at > 0) {
    ctx.fillStyle = faded("band", 0.18);
    ctx.fillRect(Math.round(left), bbox.top, ratio, bbox.height);
  }
}

function drawLabel(u, band, ratio) {
  const { ctx, bbox } = u;
  const [left, right] = [u.valToPos(band.start, "x", true), u.valToPos(band.end, "x", true)];
  const from = Math.max(left, bbox.left);
  const text = fitting(ctx, visible(band.label), Math.min(right, bbox.left + bbox.width) - from - 8 * ratio, ratio);
  ctx.fillStyle = colour("soft");
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  if (text) ctx.fillText(text, from + 4 * ratio, bbox.top + 2 * ratio);
}

// As much of a text as has room; nothing where that would be a letter or two.
function fitting(ctx, text, room, ratio) {
  ctx.font = 11 * ratio + "px " + colour("sans");
  if (ctx.measureText(text).width <= room) return text;
  let shown = text.slice(0, 120);
  while (shown.length > 2 && ctx.measureText(shown + "…").width > room) shown = shown.slice(0, -1);
  return shown.length > 2 ? shown + "…" : "";
}

function hatch(ctx, left, top, width, height, ratio) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = faded("band", 0.13);
  ctx.lineWidth = ratio;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += 7 * ratio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

function drawEnd(u, ratio) {
  const { ctx, bbox } = u;
  const x = u.valToPos(run.run.duration_ms / 1000, "x", true);
  ctx.fillStyle = colour("limit");
  ctx.fillRect(Math.round(x) - ratio, bbox.top, 2 * ratio, bbox.height);
  ctx.font = "600 " + 11 * ratio + "px " + colour("sans");
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  ctx.fillText("ended early", x - 4 * ratio, bbox.top + bbox.height - 3 * ratio);
}

// Zoom

function zoomTo(min, max) {
  if (Math.abs(min - zoom.min) < 1e-6 && Math.abs(max - zoom.max) < 1e-6) return;
  Object.assign(zoom, { min, max });
  for (const block of blocks) if (block.chart && block.chart.zooms && block.plot) block.plot.setScale("x", { min, max });
  for (const watch of zoomWatchers) watch();
}

function timeChart(options) {
  const first = moments[0];
  const last = moments[moments.length - 1];
  return {
    xs: moments, xName: "Time", xLabel: clock, sync: "time", zooms: true, behind: drawBands, labels: drawLabels,
    xScale: { time: false, min: zoom.min, max: zoom.max, range: (u, min, max) => (!(max > min) || min === first && max === last ? [0, runEnd] : [min, max]) },
    xAxis: { values: (u, ticks) => ticks.map(clock), space: 64, incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 28800, 86400] },
    zoomed: (u) => zoomTo(u.scales.x.min, u.scales.x.max),
    ...options,
  };
}

function summed(lines, format) {
  return lines.map((each) => inWords(each.label, moments, each.values, format, clock)).join("; ") + ".";
}

// The charts

function rateChart() {
  const base = run.baseline;
  // Only workloads with a rate ask for a number of iterations; all of them do some.
  const mixed = new Set(run.workloads.map((workload) => workload.model)).size > 1;
  const lines = [
    series.due && line(mixed ? "iterations asked, workloads with a rate" : "iterations asked", 6, perSecond(series.due), { dash: "dashed", width: 2 }),
    line(mixed ? "iterations done, all workloads" : "iterations done", 3, perSecond(series.iterations)),
    line("requests", 1, perSecond(series.requests), { width: 2, fill: 0.07 }),
    series.dropped && line("iterations dropped", 2, perSecond(series.dropped)),
    base && line("requests, baseline", 4, baselineAt((old, at) => old.requests[at] / lengthOf(old, base.duration_ms, at)), { dash: "dashed" }),
  ].filter(Boolean);
  return timeChart({ unit: "per second", series: lines, format: rate, tick: plain, summary: summed(lines, rate) });
}

// Users that the plan had at a time, of the workloads whose load is users.
function plannedUsers(x) {
  const closed = run.workloads.filter((workload) => workload.model === "closed");
  if (!closed.length || closed.some((workload) => !workload.levels.length)) return null;
  return closed.reduce((sum, workload) => sum + levelAt(workload.levels, x * 1000), 0);
}

function levelAt(levels, t) {
  if (t < levels[0].t_ms || t > levels[levels.length - 1].t_ms) return 0;
  for (let at = levels.length - 2; at >= 0; at--) {
    const [from, to] = [levels[at], levels[at + 1]];
    if (t < from.t_ms) continue;
    const part = to.t_ms > from.t_ms ? Math.min(1, (t - from.t_ms) / (to.t_ms - from.t_ms)) : 1;
    return from.level + (to.level - from.level) * part;
  }
  return levels[0].level;
}

function usersChart() {
  const planned = moments.map((x, at) => (rows[at] === null ? null : plannedUsers(x)));
  const lines = [
    planned.some((value) => value !== null) && line(run.workloads.some((workload) => workload.model === "open") ? "users planned, closed workloads" : "users planned", 6, planned, { dash: "dashed", width: 2 }),
    line("users", 1, column(series.users), { width: 2, fill: 0.07 }),
  ].filter(Boolean);
  return timeChart({ unit: "at once", series: lines, format: number, tick: plain, summary: summed(lines, number) });
}

// Limits that hold for all requests at all times: those of a part of them would be read as if they were for all.
function latencyLimits() {
  const metric = page.time === "service" ? "http_req_duration" : "http_req_response_time";
  return run.thresholds.filter((threshold) => threshold.metric === metric && threshold.unit === "ms" && threshold.limit > 0)
    .map((threshold) => ({ value: threshold.limit, label: visible(threshold.condition) }));
}

function latencyChart() {
  const times = series[page.time];
  const lines = [
    line("p50", 3, column(times.p50)),
    line("p95", 1, column(times.p95), { width: 2 }),
    line("p99", 4, column(times.p99)),
    line("max", 2, column(times.max), { dash: "dotted", width: 1 }),
    run.baseline && line("p95, baseline", 6, baselineAt((old, at) => old[page.time + "_p95"][at]), { dash: "dashed" }),
  ].filter(Boolean);
  const limits = latencyLimits();
  return timeChart({ unit: page.time + " time", series: lines, format: ms, tick, log: page.log, limits,
    above: (u) => limits.forEach((limit) => drawLimit(u, limit)),
    summary: page.time + " time, " + summed(lines.slice(0, 2), ms) + limits.map((limit) => " Limit " + limit.label + ".").join("") });
}

const ERROR_COLOURS = [2, 4, 5, 1, 7, 8, 3, 6, 2];

function errorsChart() {
  const kinds = series.errors.map((kind, at) => line(kind.kind, ERROR_COLOURS[at % 9], perSecond(kind.counts), { width: 2, fill: 0.1 }));
  const none = line("failed requests", 6, column(series.requests, () => 0));
  const lines = kinds.length ? kinds : [none];
  return timeChart({ unit: "failed requests per second, by kind", series: lines, format: rate, tick: plain,
    summary: kinds.length ? summed(lines, rate) : "no request failed." });
}

function lagChart() {
  const health = series.health || {};
  const lines = [
    health.lag_p99_ms && line("iteration lag p99", 2, column(health.lag_p99_ms), { width: 2 }),
    health.longest_gap_ms && line("longest standstill", 4, column(health.longest_gap_ms), { fill: 0.1 }),
  ].filter(Boolean);
  return timeChart({ unit: "how late iterations began, and how long loadgen stood still", series: lines, format: ms, tick, summary: summed(lines, ms) });
}

function processorChart() {
  const health = series.health || {};
  const cores = (run.health && run.health.cores) || run.run.host.cores || 1;
  const lines = [
    health.machine_share && line("whole machine busy", 6, column(health.machine_share), { fill: 0.07 }),
    health.cores_used && line("loadgen’s part", 1, column(health.cores_used, (used) => (used === null ? null : used / cores)), { width: 2 }),
    health.steal_share && line("stolen by other machines", 2, column(health.steal_share)),
  ].filter(Boolean);
  return timeChart({ unit: "share of " + plural(cores, "processor"), series: lines, format: share, tick: (value) => (value > 1 ? "" : Math.round(value * 100) + "\u00a0%"),
    yScale: { range: () => [0, 1.25] }, summary: summed(lines, share) });
}

// Controls

function timeChoice() {
  const group = choice("Which time", [["service", "Service time"], ["response", "Response time"]], page.time, (value) => {
    page.time = value;
    for (const other of document.querySelectorAll("[data-time-choice]")) press(other, value);
    for (const watch of timeWatchers) watch();
  });
  group.dataset.timeChoice = "";
  return group;
}
const timeWatchers = [];

function logToggle(block) {
  const button = el("button", { type: "button", class: "button", id: "log-toggle", "aria-pressed": "false", on: { click: () => {
    page.log = !page.log;
    button.setAttribute("aria-pressed", String(page.log));
    block().draw();
  } } }, "Log scale");
  return button;
}

function rangeSelect() {
  const stages = run.stages.filter((stage) => stage.end_ms > stage.start_ms && stage.start_ms < runEnd * 1000);
  const several = new Set(stages.map((stage) => stage.workload)).size > 1;
  const ranges = [["Whole run", 0, runEnd]];
  if (run.warm_up && run.warm_up.duration_ms) ranges.push(["Without the warm-up", run.warm_up.duration_ms / 1000, runEnd]);
  for (const stage of stages) ranges.push(["Stage " + (several ? stage.workload + ": " : "") + stage.name + (stage.warm_up ? " (warm-up)" : ""), stage.start_ms / 1000, Math.min(stage.end_ms / 1000, runEnd)]);
  const custom = el("option", { value: "custom", hidden: true }, "Selected range");
  const select = el("select", { id: "range", on: { change: () => zoomTo(...ranges[Number(select.value)].slice(1)) } },
    ranges.map(([label], at) => el("option", { value: String(at) }, label)), custom);
  zoomWatchers.push(() => {
    const at = ranges.findIndex(([, min, max]) => Math.abs(min - zoom.min) < 1e-6 && Math.abs(max - zoom.max) < 1e-6);
    select.value = at < 0 ? "custom" : String(at);
    reset.disabled = at === 0;
  });
  const reset = el("button", { type: "button", class: "button", id: "zoom-reset", disabled: true, on: { click: () => zoomTo(0, runEnd) } }, "Reset zoom");
  return [el("label", {}, "Show ", select), reset];
}

function chartsSection() {
  const latency = chartBlock({ id: "latency", title: "Latency", height: 240, build: latencyChart, nothing: "No request was answered." });
  timeWatchers.push(latency.draw);
  const charts = [
    chartBlock({ id: "rate", title: "Rate", build: rateChart }),
    chartBlock({ id: "users", title: "Users", height: 130, build: usersChart }),
    latency,
    chartBlock({ id: "errors", title: "Errors", height: 130, build: errorsChart }),
    heatBlock(),
    series.health && chartBlock({ id: "health", title: "Generator: lag", height: 120, build: lagChart, nothing: "No iteration ended." }),
    series.health && chartBlock({ id: "processor", title: "Generator: processor", height: 120, build: processorChart, nothing: "The system does not tell." }),
  ].filter(Boolean);
  const tools = el("div", { class: "tools sticky-tools" }, rangeSelect(), timeChoice(), logToggle(() => latency));
  const about = el("p", { class: "soft" }, "One point is " + span(series.interval_ms) + ". ", el("span", { class: "by-hand" }, "Drag across a chart to zoom in all of them, double-click to zoom out. "), "Stages are the bands behind the lines" + (run.warm_up ? ", the warm-up is hatched" : "") + (run.baseline ? "; dashed lines are of the baseline" : "") + ".");
  return section("charts", "Over time", tools, about, charts.map((chart) => chart.element));
}
