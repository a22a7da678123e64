//! The live line, the panel and its JSON.

use super::{
    fixture::{HOSTILE, MS, Run, SECOND, vitals},
    golden,
};
use crate::{
    judge::{Gates, Health, HealthCode, HealthFinding, HealthStatus, Outcome, ThresholdResult},
    measure::{Interval, Latency, SparseLatency},
    model::{
        Aggregation, Catalog, Condition, Glob, Limit, Metric, Operator, Percent, Selector, StageMeta,
        Threshold, WorkloadId,
    },
    report::{
        progress::{Past, Progress, Room, panel, plain_line},
        progress_v1::{json_schema, note_line, second_line},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// So many samples of one time.
fn times(samples: u64, time: Duration) -> SparseLatency {
    let mut latency = Latency::new();
    (0..samples).for_each(|_| latency.record(time));
    SparseLatency::of(&latency)
}

pub(super) fn progress() -> Progress {
    let mut progress =
        Progress { elapsed: SECOND * 12 + MS * 300, planned: SECOND * 30, ..Progress::default() };
    progress.last.span = SECOND;
    (progress.last.users, progress.last.requests) = (10, 843);
    progress.last.duration = times(843, MS * 12);
    progress.total.iterations = 2_104;
    progress
}

#[test]
fn the_line_says_where_the_run_stands() {
    assert_eq!(
        plain_line(&progress()),
        "12s/30s  10 users  843 req/s  p95 12.0ms  0 failed  2,104 iterations"
    );
    let mut few = progress();
    few.last.duration = times(7, MS * 12);
    assert!(plain_line(&few).contains("p95 ~12.0ms"));
    let mut failing = progress();
    failing.stage = Some("a\x1b[2Jvery long name of a stage".into());
    failing.last.duration = SparseLatency::default();
    (failing.last.users, failing.last.failed) = (1, 100);
    (failing.total.failed, failing.total.iterations) = (1_234, 1);
    assert_eq!(
        plain_line(&failing),
        "12s/30s  stage a\\x1b[2Jvery lo…  1 user  843 req/s  p95 -  1,234 failed (11.9% now)  1 iteration"
    );
}

#[test]
fn the_line_of_a_rate_says_what_is_asked_and_what_was_dropped() {
    let mut at_rate = Progress { asked_per_s: Some(912.4), warm_up: true, ..progress() };
    at_rate.total.dropped = 1_402;
    assert_eq!(
        plain_line(&at_rate),
        "12s/30s  warm-up  912/s due  1,402 dropped  10 users  843 req/s  p95 12.0ms  0 failed  2,104 iterations"
    );
    let catalog = Run::open().catalog;
    let mut progress = Progress::new(SECOND * 4, &catalog);
    let at = |progress: &mut Progress, elapsed| {
        progress.move_to(elapsed, &catalog);
        (progress.warm_up, progress.stage.clone())
    };
    let warm_ups = [0, 1, 2].map(|second| at(&mut progress, SECOND * second).0);
    assert_eq!(warm_ups, [true, false, false]);
    // The import has one stage, which needs no name.
    assert_eq!(at(&mut progress, SECOND * 2).1.as_deref(), Some("peak"));
}

/// Three seconds of the run that has everything.
fn after(seconds: &[Interval], catalog: &Catalog) -> Progress {
    let mut progress = Progress::new(SECOND * 3, catalog);
    for interval in seconds {
        progress.move_to(SECOND * (interval.number as u32 + 1) - MS, catalog);
        progress.take(interval, SECOND, catalog);
    }
    progress
}

#[test]
fn seconds_add_up_to_where_the_run_stands() {
    let run = Run::rich();
    let progress = after(&Run::rich_intervals(), &run.catalog);
    let (last, total) = (&progress.last, &progress.total);
    assert_eq!((last.users, last.requests, last.failed, last.requests_per_s()), (10, 280, 4, 280.0));
    assert_eq!((total.requests, total.failed, total.iterations), (840, 12, 762));
    let summary = run.summary();
    let listed: u64 = summary.errors.iter().map(|error| error.count).sum();
    assert_eq!(total.failures.values().sum::<u64>(), listed, "{:?}", total.failures);
    assert_eq!(progress.history.len(), 3);
    assert!(progress.history.iter().all(|past| past.requests_per_s == 280.0 && past.p95 > Some(MS * 100)));
    let whole = &run.snapshot.series.points();
    let mut all = SparseLatency::default();
    whole.iter().for_each(|point| all.merge(&point.duration));
    let recent = &progress.recent;
    assert_eq!((recent.seconds, recent.samples), (3, all.count()));
    assert_eq!(recent.p99, all.percentile(Percent::whole(99)));
    let stages = [0, 1, 3].map(|second| {
        let mut progress = progress.clone();
        progress.move_to(SECOND * second, &run.catalog);
        progress.stage
    });
    assert_eq!(stages, [Some("warm-up".to_owned()), Some("2".to_owned()), None]);
}

#[test]
fn what_is_remembered_has_a_bound() {
    let (seconds, catalog) = (Run::rich_intervals(), Run::rich().catalog);
    let mut progress = Progress::new(SECOND * 1_000, &catalog);
    (0..500).for_each(|_| progress.take(&seconds[0], SECOND, &catalog));
    assert_eq!((progress.history.len(), progress.recent.seconds), (120, 10));
    assert_eq!(progress.total.requests, 500 * 280);
}

fn result(subject: (Metric, &str), millis: u64, outcome: Outcome, seen: Option<Limit>) -> ThresholdResult {
    let condition = Condition {
        aggregation: Aggregation::Percentile(Percent::whole(95)),
        operator: Operator::Less,
        limit: Limit::Time(Duration::from_millis(millis)),
    };
    let tags = match subject.1 {
        "" => Vec::new(),
        task => vec![("task".to_owned(), Glob::new(task))],
    };
    ThresholdResult {
        threshold: Threshold::new(subject.0, Selector { tags }, condition, 1),
        outcome,
        observed: seen,
        samples: 120,
        worst_window: None,
        aborted_run: false,
        interval: None,
        sure: true,
    }
}

/// A run with stages, a rate, failures, thresholds in every state, and a generator in trouble.
pub(super) fn busy() -> Progress {
    let mut progress = progress();
    progress.bounds = vec![SECOND * 5, SECOND * 25];
    progress.stage = Some(format!("peak {HOSTILE}"));
    progress.asked_per_s = Some(850.0);
    (progress.last.arrived, progress.last.failed) = (843, 38);
    progress.last.vitals = vitals();
    progress.last.vitals.gaps.add(MS * 320);
    progress.last.lag_p99 = Some(MS * 14);
    let total = &mut progress.total;
    (total.requests, total.failed, total.dropped) = (10_116, 512, 1_402);
    let kinds = [("status 503", 300), ("timeout", 140), ("expect", 60), ("reset", 8), ("extract", 4)];
    total.failures = kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
    let recent = &mut progress.recent;
    (recent.seconds, recent.samples) = (10, 400);
    (recent.p50, recent.p95, recent.p99) = (Some(MS * 4), Some(MS * 12), Some(MS * 145));
    for second in 0..40_u32 {
        let p95 = (second % 7 > 0).then(|| MS * (8 + second % 5));
        progress.history.push_back(Past { requests_per_s: f64::from(second * 20), p95 });
    }
    let ms = |millis| Some(Limit::Time(Duration::from_millis(millis)));
    let duration = Metric::HttpReqDuration;
    let mut late = result((duration, ""), 0, Outcome::Failed, Some(Limit::Number(840.0)));
    late.threshold.condition = Condition {
        aggregation: Aggregation::Count,
        operator: Operator::Greater,
        limit: Limit::Number(10_000.0),
    };
    let mut few = result((duration, "checkout"), 900, Outcome::TooFewSamples, ms(20));
    few.threshold.min_samples = Some(5_000);
    progress.thresholds = vec![
        result((duration, ""), 200, Outcome::Passed, ms(12)),
        result((duration, HOSTILE), 10, Outcome::Failed, ms(480)),
        result((Metric::IterationDuration, "never"), 900, Outcome::NoData, None),
        late,
        few,
    ];
    let finding = |code| HealthFinding {
        code,
        status: HealthStatus::Saturated,
        text: "it stood still".to_owned(),
        remedy: String::new(),
    };
    progress.health = Health {
        status: HealthStatus::Saturated,
        findings: vec![finding(HealthCode::Gap), finding(HealthCode::Steal)],
    };
    progress
}

#[test]
fn the_panel_is_as_it_was() {
    for columns in [120, 80, 60, 40] {
        let mut text = String::new();
        for (name, progress) in [("begun", progress()), ("busy", busy())] {
            for rows in [29, 9, 5, 3] {
                text += &format!("--- {name}, {columns} columns, at most {rows} lines\n");
                let lines = panel(&progress, Room { columns: columns - 2, rows, color: false });
                text.extend(lines.iter().map(|line| format!("{line}\n")));
            }
        }
        golden::check(&format!("src/report/tests/golden/panel-{columns}.txt"), &text);
    }
    let colours = panel(&busy(), Room { columns: 78, rows: 29, color: true }).join("\n");
    assert!(colours.contains("\x1b[31m✗\x1b[0m") && colours.contains("\x1b[2mLatency"), "{colours:?}");
}

#[test]
fn a_number_of_iterations_is_what_the_bar_is_of() {
    let mut progress = Progress { planned_iterations: Some(4_208), planned: SECOND * 600, ..progress() };
    let line = panel(&progress, Room { columns: 78, rows: 20, color: false }).remove(0);
    let (bar, facts) = line.split_once("  ").unwrap();
    assert_eq!(bar.matches('█').count(), bar.chars().count() / 2, "{line}");
    assert_eq!(facts, "12s of 10m  2,104 of 4,208 iterations");
    progress.planned_iterations = None;
    let line = panel(&progress, Room { columns: 78, rows: 20, color: false }).remove(0);
    assert!(line.ends_with("  12s of 10m  9m48s left"), "{line}");
}

#[test]
fn the_broken_thresholds_come_first_and_what_is_still_to_come_is_not_broken() {
    let lines = panel(&busy(), Room { columns: 98, rows: 29, color: false });
    let rows: Vec<&String> = lines.iter().filter(|line| line.starts_with("  ")).collect();
    let signs: String = rows.iter().filter_map(|row| row.trim().chars().next()).collect();
    assert_eq!(signs, "✗………✓", "{lines:#?}");
    assert!(lines.iter().any(|line| line == "Thresholds  1 broken  1 hold  3 open"), "{lines:#?}");
    assert!(rows[2].contains("… 840") && rows[3].contains("120 of 5,000 samples"), "{rows:#?}");
}

/// `text` without the escapes of colours.
fn seen(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect::<String>()
}

prop_compose! {
    fn any_progress()(
        names in proptest::collection::vec("(?s).{0,40}|日本語日本語日本語日本語|\u{1b}\\[2J\u{202e}x", 3),
        numbers in proptest::collection::vec(prop_oneof![0..200_u64, Just(u64::MAX / 4), any::<u32>().prop_map(u64::from)], 16),
        rates in proptest::collection::vec(prop_oneof![0.0..1e5, Just(f64::MAX), Just(0.001)], 60),
        outcomes in proptest::collection::vec(0..4_usize, 0..20),
        has_rate in any::<bool>(),
    ) -> Progress {
        let mut progress = busy();
        progress.stage = Some(names[0].clone());
        progress.asked_per_s = has_rate.then_some(rates[0]);
        progress.planned_users = (!has_rate).then_some(numbers[12]);
        progress.elapsed = Duration::from_millis(numbers[0] / 1_000);
        progress.planned = Duration::from_millis(numbers[1] / 1_000);
        progress.bounds = numbers.iter().map(|number| Duration::from_millis(number / 2_000)).collect();
        let last = &mut progress.last;
        (last.users, last.requests, last.failed, last.arrived) = (numbers[2], numbers[3], numbers[4], numbers[5]);
        last.lag_p99 = Some(Duration::from_nanos(numbers[6]));
        last.vitals.gaps.add(Duration::from_nanos(numbers[7]));
        let total = &mut progress.total;
        (total.requests, total.failed, total.dropped, total.iterations) =
            (numbers[8], numbers[9], numbers[10], numbers[11]);
        total.failures = names.iter().map(|name| (format!("status {}", name.len()), numbers[13])).collect();
        let time = |number: u64| Some(Duration::from_nanos(number));
        (progress.recent.p50, progress.recent.p95) = (time(numbers[14]), time(numbers[15]));
        let past = rates.iter().map(|rate| Past { requests_per_s: *rate, p95: time(*rate as u64) });
        progress.history = past.collect();
        let outcome = |at: usize| match at {
            0 => Outcome::Passed,
            1 => Outcome::Failed,
            2 => Outcome::NoData,
            _ => Outcome::TooFewSamples,
        };
        let limit = |at| Limit::Time(Duration::from_nanos(numbers[at]));
        progress.thresholds = (outcomes.iter())
            .map(|at| result((Metric::HttpReqDuration, &names[1]), numbers[at + 1] / 1_000_000, outcome(*at), Some(limit(*at))))
            .collect();
        progress
    }
}

proptest! {
    #[test]
    fn no_line_is_wider_and_no_panel_higher_than_the_room(
        progress in any_progress(), columns in 0..200_usize, rows in 1..40_usize, color in any::<bool>()
    ) {
        let lines = panel(&progress, Room { columns, rows, color });
        prop_assert!((1..=rows).contains(&lines.len()));
        for line in &lines {
            prop_assert!(color || !line.contains('\x1b'), "{line:?}");
            let line = seen(line);
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            prop_assert!(line.width() <= columns, "{} of {columns}: {line:?}", line.width());
            prop_assert!(line.chars().count() <= columns, "{line:?}");
        }
        let plain = plain_line(&progress);
        prop_assert!(!plain.chars().any(char::is_control), "{plain:?}");
    }

    #[test]
    fn every_line_of_json_follows_the_schema(progress in any_progress(), note in "(?s).{0,60}") {
        let validator = jsonschema::validator_for(&json_schema()).expect("a schema");
        for line in [second_line(&progress), note_line(&note)] {
            prop_assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line:?}");
            prop_assert!(!line.contains('\x1b'), "{line:?}");
            let value: Value = serde_json::from_str(&line).expect("JSON");
            let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
            prop_assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn the_schema_of_progress_is_current_and_tells_right_from_wrong() {
    let schema = json_schema();
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    golden::check("schemas/progress-v1.schema.json", &text);
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let line: Value = serde_json::from_str(&second_line(&busy())).expect("JSON");
    assert!(validator.is_valid(&line), "{line:#}");
    for (pointer, wrong) in [
        ("/schema", json!("loadgen/progress/v2")),
        ("/type", json!("minute")),
        ("/elapsed_ms", json!("12s")),
        ("/p95_ms", json!(true)),
        ("/total/failed", json!(-1)),
        ("/total/errors/timeout", json!("many")),
        ("/thresholds/0/state", json!("fine")),
        ("/thresholds/0/unit", json!("s")),
        ("/health/status", json!("fine")),
    ] {
        let mut wrong_line = line.clone();
        *wrong_line.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = wrong;
        assert!(!validator.is_valid(&wrong_line), "{pointer}");
    }
}

#[test]
fn the_json_says_what_the_panel_says() {
    let run = Run::rich();
    let mut progress = after(&Run::rich_intervals(), &run.catalog);
    progress.elapsed = SECOND * 3;
    progress.thresholds = run.thresholds.clone();
    let line: Value = serde_json::from_str(&second_line(&progress)).expect("JSON");
    assert_eq!(
        (&line["type"], &line["elapsed_ms"], &line["span_ms"]),
        (&json!("second"), &json!(3_000), &json!(1_000))
    );
    assert_eq!(
        (&line["users"], &line["requests"], &line["requests_per_s"]),
        (&json!(10), &json!(280), &json!(280.0))
    );
    assert_eq!((&line["total"]["requests"], &line["total"]["failed"]), (&json!(840), &json!(12)));
    assert_eq!((&line["due_per_s"], &line["done_per_s"]), (&Value::Null, &Value::Null));
    let thresholds = line["thresholds"].as_array().expect("a list");
    assert_eq!(thresholds.len(), run.thresholds.len());
    for (told, result) in thresholds.iter().zip(&run.thresholds) {
        assert_eq!(told["passed"], result.passed());
        assert_eq!(told["state"] == "holds", result.passed(), "{told:#}");
    }
}

/// The gates of a run so far stand as they would be judged at its end.
#[test]
fn thresholds_of_a_run_that_goes_on_are_those_of_one_that_is_over() {
    let run = Run::rich();
    let thresholds: Vec<Threshold> = run.thresholds.iter().map(|result| result.threshold.clone()).collect();
    let gates = Gates::new(&thresholds, &run.catalog);
    let so_far = (&run.snapshot).into();
    let now: Vec<ThresholdResult> =
        (0..gates.count()).filter_map(|at| gates.judge_now(at, &so_far)).collect();
    assert_eq!(now, run.thresholds);
    assert!(gates.judge_now(gates.count(), &so_far).is_none());
}

#[test]
fn stages_are_bounds_of_the_bar() {
    let stage = |name: &str, start_ms, end_ms| StageMeta {
        name: name.to_owned(),
        workload: WorkloadId(0),
        start_ms,
        end_ms,
        warm_up: false,
    };
    let stages = vec![stage("1", 0, 5_000), stage("2", 5_000, 9_000), stage("3", 5_000, 10_000)];
    let catalog = Catalog { stages, ..Catalog::default() };
    assert_eq!(Progress::new(SECOND * 10, &catalog).bounds, [SECOND * 5]);
}
