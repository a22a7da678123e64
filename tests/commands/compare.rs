//! `loadgen compare` on made-up results.

use super::shell::{Said, loadgen};
use base64::{Engine, prelude::BASE64_STANDARD};
use loadgen::measure::Latency;
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};
use tempfile::TempDir;

/// A distribution of 700 times from `ms` on, half as much again at the most.
fn trend(ms: f64) -> Value {
    let mut latency = Latency::new();
    for i in 0..700 {
        let time = ms * (1.0 + f64::from(i * 37 % 700) / 1_400.0);
        latency.record(Duration::from_secs_f64(time / 1e3));
    }
    json!({ "count": 700, "histogram": BASE64_STANDARD.encode(latency.to_v2_deflate()) })
}

fn summary(id: &str, ms: f64) -> Value {
    json!({
        "schema": "loadgen/summary/v1",
        "run": {
            "id": id, "started_at": "2026-11-21T04:15:39Z", "duration_ms": 10_000, "loadgen_version": "0.1.0",
            "scenario_file": "shop.yaml", "scenario_sha256": "0123456789abcdef", "target": "http://127.0.0.1:8080",
            "host": { "os": "linux x86_64", "cpu": "a processor", "cores": 2 },
            "command": "loadgen run shop.yaml --seed 1",
        },
        "verdict": { "exit_code": 0, "reason": "2 thresholds held", "incomplete": false },
        "metrics": {
            "http_reqs": { "type": "counter", "unit": "", "count": 700, "rate": 70.0 },
            "http_req_duration": trend(ms), "http_req_response_time": trend(ms),
            "http_req_failed": { "type": "rate", "rate": 0.0, "passes": 0, "fails": 700 },
        },
        "workloads": [ { "name": "default", "model": "closed" } ],
        "tasks": [],
        "requests": [ { "name": "browse", "task": "browse", "workload": "default", "count": 700, "failed": 0,
                        "duration_ms": trend(ms), "response_time_ms": trend(ms) } ],
        "stages": [ { "workload": "default", "start_ms": 0, "end_ms": 10_000, "dropped_iterations": 0 } ],
    })
}

/// Folders of results in a folder that is gone afterwards.
struct Results(TempDir);

impl Results {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Writes the results of a run; where they are.
    fn run(&self, name: &str, ms: f64) -> String {
        self.write(name, &summary(name, ms))
    }

    fn write(&self, name: &str, summary: &Value) -> String {
        let folder = self.0.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
        folder.display().to_string()
    }
}

fn compare(arguments: &[&str]) -> Said {
    loadgen(&[&["compare"], arguments].concat())
}

#[test]
fn what_got_faster_is_told_and_passes() {
    let results = Results::new();
    let (base, new) = (results.run("base", 320.0), results.run("new", 61.3));
    let said = compare(&[&base, &new]);
    said.assert(0, "browse is 5.2 × faster: p95 472ms → 90.4ms");
    said.assert(0, "PASSED nothing regressed");
    said.assert(0, "so few cannot separate a change from the noise between runs; 4 or more a side can");
    // A folder or its summary.
    let file = Path::new(&new).join("summary.json").display().to_string();
    assert!(compare(&[&base, &file]).stdout.contains("5.2 × faster"));
}

#[test]
fn what_got_slower_is_99() {
    let results = Results::new();
    let (base, new) = (results.run("base", 40.0), results.run("new", 76.0));
    let said = compare(&[&base, &new]);
    said.assert(99, "FAILED 6 numbers regressed");
    said.assert(99, "browse is 1.9 × slower: p95 59.0ms → 112ms");
    assert_eq!(said.stderr, "");
    compare(&[&base, &new, "--large-change", "100%"]).assert(0, "unclear: not large");
    compare(&[&base, &new, "--min-difference", "1s"]).assert(0, "0 improved, 10 unchanged, 0 unclear");
}

#[test]
fn several_runs_are_named_as_a_shell_names_them() {
    let results = Results::new();
    let side = |name: &str, ms: f64| -> Vec<String> {
        (0..5).map(|i| results.run(&format!("{name}-{i}"), ms + f64::from(i) / 10.0)).collect()
    };
    let (base, new) = (side("old", 40.0), side("new", 44.0));
    let words: Vec<&str> = [["--base"].as_slice(), &refs(&base), &["--new"], &refs(&new)].concat();
    let said = compare(&words);
    said.assert(99, "5 runs against 5, by service time: 10 tests, exact Mann-Whitney");
    said.assert(99, "browse is 10% slower");
    let words: Vec<&str> =
        [["--base"].as_slice(), &refs(&base), &["--new"], &refs(&base)[..1], &["--force"]].concat();
    compare(&words).assert(0, "is the same run as");
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn the_same_files_give_the_same_json() {
    let results = Results::new();
    let (base, new) = (results.run("base", 40.0), results.run("new", 44.0));
    let (one, other) =
        (compare(&[&base, &new, "--format", "json"]), compare(&[&base, &new, "--format", "json"]));
    assert_eq!((one.code, &one.stdout), (0, &other.stdout));
    let document: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(document["schema"], "loadgen/comparison/v1");
    assert_eq!((&document["outcome"]["passed"], &document["method"]["tests"]), (&json!(true), &Value::Null));
    // A tenth, and one run a side: nobody knows.
    assert_eq!(document["rows"][1]["findings"][1]["verdict"], "unclear");

    let file = results.path("comment.md");
    let said = compare(&[&base, &new, "--format", "markdown", "--output", &file]);
    said.assert(0, "PASSED nothing regressed");
    assert!(fs::read_to_string(file).unwrap().starts_with("### ✅ loadgen: nothing regressed; 0 improved"));
    compare(&[&base, &new, "-o", &results.path("comment.md/comment.md")]).assert(1, "could not be written");
}

#[test]
fn what_should_not_be_compared_is_refused_unless_forced() {
    let results = Results::new();
    let base = results.run("base", 40.0);
    let edits: [(&str, Value, &str); 5] = [
        ("/run/scenario_sha256", json!("ff"), "is of another scenario than"),
        ("/run/target", json!("http://other"), "has another target than"),
        ("/verdict/incomplete", json!(true), "is no whole run: 2 thresholds held (exit code 0)"),
        ("/verdict/exit_code", json!(107), "is no whole run: 2 thresholds held (exit code 107)"),
        ("/workloads/0/model", json!("open"), "`default` open; `default` closed"),
    ];
    for (pointer, value, text) in edits {
        let mut other = summary("new", 40.0);
        *other.pointer_mut(pointer).unwrap() = value;
        let new = results.write("new", &other);
        let said = compare(&[&base, &new]);
        said.assert(2, text);
        said.assert(2, "help: `--force` compares them all the same");
        assert_eq!(said.stdout, "");
        compare(&[&base, &new, "--force"]).assert(0, "compared by force:");
    }
    let mut saturated = summary("new", 40.0);
    saturated["health"] = json!({ "status": "saturated", "reasons": ["no ports left"] });
    compare(&[&base, &results.write("new", &saturated)])
        .assert(2, "the generator was saturated (no ports left)");
    saturated["health"]["status"] = json!("degraded");
    compare(&[&base, &results.write("new", &saturated)]).assert(0, "note: ");
}

#[test]
fn what_cannot_be_read_is_named() {
    let results = Results::new();
    let base = results.run("runs/base", 40.0);
    let empty = results.path("empty");
    fs::create_dir(&empty).unwrap();
    let lost = results.path("lost");
    fs::create_dir(&lost).unwrap();
    fs::write(Path::new(&lost).join("journal.jsonl"), "{}").unwrap();
    let text = results.path("text.json");
    fs::write(&text, "hello").unwrap();
    let newer = results.write("newer", &json!({ "schema": "loadgen/summary/v9" }));
    for (place, says) in [
        (results.path("nowhere"), "nowhere: there is no such file or folder"),
        (empty, "it is no folder of results"),
        (results.path("runs"), "has no summary.json, but 1 folders that do; name them:"),
        (lost, "rebuilds what is known"),
        (text, "text.json is no summary of loadgen: expected value at line 1 column 1"),
        (newer, "has the schema \"loadgen/summary/v9\", and only `loadgen/summary/v1` can be compared"),
        ("/dev/zero".to_owned(), "/dev/zero is not a regular file"),
    ] {
        let said = compare(&[&base, &place]);
        said.assert(2, says);
        assert_eq!(said.stdout, "", "{place}");
    }
}

#[test]
fn wrong_words_are_2() {
    let results = Results::new();
    let base = results.run("base", 40.0);
    for (words, says) in [
        (vec![], "two runs are compared"),
        (vec![base.as_str()], "two runs are compared"),
        (vec![&base, &base, &base], "no more were expected"),
        (vec!["--base", &base], "--new"),
        (vec!["--base", &base, "--new", &base, "--pairs", "2"], "cannot be used with"),
        (vec![&base, &base, "--users", "5"], "options of a scenario are for --pairs"),
        (vec![&base, &base, "--results", "x"], "--pairs"),
        (vec![&base, &base, "--pairs", "0"], "0 is not in 1..=50"),
        (vec!["--pairs", "1"], "--pairs runs scenarios"),
        (vec![&base, &base, "--min-change", "much"], "--min-change"),
        (vec!["--pairs", "1", "/no/such.yaml"], "there is no such file"),
    ] {
        let said = compare(&words);
        let code = if words.last() == Some(&"/no/such.yaml") { 104 } else { 2 };
        said.assert(code, says);
    }
}
