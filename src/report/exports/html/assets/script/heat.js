// Latency over time as a heat map, drawn on a canvas of its own.

function shade(part) {
  const stops = [0, 1, 2, 3, 4].map((at) => rgb(colour("heat-" + at)));
  const place = Math.min(3.999, Math.max(0, part) * 4);
  const [from, to, rest] = [stops[Math.floor(place)], stops[Math.floor(place) + 1], place % 1];
  return "rgb(" + from.map((value, at) => Math.round(value + (to[at] - value) * rest)).join(",") + ")";
}

function heatBlock() {
  const heat = run.heat;
  const canvas = el("canvas", {});
  const figure = el("figure", { role: "img", tabindex: "0", class: "heat-figure", "aria-describedby": "heat-help" }, canvas);
  const readout = el("output", { class: "readout", "aria-live": "polite" });
  const scale = el("canvas", { width: "144", height: "11", "aria-hidden": "true" });
  const most = Math.max(1, ...heat.columns.map(([, counts]) => Math.max(0, ...counts)));
  const asTable = el("details", { class: "as-table" }, el("summary", {}, "Show as table"));
  const legend = el("div", { class: "heat-legend" }, "1", scale, grouped(most) + " requests", el("span", { id: "heat-help" }, "Point at a cell, or move with the arrow keys."));
  const empty = !heat.columns.length;
  const element = el("div", { class: "chart heat", data: { chart: "heat" } },
    el("div", { class: "chart-head" }, el("h3", {}, "Heat map"), el("span", { class: "unit" }, "requests by response time")), figure, empty ? null : [readout, legend, asTable]);
  const block = { id: "heat", element, figure, plot: null, chart: null, height: 220 };
  const view = { cell: null, width: 0 };
  figure.setAttribute("aria-label", "Heat map of response times: " + heatInWords(heat));
  asTable.addEventListener("toggle", () => { if (asTable.open) heatTable(asTable, heat); });

  if (empty) figure.replaceChildren(el("p", { class: "nothing" }, "No request was answered."));
  block.draw = () => { if (!empty) { paintHeat(canvas, heat, most, view, block.height); paintScale(scale); } };
  block.resize = (width) => { view.width = width || 0; block.draw(); };
  zoomWatchers.push(block.draw);
  timeWatchers.push(() => {});

  const select = (column, row) => {
    const columns = heat.columns.length, rows = heat.bounds_ms.length;
    view.cell = [Math.min(columns - 1, Math.max(0, column)), Math.min(rows - 1, Math.max(0, row))];
    readout.textContent = cellInWords(heat, ...view.cell);
    block.draw();
  };
  figure.addEventListener("keydown", (event) => {
    const [column, row] = view.cell || [0, Math.floor(heat.bounds_ms.length / 2)];
    const moves = { ArrowLeft: [column - 1, row], ArrowRight: [column + 1, row], ArrowUp: [column, row + 1], ArrowDown: [column, row - 1], Home: [0, row], End: [heat.columns.length - 1, row], PageUp: [column, row + 6], PageDown: [column, row - 6] };
    if (empty || !moves[event.key]) return;
    event.preventDefault();
    select(...moves[event.key]);
  });
  canvas.addEventListener("pointermove", (event) => {
    const found = cellAt(heat, canvas, event);
    if (found) select(...found);
  });
  canvas.addEventListener("pointerleave", () => { view.cell = null; readout.textContent = ""; block.draw(); });
  blocks.push(block);
  return block;
}

const HEAT = { top: 8, bottom: 26 };

function heatBounds(heat) {
  const step = heat.bounds_ms.length > 1 ? heat.bounds_ms[1] / heat.bounds_ms[0] : 10 ** (1 / 12);
  return { low: heat.bounds_ms[0] / step, high: heat.bounds_ms[heat.bounds_ms.length - 1], step };
}

function heatScale(heat, width, height) {
  const { low, high } = heatBounds(heat);
  const [left, right, bottom] = [AXIS_WIDTH, width - RIGHT, height - HEAT.bottom];
  return {
    left, right, bottom,
    x: (seconds) => left + ((seconds - zoom.min) / (zoom.max - zoom.min)) * (right - left),
    y: (value) => bottom - (Math.log(value / low) / Math.log(high / low)) * (bottom - HEAT.top),
  };
}

// The end of a column in seconds: that of its last point. The last column ends with the run.
function columnEnd(heat, column) {
  const start = heat.t_ms[column];
  const end = heat.end_ms[column];
  const isCut = column === heat.t_ms.length - 1 && start < run.run.duration_ms;
  return (isCut ? Math.min(end, run.run.duration_ms) : end) / 1000;
}

// Behind the cells, as behind the lines of the other charts.
function paintWarmUp(ctx, at) {
  for (const band of stageBands.filter((each) => each.warmUp)) {
    const [left, right] = [Math.max(at.left, at.x(band.start)), Math.min(at.right, at.x(band.end))];
    if (right <= left) continue;
    hatch(ctx, left, HEAT.top, right - left, at.bottom - HEAT.top, 1);
    ctx.fillStyle = faded("band", 0.18);
    ctx.fillRect(Math.round(right), HEAT.top, 1, at.bottom - HEAT.top);
  }
}

function paintHeat(canvas, heat, most, view, height) {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const width = view.width || canvas.parentElement.clientWidth || 600;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = height + "px";
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  const at = heatScale(heat, width, height);
  const { low } = heatBounds(heat);
  ctx.save();
  ctx.beginPath();
  ctx.rect(at.left, HEAT.top, at.right - at.left, at.bottom - HEAT.top);
  ctx.clip();
  paintWarmUp(ctx, at);
  heat.columns.forEach(([first, counts], column) => {
    const [x0, x1] = [at.x(heat.t_ms[column] / 1000), at.x(columnEnd(heat, column))];
    if (x1 < at.left || x0 > at.right) return;
    counts.forEach((count, offset) => {
      if (!count) return;
      const row = first + offset;
      const [y0, y1] = [at.y(row ? heat.bounds_ms[row - 1] : low), at.y(heat.bounds_ms[row])];
      // By the logarithm: a few slow requests among thousands are what one looks for.
      ctx.fillStyle = shade(most > 1 ? Math.log(count) / Math.log(most) : 1);
      ctx.fillRect(Math.floor(x0), Math.floor(y1), Math.ceil(x1) - Math.floor(x0), Math.ceil(y0) - Math.floor(y1));
    });
  });
  if (view.cell) paintCell(ctx, heat, at, view.cell, low);
  ctx.restore();
  paintAxes(ctx, heat, at, width);
}

function paintCell(ctx, heat, at, [column, row], low) {
  const [x0, x1] = [at.x(heat.t_ms[column] / 1000), at.x(columnEnd(heat, column))];
  const [y0, y1] = [at.y(row ? heat.bounds_ms[row - 1] : low), at.y(heat.bounds_ms[row])];
  ctx.strokeStyle = colour("text");
  ctx.lineWidth = 2;
  ctx.strokeRect(x0 - 1, y1 - 1, x1 - x0 + 2, y0 - y1 + 2);
}

function paintAxes(ctx, heat, at, width) {
  const { low, high } = heatBounds(heat);
  ctx.font = "12px " + colour("sans");
  ctx.fillStyle = colour("soft");
  ctx.strokeStyle = colour("grid");
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const value of logTicks(null, 0, low, high)) {
    ctx.fillText(tick(value), at.left - 8, at.y(value));
    ctx.strokeRect(at.left - 4, Math.round(at.y(value)) + 0.5, 4, 0);
  }
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];
  const room = ((zoom.max - zoom.min) / (at.right - at.left)) * 64;
  const step = steps.find((each) => each >= room) || room;
  for (let x = Math.ceil(zoom.min / step) * step; x <= zoom.max + 1e-9; x += step) {
    ctx.fillText(clock(x), at.x(x), at.bottom + 8);
    ctx.strokeRect(Math.round(at.x(x)) + 0.5, at.bottom, 0, 4);
  }
  ctx.strokeRect(at.left + 0.5, HEAT.top + 0.5, at.right - at.left - 1, at.bottom - HEAT.top - 1);
}

function paintScale(canvas) {
  const ctx = canvas.getContext("2d");
  for (let x = 0; x < canvas.width; x++) {
    ctx.fillStyle = shade(x / (canvas.width - 1));
    ctx.fillRect(x, 0, 1, canvas.height);
  }
}

function cellAt(heat, canvas, event) {
  const box = canvas.getBoundingClientRect();
  const at = heatScale(heat, box.width, box.height);
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  if (x < at.left || x > at.right || y < HEAT.top || y > at.bottom) return null;
  const seconds = zoom.min + ((x - at.left) / (at.right - at.left)) * (zoom.max - zoom.min);
  const column = heat.t_ms.findLastIndex((t) => t <= seconds * 1000);
  const row = heat.bounds_ms.findIndex((bound) => at.y(bound) <= y);
  return column < 0 || row < 0 || seconds >= columnEnd(heat, column) ? null : [column, row];
}

function cellInWords(heat, column, row) {
  const [first, counts] = heat.columns[column];
  const count = counts[row - first] || 0;
  const all = counts.reduce((sum, each) => sum + each, 0);
  const start = heat.t_ms[column] / 1000;
  const { low } = heatBounds(heat);
  return clock(start) + " to " + clock(columnEnd(heat, column)) + ", " + ms(row ? heat.bounds_ms[row - 1] : low) + " to " + ms(heat.bounds_ms[row]) + ": "
    + plural(count, "request") + (all ? " of " + grouped(all) + " (" + of(count, all) + ")" : "");
}

function heatInWords(heat) {
  if (!heat.columns.length) return "no request was answered.";
  const { low, high } = heatBounds(heat);
  const rows = new Map();
  heat.columns.forEach(([first, counts]) => counts.forEach((count, at) => rows.set(first + at, (rows.get(first + at) || 0) + count)));
  const [busiest] = [...rows].sort((a, b) => b[1] - a[1])[0];
  return "from " + ms(low) + " to " + ms(high) + ", most requests between " + ms(busiest ? heat.bounds_ms[busiest - 1] : low) + " and " + ms(heat.bounds_ms[busiest]) + ".";
}

function heatTable(details, heat) {
  const { low } = heatBounds(heat);
  const step = Math.max(1, Math.ceil(heat.columns.length / 40));
  const lines = heat.columns.map((each, at) => at).filter((at) => at % step === 0).map((at) => {
    const [first, counts] = heat.columns[at];
    const all = counts.reduce((sum, each) => sum + each, 0);
    const busiest = counts.indexOf(Math.max(...counts, 0)) + first;
    const end = first + counts.length - 1;
    const cells = all ? [grouped(all), ms(first ? heat.bounds_ms[first - 1] : low), ms(heat.bounds_ms[busiest]), ms(heat.bounds_ms[end])] : ["0", NONE, NONE, NONE];
    return el("tr", {}, el("th", { scope: "row" }, clock(heat.t_ms[at] / 1000)), cells.map((cell) => el("td", { class: "num" }, cell)));
  });
  const heads = ["Time", "Requests", "Fastest above", "Most at up to", "Slowest up to"].map((text, at) => el("th", { scope: "col", class: at ? "num" : null }, text));
  details.replaceChildren(details.firstChild, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The heat map's numbers" },
    el("table", { class: "data" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, lines))));
}
