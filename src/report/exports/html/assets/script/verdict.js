// What the run amounts to: the verdict, the generator's health, targets against results, and the key numbers.

const CODES = { 0: "passed", 96: "the generator was saturated", 98: "incomplete", 99: "a threshold failed or had no data, or no iteration completed", 105: "stopped from outside", 107: "setup failed", 108: "a step stopped the run" };
const HEALTH = { ok: ["good", "Generator healthy"], degraded: ["warn", "Generator degraded"], saturated: ["bad", "Generator saturated"] };

// Setup failed: there is nothing that could have been judged, or gone wrong.
const noLoad = run.verdict.exit_code === 107;

function verdictSection() {
  const { verdict, run: about } = run;
  const word = verdict.passed ? "Passed" : "Failed";
  const kind = verdict.passed ? (verdict.incomplete ? "unsure" : "passed") : "failed";
  const part = el("section", { id: "verdict", class: kind, "aria-labelledby": "verdict-title" },
    el("h1", { id: "verdict-title" }, el("span", { class: verdict.passed ? "good" : "bad" }, (verdict.passed ? "✓ " : "✗ ") + word), " · ", el("span", { class: "name" }, about.name)),
    el("p", { class: "reason" }, verdict.reason),
    el("div", { class: "facts" },
      el("span", {}, "Exit code ", el("strong", { data: { field: "exit-code" } }, String(verdict.exit_code)), CODES[verdict.exit_code] ? " (" + CODES[verdict.exit_code] + ")" : ""),
      el("span", {}, moment(about.started_at)),
      el("span", {}, span(about.duration_ms), incompleteBy()),
      el("span", {}, "target ", el("span", { class: "name" }, about.target))),
    about.description ? el("p", { class: "description name" }, about.description) : null,
    verdict.incomplete ? el("p", { class: "notice", data: { field: "incomplete" } }, "Incomplete: the run ended before it had done what was planned. The numbers are of the " + span(about.duration_ms) + " that there were.") : null,
    healthPart());
  return part;
}

function moment(text) {
  return text.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
}

function incompleteBy() {
  const { duration_ms: lasted, planned_duration_ms: planned } = run.run;
  return planned > 0 && Math.abs(planned - lasted) > 1000 ? " of " + span(planned) + " planned" : "";
}

function healthPart() {
  const health = run.health;
  if (!health || noLoad) return null;
  const [kind, text] = HEALTH[health.status] || ["plain", health.status];
  const means = health.status === "ok" ? "The numbers are about the target: loadgen kept up with its plan."
    : health.status === "degraded" ? "Something was not as it should be; the numbers count." : "The numbers describe the generator, not the target.";
  const reasons = health.reasons.map((reason) => el("li", {}, badge((HEALTH[reason.status] || ["plain"])[0], reason.code), " ", reason.text, " ", el("span", { class: "remedy" }, reason.remedy)));
  return el("div", { class: "health", id: "health" }, el("p", {}, badge(kind, text), " ", means), reasons.length ? el("ul", {}, reasons) : null);
}

// Thresholds

const OPERATOR = /(<=|>=|==|!=|<|>)/;

function statusOf(threshold) {
  if (threshold.no_data) return ["warn", "? No data"];
  if (threshold.too_few_samples) return ["warn", "? Too few samples"];
  return threshold.passed ? ["good", "✓ Passed"] : ["bad", "✗ Failed"];
}

function target(threshold) {
  const over = threshold.over_ms ? " over " + span(threshold.over_ms) : "";
  const after = threshold.after_ms ? ", from " + clock(threshold.after_ms / 1000) + " on" : "";
  return threshold.condition + over + after;
}

// How far the number is on the right side of the limit, as a part of the limit: negative on the wrong side. It is what the
// column is sorted by; whether the threshold failed is told by its status.
function margin(threshold) {
  const [operator] = threshold.condition.match(OPERATOR) || [];
  const observed = threshold.decided;
  if (missing(observed) || !operator || operator[1] === "=" && "=!".includes(operator[0])) return null;
  const room = (threshold.limit - observed) * (operator[0] === "<" ? 1 : -1);
  return { room, part: threshold.limit ? room / Math.abs(threshold.limit) : null };
}

// A bar to the observed number, and a mark at the limit.
function bullet(threshold) {
  const observed = threshold.decided;
  if (missing(observed) || threshold.limit <= 0 || !margin(threshold)) return null;
  const end = Math.max(threshold.limit * 1.25, Math.min(observed, threshold.limit * 3));
  const [bar, mark] = [el("i"), el("b")];
  bar.style.width = Math.min(100, (observed / end) * 100) + "%";
  mark.style.left = (threshold.limit / end) * 100 + "%";
  return el("span", { class: "bullet " + statusOf(threshold)[0], "aria-hidden": "true" }, bar, mark);
}

function remarks(threshold) {
  const { unit, worst_window: worst, interval, over_ms: over } = threshold;
  const lines = [];
  if (threshold.aborted_run) lines.push("It ended the run.");
  if (threshold.too_few_samples) lines.push(plural(threshold.samples, "sample") + " of the " + grouped(threshold.min_samples || 0) + " it needs.");
  if (worst) lines.push("Worst window: " + inUnit(worst.observed, unit) + " from " + clock(worst.start_ms / 1000) + (over ? " to " + clock((worst.start_ms + over) / 1000) : "") + (worst.held ? "." : ", which breaks it."));
  if (!missing(threshold.observed) && threshold.observed !== threshold.decided) lines.push("Whole run: " + inUnit(threshold.observed, unit) + ".");
  if (!threshold.sure && !threshold.no_data && !threshold.too_few_samples) {
    const [low, high] = interval ? [rough(interval.low), rough(interval.high)] : [null, null];
    const bounds = missing(low) && missing(high) ? "the samples are too few for a 95 % interval"
      : "the 95 % interval " + (missing(high) ? "from " + inUnit(low, unit) + " up" : missing(low) ? "up to " + inUnit(high, unit) : inUnit(low, unit) + " to " + inUnit(high, unit)) + " holds the limit";
    lines.push("Close call: " + bounds + ", so another run could be judged the other way.");
  }
  return lines;
}

function targetsSection() {
  const columns = [
    { label: "Subject", by: (row) => row.metric, cell: (row) => [name(row.metric), el("span", { class: "under narrow" }, target(row)), remarks(row).map((line) => el("span", { class: "under" }, line)), el("span", { class: "under" }, "line " + row.line)] },
    { label: "Target", wide: true, by: (row) => row.limit, cell: (row) => name(target(row)) },
    { label: "Actual", number: true, title: "Of the worst window, where that broke the threshold", by: (row) => row.decided, cell: (row) => el("strong", {}, inUnit(row.decided, row.unit)) },
    { label: "Margin", number: true, wide: true, title: "How far the number is from the limit", by: (row) => (margin(row) || {}).part, cell: (row) => [el("span", { class: statusOf(row)[0] === "bad" ? "bad" : null }, row.margin || NONE), bullet(row)] },
    { ...numbers("Samples", (row) => row.samples, grouped), wide: true },
    { label: "Status", by: (row) => statusOf(row)[1], cell: (row) => [badge(...statusOf(row)), row.aborted_run ? [" ", badge("bad", "ended the run")] : null, !row.sure && !row.no_data && !row.too_few_samples ? [" ", badge("warn", "close call")] : null] },
  ];
  const body = run.thresholds.length ? table({ columns, rows: run.thresholds, caption: "Targets against results", leftOut: run.left_out.thresholds })
    : el("p", { class: "soft" }, noLoad ? "No load was made, so no threshold was judged." : "The scenario has no thresholds, so nothing was judged but whether the run itself went well.");
  return section("targets", "Targets against results", body);
}

// Key numbers

function metric(name, of) {
  return (of || run).metrics[name] || {};
}

function numbersSection() {
  const [reqs, failed, iterations, dropped, vus, made] = ["http_reqs", "http_req_failed", "iterations", "dropped_iterations", "vus", "vus_max"].map((name) => metric(name));
  const base = run.baseline;
  const was = (value, shown, name, key) => {
    const old = base ? metric(name, base)[key] : null;
    return missing(old) || missing(value) ? null : el("small", {}, "was " + shown(old) + ", " + change(old, value));
  };
  const entry = (label, value, ...notes) => el("div", {}, el("dt", {}, label), el("dd", {}, value, notes.map((note) => (typeof note === "string" ? el("small", {}, note) : note))));
  const latency = (label, name) => ["p50", "p95", "p99"].map((key) => entry(label + " " + key, timeCell(metric(name), key), was(metric(name)[key], ms, name, key)));
  const list = el("dl", { class: "numbers" },
    entry("Requests", grouped(reqs.count || 0), bytes(metric("data_sent").count) + " sent, " + bytes(metric("data_received").count) + " received", run.warm_up ? "and " + grouped(run.warm_up.http_reqs) + " requests in the warm-up" : null),
    entry("Request rate", rate(reqs.rate), was(reqs.rate, rate, "http_reqs", "rate")),
    entry("Failed", share(failed.rate), grouped(failed.passes || 0) + " requests", was(failed.rate, share, "http_req_failed", "rate")),
    entry("Iterations", grouped(iterations.count || 0), rate(iterations.rate), dropped.count ? el("small", { class: "bad" }, grouped(dropped.count) + " more dropped") : null),
    entry("Users, most at once", missing(vus.max) ? NONE : grouped(vus.max), made.value ? grouped(made.value) + " made" : null),
    entry("Duration", span(run.run.duration_ms), run.warm_up ? span(run.warm_up.duration_ms) + " of it warm-up" : null),
    latency("Service time", "http_req_duration"), latency("Response time", "http_req_response_time"));
  return section("numbers", "Key numbers", list, el("p", { class: "table-foot" },
    "Service time: from the first byte sent to the last received. Response time: from the moment the request was meant to start, whatever kept it. A ~ marks a percentile of too few samples to rely on."));
}
