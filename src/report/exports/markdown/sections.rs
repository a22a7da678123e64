//! The parts that are no tables of many rows: what it amounts to, what to know of it, the key numbers, how to repeat it.

use super::tables::{NOTHING, Time, times};
use crate::report::{
    format::{clock, count, counted, number, percent},
    inert_markdown::plain_within,
    summary_v1::{HealthStatusV1, MetricV1, OnceV1, SummaryV1, TrendV1, VerdictV1},
    text::inert,
};
use std::time::Duration;

/// Longest name or address, in characters.
const NAME: usize = 100;
/// Longest sentence.
const SENTENCE: usize = 300;
/// Most reasons for a generator's ill health, and most errors around the load.
const MOST: usize = 5;
/// Longest command that is shown.
const COMMAND: usize = 1_000;

/// What it amounts to, and the few numbers that everybody asks for first.
pub(super) fn headline(summary: &SummaryV1) -> String {
    let (run, verdict) = (&summary.run, &summary.verdict);
    let sign = if verdict.passed { "✅" } else { "❌" };
    let code = if verdict.passed { String::new() } else { format!(" (exit code {})", verdict.exit_code) };
    let reason = plain_within(&verdict.reason, SENTENCE);
    let (file, target) = (plain_within(&run.scenario_file, NAME), plain_within(&run.target, NAME));
    let name = plain_within(&run.name, NAME);
    format!(
        "## {sign} loadgen: {name} {}\n\n**{reason}**{code}\n\n{file} against {target}: {}\n\n",
        in_words(verdict),
        facts(summary).join(" · ")
    )
}

fn in_words(verdict: &VerdictV1) -> &'static str {
    match verdict.exit_code {
        0 if verdict.passed => "passed",
        96 => "says nothing about the target: the generator was saturated",
        97 => "could not be written",
        98 => "was cut off",
        105 => "was stopped",
        107 => "did not begin: setup failed",
        108 => "was stopped by a step",
        _ => "failed",
    }
}

fn facts(summary: &SummaryV1) -> Vec<String> {
    let run = &summary.run;
    let (ran, planned) =
        (Duration::from_millis(run.duration_ms), Duration::from_millis(run.planned_duration_ms));
    let mut facts = vec![if summary.verdict.incomplete && ran < planned {
        format!("{} of {}, incomplete", clock(ran), clock(planned))
    } else {
        clock(ran)
    }];
    if let Some(MetricV1::Gauge(users)) = summary.metrics.get("vus") {
        facts.extend(users.max.map(|users| counted(users, "user")));
    }
    if let Some(MetricV1::Counter(requests)) = summary.metrics.get("http_reqs") {
        facts.push(counted(requests.count, "request"));
        let rate = requests.rate.filter(|_| requests.count > 0);
        facts.extend(rate.map(|rate| format!("{} per second", number(rate))));
    }
    if let Some(MetricV1::Rate(failed)) = summary.metrics.get("http_req_failed") {
        let all = failed.passes + failed.fails;
        if all > 0 {
            facts.push(format!("{} failed", html(&percent(failed.passes, all))));
        }
    }
    if let Some(MetricV1::Counter(dropped)) = summary.metrics.get("dropped_iterations")
        && dropped.count > 0
    {
        facts.push(format!("{} dropped", counted(dropped.count, "iteration")));
    }
    facts.extend(checks(summary));
    facts
}

fn checks(summary: &SummaryV1) -> Option<String> {
    let Some(MetricV1::Rate(checks)) = summary.metrics.get("checks") else { return None };
    let all = checks.passes + checks.fails;
    (all > 0).then(|| format!("checks held {} of {} times", count(checks.passes), count(all)))
}

/// Own text with signs that HTML would take for its own.
fn html(text: &str) -> String {
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// What the generator's numbers are worth; empty where nothing is to be said.
pub(super) fn health(summary: &SummaryV1) -> String {
    let Some(health) = summary.health.as_ref().filter(|health| health.status != HealthStatusV1::Ok) else {
        return String::new();
    };
    let status = match health.status {
        HealthStatusV1::Saturated => {
            "The generator was saturated: the numbers are its own, not the target's."
        }
        _ => "The generator was not at its best; the numbers count.",
    };
    let mut text = format!("> ⚠️ **{status}**\n");
    for reason in health.reasons.iter().take(MOST) {
        let (what, remedy) = (plain_within(&reason.text, SENTENCE), plain_within(&reason.remedy, SENTENCE));
        text += &format!(">\n> - {what}<br>{remedy}\n");
    }
    text + &left_out(health.reasons.len(), "reasons") + "\n"
}

fn left_out(all: usize, noun: &str) -> String {
    match all.checked_sub(MOST) {
        Some(more @ 1..) => format!(">\n> {more} more {noun} are left out here.\n"),
        _ => String::new(),
    }
}

/// What went wrong before and after the load.
pub(super) fn around(summary: &SummaryV1) -> String {
    let told = |name: &str, once: Option<&OnceV1>| {
        let errors = once.map(|once| once.errors.as_slice()).unwrap_or_default();
        if errors.is_empty() {
            return String::new();
        }
        let lines: String = errors
            .iter()
            .take(MOST)
            .map(|error| format!(">\n> - {}\n", plain_within(error, SENTENCE)))
            .collect();
        format!("> ⚠️ **Errors of `{name}`**\n{lines}{}\n", left_out(errors.len(), "errors"))
    };
    told("setup", summary.setup.as_ref()) + &told("teardown", summary.teardown.as_ref())
}

/// The key numbers of all requests; empty where none was sent.
pub(super) fn figures(summary: &SummaryV1) -> String {
    let trend = |name: &str| match summary.metrics.get(name) {
        Some(MetricV1::Trend(trend)) if trend.count > 0 => Some(trend),
        _ => None,
    };
    let mut rows = Vec::new();
    let mut add = |name: &str, trend: Option<&TrendV1>| {
        rows.extend(trend.map(|trend| format!("| {name} | {} |\n", times(trend, true))));
    };
    add("service time", trend("http_req_duration"));
    if Time::of(summary) == Time::Response {
        add("response time", trend("http_req_response_time"));
    }
    add("iterations", trend("iteration_duration"));
    if rows.is_empty() {
        return String::new();
    }
    let rows: String = rows.concat();
    let doubt = if rows.contains('≈') || is_doubted(summary) {
        "\n<sub>≈ too few samples to rely on</sub>\n"
    } else {
        ""
    };
    format!(
        "### Key numbers\n\n| | avg | p50 | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|\n{rows}{doubt}\n"
    )
}

/// Whether a request's row says so.
fn is_doubted(summary: &SummaryV1) -> bool {
    const SHOWN: [&str; 3] = ["p50", "p95", "p99"];
    let doubts = summary.requests.iter().flat_map(|request| &request.duration_ms.low_confidence);
    doubts.into_iter().any(|key| SHOWN.contains(&key.as_str()))
}

/// The command that repeats the run, as it is.
pub(super) fn repeat(summary: &SummaryV1) -> String {
    let command = inert(&summary.run.command);
    if command.is_empty() || command.chars().count() > COMMAND {
        return String::new();
    }
    // In a block nothing is markup but its end: a fence longer than any run of its sign.
    let fence = "`".repeat(longest_run(&command).max(2) + 1);
    format!("<details><summary>Repeat it</summary>\n\n{fence}sh\n{command}\n{fence}\n\n</details>\n\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Which run it was.
pub(super) fn origin(summary: &SummaryV1) -> String {
    let run = &summary.run;
    let environment = run.environment.as_deref().map_or(NOTHING.to_owned(), |name| plain_within(name, NAME));
    format!(
        "<sub>Run {}, begun {}, environment {environment}, seed {}, loadgen {}.</sub>\n",
        plain_within(&run.id, NAME),
        plain_within(&run.started_at, NAME),
        run.seed,
        plain_within(&run.loadgen_version, NAME)
    )
}
