// The run's parts, a table each.

const KINDS = { iteration: null, on_start: "on_start", on_stop: "on_stop" };

function place(row) {
  const task = row.task === row.name ? null : row.task;
  return [run.workloads.length > 1 ? row.workload : null, task].filter(Boolean).join(" › ");
}

const timesOf = (row) => row[page.time];
const failedCell = (row) => (row.failed ? el("span", { class: "bad" }, grouped(row.failed), " ", el("small", {}, of(row.failed, row.count))) : el("span", { class: "zero" }, "0"));
const failedColumn = { label: "Failed", number: true, by: (row) => row.failed, cell: failedCell };
const percentileColumns = (of, keys) => keys.map((key) => times(key, key, of));

// A table that follows the choice of service or response time.
function following(make) {
  const holder = el("div", {}, make());
  timeWatchers.push(() => holder.replaceChildren(make()));
  return holder;
}

function endsOf(row) {
  const listed = row.ends.map(([end, count]) => end + "\u00a0×\u00a0" + grouped(count));
  const rest = row.count - row.ends.reduce((sum, [, count]) => sum + count, 0);
  return listed.join(", ") + (rest > 0 ? ", others × " + grouped(rest) : "");
}

function requestsSection() {
  const make = () => table({ caption: "Requests, " + page.time + " time", rows: run.requests, leftOut: run.left_out.requests, columns: [
    words("Request", (row) => row.name, (row) => [name(row.name, [row.method, place(row)].filter(Boolean).join(" · ")), row.count ? el("span", { class: "under" }, endsOf(row)) : null]),
    numbers("Count", (row) => row.count, grouped),
    numbers("Rate", (row) => row.rate_per_s, rate),
    failedColumn,
    times("avg", "avg", timesOf),
    ...percentileColumns(timesOf, ["p50", "p90", "p95", "p99", "p99.9"]),
    times("max", "max", timesOf),
  ] });
  return section("requests", "Requests", el("div", { class: "tools" }, timeChoice()), following(make));
}

function tasksSection() {
  const columns = [
    words("Task", (row) => row.name, (row) => name(row.name, [run.workloads.length > 1 ? row.workload : null, KINDS[row.kind]].filter(Boolean).join(" · "))),
    numbers("Iterations", (row) => row.iterations, grouped),
    numbers("Rate", (row) => row.rate_per_s, rate),
    { label: "Failed", number: true, by: (row) => row.failed, cell: (row) => (row.failed ? el("span", { class: "bad" }, grouped(row.failed)) : el("span", { class: "zero" }, "0")) },
    numbers("Interrupted", (row) => row.interrupted, grouped, "Cut by the end of the run or of their user"),
    ...percentileColumns((row) => row.duration, ["p50", "p95", "p99", "max"]),
    numbers("Lag p99", (row) => row.lag_p99_ms, ms, "How late iterations began: the generator's own lateness"),
  ];
  return section("tasks", "Tasks", el("p", { class: "soft" }, "Times are of whole iterations, from when they began."), table({ caption: "Tasks", rows: run.tasks, columns, leftOut: run.left_out.tasks }));
}

function stagesSection() {
  if (!run.stages.length) return null;
  const several = run.workloads.length > 1;
  const make = () => table({ caption: "Stages, " + page.time + " time", rows: run.stages, leftOut: run.left_out.stages, columns: [
    { label: "Stage", by: (row) => row.start_ms, cell: (row) => [name(row.name, several ? row.workload : null), row.warm_up ? [" ", badge("plain", "warm-up, not counted")] : null] },
    { label: "From", number: true, by: (row) => row.start_ms, cell: (row) => clock(row.start_ms / 1000) },
    numbers("Lasted", (row) => row.lasted_ms, span),
    numbers("Requests", (row) => row.requests, grouped),
    numbers("Rate", (row) => row.rate_per_s, rate),
    { label: "Failed", number: true, by: (row) => row.failed, cell: (row) => failedCell({ failed: row.failed, count: row.requests }) },
    numbers("Iterations", (row) => row.iterations, grouped),
    numbers("Dropped", (row) => row.dropped, grouped),
    ...percentileColumns(timesOf, ["p50", "p95", "p99", "max"]),
  ] });
  return section("stages", "Stages", following(make));
}

function groupsSection() {
  if (!run.groups.length) return null;
  return section("groups", "Groups", table({ caption: "Groups of steps", rows: run.groups, leftOut: run.left_out.groups, columns: [
    words("Group", (row) => row.name, (row) => name(row.name, place(row))),
    numbers("Count", (row) => row.duration.count, grouped),
    ...percentileColumns((row) => row.duration, ["avg", "p50", "p95", "p99", "max"]),
  ] }));
}

function tagsSection() {
  if (!run.tags.length) return null;
  const make = () => table({ caption: "Requests by tag, " + page.time + " time", rows: run.tags, leftOut: run.left_out.tags, columns: [
    words("Tag", (row) => row.tag + " = " + row.value),
    numbers("Count", (row) => row.count, grouped),
    numbers("Rate", (row) => row.rate_per_s, rate),
    failedColumn,
    ...percentileColumns(timesOf, ["p50", "p95", "p99", "max"]),
  ] });
  return section("tags", "Tags", following(make));
}

function checksSection() {
  if (!run.checks.length) return null;
  const held = (row) => (row.passes + row.fails ? row.passes / (row.passes + row.fails) : null);
  return section("checks", "Checks", table({ caption: "Checks and expectations", rows: run.checks, leftOut: run.left_out.checks, columns: [
    words("Check", (row) => row.name, (row) => name(row.name, row.request === row.task ? row.request : row.request + " · " + row.task)),
    { label: "Kind", by: (row) => row.kind, cell: (row) => (row.kind === "expect" ? "expectation" : "check") },
    { label: "Held", number: true, by: held, cell: (row) => (held(row) === null ? badge("plain", "never reached") : el("span", { class: row.fails ? "bad" : "good" }, row.fails ? "✗ " : "✓ ", share(held(row)))) },
    numbers("Passes", (row) => row.passes, grouped),
    numbers("Fails", (row) => row.fails, grouped),
  ] }));
}

// Errors

const LONG_SAMPLE = 160;

function sampleOf(row) {
  if (!row.sample) return NONE;
  const text = el("pre", {}, row.sample);
  if (row.sample.length <= LONG_SAMPLE && !row.sample.includes("\n")) return text;
  return el("details", {}, el("summary", {}, el("span", { class: "name mono" }, row.sample.replace(/\s+/g, " ").slice(0, 80) + "…")), text);
}

function errorsSection() {
  const failures = run.errors.reduce((sum, row) => sum + row.count, 0);
  const body = run.errors.length ? [el("p", { class: "soft" }, plural(failures, "failure") + " of " + plural(run.errors.length, "kind") + ". The sample is what the first of them said; it can come from the target."
    + (run.bounds.unlisted_failures ? " The run had more kinds than are kept: " + plural(run.bounds.unlisted_failures, "failure") + " of them." : "")),
  table({ caption: "Errors", rows: run.errors, leftOut: run.left_out.errors, columns: [
    words("Error", (row) => row.error),
    words("Where", (row) => row.name, (row) => name(row.name, row.site === "task" ? "task" : row.task === row.name ? null : row.task)),
    numbers("Count", (row) => row.count, grouped),
    { label: "First at", number: true, by: (row) => row.first_at_ms, cell: (row) => clock(Math.floor(row.first_at_ms / 1000)) },
    { label: "Sample", cell: sampleOf },
  ] })] : el("p", {}, noLoad ? "No load was made; see Setup and teardown." : "Nothing failed.");
  return section("errors", "Errors", body);
}

function slowestSection() {
  if (!run.slowest.length) return null;
  return section("slowest", "Slowest requests", el("p", { class: "soft" }, "By the trace id the target's own traces and logs can tell them."), table({ caption: "Slowest requests", rows: run.slowest, leftOut: run.left_out.slowest, columns: [
    words("Request", (row) => row.name, (row) => name(row.name, row.task)),
    { label: "Ended at", number: true, by: (row) => row.at_ms, cell: (row) => clock(row.at_ms / 1000) },
    numbers("Response time", (row) => row.response_ms, ms),
    numbers("Service time", (row) => row.service_ms, ms),
    words("Outcome", (row) => row.end),
    { label: "Trace id", by: (row) => row.trace_id, cell: (row) => el("code", {}, row.trace_id) },
  ] }));
}

// Where the time goes

const PHASES = [
  ["blocked", "waiting for a connection", "http_req_blocked"], ["looking_up", "looking up the name", "http_req_looking_up"], ["connecting", "connecting", "http_req_connecting"],
  ["tls_handshaking", "TLS handshake", "http_req_tls_handshaking"], ["sending", "sending", "http_req_sending"], ["waiting", "waiting for the first byte", "http_req_waiting"], ["receiving", "receiving", "http_req_receiving"],
];

function stack(parts, small) {
  const sum = parts.reduce((all, part) => all + part, 0);
  const bars = PHASES.map(([, label], at) => {
    const bar = el("i", { class: "f" + (at + 1), title: label + ": " + ms(parts[at]) });
    bar.style.width = (sum ? (parts[at] / sum) * 100 : 0) + "%";
    return bar;
  });
  return el("div", { class: "stack" + (small ? " small" : ""), "aria-hidden": small ? "true" : null, role: small ? null : "img", "aria-label": small ? null : PHASES.map(([, label], at) => label + " " + of(parts[at], sum)).join(", ") }, bars);
}

function phasesSection() {
  const sent = run.requests.filter((row) => row.phases);
  if (!sent.length) return null;
  const count = sent.reduce((sum, row) => sum + row.answered, 0);
  const all = PHASES.map((phase, at) => sent.reduce((sum, row) => sum + row.phases[at] * row.answered, 0) / count);
  const sum = all.reduce((total, part) => total + part, 0);
  const legend = el("ul", { class: "stack-legend" }, PHASES.map(([, label], at) => el("li", {}, el("span", { class: "box f" + (at + 1), "aria-hidden": "true" }), label + " " + of(all[at], sum))));
  const seen = PHASES.map(([, label, metricName]) => ({ label, times: metric(metricName) })).filter((row) => row.times.count);
  return section("phases", "Where the time goes",
    el("p", { class: "soft" }, "An average answered request takes " + ms(sum) + " from when it is ready to the last byte. Making a connection is part of the wait for one; the first line of the table has all of that."),
    stack(all), legend,
    table({ caption: "Phases of requests", rows: seen, columns: [
      { label: "Phase", by: (row) => row.label, cell: (row) => row.label },
      numbers("Requests with it", (row) => row.times.count, grouped),
      ...percentileColumns((row) => row.times, ["avg", "p50", "p95", "p99", "max"]),
    ] }),
    sub("By request", table({ caption: "Where the time of each request goes", rows: sent, columns: [
      words("Request", (row) => row.name, (row) => name(row.name, place(row))),
      { label: "Parts", cell: (row) => stack(row.phases, true) },
      numbers("Connection", (row) => row.phases[0] + row.phases[1] + row.phases[2] + row.phases[3], ms, "Waiting for a connection or making one, on average"),
      ...[4, 5, 6].map((at) => numbers(PHASES[at][0][0].toUpperCase() + PHASES[at][0].slice(1), (row) => row.phases[at], ms, PHASES[at][1] + ", on average")),
    ] })));
}

// Against the baseline

// Nothing is better or worse than what it should not be compared with.
function changeCell(base, now, shown, moreIsWorse, marks) {
  if (missing(base) && missing(now)) return NONE;
  const text = shown === share && !missing(base) && !missing(now) ? points(now - base) : change(base, now);
  const worse = !missing(base) && !missing(now) && base !== now && (now > base) === moreIsWorse;
  const marked = marks && !missing(base) && !missing(now) && (base === 0 ? now !== 0 : Math.abs(now - base) / Math.abs(base) >= 0.05);
  return [shown(now), el("span", { class: "under" }, "was " + shown(base)), el("span", { class: "change " + (marked ? (worse ? "bad" : "good") : "soft") }, text)];
}

function baselineSection() {
  const base = run.baseline;
  if (!base) return null;
  const marks = !base.refusals.length;
  const cell = (label, pick, shown, moreIsWorse) => ({ label, number: true, by: (row) => { const [old, now] = pick(row); return missing(old) || missing(now) || !old ? null : now / old; }, cell: (row) => changeCell(...pick(row), shown, moreIsWorse, marks) });
  const failedShare = (row) => (row && row.count ? row.failed / row.count : null);
  const whole = (of) => ({ name: "all requests", task: "", count: metric("http_reqs", of).count, rate_per_s: metric("http_reqs", of).rate, failed: metric("http_req_failed", of).passes, service: metric("http_req_duration", of), response: metric("http_req_response_time", of) });
  const make = () => table({ first: 8, caption: "Change against the baseline, " + page.time + " time", rows: run.requests.filter((row) => row.base && (row.count || row.base.count)), total: { ...whole(run), base: whole(base), all: true }, columns: [
    words("Request", (row) => row.name, (row) => name(row.name, row.all ? null : place(row))),
    ...["p50", "p95", "p99"].map((key) => cell(key, (row) => [row.base[page.time][key], row[page.time][key]], ms, true)),
    cell("Rate", (row) => [row.base.rate_per_s, row.rate_per_s], rate, false),
    cell("Failures", (row) => [failedShare(row.base), failedShare(row)], share, true),
  ] });
  const added = run.requests.filter((row) => !row.base && row.count).map((row) => row.name);
  const note = (label, list, more) => (list.length ? el("p", { class: "table-foot" }, label, el("span", { class: "name" }, list.slice(0, 20).join(", ")), more + list.length - Math.min(20, list.length) > 0 ? " and " + (more + list.length - Math.min(20, list.length)) + " more" : "") : null);
  return section("baseline", "Against the baseline",
    facts([["Baseline", [el("span", { class: "name" }, base.id), " (", base.passed ? "passed" : "failed", ", ", span(base.duration_ms), ")"]], ["Started", moment(base.started_at)], ["Read from", el("code", {}, base.place)]]),
    base.refusals.map((text) => el("p", { class: "notice name", data: { objection: "refusal" } }, "Not to be compared: " + text + ".")),
    base.warnings.map((text) => el("p", { class: "notice name", data: { objection: "warning" } }, "Mind: " + text + ".")),
    marks ? null : el("p", { class: "soft sub" }, "The numbers are side by side, but none of them is called better or worse."),
    el("div", { class: "tools sub" }, timeChoice()), following(make),
    note("Only here: ", added, 0), note("Only in the baseline: ", base.gone, base.gone_unlisted),
    el("p", { class: "table-foot" }, "One run against one run: what is noise and what is not, `loadgen compare` can tell from several of each."));
}
