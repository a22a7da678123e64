//! What `loadgen init` writes runs, and passes.

use super::{
    harness::Sandbox,
    target::{OK, Target},
};

#[test]
fn the_starter_passes() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init"]).assert_code(0);
    let run = sandbox.run(&["run", "scenario.yaml", "--environment", "quick", "--seed", "1"]);
    run.assert_code(0);
    assert!(run.summary().passed());
    run.assert_says(&["PASSED", "read profile", "profile again", "health"]);
    assert_eq!(run.summary().all_errors(), 0);
}

#[test]
fn the_starter_of_a_url_sends_that_request() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    let url = format!("{}/v1/users?page=2&q=a%20b", target.url());
    sandbox.run(&["init", "own.yaml", "--from-url", &url]).assert_code(0);
    let run = sandbox.run(&["run", "own.yaml", "--environment", "quick"]);
    run.assert_code(0);
    assert_eq!(target.seen.requests(), run.summary().count("http_reqs"));
    assert_eq!(run.summary().statuses("first request", 200), run.summary().count("http_reqs"));
}
