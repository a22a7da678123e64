//! `summary.json` keeps to the schema that the project publishes, whatever became of the run.

use super::{
    harness::{Finished, Sandbox, run_scenario, wait_for},
    target::{OK, Target, closed_port, scenario},
};
use serde_json::Value;
use std::{fs, path::Path};

fn assert_valid(what: &str, run: &Finished, code: i32) {
    run.assert_code(code);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/summary-v1.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&run.summary().0)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{what}:\n{}", faults.join("\n"));
}

#[test]
fn every_kind_of_run_is_valid() {
    let target = Target::answering(OK);
    let gate =
        |limit: &str| format!("thresholds: {{ http_req_duration: p95 < {limit}, checks: rate > 50% }}\n");
    let text = |limit: &str| {
        let more = format!("    check: {{ ok: status == 200 }}\n{}", gate(limit));
        scenario(&target.url(), 2, 300, &more)
    };
    assert_valid("passed", &run_scenario(&text("10s")), 0);
    assert_valid("failed", &run_scenario(&text("1us")), 99);
    let dead = format!("http://127.0.0.1:{}", closed_port());
    assert_valid("dead target", &run_scenario(&scenario(&dead, 2, 200, "")), 99);

    let (sandbox, hanging) = (Sandbox::new(), Target::hanging());
    let text = scenario(&hanging.url(), 1, 60_000, "").replace("60000ms", "60000ms, graceful_stop: 0s");
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("a request", || (hanging.seen.requests() > 0).then_some(()));
    running.signal("TERM");
    assert_valid("interrupted", &running.wait(), 105);
}
