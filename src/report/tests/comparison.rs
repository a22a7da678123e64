//! Comparisons of made-up summaries, as the three forms print them.

use super::{fixture::Run, golden};
use crate::{
    judge::compare::{MeasuredRun, Objections, Quantity, Rules, compare, objections},
    measure::Latency,
    report::{
        comparison::{comparison_markdown, comparison_text},
        comparison_v1::{Compared, ComparisonV1, Unreadable, comparison, json_schema, read_run},
        percentile::Percentile,
        summary_v1::TrendV1,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

/// A request of a made-up summary: its name, how often it was sent, a time in ms, and how many failed.
type Made = (&'static str, u64, f64, u64);

fn trend(times: impl Iterator<Item = f64>) -> Value {
    let mut latency = Latency::new();
    times.for_each(|ms| latency.record(Duration::from_secs_f64(ms / 1e3)));
    serde_json::to_value(TrendV1::new(&latency)).expect("JSON")
}

/// Times from the given one to twice as much.
fn times(count: u64, ms: f64) -> impl Iterator<Item = f64> {
    (0..count).map(move |i| ms * (1.0 + (i * 7_919 % count) as f64 / count as f64))
}

/// A summary with nothing but what comparisons read.
fn made(id: &str, requests: &[Made]) -> Value {
    let all = || requests.iter().flat_map(|(_, count, ms, _)| times(*count, *ms));
    let (count, failed) = requests.iter().fold((0, 0), |sum, one| (sum.0 + one.1, sum.1 + one.3));
    let rows = requests.iter().map(|(name, count, ms, failed)| {
        let times = trend(times(*count, *ms));
        json!({ "name": name, "task": "visit", "workload": "default", "count": count, "failed": failed,
                "duration_ms": times, "response_time_ms": times })
    });
    json!({
        "schema": "loadgen/summary/v1",
        "run": {
            "id": id, "started_at": "2026-11-21T04:15:39Z", "duration_ms": 10_000, "loadgen_version": "0.1.0",
            "scenario_file": "shop.yaml", "scenario_sha256": "0123456789abcdef", "target": "http://127.0.0.1:8080",
            "host": { "os": "linux x86_64", "cpu": "a processor", "cores": 2 },
            "command": "loadgen run shop.yaml --seed 1",
        },
        "verdict": { "passed": true, "exit_code": 0, "reason": "2 thresholds held", "incomplete": false },
        "metrics": {
            "http_reqs": { "type": "counter", "unit": "", "count": count, "rate": count as f64 / 10.0 },
            "http_req_duration": trend(all()), "http_req_response_time": trend(all()),
            "http_req_failed": { "type": "rate", "rate": null, "passes": failed, "fails": count - failed },
            "vus_max": { "type": "gauge", "unit": "", "value": 10, "min": 10, "max": 10 },
        },
        "workloads": [ { "name": "default", "model": "closed" } ],
        "tasks": [ { "name": "visit", "workload": "default", "kind": "iteration", "iterations": 700, "failed": 0,
                     "interrupted": 0, "duration_ms": trend(times(700, 300.0)) } ],
        "requests": rows.collect::<Vec<_>>(),
        "stages": [ { "workload": "default", "start_ms": 0, "end_ms": 10_000, "dropped_iterations": 0 } ],
    })
}

fn read(summary: &Value) -> MeasuredRun {
    let id = summary["run"]["id"].as_str().expect("a name");
    read_run(&format!("results/{id}"), summary.to_string().as_bytes()).expect("a summary")
}

fn document(base: &[MeasuredRun], new: &[MeasuredRun]) -> ComparisonV1 {
    let facts = |runs: &[MeasuredRun]| runs.iter().map(|run| run.facts.clone()).collect::<Vec<_>>();
    let objections: Objections = objections(&facts(base), &facts(new), Default::default());
    let rules = Rules::default();
    let found = compare(base, new, &rules);
    comparison(&Compared { base, new, rules: &rules, objections: &objections, comparison: &found })
}

/// An index was added and a bug, too: one request is five times as fast, one fails, one is new and one gone.
fn before_and_after() -> ComparisonV1 {
    let before = made(
        "before",
        &[("profile", 700, 246.4, 0), ("search", 800, 30.0, 8), ("legacy | export", 90, 9.0, 0)],
    );
    let mut after =
        made("after", &[("profile", 720, 47.2, 0), ("search", 810, 31.0, 80), ("export", 95, 9.0, 0)]);
    after["run"]["host"]["cores"] = json!(4);
    document(&[read(&before)], &[read(&after)])
}

/// Five runs a side, of which the new ones are a tenth slower in one request.
fn five_a_side() -> ComparisonV1 {
    let side = |name: &str, scale: f64| -> Vec<MeasuredRun> {
        let run = |i: u32| {
            let noise = 1.0 + f64::from(i) / 200.0;
            made(
                &format!("{name}-{i}"),
                &[("profile", 700, 40.0 * scale * noise, 0), ("search", 800, 30.0 * noise, 8)],
            )
        };
        (1..=5).map(|i| read(&run(i))).collect()
    };
    document(&side("old", 1.0), &side("new", 1.1))
}

#[test]
fn schema_is_current() {
    let schema = serde_json::to_string_pretty(&json_schema()).expect("JSON") + "\n";
    golden::check("schemas/comparison-v1.schema.json", &schema);
}

#[test]
fn every_comparison_follows_the_schema() {
    let validator = jsonschema::validator_for(&json_schema()).expect("a schema");
    for document in [before_and_after(), five_a_side()] {
        let written: Value = serde_json::from_slice(&document.to_json()).expect("JSON");
        let faults: Vec<String> = validator.iter_errors(&written).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        let mut wrong = written.clone();
        wrong["rows"][0]["findings"][0]["verdict"] = json!("better");
        assert!(!validator.is_valid(&wrong));
    }
}

#[test]
fn it_is_told_in_three_forms() {
    let golden = |name: &str, text: &str| golden::check(&format!("src/report/tests/golden/{name}"), text);
    let (pair, five) = (before_and_after(), five_a_side());
    golden("comparison-80.txt", &comparison_text(&pair, false, 80, false));
    golden("comparison-all-100.txt", &comparison_text(&pair, true, 100, false));
    golden("comparison.md", &comparison_markdown(&pair));
    golden("comparison.json", &String::from_utf8(pair.to_json()).expect("UTF-8"));
    golden("comparison-tests-100.txt", &comparison_text(&five, false, 100, false));
    golden("comparison-tests.md", &comparison_markdown(&five));
}

#[test]
fn the_same_files_give_the_same_bytes() {
    assert_eq!(before_and_after().to_json(), before_and_after().to_json());
    assert_eq!(five_a_side().to_json(), five_a_side().to_json());
}

/// Two runs of the same ten seconds of load, of which one waits four more for its last answers: neither made less of it.
#[test]
fn rates_are_of_the_time_in_which_load_was_made() {
    let requests = [("profile", 700, 40.0, 0), ("search", 800, 30.0, 8)];
    let (quick, mut drained) = (made("quick", &requests), made("drained", &requests));
    drained["run"]["duration_ms"] = json!(14_000);
    let seconds = [&quick, &drained].map(|run| read(run).seconds);
    assert_eq!(seconds, [10.0, 10.0]);
    let rows =
        serde_json::to_value(document(&[read(&quick)], &[read(&drained)])).expect("JSON")["rows"].take();
    let findings =
        rows.as_array().expect("rows").iter().flat_map(|row| row["findings"].as_array().expect("a list"));
    let verdicts: Vec<&Value> = findings.map(|finding| &finding["verdict"]).collect();
    assert!(verdicts.len() > 10 && verdicts.iter().all(|verdict| **verdict == "unchanged"), "{verdicts:?}");
    // Where a summary has no rate, its length must do.
    drained["metrics"].as_object_mut().expect("a map").remove("http_reqs");
    assert_eq!(read(&drained).seconds, 14.0);
}

#[test]
fn the_story_is_told_in_a_sentence() {
    let outcome = before_and_after().outcome;
    assert!(!outcome.passed);
    assert!(
        outcome.headlines.contains(&"profile is 5.2 × faster: p95 480ms → 92.0ms".to_owned()),
        "{outcome:?}"
    );
    assert!(
        outcome.headlines.contains(&"search is failing more often: 1.00% → 9.88%".to_owned()),
        "{outcome:?}"
    );
}

#[test]
fn nothing_that_steers_a_terminal_is_left() {
    let hostile = "a\u{1b}[2J\n\u{202e}b";
    let mut one = made("one", &[("x", 700, 40.0, 0)]);
    one["requests"][0]["name"] = json!(hostile);
    one["run"]["target"] = json!(hostile);
    let document = document(&[read(&made("two", &[("x", 700, 90.0, 0)]))], &[read(&one)]);
    for text in [comparison_text(&document, true, 80, false), comparison_markdown(&document)] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
}

#[test]
fn what_is_written_can_be_read_back() {
    for run in [Run::rich(), Run::empty(), Run::passing(), Run::stopped(), Run::without_load(), Run::open()] {
        let written = run.summary().to_json();
        let read = read_run("here", &written).expect("our own summary");
        assert_eq!((&read.facts.id, &read.facts.reason), (&run.info.id, &run.verdict.reason));
        let requests =
            read.parts.iter().filter(|part| part.subject.kind == crate::judge::compare::SubjectKind::Request);
        let counted: u64 = requests.map(|part| part.count).sum();
        assert_eq!(counted, read.parts[0].count, "{}", run.info.name);
        let is_open = run.catalog.workloads.iter().map(|workload| workload.is_open);
        assert!(read.facts.workloads.iter().map(|workload| workload.is_open).eq(is_open));
    }
}

#[test]
fn health_is_read_where_it_is_there() {
    use crate::judge::compare::Health;
    for (health, expected) in [
        (json!({ "status": "ok", "reasons": [] }), Health::Ok),
        (json!({ "status": "degraded", "reasons": ["lag", "gap"] }), Health::Degraded("lag; gap".to_owned())),
        (
            json!({ "status": "saturated", "findings": [{ "code": "ports", "text": "no ports left" }] }),
            Health::Saturated("no ports left".to_owned()),
        ),
    ] {
        let mut summary = made("a", &[("x", 9, 1.0, 0)]);
        summary["health"] = health;
        assert_eq!(read(&summary).facts.health, expected);
    }
}

#[test]
fn what_is_no_summary_is_named() {
    let unreadable = |text: &str| read_run("here", text.as_bytes()).map(|_| ()).expect_err("refused");
    assert!(matches!(unreadable("{"), Unreadable::NotJson(_)));
    assert!(matches!(unreadable("[1]"), Unreadable::NotJson(_)));
    let other = unreadable(r#"{"schema": "loadgen/summary/v2"}"#);
    assert_eq!(
        other.to_string(),
        "has the schema \"loadgen/summary/v2\", and only `loadgen/summary/v1` can be compared"
    );
    assert!(unreadable(r#"{"schema": "loadgen/summary/v1"}"#).to_string().contains("missing field `run`"));
    let mut broken = made("a", &[("x", 9, 1.0, 0)]);
    broken["requests"][0]["duration_ms"]["histogram"] = json!("AAAA");
    assert_eq!(
        unreadable(&broken.to_string()).to_string(),
        "is no sound summary: the histogram of request `x` cannot be read"
    );
}

#[test]
fn percentiles_need_as_many_samples_as_in_results() {
    for (quantity, percentile) in
        [(Quantity::P50, Percentile::P50), (Quantity::P95, Percentile::P95), (Quantity::P99, Percentile::P99)]
    {
        assert_eq!((quantity.percent(), quantity.needs()), (Some(percentile.percent), percentile.needs));
    }
}

/// The places of all numbers.
fn numbers(value: &Value, place: String) -> Vec<String> {
    match value {
        Value::Object(map) => {
            map.iter().flat_map(|(key, one)| numbers(one, format!("{place}/{key}"))).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().flat_map(|(n, one)| numbers(one, format!("{place}/{n}"))).collect()
        }
        Value::Number(_) => vec![place],
        _ => Vec::new(),
    }
}

/// A summary from elsewhere can say anything: what is no sound summary is refused, and nothing hangs or overflows.
#[test]
fn numbers_that_no_run_has_are_read_with_care() {
    let mut sound = made("sound", &[("x", 40, 40.0, 3)]);
    sound["tasks"][0]["duration_ms"] = sound["requests"][0]["duration_ms"].clone();
    sound["health"] = json!({ "status": "ok", "reasons": [] });
    let base = [read(&sound)];
    let mut counted: Vec<String> = numbers(&sound, String::new());
    // Figures of distributions are not read: their histograms are.
    let is_figure = |place: &str| {
        ["/p", "/min", "/avg", "/med", "/stddev", "/max"].iter().any(|key| {
            place
                .rsplit_once('/')
                .is_some_and(|(_, last)| format!("/{last}").starts_with(key) && last != "passes")
        })
    };
    counted.retain(|place| !is_figure(place) || place.contains("vus_max"));
    let (mut compared, mut refused) = (0, 0);
    let mut look = |summary: &Value| match read_run("here", summary.to_string().as_bytes()) {
        Ok(run) => {
            let told = document(&base, &[run]);
            assert!(!comparison_text(&told, true, 80, false).is_empty() && !told.to_json().is_empty());
            compared += 1;
        }
        Err(_) => refused += 1,
    };
    for place in &counted {
        for hostile in [json!(1_u64 << 40), json!(u64::MAX), json!(-1)] {
            let mut summary = sound.clone();
            *summary.pointer_mut(place).expect("it is there") = hostile;
            look(&summary);
        }
    }
    // All of them at once.
    for hostile in [1_u64 << 40, u64::MAX] {
        let mut summary = sound.clone();
        for place in counted.iter().filter(|place| !place.contains("exit_code")) {
            *summary.pointer_mut(place).expect("it is there") = json!(hostile);
        }
        look(&summary);
    }
    assert!(compared > 20 && refused > 10, "{compared} compared, {refused} refused");
}
