//! The text and the document of made-up plans.

use super::{fixture::HOSTILE, golden};
use crate::{
    model::{
        ArrivalOutline, FileOutline, Outline, ScheduleOutline, StageOutline, TaskOutline, UserOutline,
        WindowOutline, WorkloadOutline,
    },
    report::{
        outline::outline_text,
        plan_v1::{json_schema, plan},
    },
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn task(name: &str, share: f64, requests: &[&str], think_time: &str) -> TaskOutline {
    let requests: Vec<String> = requests.iter().map(|name| (*name).to_owned()).collect();
    let steps = requests.len() as u64 + 1;
    TaskOutline { name: name.into(), share, requests, steps, think_time: think_time.into() }
}

fn stage(name: &str, start: u32, end: u32, from: f64, to: f64) -> StageOutline {
    StageOutline {
        name: name.into(),
        start: SECOND * start,
        end: SECOND * end,
        from,
        to,
        warm_up: name.starts_with("warm"),
    }
}

fn user(user: u64, millis: &[(u64, u64)]) -> UserOutline {
    let at = Duration::from_millis;
    let windows = millis.iter().map(|(start, end)| WindowOutline { start: at(*start), end: at(*end) });
    UserOutline { user, windows: windows.collect() }
}

/// A ramp up, a hold and a ramp down over five minutes.
fn browse() -> WorkloadOutline {
    let rise = (0..60).map(f64::from).map(|second| second / 60.0 * 50.0);
    let fall = (0..60).rev().map(f64::from).map(|second| second / 60.0 * 50.0);
    WorkloadOutline {
        name: "browse".into(),
        executor: "ramping_vus",
        model: "closed",
        start: Duration::ZERO,
        end: SECOND * 300,
        level_unit: "users",
        stages: vec![
            stage("warm-up", 0, 60, 0.0, 50.0),
            stage("2", 60, 240, 50.0, 50.0),
            stage("3", 240, 300, 50.0, 0.0),
        ],
        levels: rise.chain([50.0; 180]).chain(fall).collect(),
        max_users: 50,
        expected_iterations: None,
        expected_basis: "depends on how fast the target answers".into(),
        tasks: vec![
            task("list", 0.625, &["list"], "1s..3s"),
            task("view an item", 0.25, &["GET /items", "GET /items/${item}"], "{ exponential: 2s }"),
            task("search", 0.125, &["GET /search?q=${word}"], ""),
        ],
        pacing: None,
        max_rate: Some("200/s".into()),
        schedule: Some(ScheduleOutline::Users {
            count: 50,
            users: vec![user(1, &[(1_200, 299_000), (5, 6)])],
        }),
    }
}

fn orders() -> WorkloadOutline {
    WorkloadOutline {
        name: "orders".into(),
        executor: "constant_arrival_rate",
        model: "open",
        start: SECOND * 60,
        end: SECOND * 240,
        level_unit: "iterations/s",
        stages: vec![stage("1", 60, 240, 7.5, 7.5)],
        levels: [[0.0; 60].as_slice(), &[7.5; 180], &[0.0; 60]].concat(),
        max_users: 500,
        expected_iterations: Some(1_350.0),
        expected_basis: "rate × time".into(),
        tasks: vec![task("order", 1.0, &["log in", "POST /orders"], "")],
        pacing: Some("10s".into()),
        max_rate: None,
        schedule: Some(ScheduleOutline::Arrivals {
            count: Some(1_350),
            arrivals: vec![
                ArrivalOutline { number: 0, at: SECOND * 60, task: 0 },
                ArrivalOutline { number: 1, at: Duration::from_nanos(60_133_333_333), task: 0 },
            ],
        }),
    }
}

fn rich() -> Outline {
    Outline {
        name: "shop".into(),
        file: "scenarios/shop.yaml".into(),
        environment: Some("staging".into()),
        target: "https://staging.example.com/api".into(),
        seed: 7,
        duration: SECOND * 300,
        graceful_stop: SECOND * 30,
        peak_users: 550,
        memory_estimate_bytes: 120 << 20,
        workloads: vec![browse(), orders()],
        thresholds: vec![
            "http_req_duration: p95 < 500ms".into(),
            "http_req_duration{task:view an item, workload:browse}: p95 < 200ms, p99.9 < 1s".into(),
        ],
        files: vec![
            FileOutline { path: "data/users.csv".into(), rows: Some(12_500), bytes: 1 << 20 },
            FileOutline { path: "body.json".into(), rows: None, bytes: 345 },
        ],
        hosts: vec!["staging.example.com".into(), "cdn.example.com".into()],
        notes: vec!["certificates are not verified (`http.tls.verify: false`), so anybody can answer".into()],
        setup_requests: 3,
        teardown_requests: 1,
    }
}

fn small() -> Outline {
    let load = WorkloadOutline {
        name: "default".into(),
        executor: "constant_vus",
        model: "closed",
        end: SECOND * 30,
        level_unit: "users",
        stages: vec![stage("1", 0, 30, 10.0, 10.0)],
        levels: vec![10.0; 100],
        max_users: 10,
        tasks: vec![task("GET /api/profile", 1.0, &["GET /api/profile"], "")],
        ..WorkloadOutline::default()
    };
    Outline {
        name: "first".into(),
        file: "first.yaml".into(),
        target: "http://127.0.0.1:8080".into(),
        seed: 1,
        duration: SECOND * 30,
        graceful_stop: SECOND * 30,
        peak_users: 10,
        memory_estimate_bytes: 9 << 20,
        workloads: vec![load],
        hosts: vec!["127.0.0.1".into()],
        ..Outline::default()
    }
}

#[test]
fn the_text_of_a_plan() {
    golden::check("src/report/tests/golden/plan-rich-80.txt", &outline_text(&rich(), 80, false));
    golden::check("src/report/tests/golden/plan-rich-60.txt", &outline_text(&rich(), 60, false));
    golden::check("src/report/tests/golden/plan-small-80.txt", &outline_text(&small(), 80, false));
}

#[test]
fn every_line_fits_and_none_is_hostile() {
    let mut hostile = rich();
    let long = format!("{HOSTILE}{}", "z".repeat(200));
    let workload = &mut hostile.workloads[0];
    for text in [
        &mut hostile.name,
        &mut hostile.target,
        &mut hostile.thresholds[0],
        &mut hostile.files[0].path,
        &mut hostile.hosts[0],
        &mut hostile.notes[0],
        &mut workload.name,
        &mut workload.expected_basis,
        &mut workload.stages[0].name,
    ] {
        *text = long.clone();
    }
    for task in &mut workload.tasks {
        (task.name, task.think_time, task.requests[0]) = (long.clone(), long.clone(), long.clone());
    }
    workload.pacing = Some(long.clone());
    hostile.environment = Some(long.clone());
    hostile.notes.push(long);
    workload.stages = vec![workload.stages[0].clone(); 300];
    for outline in [rich(), small(), hostile, Outline::default()] {
        for width in 60..=160 {
            for line in outline_text(&outline, width, false).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn users_of_a_rate_are_made_on_demand() {
    let text = outline_text(&rich(), 120, false);
    assert!(text.contains("at most 550 users, 500 of them made on demand"), "{text}");
    assert!(
        text.contains(" · at most 50 users · ") && text.contains(" · up to 500 users, made on demand · "),
        "{text}"
    );
    let only = Outline { workloads: vec![orders()], peak_users: 500, ..rich() };
    let text = outline_text(&only, 120, false);
    assert_eq!(text.matches("up to 500 users, made on demand").count(), 2, "{text}");
    assert!(text.contains("of memory if all of them are needed"), "{text}");
    let small = outline_text(&small(), 120, false);
    assert!(!small.contains("demand") && !small.contains("needed"), "{small}");
}

#[test]
fn it_ends_by_saying_that_nothing_was_sent() {
    let last = |outline| outline_text(&outline, 120, true).lines().last().map(str::to_owned);
    let would = "Nothing was sent: this is what `loadgen run scenarios/shop.yaml` would do.";
    assert_eq!(last(rich()).as_deref(), Some(would));
}

#[test]
fn the_schema_is_current_and_every_document_follows_it() {
    let schema = json_schema();
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    golden::check("schemas/plan-v1.schema.json", &text);
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut odd = rich();
    odd.workloads[0].levels = vec![f64::NAN, f64::INFINITY, -0.0];
    odd.workloads[0].expected_iterations = Some(f64::INFINITY);
    for outline in [rich(), small(), odd, Outline::default()] {
        let written: serde_json::Value = serde_json::from_slice(&plan(&outline).to_json()).expect("JSON");
        let faults: Vec<String> = validator.iter_errors(&written).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(written["schema"], "loadgen/plan/v1");
        let keys = written.as_object().expect("a document").keys();
        let known = schema["properties"].as_object().expect("its keys");
        assert!(keys.into_iter().all(|key| known.contains_key(key)));
    }
}

#[test]
fn the_document_of_a_plan() {
    let mut outline = rich();
    outline.workloads.iter_mut().for_each(|workload| workload.levels.truncate(3));
    let text = String::from_utf8(plan(&outline).to_json()).expect("text");
    let version = format!("\"loadgen_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    golden::check("src/report/tests/golden/plan.json", &text.replace(&version, "\"loadgen_version\": \"0\""));
}
