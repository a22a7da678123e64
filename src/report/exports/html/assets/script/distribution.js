// How long requests took, over the whole run: bars of equal width on a logarithmic axis, and percentiles up to the rarest.

const shapes = run.distributions;
let shape = shapes.of[0];

const CURVES = [["service", "service time", 1, null], ["response", "response time", 2, null], ["base_service", "service time, baseline", 6, "dashed"], ["base_response", "response time, baseline", 5, "dashed"]];

function curves(which) {
  return CURVES.filter(([key]) => shape[key] && (!which || key.endsWith(which))).map(([key, label, colour, dash]) => ({ curve: shape[key], label, colour, dash }));
}

function barEnd(at) {
  return 10 ** (at / shapes.bars_per_decade) / 1e3;
}

// Steps on a common axis: each line holds for the bar that ends at its point.
function distributionChart() {
  const shown = curves(page.time);
  const first = Math.min(...shown.map(({ curve }) => curve.first)) - 1;
  const last = Math.max(...shown.map(({ curve }) => curve.first + curve.bars.length - 1)) + 1;
  const bars = shown.length ? Array.from({ length: last - first + 1 }, (_, at) => first + at) : [];
  const lines = shown.map(({ curve, label, colour, dash }, at) => line(label, colour, bars.map((bar) => (curve.bars[bar - curve.first] || 0) / curve.count),
    { dash, width: 1.5, fill: dash ? undefined : at === 0 ? 0.25 : 0.12, paths: uPlot.paths.stepped({ align: -1 }) }));
  const xs = bars.map(barEnd);
  const words = shown.map(({ curve, label }) => {
    const busiest = curve.first + curve.bars.indexOf(Math.max(...curve.bars));
    return label + " of " + plural(curve.count, "request") + ", most often " + ms(barEnd(busiest - 1)) + " to " + ms(barEnd(busiest));
  });
  return { xs, xName: "Up to", xLabel: ms, unit: "share of requests by " + page.time + " time", series: lines, format: share, tick: (value) => Number((value * 100).toPrecision(2)) + "\u00a0%",
    xScale: { time: false, distr: 3, log: 10, range: (u, min, max) => (max > min ? [min, max] : [0.1, 10]) },
    xAxis: { splits: logTicks, filter: (u, ticks) => ticks, values: (u, ticks) => ticks.map(tick), space: 50 }, summary: words.join("; ") + "." };
}

const NAMED = [[2, "p50"], [10, "p90"], [100, "p99"], [1000, "p99.9"], [10000, "p99.99"], [100000, "p99.999"]];

function percentileName(x) {
  if (x <= 1) return "fastest";
  return "p" + Number((100 - 100 / x).toFixed(x > 1000 ? 4 : x > 100 ? 2 : 1));
}

function percentilesChart() {
  const shown = curves();
  const longest = Math.max(0, ...shown.map(({ curve }) => curve.at.length));
  const xs = shapes.grid.slice(0, longest);
  // The first is broad, so that it is seen below the second where both are the same.
  const lines = shown.map(({ curve, label, colour, dash }, order) => line(label, colour, xs.map((x, at) => curve.at[at] ?? null), { dash, width: order === 0 ? 4 : 1.5 }));
  const words = shown.map(({ curve, label }) => {
    const at = (x) => curve.at[Math.min(shapes.grid.indexOf(x), curve.at.length - 1)];
    return label + ": median " + ms(at(2)) + ", p90 " + ms(at(10)) + ", p99 " + ms(at(100)) + ", slowest " + ms(curve.at[curve.at.length - 1]);
  });
  const ticks = (u, index, min, max) => NAMED.map(([x]) => x).filter((x) => x >= min && x <= max);
  return { xs, xName: "Percentile", xLabel: percentileName, unit: "time that this share of requests does not exceed", series: lines, format: ms, tick,
    xScale: { time: false, distr: 3, log: 10, range: (u, min, max) => (max > min ? [1, max] : [1, 10]) },
    xAxis: { splits: ticks, filter: (u, all) => all, values: (u, all) => all.map((x) => (NAMED.find(([at]) => at === x) || [0, ""])[1]), space: 40 },
    log: spread(shown) > 30, summary: words.join("; ") + "." };
}

// Where the slowest is far from the median, a linear axis would show nothing else.
function spread(shown) {
  const ratios = shown.map(({ curve }) => curve.at[curve.at.length - 1] / Math.max(1e-3, curve.at[Math.min(3, curve.at.length - 1)]));
  return Math.max(0, ...ratios);
}

function distributionSection() {
  const nothing = "No request was answered.";
  const bars = chartBlock({ id: "distribution", title: "Distribution", height: 240, build: distributionChart, nothing });
  const percentiles = chartBlock({ id: "percentiles", title: "Percentiles", height: 240, build: percentilesChart, nothing });
  timeWatchers.push(bars.draw);
  const options = shapes.of.map((each, at) => {
    const row = each.request === null ? null : run.requests[each.request];
    return el("option", { value: String(at) }, row ? row.name + " (" + row.task + ")" : "All requests");
  });
  const select = el("select", { id: "shape", on: { change: () => {
    shape = shapes.of[Number(select.value)];
    bars.draw();
    percentiles.draw();
  } } }, options);
  const answered = run.requests.filter((row) => row.service.count > 0).length;
  const left = answered - (shapes.of.length - 1);
  return section("distributions", "Latency distribution", el("div", { class: "tools" }, el("label", {}, "Requests ", select), timeChoice(),
    left > 0 ? el("span", { class: "soft" }, plural(left, "request") + " can be drawn from summary.json only.") : null),
  el("div", { class: "pair" }, bars.element, percentiles.element));
}
