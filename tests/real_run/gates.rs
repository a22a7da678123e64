//! What keeps a run from passing, and what keeps it from starting.

use super::{
    harness::{Finished, run_scenario},
    target::{OK, Target, scenario},
};

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
