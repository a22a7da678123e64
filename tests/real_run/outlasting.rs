//! No run outlasts its plan, its `graceful_stop` and two seconds, whatever the target keeps open and in which phase.

use super::{
    harness::{Finished, run_scenario},
    target::{Connection, OK, Target},
};
use std::time::Duration;

/// The plan (500 ms), the grace (500 ms) and two seconds; and ten for a machine that is busy with other things. What
/// hangs here does so for ten minutes.
const LIMIT: Duration = Duration::from_secs(13);

/// Answers but at `/hang`, `/drip` and `/deaf`.
fn serve(connection: &mut Connection) {
    while let Some(request) = connection.request() {
        match request.path() {
            "/hang" => while connection.request().is_some() {},
            "/drip" => {
                connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
                while connection.send("x") {
                    connection.pause(Duration::from_millis(20));
                }
            }
            "/deaf" => connection.pause(Duration::from_secs(40)),
            _ => {}
        }
        if !connection.send(OK) {
            return;
        }
    }
}

fn run(target: &str, rest: &str) -> Finished {
    run_scenario(&format!(
        "target: {target}\nload: {{ users: 2, duration: 500ms, graceful_stop: 500ms }}\nthink_time: 5ms\n\
         http: {{ timeout: 10m, connect_timeout: 10m }}\n{rest}"
    ))
}

#[track_caller]
fn assert_in_time(run: &Finished, what: &str) {
    assert!(run.elapsed < LIMIT, "{what}: {:?} {}", run.elapsed, run.both());
    run.summary();
}

#[test]
fn a_target_that_hangs_in_the_load_does_not_keep_the_run() {
    let target = Target::start(serve);
    let long = "x".repeat(4_000_000);
    for (what, rest, code, cut) in [
        ("an answer", "flow: [ { get: /hang } ]\n".to_owned(), 99, 2),
        ("a body", "flow: [ { get: /drip } ]\n".to_owned(), 99, 2),
        ("an upload", format!("flow: [ {{ post: /deaf, body: {long} }} ]\n"), 99, 2),
        ("on_start", "on_start: [ { get: /hang } ]\nflow: [ { get: / } ]\n".to_owned(), 99, 0),
        ("on_stop", "on_stop: [ { get: /hang } ]\nflow: [ { get: / } ]\n".to_owned(), 0, 0),
    ] {
        let run = run(&target.url(), &rest);
        assert_in_time(&run, what);
        run.assert_code(code);
        assert_eq!(run.summary().count("interrupted_iterations"), cut, "{what}");
    }
}

#[test]
fn a_handshake_that_hangs_does_not_keep_the_run() {
    let target = Target::start(|connection| connection.pause(Duration::from_secs(40)));
    let run = run(&target.url().replace("http:", "https:"), "flow: [ { get: / } ]\n");
    assert_in_time(&run, "a handshake");
    run.assert_code(99);
}

#[test]
fn a_teardown_that_hangs_is_cut_told_and_changes_no_verdict() {
    let target = Target::start(serve);
    for (what, steps) in [
        ("an answer", "{ get: / }, { get: /hang }, { get: / }"),
        ("a body", "{ get: / }, { get: /drip }, { get: / }"),
        ("a pause", "{ get: / }, { think: 10m }, { get: / }"),
    ] {
        let run = run(&target.url(), &format!("flow: [ {{ get: / }} ]\nteardown: [ {steps} ]\n"));
        assert_in_time(&run, what);
        run.assert_code(0);
        let teardown = run.summary().at("/teardown");
        assert_eq!((&teardown["requests"], &teardown["failed"]), (&1.into(), &0.into()), "{what}");
        let told = teardown["errors"][0].as_str().unwrap();
        assert!(told.starts_with("cut by the end of its time"), "{told}");
        run.assert_says(&["Teardown 1 request", "`teardown` was cut by the end of its time"]);
    }
}

/// `setup` comes before the plan: its requests have their own timeouts.
#[test]
fn a_setup_that_hangs_ends_with_its_request() {
    let target = Target::start(serve);
    let text = format!(
        "target: {}\nload: {{ users: 2, duration: 10m }}\nhttp: {{ timeout: 500ms }}\n\
         setup: [ {{ get: /hang, name: look }} ]\nflow: [ {{ get: / }} ]\n",
        target.url()
    );
    let run = run_scenario(&text);
    assert_in_time(&run, "setup");
    run.assert_code(107);
    assert_eq!(target.seen.requests(), 1);
}
