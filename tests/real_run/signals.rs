//! Being asked to end.

use super::{
    harness::{Finished, Running, Sandbox, wait_for},
    target::{OK, Target, scenario},
};
use std::time::Duration;

/// Not a claim about speed: well below what the run would have taken.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A run that would take ten minutes and is known to have begun.
fn begin(sandbox: &Sandbox, target: &Target, more: &str) -> Running {
    let running = sandbox.start_scenario(&scenario(&target.url(), 2, 600_000, more), &[]);
    wait_for("two requests", || (target.seen.requests() >= 2).then_some(()));
    running
}

#[track_caller]
fn assert_interrupted(run: &Finished, signal: &str) {
    run.assert_code(105);
    assert!(run.elapsed < AT_ONCE, "{:?}", run.elapsed);
    let summary = run.summary();
    assert!(!summary.passed());
    assert!(summary.reason().contains(signal), "{}", summary.reason());
    assert!(run.stderr.contains(signal), "{}", run.both());
    run.assert_says(&["exit code 105"]);
}

#[test]
fn the_first_signal_ends_gently_and_everything_is_judged_and_written() {
    for signal in ["INT", "TERM"] {
        let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
        let thresholds = "thresholds: { http_req_failed: rate == 0%, http_req_duration: p95 < 1us }\n";
        let running = begin(&sandbox, &target, thresholds);
        wait_for("some requests", || (target.seen.requests() > 20).then_some(()));
        running.signal(signal);
        let run = running.wait();
        assert_interrupted(&run, &format!("SIG{signal}"));
        let summary = run.summary();
        let judged: Vec<bool> = summary.list("thresholds").iter().map(|one| one["passed"] == true).collect();
        assert_eq!(judged, [true, false]);
        assert!(summary.reason().contains("http_req_duration"), "{}", summary.reason());
        assert_eq!(summary.count("http_reqs"), target.seen.requests());
        assert_eq!(summary.count("interrupted_iterations"), 0);
    }
}

#[test]
fn a_signal_is_told_where_nothing_else_is() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let running = sandbox.start_scenario(&scenario(&target.url(), 2, 600_000, ""), &["--quiet"]);
    wait_for("two requests", || (target.seen.requests() >= 2).then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run, "SIGINT");
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.both());
    let says = run.stderr.starts_with("SIGINT: ending; ") && run.stderr.contains("(again to cut them)");
    assert!(says, "{}", run.both());
}

#[test]
fn a_request_under_way_may_end_after_the_first_signal() {
    let sandbox = Sandbox::new();
    let target = Target::start(|connection| {
        while connection.request().is_some() {
            connection.pause(Duration::from_millis(400));
            connection.send(OK);
        }
    });
    let running = begin(&sandbox, &target, "");
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run, "SIGINT");
    let summary = run.summary();
    assert_eq!((summary.statuses("root", 200), summary.count("iterations")), (2, 2));
    assert_eq!((summary.count("interrupted_iterations"), target.seen.requests()), (0, 2));
}

#[test]
fn the_second_signal_cuts_what_hangs() {
    let (sandbox, target) = (Sandbox::new(), Target::hanging());
    let running = begin(&sandbox, &target, "http: { timeout: 10m }\n");
    running.signal("INT");
    wait_for("the note on the first signal", || running.stderr().contains("SIGINT").then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run, "SIGINT");
    assert_cut(&run);
    assert!(run.stderr.contains("SIGINT again"), "{}", run.both());
}

#[test]
fn graceful_stop_cuts_what_hangs_before_any_iteration_completed() {
    let (sandbox, target) = (Sandbox::new(), Target::hanging());
    let text = scenario(&target.url(), 2, 600_000, "http: { timeout: 10m }\n");
    let text = text.replace("duration: 600000ms", "duration: 600000ms, graceful_stop: 300ms");
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("two requests", || (target.seen.requests() == 2).then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run, "SIGINT");
    assert_cut(&run);
}

/// The two requests under way are neither errors nor latencies: only two iterations that were interrupted.
#[track_caller]
fn assert_cut(run: &Finished) {
    let summary = run.summary();
    let counts = ["http_reqs", "http_errors", "iterations", "failed_iterations", "http_req_duration"];
    assert_eq!(counts.map(|metric| summary.count(metric)), [0; 5], "{}", run.both());
    assert_eq!(summary.count("interrupted_iterations"), 2);
    assert!(summary.list("errors").is_empty());
    assert!(summary.reason().contains("no iteration completed"), "{}", summary.reason());
}

/// The end of the plan cuts in the same way, but nobody asked for it: a run without a completed iteration.
#[test]
fn the_planned_end_cuts_what_hangs() {
    let target = Target::hanging();
    let text = scenario(&target.url(), 2, 300, "").replace("300ms", "300ms, graceful_stop: 200ms");
    let run = super::harness::run_scenario(&text);
    run.assert_code(99);
    assert!(run.elapsed < AT_ONCE);
    assert_cut(&run);
}
