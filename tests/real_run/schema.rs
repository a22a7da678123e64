//! `summary.json` keeps to the schema that the project publishes, whatever became of the run.

use super::{
    everything,
    harness::{Finished, Sandbox, run_scenario, wait_for},
    keys::Keys,
    summary::Summary,
    target::{OK, Target, closed_port, scenario},
};
use serde_json::Value;
use std::{fs, path::Path, time::Duration};

fn schema() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/summary-v1.schema.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn assert_valid(what: &str, run: &Finished, code: i32) {
    run.assert_code(code);
    assert_follows(what, run.summary(), &schema());
}

/// Whether the document keeps to the schema, and has no key that this does not name.
#[track_caller]
fn assert_follows(what: &str, summary: &Summary, schema: &Value) {
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(schema).unwrap();
    let faults = validator.iter_errors(&summary.0).map(|fault| format!("{}: {fault}", fault.instance_path()));
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{what}:\n{}", faults.join("\n"));
    let mut keys = Keys::new(schema);
    keys.document(&summary.0);
    assert_eq!(keys.unknown, Vec::<String>::new(), "{what}: keys that the schema does not name");
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

/// Runs with everything there is, and every key of the schema in one of them.
#[test]
fn a_run_with_everything_is_valid_and_has_every_key() {
    let (sandbox, target, schema) = (Sandbox::new(), everything::target(), schema());
    let folders = everything::run(&sandbox, &target);
    let mut keys = Keys::new(&schema);
    for (what, folder) in ["a run", "another", "both joined"].iter().zip(&folders) {
        let summary = everything::summary(folder);
        assert_follows(what, &summary, &schema);
        keys.document(&summary.0);
    }
    // A threshold ends this one early.
    let text = everything::scenario(&target)
        .replace("http_req_failed: rate < 1%", "http_req_failed: { expect: rate < 1%, abort: true }")
        .replace("duration: 3s", "duration: 1m");
    sandbox.file("aborted.yaml", text);
    let run = sandbox.run(&["run", "aborted.yaml"]);
    run.assert_code(99);
    assert_eq!(run.summary().at("/thresholds/0/aborted_run"), true);
    assert_valid("aborted", &run, 99);
    keys.document(&run.summary().0);
    // One user cannot take all of these, which is a reason for health to give.
    let slow = Target::start(|connection| {
        while connection.request().is_some() {
            connection.pause(Duration::from_millis(100));
            if !connection.send(OK) {
                break;
            }
        }
    });
    let load = "load: { rate: 50/s, duration: 1s, max_users: 1 }\ntasks: [ { get: / } ]\n";
    let text = format!("target: {}\n{load}", slow.url());
    let run = Sandbox::new().start_scenario(&text, &["--out", "samples=samples.csv"]).wait();
    assert_valid("short of users", &run, 0);
    keys.document(&run.summary().0);
    let named = keys.named();
    let missing: Vec<&String> = named.difference(&keys.met).collect();
    assert!(missing.is_empty(), "no run has {missing:?}");
}

#[test]
fn a_key_that_the_schema_does_not_name_is_noticed() {
    let (target, schema) = (Target::answering(OK), schema());
    let run = run_scenario(&scenario(&target.url(), 1, 300, ""));
    let places = [
        "",
        "/run",
        "/run/host",
        "/metrics/http_reqs",
        "/metrics/http_req_duration",
        "/requests/0",
        "/requests/0/phases_ms/waiting",
        "/requests/0/duration_ms",
        "/series/points/0",
        "/series/points/0/health",
        "/workloads/0/levels/0",
    ];
    for place in places {
        let mut document = run.summary().0.clone();
        let map = document.pointer_mut(place).and_then(Value::as_object_mut);
        map.unwrap_or_else(|| panic!("no {place}")).insert("surplus".to_owned(), Value::Null);
        let mut keys = Keys::new(&schema);
        keys.document(&document);
        assert_eq!(keys.unknown, [format!("{place}/surplus")]);
    }
}

/// What was due over the whole run is what was planned, of rates that stay and of rates that rise and fall.
#[test]
fn what_is_due_each_second_adds_up_to_the_plan_and_parts_to_the_whole() {
    let (sandbox, target) = (Sandbox::new(), everything::target());
    let [base, new, joined] = everything::run(&sandbox, &target).map(|folder| everything::summary(&folder));
    for (summary, times) in [(&base, 1.0), (&new, 1.0), (&joined, 2.0)] {
        let due = |point: &Value| point["due_iterations"].as_f64().expect("a rate");
        let points = summary.list("series/points");
        let all: f64 = points.iter().map(due).sum();
        let open = summary.list("workloads").iter().filter(|workload| workload["model"] == "open");
        let planned: f64 = open.map(|workload| workload["planned_iterations"].as_f64().unwrap()).sum();
        // 40/s for 3 s; up to 20/s in 2 s and down to 5/s in one.
        let area = 120.0 + 20.0 + 12.5;
        let is_whole = points.iter().enumerate().all(|(n, point)| point["t_ms"] == n as u64 * 1_000);
        assert!(all <= times * area + 1e-6 && (!is_whole || all >= times * area - 1e-6), "{all} due");
        assert!((planned - times * area).abs() <= times, "{planned} planned");
        assert!(
            !is_whole || (due(&points[0]) - times * 45.0).abs() < 1e-6,
            "{:#}",
            points[0]["due_iterations"]
        );
    }
    for (one, both) in base.list("workloads").iter().zip(joined.list("workloads")) {
        let levels = |workload: &Value, times: f64| -> Vec<(u64, f64)> {
            let levels = workload["levels"].as_array().unwrap().iter();
            levels.map(|at| (at["t_ms"].as_u64().unwrap(), at["level"].as_f64().unwrap() * times)).collect()
        };
        assert_eq!(levels(both, 1.0), levels(one, 2.0), "{}", one["name"]);
        assert!(!levels(one, 1.0).is_empty());
        let twice = |key: &str| one[key].as_u64().map(|count| 2 * count);
        for key in ["planned_iterations", "max_users"] {
            assert_eq!(both[key].as_u64(), twice(key), "{key} of {}", one["name"]);
        }
    }
}
