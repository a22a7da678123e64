//! What a run shows while it goes on, as `--progress` and `--quiet` ask for it.

use super::{
    harness::{Finished, Sandbox},
    target::{OK, Target, response, scenario},
};
use serde_json::Value;
use std::{fs, path::Path};

/// Every request is counted in some second, and what came since the start is their sum.
#[test]
fn json_is_a_line_for_each_second_and_the_lines_add_up() {
    let target = Target::answering(response(503, "busy"));
    let more = "thresholds: { http_req_failed: rate < 1%, http_reqs: count > 1 }\n";
    let sandbox = Sandbox::new();
    let run =
        sandbox.start_scenario(&scenario(&target.url(), 2, 2_300, more), &["--progress", "json"]).wait();
    run.assert_code(99);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/progress-v1.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let lines: Vec<Value> = run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}\n{line:#}");
    }
    let seconds: Vec<&Value> = lines.iter().filter(|line| line["type"] == "second").collect();
    assert!(seconds.len() >= 2, "{}", run.both());
    let sum = |key: &str| -> u64 { seconds.iter().map(|second| second[key].as_u64().unwrap()).sum() };
    let last = seconds.last().unwrap();
    let sent = target.seen.requests();
    assert_eq!((sum("requests"), sum("failed")), (sent, sent), "{}", run.both());
    assert_eq!(last["total"]["requests"], sent);
    assert_eq!(last["total"]["errors"]["status 503"], sent);
    assert_eq!(sum("span_ms"), last["elapsed_ms"].as_u64().unwrap());
    let elapsed: Vec<u64> = seconds.iter().map(|second| second["elapsed_ms"].as_u64().unwrap()).collect();
    assert!(elapsed.is_sorted_by(|a, b| a < b), "{elapsed:?}");
    let states: Vec<&Value> = last["thresholds"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["broken", "holds"]);
    assert!(seconds.iter().all(|second| second["users"].as_u64() <= Some(2)), "{}", run.both());
    assert_eq!(run.summary().count("http_reqs"), sent);
}

/// Notes are lines of the same format.
#[test]
fn json_has_notes_in_it() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    let running = sandbox.start_scenario(&scenario(&target.url(), 1, 600_000, ""), &["--progress", "json"]);
    super::harness::wait_for("a second", || running.stderr().contains("\"second\"").then_some(()));
    running.signal("INT");
    let run = running.wait();
    run.assert_code(105);
    let lines: Vec<Value> = run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let notes: Vec<&Value> = lines.iter().filter(|line| line["type"] == "note").collect();
    assert!(
        notes.iter().any(|note| note["text"].as_str().unwrap().starts_with("SIGINT: ending")),
        "{notes:?}"
    );
}

const MORE: &str = "thresholds: { http_req_failed: rate > 50%, http_reqs: count > 1 }\n\
                    setup: [ { log: hello from setup } ]\n";

fn run_with(arguments: &[&str], millis: u64) -> (Sandbox, Finished) {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    let run = sandbox.start_scenario(&scenario(&target.url(), 1, millis, MORE), arguments).wait();
    run.assert_code(99);
    (sandbox, run)
}

/// The harness sees to it that no output of any run here has an escape in it.
#[test]
fn without_a_terminal_each_mode_says_what_it_is_for_and_no_more() {
    let (target, sandbox) = (Target::answering(OK), Sandbox::new());
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 5_300, MORE));
    let cases = [
        (&["--progress", "plain"][..], true, true, true),
        (&["--progress", "auto"], true, true, true),
        (&["--progress", "bar"], true, true, true),
        (&["--progress", "none"], false, true, true),
        (&["--quiet"], false, false, false),
        (&["-q", "--progress", "json"], false, false, false),
    ];
    // Side by side, since each waits for the first line of five seconds.
    let running =
        cases.map(|(arguments, ..)| sandbox.start(&[&["run", "scenario.yaml"], arguments].concat()));
    for (running, (arguments, line, note, report)) in running.into_iter().zip(cases) {
        let run = running.wait();
        run.assert_code(99);
        assert_eq!(run.stderr.contains(" req/s  p95 "), line, "{arguments:?} {}", run.both());
        assert_eq!(run.stderr.contains("hello from setup"), note, "{arguments:?} {}", run.both());
        assert_eq!(run.stdout.contains("Service time"), report, "{arguments:?} {}", run.both());
        assert!(run.stdout.starts_with("FAILED  1 of 2 thresholds failed"), "{arguments:?} {}", run.both());
    }
}

#[test]
fn quiet_says_the_verdict_what_broke_and_where_the_files_are() {
    let (_sandbox, run) = run_with(&["--quiet"], 300);
    assert_eq!(run.stderr, "");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].ends_with("(exit code 99)"), "{}", run.both());
    assert_eq!(lines[1], "  ✗ http_req_failed: rate > 50% was 0%");
    assert!(lines[2..].iter().all(|line| line.starts_with("Results: results/")), "{}", run.both());
    assert!(lines[2..].iter().any(|line| line.ends_with("/summary.json")), "{}", run.both());
}

#[test]
fn quiet_tells_what_is_wrong_all_the_same() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    sandbox.file("results", "a file is no folder");
    let run = sandbox.start_scenario(&scenario(&target.url(), 1, 200, ""), &["--quiet"]).wait();
    run.assert_code(97);
    assert!(run.stderr.contains("results cannot be written to results"), "{}", run.both());
    let run = sandbox.start_scenario("target: nowhere\n", &["-q"]).wait();
    run.assert_code(104);
    assert!(run.stderr.contains("error: "), "{}", run.both());
}
