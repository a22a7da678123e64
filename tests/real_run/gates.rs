//! What keeps a run from passing, and what keeps it from starting.

use super::{
    harness::{Finished, run_scenario},
    target::{OK, Target, closed_port, scenario},
};
use std::time::Duration;

fn run_with(more: &str) -> (Target, Finished) {
    let target = Target::answering(OK);
    let run = run_scenario(&scenario(&target.url(), 2, 300, more));
    (target, run)
}

#[test]
fn a_threshold_that_holds_passes() {
    let (target, run) = run_with("thresholds: { http_req_failed: rate == 0%, http_reqs: count > 3 }\n");
    run.assert_code(0);
    let summary = run.summary();
    assert!(summary.passed());
    assert_eq!(summary.count("http_reqs"), target.seen.requests());
    assert!(summary.list("thresholds").iter().all(|threshold| threshold["passed"] == true));
}

#[test]
fn a_broken_threshold_is_99_and_named() {
    let (_target, run) =
        run_with("thresholds:\n  http_req_failed: rate < 1%\n  http_req_duration: p95 < 1us\n");
    run.assert_code(99);
    assert!(run.stdout.contains("http_req_duration") && run.stdout.contains("p95 < 1us"), "{}", run.both());
    let summary = run.summary();
    let passed: Vec<bool> = summary.list("thresholds").iter().map(|one| one["passed"] == true).collect();
    assert_eq!(passed, [true, false]);
    let broken = summary.at("/thresholds/1");
    assert!(broken["observed"].as_f64() > broken["limit"].as_f64(), "{broken:#}");
    assert!(summary.reason().contains("http_req_duration: p95 < 1us"), "{}", summary.reason());
}

#[test]
fn a_threshold_without_samples_is_99_and_no_data() {
    let (_target, run) = run_with("thresholds: { 'http_req_duration{status:500}': p95 < 1s }\n");
    run.assert_code(99);
    run.assert_says(&["no data"]);
    let summary = run.summary();
    assert_eq!(
        (summary.at("/thresholds/0/no_data"), summary.at("/thresholds/0/passed")),
        (&true.into(), &false.into())
    );
    assert!(summary.at("/thresholds/0/observed").is_null());
}

#[test]
fn a_failed_check_only_counts_and_a_failed_expectation_fails_the_request() {
    let (_target, run) = run_with("    check: { is tea: status == 418 }\n");
    run.assert_code(0);
    let tea = run.summary().named("checks", "is tea");
    assert_eq!(
        (tea["passes"].as_u64(), tea["fails"].as_u64()),
        (Some(0), Some(run.summary().count("http_reqs")))
    );
    let (_target, run) = run_with("    expect: status == 201\nthresholds: { http_req_failed: rate == 0% }\n");
    run.assert_code(99);
    assert_eq!(run.summary().figure("http_req_failed", "rate"), 1.0);
    assert_eq!(run.summary().all_errors(), 0);
}

/// All faults in one go, each with its place; and nothing was sent.
#[test]
fn what_is_wrong_in_the_file_is_104_before_the_first_connection() {
    for (more, says) in [
        ("threshold: { http_reqs: count > 0 }\n", "thresholds"),
        ("    exepct: status == 200\n", "expect"),
        ("thresholds: { http_req_duratoin: p95 < 1s }\n", "http_req_duration"),
        ("thresholds: { 'http_reqs{name:roto}': count > 0 }\n", "root"),
        ("    headers: { a: '${nowhere}' }\n", "nowhere"),
        ("    timeout: 10\n", "10s"),
    ] {
        let (target, run) = run_with(more);
        run.assert_code(104);
        assert!(run.stderr.contains(says), "{says}: {}", run.both());
        assert!(run.stderr.contains("scenario.yaml:"), "no place: {}", run.both());
        assert!(run.has_no_results(), "{}", run.both());
        assert_eq!((target.seen.connections(), target.seen.requests()), (0, 0));
    }
    let (_target, run) = run_with("    exepct: 1\nthreshold: 2\n");
    assert!(run.stderr.contains("exepct") && run.stderr.contains("threshold"), "{}", run.both());
}

/// A target that answers after this many milliseconds.
fn slow(millis: u64) -> Target {
    Target::start(move |connection| {
        while connection.request().is_some() {
            connection.pause(Duration::from_millis(millis));
            if !connection.send(OK) {
                break;
            }
        }
    })
}

#[test]
fn a_broken_abort_ends_the_run_early_and_everything_is_written() {
    let target = slow(20);
    let thresholds = "thresholds:\n  http_reqs: count > 0\n  \
                      http_req_duration: { expect: p95 < 5ms, abort: true }\n";
    let run = run_scenario(&scenario(&target.url(), 10, 30_000, thresholds));
    run.assert_code(99);
    run.assert_says(&["aborted after", "http_req_duration: p95 < 5ms", "it ended the run", "incomplete"]);
    let summary = run.summary();
    assert!(summary.reason().starts_with("aborted after "), "{}", summary.reason());
    assert!(!summary.reason().contains("thresholds failed"), "told once: {}", summary.reason());
    assert_eq!(summary.at("/verdict/incomplete"), true);
    assert_eq!(
        (summary.at("/thresholds/0/passed"), summary.at("/thresholds/0/aborted_run")),
        (&true.into(), &false.into())
    );
    let broken = summary.at("/thresholds/1");
    assert_eq!(
        (&broken["passed"], &broken["aborted_run"], &broken["sure"]),
        (&false.into(), &true.into(), &true.into())
    );
    assert!(broken["interval"]["low"].as_f64() > broken["limit"].as_f64(), "{broken:#}");
    // Of half a minute, most was left.
    let ran = summary.at("/run/duration_ms").as_u64().unwrap();
    assert!((3_000..30_000).contains(&ran), "{ran}");
    assert_eq!(summary.count("http_reqs"), target.seen.requests());
}

#[test]
fn a_window_fails_a_run_whose_whole_passes() {
    // One user, one request at a time: the first three are slow, and the run has far more than ten times as many.
    let target = Target::start(|connection| {
        while connection.request().is_some() {
            if connection.seen.requests() <= 3 {
                connection.pause(Duration::from_millis(400));
            }
            if !connection.send(OK) {
                break;
            }
        }
    });
    let thresholds =
        "thresholds:\n  http_req_duration: [ { expect: med < 300ms }, { expect: max < 300ms, over: 1s } ]\n";
    let run = run_scenario(&scenario(&target.url(), 1, 5_000, thresholds));
    run.assert_code(99);
    let summary = run.summary();
    let list = summary.list("thresholds");
    let passed: Vec<bool> = list.iter().map(|threshold| threshold["passed"] == true).collect();
    assert_eq!(passed, [true, false], "{list:#?}");
    let window = &list[1]["worst_window"];
    assert!(window["observed"].as_f64() >= Some(400.0) && window["held"] == false, "{window:#}");
    assert!(window["start_ms"].as_u64() < Some(5_000), "{window:#}");
    assert_eq!(list[1]["over_ms"].as_u64(), Some(1_000));
    assert!(list[0].get("over_ms").is_none() && list[0]["worst_window"].is_null(), "{list:#?}");
    run.assert_says(&["worst window:", "which breaks it"]);
}

#[test]
fn too_few_samples_are_no_pass() {
    let (_target, run) = run_with(
        "thresholds: { http_req_duration: { expect: max < 30s, min_samples: 1000000 }, http_reqs: count > 0 }\n",
    );
    run.assert_code(99);
    run.assert_says(&["of 1,000,000 samples", "of the 1000000 samples it needs"]);
    let judged = run.summary().at("/thresholds/0");
    assert_eq!((&judged["passed"], &judged["too_few_samples"]), (&false.into(), &true.into()));
    assert_eq!((&judged["no_data"], judged["min_samples"].as_u64()), (&false.into(), Some(1_000_000)));
    assert_eq!(judged["samples"].as_u64(), Some(run.summary().count("http_reqs")));
}

/// Refused connections have no duration: what nobody answered holds no limit on it.
#[test]
fn a_target_that_is_not_there_passes_no_limit_on_durations() {
    let url = format!("http://127.0.0.1:{}", closed_port());
    let run = run_scenario(&scenario(&url, 2, 300, "thresholds: { http_req_duration: p95 < 10s }\n"));
    run.assert_code(99);
    run.assert_says(&["`http_req_duration: p95 < 10s` had no data"]);
    assert_eq!(run.summary().at("/thresholds/0/samples"), 0);
}

#[test]
fn a_percentile_of_too_few_samples_is_said_to_be_a_guess() {
    let (_target, run) = run_with("thresholds: { http_req_duration: p99.9 < 30s }\n");
    run.assert_code(0);
    run.assert_says(&["p99.9 of", "samples is a guess: it needs 5,666 to be relied on"]);
    let judged = run.summary().at("/thresholds/0");
    assert!(judged["interval"]["high"].is_null() && judged["sure"] == false, "{judged:#}");
}
