// Reads every number of a report.html, and holds it against what it was made of. Nothing of the page's own arithmetic or
// formats is used here: texts are read back to numbers, and must mean the right one to their last digit.
//
//   node numbers.mjs MODULES PAGE TRUTH
//
// TRUTH is a file with the `summary`, the `times` that its distributions were made of, the `heat` map, and the same of
// the `baseline` or null. Exit code 0 where nothing is wrong.

import { readFileSync } from "node:fs";
import { fault, finish, holdBadges, launch, open } from "./browser.mjs";

const [modules, file, truthFile] = process.argv.slice(2);
const { summary, times, heat, baseline } = JSON.parse(readFileSync(truthFile, "utf8"));
const old = baseline?.summary;
const { requests, thresholds, metrics, run } = summary;

// Texts to numbers

const UNITS = { "": 1, µs: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, "/s": 1, "%": 1e-2, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, point: 1e-2, points: 1e-2, "×": 1 };

/** The number that a text stands for, and how far the truth can be from it, by its last digit. Null where it is none. */
function meant(text) {
  const plain = text.replaceAll("\u202f", "").replaceAll("\u00a0", " ").replaceAll("−", "-").replace(/^[~±+]\s*/, "").trim();
  const clock = plain.match(/^(?:(\d+):)?(\d+):(\d\d(?:\.\d)?)$/);
  if (clock) return { value: ((Number(clock[1] ?? 0) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1e3, off: 50 };
  const parts = [...plain.matchAll(/([×-]?)([\d,]+(?:\.(\d+))?)\s*(µs|ms|min|points?|\/s|kB|MB|GB|[sh%B]|)(?=\s|$)/g)];
  if (!parts.length || parts.map(([part]) => part).join(" ").replace(/\s+/g, " ").trim() !== plain) return null;
  const value = parts.reduce((sum, [, , number, , unit]) => sum + Number(number.replaceAll(",", "")) * UNITS[unit], 0);
  const [, sign, , decimals, unit] = parts.at(-1);
  return { value: sign === "-" ? -value : value, off: 0.5 * 10 ** -(decimals?.length ?? 0) * UNITS[unit], unit };
}

const isNone = (value) => value === null || value === undefined;
const NONE = "–";

/** `slack` is what the page's data round away: four digits are left of a number of a table, three of a point. */
function means(where, text, expected, slack = 6e-4) {
  if (isNone(expected)) return text.trim() === NONE || fault(`${where}: “${text}”, and nothing was measured`);
  const found = meant(text);
  const room = found && found.off * 1.001 + Math.abs(expected) * slack;
  return found && Math.abs(found.value - expected) <= room ? undefined : fault(`${where}: “${text}” is not ${expected}`);
}

function same(where, found, expected) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) fault(`${where}: ${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

const near = (one, other, slack) => (isNone(one) || isNone(other) ? isNone(one) && isNone(other) : Math.abs(one - other) <= Math.abs(other) * slack + 1e-12);

function sameNumbers(where, found, expected, slack) {
  if (found.length !== expected.length) return fault(`${where}: ${found.length} values, not ${expected.length}`);
  const wrong = expected.findIndex((value, at) => !near(found[at], value, slack));
  if (wrong >= 0) fault(`${where}: at ${wrong} ${found[wrong]} and not ${expected[wrong]}`);
}

// Kinds of columns: what a cell has to say of a row.

const UNIT = { ms: ["µs", "ms", "s", "min"], rate: ["/s"], share: ["%"], count: [""], span: ["s", "min", "h"], clock: [undefined] };

function number(kind, value, slack) {
  const check = (where, text, row) => {
    means(where, text, value(row), slack);
    const unit = meant(text)?.unit;
    // Zero needs none.
    if (!isNone(value(row)) && value(row) !== 0 && !UNIT[kind].includes(unit)) fault(`${where}: “${text}” has the unit ${unit}`);
  };
  return { check, by: value, isNumber: true };
}

const count = (value) => number("count", value, 0);
const ms = (value) => number("ms", value);
const rate = (value) => number("rate", value);

/** A time of a distribution, with a mark where the samples are too few. */
function time(trend, key) {
  const inner = ms((row) => trend(row)?.[key]);
  const check = (where, text, row) => {
    inner.check(where, text, row);
    const isMarked = text.startsWith("~");
    const isLow = (trend(row)?.low_confidence ?? []).includes(key);
    if (isMarked !== isLow && !isNone(trend(row)?.[key])) fault(`${where}: “${text}”, and too few samples: ${isLow}`);
  };
  return { ...inner, check };
}

const text = (value, by) => ({ check: (where, found, row) => same(where, found.replace(/\s+/g, " ").trim(), value(row)), by });
/** A number and its share of another, or a bare zero. */
function failedOf(failed, all) {
  const check = (where, found, row) => {
    const [whole, part] = [found.split(" ")[0], found.split(" ").slice(1).join(" ")];
    means(where, whole, failed(row), 0);
    if (failed(row) > 0) means(`${where}, the share`, part, failed(row) / all(row));
  };
  return { check, by: failed, isNumber: true };
}

const grouped = (value) => String(value).replace(/(?<=\d)(?=(\d{3})+$)/g, ",");
const joined = (...parts) => parts.filter(Boolean).join(" · ");
const place = (row) => `${row.workload}${row.task === row.name ? "" : ` › ${row.task}`}`;

// The page

const browser = await launch(modules);
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
// What is given to uPlot is written down on the way; the page knows nothing of it.
await context.addInitScript(() => {
  let library;
  window.drawn = [];
  Object.defineProperty(window, "uPlot", {
    configurable: true,
    get: () => library,
    set: (real) => {
      library = new Proxy(real, {
        construct: (target, parameters) => {
          const plot = new target(...parameters);
          window.drawn.push(plot);
          return plot;
        },
      });
    },
  });
});
const page = await open(context, file);

function holdRows(where, shown, columns, rows) {
  same(`${where}: heads`, shown.heads, columns.map(([label]) => label));
  if (shown.rows.length !== rows.length) return fault(`${where}: ${shown.rows.length} rows, not ${rows.length}`);
  rows.forEach((row, at) => columns.forEach(([label, { check }], column) => check(`${where}, row ${at}, ${label}`, shown.rows[at][column], row)));
}

/** Holds a table against rows, and then in the order of each column, both ways. */
async function holdTable(id, at, columns, rows) {
  const orders = columns.flatMap(([label, { by, isNumber }], column) => (by ? (isNumber ? [-1, 1] : [1, -1]).map((direction) => ({ label, by, column, direction })) : []));
  // All at once: to ask for each of them takes longer than what is looked at.
  const shown = await page.evaluate(([id, at, presses]) => {
    const table = [...document.querySelectorAll(`#${id} table.data`)].filter((one) => !one.closest(".as-table"))[at];
    const heads = [...table.querySelectorAll("thead th")];
    const read = () => ({
      heads: heads.map((head) => head.textContent),
      rows: [...table.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.innerText.replaceAll("\u00a0", " "))),
      sorted: heads.map((head) => head.getAttribute("aria-sort")).join(),
    });
    return [read(), ...presses.map((column) => {
      heads[column].querySelector("button").click();
      return read();
    })];
  }, [id, at, orders.map(({ column }) => column)]);
  holdRows(id, shown[0], columns, rows);
  let order = [...rows];
  orders.forEach(({ label, by, column, direction }, press) => {
    order = order.sort((a, b) => {
      const [one, other] = [by(a), by(b)];
      if (isNone(one) || isNone(other)) return isNone(one) - isNone(other);
      return direction * (typeof one === "string" ? one.localeCompare(other) : one - other);
    });
    const where = `${id} by ${label} ${direction > 0 ? "up" : "down"}`;
    holdRows(where, shown[press + 1], columns, order);
    const sorted = columns.map(([, { by }], other) => (other === column ? (direction > 0 ? "ascending" : "descending") : by ? "none" : ""));
    same(`${where}: aria-sort`, shown[press + 1].sorted, sorted.join());
  });
}

const choose = (which) => page.locator(`#charts [data-time-choice] [data-value="${which}"]`).click();
const trendOf = { service: (row) => row.duration_ms, response: (row) => row.response_time_ms };
const percentiles = (trend, keys) => keys.map((key) => [key, time(trend, key)]);

async function holdTables(which) {
  const trend = trendOf[which];
  const ends = (row) => row.by_status.map((end) => `${end.status ?? end.error} × ${grouped(end.count)}`).join(", ");
  await holdTable("requests", 0, [
    ["Request", text((row) => [row.name, joined(row.method, place(row)), row.count ? ends(row) : ""].filter(Boolean).join(" "), (row) => row.name)],
    ["Count", count((row) => row.count)], ["Rate", rate((row) => row.rate_per_s)], ["Failed", failedOf((row) => row.failed, (row) => row.count)],
    ...percentiles(trend, ["avg", "p50", "p90", "p95", "p99", "p99.9", "max"]),
  ], requests);
  await holdTable("stages", 0, [
    ["Stage", text((row) => `${row.name} ${row.workload}${row.warm_up ? " warm-up, not counted" : ""}`, (row) => row.start_ms)],
    ["From", number("clock", (row) => row.start_ms)], ["Lasted", number("span", (row) => row.lasted_ms, 0)],
    ["Requests", count((row) => row.http_reqs)], ["Rate", rate((row) => row.rate_per_s)], ["Failed", failedOf((row) => row.http_req_failed, (row) => row.http_reqs)],
    ["Iterations", count((row) => row.iterations)], ["Dropped", count((row) => row.dropped_iterations)],
    ...percentiles(trend, ["p50", "p95", "p99", "max"]),
  ], summary.stages);
  await holdTable("tags", 0, [
    ["Tag", text((row) => `${row.tag} = ${row.value}`, (row) => `${row.tag} = ${row.value}`)], ["Count", count((row) => row.count)],
    ["Rate", rate((row) => row.rate_per_s)], ["Failed", failedOf((row) => row.failed, (row) => row.count)], ...percentiles(trend, ["p50", "p95", "p99", "max"]),
  ], summary.tags);
  if (old) await holdBaseline(which);
}

async function holdOtherTables() {
  const duration = (row) => row.duration_ms;
  await holdTable("tasks", 0, [
    ["Task", text((row) => `${row.name} ${joined(row.workload, row.kind === "iteration" ? "" : row.kind)}`, (row) => row.name)],
    ["Iterations", count((row) => row.iterations)], ["Rate", rate((row) => row.rate_per_s)], ["Failed", count((row) => row.failed)],
    ["Interrupted", count((row) => row.interrupted)], ...percentiles(duration, ["p50", "p95", "p99", "max"]), ["Lag p99", ms((row) => row.lag_ms.p99)],
  ], summary.tasks);
  await holdTable("groups", 0, [
    ["Group", text((row) => `${row.name} ${place(row)}`, (row) => row.name)], ["Count", count((row) => row.count)], ...percentiles(duration, ["avg", "p50", "p95", "p99", "max"]),
  ], summary.groups);
  const held = (row) => (row.passes + row.fails ? row.passes / (row.passes + row.fails) : null);
  const heldCell = (where, found, row) => {
    if (held(row) === null) return same(where, found, "never reached");
    same(`${where}, the mark`, found[0], row.fails ? "✗" : "✓");
    return means(where, found.slice(1), held(row));
  };
  await holdTable("checks", 0, [
    ["Check", text((row) => `${row.name} ${joined(row.request, row.task)}`, (row) => row.name)], ["Kind", text((row) => (row.kind === "expect" ? "expectation" : "check"), (row) => row.kind)],
    ["Held", { check: heldCell, by: held, isNumber: true }], ["Passes", count((row) => row.passes)], ["Fails", count((row) => row.fails)],
  ], summary.checks);
  await holdTable("errors", 0, [
    ["Error", text((row) => row.error, (row) => row.error)], ["Where", text((row) => [row.name, row.site === "task" ? "task" : row.task === row.name ? "" : row.task].filter(Boolean).join(" "), (row) => row.name)],
    ["Count", count((row) => row.count)], ["First at", { ...number("clock", (row) => Math.floor(row.first_at_ms / 1e3) * 1e3), by: (row) => row.first_at_ms }], ["Sample", text((row) => row.sample)],
  ], summary.errors);
  await holdTable("slowest", 0, [
    ["Request", text((row) => `${row.name} ${row.task}`, (row) => row.name)], ["Ended at", number("clock", (row) => row.at_ms)],
    ["Response time", ms((row) => row.response_time_ms)], ["Service time", ms((row) => row.duration_ms)],
    ["Outcome", text((row) => String(row.status ?? row.error), (row) => String(row.status ?? row.error))], ["Trace id", text((row) => row.trace_id, (row) => row.trace_id)],
  ], summary.slowest);
  const MODEL = { closed: "closed: each user", open: "open: iterations" };
  const workload = (where, found, row) => found.replace(/\s+/g, " ").startsWith(`${row.name} ${row.executor} · ${MODEL[row.model]}`) || fault(`${where}: “${found}”`);
  await holdTable("workloads", 0, [
    ["Workload", { check: workload, by: (row) => row.name }], ["Planned", count((row) => row.planned_iterations)], ["Started", count((row) => row.started)],
    ["Completed", count((row) => row.iterations)], ["Failed", count((row) => row.failed)], ["Interrupted", count((row) => row.interrupted)],
    ["Dropped", count((row) => row.dropped_iterations)], ["Most users", count((row) => row.max_users)],
  ], summary.workloads);
  await holdTable("connections", 0, [["Address", text((row) => row.address, (row) => row.address)], ["Requests", count((row) => row.requests)]], summary.addresses);
}

// Where the time goes

const PHASES = ["blocked", "looking_up", "connecting", "tls_handshaking", "sending", "waiting", "receiving"];

async function holdPhases() {
  const sent = requests.filter((row) => row.phases_ms.waiting).map((row) => {
    const answered = row.phases_ms.waiting.count;
    const each = (phase) => (row.phases_ms[phase] ? (row.phases_ms[phase].avg * row.phases_ms[phase].count) / answered : 0);
    return { ...row, answered, parts: { connection: each("blocked"), sending: each("sending"), waiting: each("waiting"), receiving: each("receiving") } };
  });
  const words = { blocked: "waiting for a connection", looking_up: "looking up the name", connecting: "connecting", tls_handshaking: "TLS handshake", sending: "sending", waiting: "waiting for the first byte", receiving: "receiving" };
  const rows = PHASES.map((phase) => ({ label: words[phase], times: metrics[`http_req_${phase}`] }));
  await holdTable("phases", 0, [["Phase", text((row) => row.label, (row) => row.label)], ["Requests with it", count((row) => row.times.count)], ...percentiles((row) => row.times, ["avg", "p50", "p95", "p99", "max"])], rows);
  const sum = (row) => Object.values(row.parts).reduce((all, part) => all + part, 0);
  const average = (of) => sent.reduce((all, row) => all + of(row) * row.answered, 0) / sent.reduce((all, row) => all + row.answered, 0);
  const parts = ["connection", "sending", "waiting", "receiving"].map((part) => [part[0].toUpperCase() + part.slice(1), number("ms", (row) => row.parts[part], 2e-3)]);
  await holdTable("phases", 1, [["Request", text((row) => `${row.name} ${place(row)}`, (row) => row.name)], ["Parts", { check: () => {} }], ...parts], sent);
  const shown = await page.evaluate(() => ({
    text: document.querySelector("#phases > p").textContent.match(/takes (.*) from when/)[1],
    legend: [...document.querySelectorAll("#phases .stack-legend li")].map((one) => one.textContent),
    bar: [...document.querySelectorAll("#phases > .stack i")].map((one) => parseFloat(one.style.width) / 100),
  }));
  means("an average request", shown.text, average(sum), 2e-3);
  const shares = ["sending", "waiting", "receiving"].map((part) => average((row) => row.parts[part]) / average(sum));
  const connection = average((row) => row.parts.connection) / average(sum);
  const read = shown.legend.map((entry, at) => meant(entry.slice(words[PHASES[at]].length))?.value);
  sameNumbers("the legend of phases", [read[0] + read[1] + read[2] + read[3], ...read.slice(4)].map((value) => value * 1e3), [connection, ...shares].map((value) => value * 1e3), 0.02);
  sameNumbers("the bar of phases", [shown.bar[0] + shown.bar[1] + shown.bar[2] + shown.bar[3], ...shown.bar.slice(4)], [connection, ...shares], 2e-3);
}

// Thresholds

async function holdThresholds() {
  const holds = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "==": (a, b) => a === b, "!=": (a, b) => a !== b };
  const wholeHeld = (row) => isNone(row.observed) || holds[row.condition.match(/[<>=!]=?/)[0]](row.observed, row.limit);
  const decided = (row) => (wholeHeld(row) && row.worst_window && !row.worst_window.held ? row.worst_window.observed : row.observed);
  const actual = (where, found, row) => means(where, found, decided(row), 1e-7);
  const room = (row) => (isNone(decided(row)) || /==|!=/.test(row.condition) ? null : (row.limit - decided(row)) * (row.condition.includes("<") ? 1 : -1));
  // Which of its forms a margin has is held elsewhere; here, that the number in it is the row's, as finely as it is told.
  const margin = (where, found, row) => {
    if (isNone(decided(row)) || row.no_data || row.too_few_samples) return same(where, found, NONE);
    const distance = Math.abs(row.limit - decided(row));
    if (distance === 0) return same(where, found, /[=!]=/.test(row.condition) ? "equal" : "at the limit");
    const [, bound, number, unit, side] = found.match(/^([<>]?)([\d.,]+)(%| pp|× limit|[^\d]*?)(?: (below|above))?$/) ?? fault(`${where}: “${found}”`) ?? [];
    const numbers = { "%": (100 * distance) / row.limit, " pp": 100 * distance, "× limit": decided(row) / row.limit };
    const [told, meant] = [Number((number ?? "").replaceAll(",", "")), numbers[unit] ?? distance];
    const fine = 0.5 * 10 ** -((number ?? "").split(".")[1] ?? "").length * 1.001;
    if (bound === "<" ? meant > told : bound === ">" ? meant < told : Math.abs(told - meant) > fine) fault(`${where}: “${found}” is not ${meant}`);
    if (unit !== "× limit") same(`${where}, its side`, side, decided(row) < row.limit ? "below" : "above");
  };
  const status = (row) => (row.no_data ? "? No data" : row.too_few_samples ? "? Too few samples" : row.passed ? "✓ Passed" : "✗ Failed");
  const judged = (where, found, row) => same(where, found.replace(/\s+/g, " "), [status(row), row.aborted_run && "ended the run", !row.sure && !row.no_data && !row.too_few_samples && "close call"].filter(Boolean).join(" "));
  const subject = (where, found, row) => {
    const lines = found.split("\n").map((line) => line.trim()).filter(Boolean);
    same(`${where}, the metric and the line`, [lines[0], lines.at(-1)], [row.metric, `line ${row.line}`]);
    const said = lines.join(" ").replaceAll("\u00a0", " ");
    const { worst_window: worst } = row;
    if (worst) {
      const [, observed, from, to] = said.match(/Worst window: (.*) from (\S+) to (\S+), which/) ?? fault(`${where}: no worst window`) ?? [];
      means(`${where}, the worst window`, observed ?? "", worst.observed, 1e-7);
      means(`${where}, its start`, from ?? "", worst.start_ms);
      means(`${where}, its end`, to ?? "", worst.start_ms + row.over_ms);
      means(`${where}, the whole run`, said.match(/Whole run: (.*?)\. /)?.[1] ?? "", row.observed, 1e-7);
    }
    if (row.too_few_samples && !said.includes(`${row.samples} samples of the ${row.min_samples} it needs.`)) fault(`${where}: “${said}”`);
    if (row.metric === "http_req_response_time") means(`${where}, the interval`, said.match(/interval from (.*) up holds/)?.[1] ?? "", row.interval.low);
  };
  const target = (row) => `${row.condition}${row.over_ms ? ` over ${row.over_ms / 1e3} s` : ""}${row.after_ms ? `, from 0:0${row.after_ms / 1e3} on` : ""}`;
  await holdTable("targets", 0, [
    ["Subject", { check: subject, by: (row) => row.metric }], ["Target", text(target, (row) => row.limit)], ["Actual", { check: actual, by: decided, isNumber: true }],
    ["Margin", { check: margin, by: (row) => (room(row) === null || !row.limit ? null : room(row) / Math.abs(row.limit)), isNumber: true }],
    ["Samples", count((row) => row.samples)], ["Status", { check: judged, by: status }],
  ], thresholds);
  const margins = await page.$$eval("#targets table.data tbody tr", (all) => all.map((one) => [one.querySelector(".name").textContent, one.children[3].querySelector("span").classList.contains("bad")]));
  const failed = thresholds.map((row) => [row.metric, !row.passed && !row.no_data && !row.too_few_samples]);
  same("margins in red", margins.sort(), failed.sort());
  const bullets = await page.$$eval("#targets .bullet", (all) => all.map((one) => ({ metric: one.closest("tr").querySelector(".name").textContent, bar: parseFloat(one.querySelector("i").style.width), mark: parseFloat(one.querySelector("b").style.left) })));
  for (const row of thresholds.filter((one) => room(one) !== null && one.limit > 0)) {
    const bullet = bullets.find(({ metric }) => metric === row.metric);
    if (!bullet) fault(`no bar of ${row.metric}`);
    else if (bullet.bar < 100 && !near(bullet.bar / bullet.mark, decided(row) / row.limit, 1e-3)) fault(`the bar of ${row.metric} ends at ${bullet.bar} with the limit at ${bullet.mark}`);
    else if (bullet.bar >= 100 && decided(row) < row.limit) fault(`the bar of ${row.metric} is full`);
  }
}

// Key numbers, and what stands in sentences

async function holdSentences() {
  const shown = Object.fromEntries(await page.$$eval("#numbers dl > div", (all) => all.map((one) => [one.querySelector("dt").textContent, {
    value: one.querySelector("dd").firstChild.textContent, notes: [...one.querySelectorAll("dd small")].map((note) => note.textContent.replaceAll("\u00a0", " ")),
  }])));
  const entry = (label, value, notes, slack) => {
    const found = shown[label];
    if (!found) return fault(`no key number ${label}`);
    means(label, found.value, value, slack);
    return notes(found.notes, label);
  };
  const firstOf = (text, word) => text.slice(0, text.indexOf(word));
  const none = () => {};
  const was = (before, now) => ([note], label) => {
    if (!old) return note && fault(`${label}: “${note}” without a baseline`);
    const [, then, difference] = note.match(/^was (.*), (.*)$/);
    means(`${label}, before`, then, before);
    return holdChange(`${label}, the change`, difference, before, now);
  };
  const { http_reqs: reqs, http_req_failed: failed, iterations, dropped_iterations: dropped, vus, vus_max: made, data_sent: sent, data_received: received } = metrics;
  const { warm_up: warm } = summary;
  entry("Requests", reqs.count, ([bytes, warmed]) => {
    means("bytes sent", firstOf(bytes, " sent"), sent.count);
    means("bytes received", firstOf(bytes.split(", ")[1], " received"), received.count);
    same("requests in the warm-up", warmed, `and ${grouped(warm.http_reqs)} requests in the warm-up`);
  }, 0);
  entry("Request rate", reqs.rate, was(old?.metrics.http_reqs.rate, reqs.rate));
  entry("Failed", failed.rate, ([counted, ...rest]) => {
    same("failed requests", counted, `${grouped(failed.passes)} requests`);
    was(old?.metrics.http_req_failed.rate, failed.rate)(rest, "Failed");
  });
  entry("Iterations", iterations.count, ([each, more]) => {
    means("iterations per second", each, iterations.rate);
    same("dropped iterations", more, `${grouped(dropped.count)} more dropped`);
  }, 0);
  entry("Users, most at once", vus.max, ([all]) => same("users made", all, `${made.value} made`), 0);
  entry("Duration", run.duration_ms, ([part]) => means("the warm-up", firstOf(part, " of it"), warm.duration_ms));
  for (const [label, name] of [["Service time", "http_req_duration"], ["Response time", "http_req_response_time"]]) {
    for (const key of ["p50", "p95", "p99"]) entry(`${label} ${key}`, metrics[name][key], old ? was(old.metrics[name][key], metrics[name][key]) : none);
  }
  const text = (await page.evaluate(() => document.querySelector("main").innerText)).replaceAll("\u00a0", " ").replace(/\s+/g, " ");
  const { health, connections } = summary;
  const failures = summary.errors.reduce((sum, row) => sum + row.count, 0);
  for (const sentence of [
    `Exit code ${summary.verdict.exit_code} `, summary.verdict.reason, `19.3 s of 1 min 30 s planned`, "2026-03-01 12:00:00 UTC", `target ${run.target}`,
    `${grouped(failures)} failures of 3 kinds`, "12 failures of them", `${connections.opened} connections made for ${grouped(connections.opened + connections.reused)} requests: `,
    "3 requests, none failed, in 1.2 s.", "5 requests, 2 failed, in 1 min 12 s.", `Seed ${"9007199254740993"} `, "6 cores, 8.12 GB of memory", "build = 512", "team = shop", "environment staging",
  ]) if (!text.includes(sentence)) fault(`nowhere: “${sentence}”`);
  means("connections that were there", text.match(/requests: (\S+ %) of requests found/)?.[1] ?? "", connections.reused / (connections.opened + connections.reused));
  const facts = Object.fromEntries(await page.$$eval("#environment > dl dt", (all) => all.map((one) => [one.textContent, one.nextElementSibling.textContent.replaceAll("\u00a0", " ")])));
  means("Iteration lag p99", facts["Iteration lag p99"], health.iteration_lag_p99_ms);
  means("Processors used", firstOf(facts["Processors used"], " of 4 on average"), health.cpu_cores_used, 5e-3);
  means("Machine busy at most", facts["Machine busy at most"], health.cpu_machine_share_max);
  means("Stolen at most", facts["Stolen at most"], health.steal_share_max);
  means("Longest standstill", facts["Longest standstill"], health.longest_gap_ms);
  means("Memory at most", facts["Memory at most"], health.memory_max_bytes);
  same("Open files at most", facts["Open files at most"], `${grouped(health.open_files_max)} of 1,024`);
  same("Local ports at most", facts["Local ports at most"], `${grouped(health.ports_max)} of 28,232`);
}

// Against the baseline

function holdChange(where, text, before, now) {
  if (isNone(before) || isNone(now)) return same(where, text, NONE);
  if (text.startsWith("×")) return means(where, text, now / before, 2e-3);
  // The page's numbers have four digits, and so their difference is off by a part of them and not of itself.
  const found = meant(text);
  const room = found && found.off * 1.001 + 1.2e-3 * Math.max(1, now / before);
  return found && found.unit === "%" && Math.abs(found.value - (now - before) / before) <= room && (text.startsWith("−") === now < before) ? undefined : fault(`${where}: “${text}” from ${before} to ${now}`);
}

const keyOf = (row) => joined(row.workload, row.task, row.name);

async function holdBaseline(which) {
  const trend = trendOf[which];
  const shown = await page.evaluate(() => [...document.querySelectorAll("#baseline table.data tbody tr, #baseline table.data tfoot tr")].map((row) => [...row.children].map((cell) => ({
    name: cell.querySelector(".name")?.textContent, now: cell.firstChild.textContent, was: cell.querySelector(".under")?.textContent, change: cell.querySelector(".change")?.textContent.replaceAll("\u00a0", " "), kind: cell.querySelector(".change")?.className,
  }))));
  const heads = await page.$$eval("#baseline thead th", (all) => all.map((head) => head.textContent));
  same("baseline: heads", heads, ["Request", "p50", "p95", "p99", "Rate", "Failures"]);
  const whole = (of) => ({ name: "all requests", rate_per_s: of.metrics.http_reqs.rate, failed_rate: of.metrics.http_req_failed.rate, duration_ms: of.metrics.http_req_duration, response_time_ms: of.metrics.http_req_response_time });
  const pairs = requests.map((row) => [row, old.requests.find((other) => keyOf(other) === keyOf(row))]).filter(([row, other]) => other && (row.count || other.count));
  const rows = [...pairs, [whole(summary), whole(old)]];
  if (shown.length !== rows.length) return fault(`baseline: ${shown.length} rows, not ${rows.length}`);
  const refused = await page.locator('[data-objection="refusal"]').count();
  if (refused) fault("the baseline is refused");
  rows.forEach(([now, before], at) => {
    same(`baseline, row ${at}`, shown[at][0].name, now.name);
    const cells = [...["p50", "p95", "p99"].map((key) => [trend(before)[key], trend(now)[key], true]), [before.rate_per_s, now.rate_per_s, false], [before.failed_rate, now.failed_rate, true]];
    cells.forEach(([then, value, moreIsWorse], column) => {
      const [where, cell] = [`baseline, ${now.name}, ${heads[column + 1]}`, shown[at][column + 1]];
      means(where, cell.now, value);
      means(`${where}, before`, cell.was.replace(/^was /, ""), then);
      if (column < 4) holdChange(`${where}, the change`, cell.change, then, value);
      else means(`${where}, the change`, cell.change, value - then, 5e-3);
      const isMarked = then === 0 ? value !== 0 : Math.abs(value - then) / then >= 0.05;
      same(`${where}, better or worse`, cell.kind, `change ${!isMarked ? "soft" : (value > then) === moreIsWorse ? "bad" : "good"}`);
    });
  });
  const text = (await page.locator("#baseline").textContent()).replaceAll("\u00a0", " ");
  for (const sentence of ["Only here: fresh", "Only in the baseline: gone", old.run.id, "18.3 s", "results/old"]) if (!text.includes(sentence)) fault(`baseline: nowhere “${sentence}”`);
  return undefined;
}

// Charts

/** What each chart was given: the last plot in its place. */
const plotted = (id) => page.evaluate((id) => {
  const plot = window.drawn.findLast((one) => one.root.isConnected && one.root.closest("[data-chart]").dataset.chart === id);
  return plot && { labels: plot.series.slice(1).map((line) => line.label), data: plot.data.map((values) => [...values]) };
}, id);

async function holdChart(id, xs, lines, slack = 5.1e-3) {
  const shown = await plotted(id);
  if (!shown) return fault(`${id}: there is no chart`);
  same(`${id}: lines`, shown.labels, lines.map(([label]) => label));
  sameNumbers(`${id}: x`, shown.data[0], xs, 6e-4);
  lines.forEach(([label, values], at) => sameNumbers(`${id}: ${label}`, shown.data[at + 1] ?? [], values, slack));
  return undefined;
}

const { interval_ms: step, points } = summary.series;
// A point that is missing is a place without values.
const endOf = (point, length) => point.t_ms + (point.interval_ms ?? length);
const slots = points.flatMap((point, at) => (at > 0 && point.t_ms - endOf(points[at - 1], step) > step / 2 ? [{ t_ms: endOf(points[at - 1], step) }, point] : [point]));
const seconds = slots.map((point) => point.t_ms / 1e3);
const of = (value) => slots.map((point) => ("vus" in point ? value(point) : null));
const lasted = (point, duration, length) => (Math.min(endOf(point, length), duration) - point.t_ms) / 1e3;
const perSecond = (value) => of((point) => value(point) / lasted(point, run.duration_ms, step));

function ofBaseline(value) {
  const { interval_ms: length, points: before } = old.series;
  return slots.map((point) => {
    const there = "vus" in point && before.find((other) => other.t_ms <= point.t_ms && point.t_ms < endOf(other, length));
    return there ? value(there, lasted(there, old.run.duration_ms, length), before.at(-1) === there) : null;
  });
}

/** Users that the plan had at a time, by the straight lines between its corners. */
function planned(t) {
  const { levels } = summary.workloads[0];
  if (t > levels.at(-1).t_ms) return 0;
  const before = levels.findLast((level) => level.t_ms <= t);
  const after = levels.find((level) => level.t_ms > t) ?? before;
  return before === after ? before.level : before.level + ((t - before.t_ms) / (after.t_ms - before.t_ms)) * (after.level - before.level);
}

async function holdTimeCharts(which) {
  const trend = trendOf[which];
  const withBaseline = (...lines) => (old ? lines : []);
  await holdChart("rate", seconds, [
    ["iterations asked, workloads with a rate", perSecond((point) => point.due_iterations)], ["iterations done, all workloads", perSecond((point) => point.iterations + point.failed_iterations)],
    ["requests", perSecond((point) => point.http_reqs)], ["iterations dropped", perSecond((point) => point.dropped_iterations)],
    // The last point of the baseline is too short for a rate.
    ...withBaseline(["requests, baseline", old && ofBaseline((point, length, isLast) => (isLast && length < 0.5 ? null : point.http_reqs / length))]),
  ]);
  await holdChart("users", seconds, [["users planned, closed workloads", of((point) => planned(point.t_ms))], ["users", of((point) => point.vus)]]);
  await holdChart("latency", seconds, [
    ...["p50", "p95", "p99", "max"].map((key) => [key, of((point) => trend(point)[key])]),
    ...withBaseline(["p95, baseline", old && ofBaseline((point) => trend(point).p95)]),
  ]);
  await holdChart("errors", seconds, [
    ["timeout", perSecond((point) => point.http_errors.timeout)], ["reset", perSecond((point) => point.http_errors.reset)],
    ["status or expectation", perSecond((point) => point.http_req_failed - point.http_errors.timeout - point.http_errors.reset)],
  ]);
  await holdChart("health", seconds, [["iteration lag p99", of((point) => point.health.lag_p99_ms)], ["longest standstill", of((point) => point.health.longest_gap_ms)]]);
  await holdChart("processor", seconds, [
    ["whole machine busy", of((point) => point.health.machine_share)], ["loadgen’s part", of((point) => point.health.cpu_cores_used / summary.health.cores)], ["stolen by other machines", of((point) => point.health.steal_share)],
  ]);
}

/** Tables behind charts have the same numbers, and the legend has those of the point under the mouse. */
async function holdTold(id, read) {
  const shown = await page.evaluate(async (id) => {
    const place = document.querySelector(`[data-chart="${id}"]`);
    const details = place.querySelector("details");
    const filled = new Promise((done) => details.addEventListener("toggle", done, { once: true }));
    details.open = true;
    await filled;
    const plot = window.drawn.findLast((one) => one.root.isConnected && place.contains(one.root));
    const at = plot.data[0].findIndex((_, at) => at > 1 && plot.data.every((values) => values[at] !== null));
    plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: 10 });
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const cells = [...place.querySelectorAll("details tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
    return { cells, at, moment: place.querySelector(".at").textContent, legend: [...place.querySelectorAll(".legend .value")].map((value) => value.textContent) };
  }, id);
  const { data } = await plotted(id);
  if (shown.cells.length !== data[0].length) return fault(`${id}: ${shown.cells.length} rows behind the chart, not ${data[0].length}`);
  shown.cells.forEach((row, at) => row.forEach((cell, column) => (column === 0 ? read(`${id}, row ${at}`, cell, data[0][at]) : means(`${id}, row ${at}, column ${column}`, cell, data[column][at]))));
  read(`${id}, under the mouse`, shown.moment, data[0][shown.at]);
  shown.legend.forEach((value, line) => means(`${id}, line ${line} under the mouse`, value, data[line + 1][shown.at]));
  return undefined;
}

const atClock = (where, text, x) => means(where, text, x * 1e3);
const atTime = (where, text, x) => means(where, text, x);
function atPercentile(where, text, x) {
  if (x <= 1) return same(where, text, "fastest");
  const shown = Number(text.replace(/^p/, ""));
  return Math.abs(shown - (100 - 100 / x)) <= (x > 1000 ? 1e-4 : x > 100 ? 0.01 : 0.1) ? undefined : fault(`${where}: “${text}” at ${x}`);
}

// Distributions

const BARS = 24;
const barOf = (time) => Math.ceil(Math.log10(time * 1e3) * BARS - 1e-6);

const distributions = ["All requests", ...requests.map((row) => `${row.name} (${row.task})`)].map((label, at) => {
  const row = requests[at - 1];
  const before = at === 0 ? 0 : row && old ? old.requests.findIndex((other) => keyOf(other) === keyOf(row)) + 1 : -1;
  const there = baseline && (at === 0 || before > 0) ? baseline.times[before] : {};
  return { label, of: { service: times[at].service, response: times[at].response, base_service: there?.service, base_response: there?.response } };
}).filter(({ of: { service } }) => service.length > 0);
const CURVES = [["service", "service time"], ["response", "response time"], ["base_service", "service time, baseline"], ["base_response", "response time, baseline"]];

async function holdDistributions(which) {
  same("distributions that can be chosen", await page.$$eval("#shape option", (all) => all.map((one) => one.textContent)), distributions.map(({ label }) => label));
  for (const [at, { label, of: samples }] of distributions.entries()) {
    await page.selectOption("#shape", String(at));
    const curves = CURVES.filter(([key]) => samples[key]?.length).map(([key, name]) => [key, name, [...samples[key]].sort((a, b) => a - b)]);
    const shown = curves.filter(([key]) => key.endsWith(which));
    const bars = shown.map(([, , sorted]) => sorted.map(barOf));
    const [first, last] = [Math.min(...bars.map((each) => each[0])) - 1, Math.max(...bars.map((each) => each.at(-1))) + 1];
    const ends = Array.from({ length: last - first + 1 }, (_, bar) => 10 ** ((first + bar) / BARS) / 1e3);
    await holdChart("distribution", ends, shown.map(([, name], line) => [name, ends.map((_, bar) => bars[line].filter((each) => each === first + bar).length / bars[line].length)]), 1e-9);
    await holdPercentiles(label, curves);
  }
  await page.selectOption("#shape", "0");
}

async function holdPercentiles(label, curves) {
  const found = await plotted("percentiles");
  same(`percentiles of ${label}: lines`, found.labels, curves.map(([, name]) => name));
  const [xs, ...lines] = found.data;
  for (const x of [1, 2, 4, 10, 20, 100]) if (!xs.some((at) => near(at, x, 1e-9)) && x <= xs.at(-1)) fault(`percentiles of ${label}: no point at ${x}`);
  const longest = Math.max(...curves.map(([, , sorted]) => sorted.length));
  if (xs.at(-1) < longest * 0.99) fault(`percentiles of ${label}: the last is at ${xs.at(-1)} of ${longest}`);
  curves.forEach(([, name, sorted], line) => {
    let isOver = false;
    xs.forEach((x, at) => {
      // The points have four digits: the rank is one of those near it.
      const rank = (x) => Math.min(sorted.length, Math.max(1, Math.ceil(sorted.length * (1 - 1 / x) - 1e-9)));
      const [low, high] = [sorted[rank(x * (1 - 6e-4)) - 1], sorted[rank(x * (1 + 6e-4)) - 1]];
      const value = lines[line][at];
      if (isOver ? value !== null : !(value >= low * (1 - 2e-3) && value <= high * (1 + 2e-3))) fault(`percentiles of ${label}: ${name} at ${x} is ${value}, and not ${low} to ${high}`);
      isOver ||= rank(x) === sorted.length && value === sorted.at(-1) || value === null || near(value, sorted.at(-1), 1e-3) && rank(x) >= sorted.length;
    });
  });
}

// The heat map

async function holdHeatMap() {
  const { bounds_ms: bounds, columns } = heat;
  const rows = bounds.length;
  const low = bounds[0] / (bounds[1] / bounds[0]);
  const cells = columns.flatMap((_, column) => bounds.map((_, row) => [column, row]));
  const told = await page.evaluate(([cells, rows]) => {
    const figure = document.querySelector('[data-chart="heat"] figure');
    const press = (key) => figure.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("Home");
    const most = () => document.querySelector('[data-chart="heat"] output').textContent.replaceAll("\u00a0", " ");
    for (let down = 0; down < rows; down += 1) press("ArrowDown");
    return cells.map(([column, row], at) => {
      if (at > 0 && row === 0) {
        press("ArrowRight");
        for (let down = 0; down < rows; down += 1) press("ArrowDown");
      } else if (row > 0) press("ArrowUp");
      return most();
    });
  }, [cells, rows]);
  cells.forEach(([column, row], at) => {
    const { t_ms: start, end_ms: whole, counts } = columns[column];
    const all = counts.reduce((sum, count) => sum + count, 0);
    const found = told[at].match(/^(\S+) to (\S+), (.*) to (.*): (\S+) requests?(?: of (\S+) \((.*)\))?$/);
    const where = `heat map, column ${column}, row ${row}`;
    if (!found) return fault(`${where}: “${told[at]}”`);
    const end = Math.min(whole, column === columns.length - 1 ? run.duration_ms : Infinity);
    [start, end, row ? bounds[row - 1] : low, bounds[row]].forEach((value, part) => means(where, found[part + 1], value, 2e-3));
    means(where, found[5], counts[row], 0);
    means(where, found[6], all, 0);
    return means(where, found[7], counts[row] / all);
  });
  await holdHeatColours(columns);
  const table = await page.evaluate(async () => {
    const details = document.querySelector('[data-chart="heat"] details');
    const filled = new Promise((done) => details.addEventListener("toggle", done, { once: true }));
    details.open = true;
    await filled;
    return [...details.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  });
  if (table.length !== columns.length) fault(`heat map: ${table.length} rows behind it`);
  table.forEach((row, at) => {
    const { t_ms: start, counts } = columns[at];
    const [first, last] = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
    const busiest = counts.indexOf(Math.max(...counts));
    const expected = [start, counts.reduce((sum, count) => sum + count, 0), first ? bounds[first - 1] : low, bounds[busiest], bounds[last]];
    expected.forEach((value, cell) => means(`heat map's table, row ${at}, cell ${cell}`, row[cell], value, 2e-3));
  });
}

/** The more requests, the darker: read from the middle of the cells, which lie on the axes of the other charts. */
async function holdHeatColours(columns) {
  await page.evaluate(() => document.querySelector('[data-chart="heat"] canvas').dispatchEvent(new PointerEvent("pointerleave")));
  const pixels = await page.evaluate(([starts, ends, rows]) => {
    const canvas = document.querySelector('[data-chart="heat"] canvas');
    const plot = window.drawn.findLast((one) => one.root.isConnected && one.root.closest("[data-chart]").dataset.chart === "rate");
    const ratio = canvas.width / canvas.clientWidth;
    const left = plot.bbox.left / (plot.ctx.canvas.width / plot.ctx.canvas.clientWidth);
    const [top, bottom] = [8, canvas.clientHeight - 26];
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return starts.map((start, column) => Array.from({ length: rows }, (_, row) => {
      const x = left + plot.valToPos((start + ends[column]) / 2, "x");
      const y = bottom - ((row + 0.5) / rows) * (bottom - top);
      const [red, green, blue, alpha] = copy.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data;
      return alpha ? red + green + blue : null;
    }));
  }, [columns.map(({ t_ms: start }) => start / 1e3), columns.map(({ end_ms: end }, at) => Math.min(end, at === columns.length - 1 ? run.duration_ms : Infinity) / 1e3), heat.bounds_ms.length]);
  const cells = columns.flatMap(({ counts }, column) => counts.map((count, row) => ({ count, shade: pixels[column][row], column, row })));
  const sorted = cells.filter(({ count }) => count > 0).sort((a, b) => a.count - b.count);
  for (const { count, shade, column, row } of cells) if ((count > 0) !== (shade !== null) && column > 0) fault(`heat map: the cell ${column}, ${row} of ${count} is painted ${shade}`);
  sorted.slice(1).forEach((cell, at) => {
    const before = sorted[at];
    if (cell.count === before.count ? cell.shade !== before.shade : cell.shade >= before.shade) fault(`heat map: ${cell.count} is painted ${cell.shade}, ${before.count} ${before.shade}`);
  });
}

/** A column that has to be looked for to the right of the window is one that nobody sees. */
async function holdWidths() {
  const cut = await page.$$eval("main .scroll", (all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.getAttribute("aria-label")));
  cut.forEach((label) => fault(`wider than the page: ${label}`));
}

try {
  await holdWidths();
  await holdSentences();
  await holdThresholds();
  for (const which of ["service", "response"]) {
    await choose(which);
    await holdTables(which);
    await holdTimeCharts(which);
    await holdDistributions(which);
  }
  await holdOtherTables();
  await holdPhases();
  for (const id of ["rate", "users", "latency", "errors", "health", "processor"]) await holdTold(id, atClock);
  await holdTold("distribution", atTime);
  await holdTold("percentiles", atPercentile);
  await holdHeatMap();
  for (const width of [400, 360, 320]) await holdBadges(page, width);
} catch (error) {
  fault(`the test itself: ${error.stack ?? error}`);
}
finish();
