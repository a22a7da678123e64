//! JUnit's XML: a test case for the verdict, for each threshold and for each check.
//!
//! It is red exactly where the verdict, and so the exit code, is: whoever reads both must not read two. So a check that did
//! not always hold is no failure, as it fails nothing in the run either, but neither is it passed: it is skipped, with
//! its numbers. A threshold on `checks` makes it a gate, and that is a test case.
//!
//! Messages stand in the attribute and again in the text, since some readers show only the one and some only the other.

use super::names::{Names, plain, writable};
use crate::{
    model::{Limit, format_duration},
    report::{
        format::{count, counted, observed, percent},
        summary_v1::{
            CheckKindV1, CheckV1, HealthReasonV1, LimitUnitV1, RunV1, SummaryV1, ThresholdV1, VerdictV1,
        },
        text::{inert, inert_lines},
    },
};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The exit code of a run that was measured and judged, and found wanting.
const THRESHOLD_FAILED: u8 = 99;

pub(super) fn xml(summary: &SummaryV1) -> Vec<u8> {
    let run = &summary.run;
    let mut report = Report::new(plain(&run.name));
    report.set_time(Duration::from_millis(run.duration_ms));
    report.add_test_suite(verdict_suite(summary));
    let mut add = |name: &str, cases: Vec<TestCase>| {
        // Some readers take a suite without cases for one that crashed.
        if !cases.is_empty() {
            report.add_test_suite(suite(run, name, cases));
        }
    };
    let mut names = Names::default();
    add("thresholds", summary.thresholds.iter().map(|one| threshold(one, run, &mut names)).collect());
    let mut names = Names::default();
    add("checks", summary.checks.iter().map(|one| check(one, run, &mut names)).collect());
    let mut bytes = Vec::new();
    match report.serialize(&mut bytes) {
        Ok(()) => bytes,
        Err(_) => unreachable!("writing to memory does not fail"),
    }
}

/// The suite of this name. The scenario is part of it, so that the files of several can be read together.
fn suite(run: &RunV1, name: &str, cases: Vec<TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(plain(&format!("{}: {name}", run.name)));
    suite.set_time(cases.iter().filter_map(|case| case.time).sum());
    suite.extra.insert("timestamp".into(), line(&run.started_at).into());
    suite.add_test_cases(cases);
    suite
}

/// A test case without its name. Readers add up the times: the run's own is that of its verdict.
fn case(name: &str, groups: &[&str], status: TestCaseStatus, run: &RunV1) -> TestCase {
    let mut case = TestCase::new(name, status);
    let groups: Vec<String> =
        [run.name.as_str()].iter().chain(groups).map(|part| part_of_class(part)).collect();
    case.set_classname(groups.join("."));
    case.set_time(Duration::ZERO);
    if run.scenario_file != "-" {
        case.extra.insert("file".into(), line(&run.scenario_file).into());
    }
    case
}

/// A part of a class's name, whose dots readers take for its packages.
fn part_of_class(text: &str) -> String {
    plain(text).replace('.', "_")
}

/// One line, inert.
fn line(text: &str) -> String {
    writable(&inert(text))
}

fn lines(text: &str) -> String {
    writable(&inert_lines(text))
}

fn status(mut status: TestCaseStatus, kind: &str, message: &str, details: &str) -> TestCaseStatus {
    let text =
        if details.is_empty() { lines(message) } else { format!("{}\n{}", line(message), lines(details)) };
    status.set_type(kind).set_message(line(message)).set_description(text);
    status
}

fn verdict_suite(summary: &SummaryV1) -> TestSuite {
    let run = &summary.run;
    let mut verdict = verdict(&summary.verdict, &remarks(summary), run);
    verdict.set_time(Duration::from_millis(run.duration_ms));
    let mut suite = suite(run, "run", vec![verdict]);
    suite.add_properties(properties(summary));
    suite
}

fn verdict(verdict: &VerdictV1, remarks: &str, run: &RunV1) -> TestCase {
    let class = &["run"];
    if verdict.passed {
        let mut passed = case("verdict", class, TestCaseStatus::success(), run);
        passed.set_system_out(lines(format!("{}\n{remarks}", verdict.reason).trim_end()));
        return passed;
    }
    // Anything else than a threshold means that there was no fair judgement.
    let kind = match verdict.exit_code {
        THRESHOLD_FAILED => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    let failed = TestCaseStatus::non_success(kind);
    let kind = format!("exit-code-{}", verdict.exit_code);
    case("verdict", class, status(failed, &kind, &verdict.reason, remarks), run)
}

/// What went wrong around the load, and what the generator has to say of itself, a line for each.
fn remarks(summary: &SummaryV1) -> String {
    let around = [("setup", &summary.setup), ("teardown", &summary.teardown)].into_iter();
    let around = around.filter_map(|(name, once)| Some((name, once.as_ref()?)));
    let errors = around.flat_map(|(name, once)| once.errors.iter().map(move |error| (name, error)));
    let errors = errors.map(|(name, error)| format!("{name}: {}", line(error)));
    let reasons = summary.health.iter().flat_map(|health| &health.reasons);
    errors.chain(reasons.map(remark)).collect::<Vec<_>>().join("\n")
}

fn remark(reason: &HealthReasonV1) -> String {
    match reason.remedy.as_str() {
        "" => format!("generator: {}", reason.text),
        remedy => format!("generator: {}; {remedy}", reason.text),
    }
}

fn properties(summary: &SummaryV1) -> Vec<Property> {
    let run = &summary.run;
    let mut all = vec![
        ("run", run.id.clone()),
        ("started_at", run.started_at.clone()),
        ("ended_at", run.ended_at.clone()),
        ("seed", run.seed.to_string()),
        ("target", run.target.clone()),
        ("scenario_file", run.scenario_file.clone()),
        ("scenario_sha256", run.scenario_sha256.clone()),
        ("loadgen_version", run.loadgen_version.clone()),
        ("command", run.command.clone()),
        ("exit_code", summary.verdict.exit_code.to_string()),
        ("incomplete", summary.verdict.incomplete.to_string()),
    ];
    all.extend(run.environment.clone().map(|environment| ("environment", environment)));
    let tags = run.tags.iter().map(|(tag, value)| (format!("tag.{tag}"), value.clone()));
    let all = all.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(tags);
    all.map(|(name, value)| Property::new(line(&name), line(&value))).collect()
}

fn threshold(threshold: &ThresholdV1, run: &RunV1, names: &mut Names) -> TestCase {
    let name = names.unique(&plain(&format!("{} {}", threshold.metric, terms(threshold))));
    let details = details(threshold, run);
    let mut case = if threshold.passed {
        let mut passed = case(&name, &["thresholds"], TestCaseStatus::success(), run);
        passed.set_system_out(lines(&details));
        passed
    } else {
        let (kind, message) = fault(threshold);
        let failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
        case(&name, &["thresholds"], status(failed, kind, &message, &details), run)
    };
    case.extra.insert("line".into(), threshold.line.to_string().into());
    case
}

/// What must hold, with what it is judged by: `p95 < 200ms over every 10s`.
fn terms(threshold: &ThresholdV1) -> String {
    let time = |ms| format_duration(Duration::from_millis(ms));
    let mut text = threshold.condition.clone();
    text += &threshold.over_ms.map(|ms| format!(" over every {}", time(ms))).unwrap_or_default();
    text += &threshold.after_ms.map(|ms| format!(", after {}", time(ms))).unwrap_or_default();
    if let Some(fewest) = threshold.min_samples {
        text += &format!(", of {} or more", counted(fewest, "sample"));
    }
    text
}

/// Why it did not hold: a word for programs, and what was seen against what had to be.
fn fault(threshold: &ThresholdV1) -> (&'static str, String) {
    let terms = terms(threshold);
    if threshold.no_data {
        return ("no-data", format!("there was no data for {terms}"));
    }
    if threshold.too_few_samples {
        let seen = counted(threshold.samples, "sample");
        return ("too-few-samples", format!("{seen}, too few for {terms}"));
    }
    let seen = match (&threshold.worst_window, threshold.observed) {
        (Some(window), _) if !window.held => {
            let value = shown(window.observed, threshold.unit);
            format!("{value} in the window from {}", format_duration(Duration::from_millis(window.start_ms)))
        }
        (_, Some(value)) => shown(value, threshold.unit),
        (_, None) => "nothing".to_owned(),
    };
    ("threshold-failed", format!("observed {seen}, must be {terms}"))
}

/// Everything that is known of it, a fact a line.
fn details(threshold: &ThresholdV1, run: &RunV1) -> String {
    let unit = threshold.unit;
    let mut facts = vec![format!("{}: {}", line(&threshold.metric), terms(threshold))];
    facts.extend(threshold.observed.map(|value| format!("observed: {}", shown(value, unit))));
    facts.push(format!("limit: {}", shown(threshold.limit, unit)));
    facts.push(format!("samples: {}", count(threshold.samples)));
    if let Some(interval) = &threshold.interval {
        let bound = |bound: Option<f64>| bound.map_or_else(|| "?".to_owned(), |bound| shown(bound, unit));
        facts.push(format!("95 % interval: {} to {}", bound(interval.low), bound(interval.high)));
    }
    if let Some(window) = &threshold.worst_window {
        let (value, start) = (shown(window.observed, unit), Duration::from_millis(window.start_ms));
        let samples = counted(window.samples, "sample");
        facts.push(format!("worst window: {value} from {}, {samples}", format_duration(start)));
    }
    if threshold.aborted_run {
        facts.push("it ended the run early".to_owned());
    }
    if threshold.observed.is_some() && !threshold.sure {
        facts.push("too near to the limit to be sure: another run could be judged otherwise".to_owned());
    }
    facts.push(format!("{}:{}", line(&run.scenario_file), threshold.line));
    facts.join("\n")
}

fn shown(value: f64, unit: LimitUnitV1) -> String {
    observed(match unit {
        LimitUnitV1::Milliseconds => Limit::Time(Duration::from_nanos((value * 1e6).round() as u64)),
        LimitUnitV1::Share => Limit::Share(value),
        LimitUnitV1::PerSecond => Limit::PerSecond(value),
        LimitUnitV1::Number => Limit::Number(value),
    })
}

fn check(check: &CheckV1, run: &RunV1, names: &mut Names) -> TestCase {
    let groups = ["checks", &check.task, &check.request];
    // Unique within the class, which for people is where it belongs; a tab is in no name.
    let class = groups.map(part_of_class).join(".");
    let unique = names.unique(&format!("{class}\t{}", plain(&check.name)));
    let name = unique.split_once('\t').map_or(unique.as_str(), |(_, name)| name);
    let all = check.passes + check.fails;
    let skipped = |kind, message: &str| status(TestCaseStatus::skipped(), kind, message, "");
    match (all, check.fails) {
        (0, _) => case(name, &groups, skipped("never-reached", "it was never reached"), run),
        (_, 0) => {
            let mut held = case(name, &groups, TestCaseStatus::success(), run);
            held.set_system_out(format!("held {}", times(all)));
            held
        }
        (_, fails) => {
            let seen = format!("did not hold {} of {} ({})", count(fails), times(all), percent(fails, all));
            let message = format!("{seen}; {}", gate(check));
            case(name, &groups, skipped("did-not-hold", &message), run)
        }
    }
}

fn times(number: u64) -> String {
    counted(number, "time")
}

/// What would make the run fail with it.
fn gate(check: &CheckV1) -> String {
    match check.kind {
        CheckKindV1::Check => "a check is counted and fails nothing: a threshold on `checks` does".to_owned(),
        CheckKindV1::Expect => {
            "its requests failed with it, which a threshold on `http_req_failed` judges".to_owned()
        }
    }
}
