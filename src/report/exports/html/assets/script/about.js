// What the run was: workloads, connections, setup and teardown, the environment, and how to do it again.

const MODELS = {
  closed: "closed: each user starts its next iteration when it is done with the one before, so a target that stalls is asked less while it does",
  open: "open: iterations start when the plan says so, whatever the target takes, and what waits is counted from when it was meant to start",
};

function workloadsSection() {
  if (!run.workloads.length) return null;
  return section("workloads", "Workloads", table({ caption: "Workloads", rows: run.workloads, leftOut: run.left_out.workloads, columns: [
    words("Workload", (row) => row.name, (row) => name(row.name, [row.executor, MODELS[row.model]].filter(Boolean).join(" · "))),
    numbers("Planned", (row) => row.planned_iterations, (value) => (missing(value) ? NONE : grouped(value)), "Iterations that the plan had, the warm-up's included"),
    numbers("Started", (row) => row.started, grouped),
    numbers("Completed", (row) => row.iterations, grouped),
    numbers("Failed", (row) => row.failed, grouped),
    numbers("Interrupted", (row) => row.interrupted, grouped),
    numbers("Dropped", (row) => row.dropped_iterations, grouped, "Meant to start, but there was no user or no time for them"),
    numbers("Most users", (row) => row.max_users, (value) => (missing(value) ? NONE : grouped(value))),
  ] }));
}

function connectionsSection() {
  const { opened, reused } = run.connections;
  const all = opened + reused;
  return section("connections", "Connections",
    el("p", {}, all ? plural(opened, "connection") + " made for " + plural(all, "request") + ": " + of(reused, all) + " of requests found one that was there." : "No request was sent."),
    run.addresses.length ? table({ caption: "Addresses", rows: run.addresses, leftOut: run.left_out.addresses, columns: [
      words("Address", (row) => row.address), numbers("Requests", (row) => row.requests, grouped)] }) : null);
}

function once(title, part) {
  if (!part) return null;
  const failures = part.errors.length ? el("ul", {}, part.errors.map((error) => el("li", {}, el("pre", {}, error)))) : null;
  return sub(title, el("p", {}, plural(part.requests, "request") + ", " + (part.failed ? grouped(part.failed) + " failed" : "none failed") + ", in " + span(part.duration_ms) + "."), failures,
    part.unlisted ? el("p", { class: "soft" }, plural(part.unlisted, "more error") + " in summary.json only.") : null);
}

function onceSection() {
  if (!run.setup && !run.teardown) return null;
  return section("around", "Setup and teardown", el("p", { class: "soft" }, "What ran once, before and after the load. It is in no other number of this page."), once("Setup", run.setup), once("Teardown", run.teardown));
}

function hostText(host) {
  return [host.cpu, plural(host.cores, "core"), host.memory_bytes ? bytes(host.memory_bytes) + " of memory" : null, host.os].filter(Boolean).join(", ");
}

function generatorFacts() {
  const health = run.health;
  if (!health) return [];
  const against = (used, limit) => (missing(used) ? null : grouped(used) + (missing(limit) ? "" : " of " + grouped(limit)));
  return [
    ["Generator", health.status], ["Iteration lag p99", missing(health.iteration_lag_p99_ms) ? null : ms(health.iteration_lag_p99_ms)],
    ["Processors used", missing(health.cpu_cores_used) ? null : number(health.cpu_cores_used) + (health.cores ? " of " + health.cores + " on average" : " on average")],
    ["Machine busy at most", missing(health.cpu_machine_share_max) ? null : share(health.cpu_machine_share_max)],
    ["Stolen at most", missing(health.steal_share_max) ? null : share(health.steal_share_max)],
    ["Longest standstill", ms(health.longest_gap_ms)], ["Open files at most", against(health.open_files_max, health.open_files_limit)],
    ["Local ports at most", against(health.ports_max, health.ports_limit)], ["Memory at most", missing(health.memory_max_bytes) ? null : bytes(health.memory_max_bytes)],
  ];
}

function environmentSection() {
  const about = run.run;
  const tags = Object.entries(about.tags);
  const rows = [
    ["Run", el("span", { class: "name" }, about.id)], ["Started", moment(about.started_at)], ["Ended", moment(about.ended_at)],
    ["Target", el("span", { class: "name" }, about.target)], ["Scenario", [el("code", {}, about.scenario_file), about.environment ? [", environment ", el("code", {}, about.environment)] : null]],
    ["Scenario’s SHA-256", el("code", {}, about.scenario_sha256)], ["Seed", el("code", {}, run.seed)], ["Tags", tags.length ? [tags.map(([tag, value]) => [badge("plain", tag + " = " + value), " "]), run.left_out.run_tags ? "and " + grouped(run.left_out.run_tags) + " more in summary.json" : null] : null],
    ["loadgen", about.loadgen_version], ["Host", hostText(about.host)], ...generatorFacts(),
  ];
  const parts = about.parts || [];
  return section("environment", "Environment", facts(rows),
    parts.length ? sub("Parts", table({ caption: "Parts of the run", rows: parts, leftOut: run.left_out.parts, columns: [words("Part", (row) => row.id), words("Target", (row) => row.target), words("Host", (row) => hostText(row.host)), words("Command", (row) => row.command)] })) : null,
    sub("Run it again", command(about.command), run.command_is_cut ? el("p", { class: "notice" }, "The command is longer than this and does not work as it stands here; summary.json has all of it.") : null));
}

// A page from a file has no clipboard of its own: where it may not copy, it selects.
function command(text) {
  const shown = el("pre", { id: "command", tabindex: "0" }, text);
  const told = el("span", { role: "status", class: "soft" });
  const select = () => {
    const range = document.createRange();
    range.selectNodeContents(shown);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = "Copied.";
    } catch {
      select();
      told.textContent = "Selected: copy it with Ctrl+C or ⌘C.";
    }
  };
  return el("div", { class: "command" }, shown, el("button", { type: "button", class: "button", id: "copy-command", on: { click: copy } }, "Copy"), told);
}
