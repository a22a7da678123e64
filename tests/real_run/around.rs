//! What stands around the load, `setup` and `teardown`, and steps and feeds that end it.

use super::{
    harness::{Finished, Sandbox, run_scenario, wait_for},
    target::{Target, recording, response},
};
use std::time::Duration;

fn scenario(target: &Target, millis: u64, more: &str) -> String {
    format!(
        "name: Around\ntarget: {}\nload: {{ users: 2, duration: {millis}ms, graceful_stop: 2s }}\n\
         think_time: 5ms\n{more}",
        target.url()
    )
}

const SETUP: &str = "\
setup: [ { post: /make, json: { n: 1 }, extract: { id: json $.id } }, { log: 'made ${id}' } ]
teardown: [ { delete: '/made/${id}' }, { log: 'gone ${id}' } ]
flow: [ { get: '/use/${id}' } ]
";

fn made() -> Target {
    recording(|path| if path == "/make" { response(201, r#"{"id": 77}"#) } else { response(200, "{}") })
}

#[test]
fn setup_comes_before_the_load_and_teardown_after_it() {
    let target = made();
    let run = run_scenario(&scenario(&target, 200, SETUP));
    run.assert_code(0);
    let paths = target.seen.paths();
    assert_eq!((paths[0].as_str(), paths.last().map(String::as_str)), ("/make", Some("/made/77")));
    assert!(paths[1..paths.len() - 1].iter().all(|path| path == "/use/77"), "{paths:?}");
    let summary = run.summary();
    assert_eq!(summary.count("http_reqs") as usize, paths.len() - 2, "theirs are counted apart");
    for part in ["setup", "teardown"] {
        let part = summary.at(&format!("/{part}"));
        assert_eq!((&part["requests"], &part["failed"]), (&1.into(), &0.into()), "{part}");
    }
    assert!(run.stderr.contains("made 77") && run.stderr.contains("gone 77"), "{}", run.both());
}

#[test]
fn a_setup_that_fails_is_107_and_makes_no_load() {
    for (steps, says) in [
        ("{ post: /bad }", "POST /bad: status 500: broken {}"),
        ("{ post: /make, extract: { id: json $.none } }", "`id` was not found"),
        ("{ set: { id: '${env.NOT_SET | default(\"x\") | int + 1 / 0}' } }", "line 5"),
    ] {
        let target =
            recording(|path| if path == "/bad" { response(500, "broken {}") } else { response(200, "{}") });
        let steps = format!(
            "setup: [ {steps} ]\nteardown: [ {{ get: /gone }} ]\nthresholds: {{ http_reqs: count > 0 }}\nflow: [ {{ get: /use }} ]\n"
        );
        let run = run_scenario(&scenario(&target, 60_000, &steps));
        if run.code == 104 {
            // The compiler saw it coming.
            assert_eq!(target.seen.connections(), 0);
            continue;
        }
        run.assert_code(107);
        assert!(target.seen.paths().iter().all(|path| path == "/bad" || path == "/make"), "{steps}");
        let summary = run.summary();
        assert!(
            summary.reason().contains("setup failed") && summary.reason().contains(says),
            "{}",
            summary.reason()
        );
        assert_eq!((summary.count("http_reqs"), summary.list("thresholds").len()), (0, 0));
        run.assert_says(&["exit code 107", "no load was made"]);
    }
}

#[test]
fn a_setup_without_a_response_is_107() {
    let text = format!(
        "target: http://127.0.0.1:{}\nload: {{ users: 1, duration: 1m }}\nsetup: [ {{ get: /x }} ]\nflow: [ {{ get: /y }} ]\n",
        super::target::closed_port()
    );
    let run = run_scenario(&text);
    run.assert_code(107);
    assert!(run.summary().reason().contains("refused"), "{}", run.summary().reason());
}

#[test]
fn a_setup_that_stops_the_run_is_108_and_makes_no_load() {
    let target = made();
    let run = run_scenario(&scenario(
        &target,
        60_000,
        "setup: [ { get: /look }, { stop: run } ]\nflow: [ { get: /use } ]\n",
    ));
    run.assert_code(108);
    assert_eq!(target.seen.paths(), ["/look"]);
    assert!(run.summary().reason().contains("line 5"), "{}", run.summary().reason());
}

#[test]
fn a_teardown_that_fails_is_told_and_changes_no_verdict() {
    let target = recording(|path| if path == "/gone" { response(500, "{}") } else { response(200, "{}") });
    let run =
        run_scenario(&scenario(&target, 200, "teardown: [ { get: /gone } ]\nflow: [ { get: /use } ]\n"));
    run.assert_code(0);
    assert_eq!(run.summary().at("/teardown")["failed"], 1);
    run.assert_says(&["Teardown 1 request, 1 failed", "GET /gone: status 500"]);
}

#[track_caller]
fn assert_interrupted(run: &Finished) {
    run.assert_code(105);
    assert!(run.summary().reason().contains("SIGINT"), "{}", run.summary().reason());
    assert!(run.elapsed < Duration::from_secs(20), "{:?}", run.elapsed);
}

#[test]
fn teardown_runs_after_a_signal() {
    let (sandbox, target) = (Sandbox::new(), made());
    let running = sandbox.start_scenario(&scenario(&target, 600_000, SETUP), &[]);
    wait_for("some load", || (target.seen.requests() > 10).then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run);
    assert_eq!(target.seen.paths().last().map(String::as_str), Some("/made/77"));
    assert_eq!(run.summary().at("/teardown")["requests"], 1);
}

#[test]
fn a_signal_cuts_setup_and_there_is_no_load() {
    let (sandbox, target) = (Sandbox::new(), Target::hanging());
    sandbox.file("a.csv", "the rows of an earlier run\n");
    let running = sandbox.start_scenario(&scenario(&target, 600_000, SETUP), &["--out", "csv=a.csv"]);
    wait_for("the setup", || (target.seen.requests() == 1).then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run);
    assert_eq!((target.seen.requests(), run.summary().count("http_reqs")), (1, 0));
    assert!(run.stderr.contains("`setup` was cut"), "{}", run.both());
    // What an earlier run saw is not taken for what this one did.
    let rows = std::fs::read_to_string(sandbox.path().join("a.csv")).unwrap();
    assert!(rows.starts_with("timestamp,") && rows.lines().count() == 1, "{rows}");
    run.assert_says(&["a.csv (no rows: no load was made)"]);
}

#[test]
fn a_second_signal_cuts_teardown_and_everything_is_written() {
    let sandbox = Sandbox::new();
    let target = Target::start(|connection| {
        while let Some(request) = connection.request() {
            connection.seen.log.lock().unwrap().push((request.path().to_owned(), String::new()));
            if request.path() == "/gone" {
                while connection.request().is_some() {}
            }
            connection.send(super::target::OK);
        }
    });
    let text = scenario(&target, 200, "teardown: [ { get: /gone } ]\nflow: [ { get: /use } ]\n");
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("the teardown", || target.seen.paths().contains(&"/gone".to_owned()).then_some(()));
    running.signal("INT");
    wait_for("the note on the first signal", || running.stderr().contains("SIGINT").then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_interrupted(&run);
    assert!(run.summary().count("iterations") > 0);
    assert!(run.stderr.contains("`teardown` was cut"), "{}", run.both());
}

#[test]
fn a_step_that_stops_the_run_is_108_and_everything_is_judged() {
    for (step, says) in [
        ("{ stop: run, if: '${scenario.iteration == 20}' }", "the step on line 8 stopped the run"),
        (
            "{ get: '/${\"bad\" if scenario.iteration == 20 else \"good\"}', name: maybe, on_failure: stop_run }",
            "the failed request on line 8",
        ),
    ] {
        let target = recording(|path| if path == "/bad" { response(500, "{}") } else { response(200, "{}") });
        let steps = format!(
            "thresholds: {{ http_reqs: count > 3 }}\nflow:\n  - get: /use\n  - {step}\non_stop: [ {{ get: /bye }} ]\nteardown: [ {{ get: /gone }} ]\n"
        );
        let run = run_scenario(&scenario(&target, 600_000, &steps));
        run.assert_code(108);
        let summary = run.summary();
        assert!(summary.reason().contains(says), "{}", summary.reason());
        assert_eq!(summary.at("/thresholds/0/passed"), true);
        let paths = target.seen.paths();
        assert_eq!(paths.iter().filter(|path| *path == "/bye").count(), 2);
        assert_eq!(paths.last().map(String::as_str), Some("/gone"));
    }
}

#[test]
fn a_feed_that_must_not_end_is_108_with_its_error() {
    let target = made();
    let text = scenario(
        &target,
        600_000,
        "data: { names: { rows: [ { n: a }, { n: b }, { n: c } ], on_end: fail } }\nflow: [ { get: '/use/${names.n}' } ]\n",
    );
    let run = run_scenario(&text);
    run.assert_code(108);
    let summary = run.summary();
    assert_eq!((summary.count("http_reqs"), target.seen.requests()), (3, 3));
    assert!(summary.reason().contains("the feed `names` has no more rows"), "{}", summary.reason());
    let error = &summary.list("errors")[0];
    assert_eq!(error["error"], "data", "{error}");
    assert!(error["sample"].as_str().is_some_and(|sample| sample.contains("`names`")), "{error}");
}
