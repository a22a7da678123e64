//! `loadgen plan`: the schedules that it lists, and how many of each.

use super::shell::{Said, loadgen};
use serde_json::Value as Json;
use std::fs;

const SCENARIO: &str = "\
target: http://127.0.0.1:1
workloads:
  orders:
    load: { rate: 200/s, duration: 10s, arrivals: poisson, max_users: 50 }
    tasks:
      - { name: buy, weight: 3, get: /buy }
      - { name: look, get: /look }
  reports:
    load: { stages: [ { duration: 10s, rate: 10/s } ] }
    flow: [ { get: /report } ]
  people:
    start_after: 1s
    load: { stages: [ { duration: 4s, users: 4 }, { duration: 4s, users: 0 } ] }
    flow: [ { get: / } ]
";

fn plan(arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yaml");
    fs::write(&file, SCENARIO).unwrap();
    let said = loadgen(&[&["plan", file.to_str().unwrap()], arguments].concat());
    // The folder has another name each time.
    Said { stdout: said.stdout.replace(file.to_str().unwrap(), "shop.yaml"), ..said }
}

/// The schedules of all workloads.
fn schedules(arguments: &[&str]) -> Vec<Json> {
    let said = plan(&[&["--json"], arguments].concat());
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    let plan: Json = serde_json::from_str(&said.stdout).unwrap();
    plan["workloads"].as_array().unwrap().iter().map(|workload| workload["schedule"].clone()).collect()
}

fn list<'j>(schedule: &'j Json, key: &str) -> &'j Vec<Json> {
    schedule[key].as_array().unwrap_or_else(|| panic!("no {key} in {schedule:#}"))
}

#[test]
fn each_workload_has_its_schedule() {
    let found = schedules(&["--seed", "7"]);
    let orders = list(&found[0], "arrivals");
    assert_eq!((orders.len(), &found[0]["listed"]), (1_000, &1_000.into()));
    // √2000 = 45 is the standard deviation of a Poisson count.
    assert!(found[0]["count"].as_u64().unwrap().abs_diff(2_000) < 250, "{}", found[0]["count"]);
    assert!(orders.iter().enumerate().all(|(n, one)| one["n"] == n && one["task"].is_string()));
    assert!(orders.windows(2).all(|pair| pair[0]["at_ms"].as_f64() <= pair[1]["at_ms"].as_f64()));
    let buys = orders.iter().filter(|one| one["task"] == "buy").count();
    // Standard deviation √(1000·0.75·0.25) = 13.7.
    assert!(buys.abs_diff(750) < 75, "{buys}");

    assert_eq!((&found[1]["count"], &found[1]["listed"]), (&50.into(), &50.into()));
    let reports = list(&found[1], "arrivals");
    assert_eq!(reports[0].to_string(), r#"{"n":0,"at_ms":0.0,"task":"flow"}"#);
    assert_eq!(reports[1].to_string(), r#"{"n":1,"at_ms":1414.213562,"task":"flow"}"#);

    assert_eq!((&found[2]["count"], &found[2]["listed"]), (&4.into(), &4.into()));
    let people = list(&found[2], "users");
    assert_eq!(people[0].to_string(), r#"{"user":1,"from_ms":2000.0,"to_ms":9000.0}"#);
    assert_eq!(people[3].to_string(), r#"{"user":4,"from_ms":5000.0,"to_ms":6000.0}"#);
    assert!(found[2].get("arrivals").is_none() && found[0].get("users").is_none());
}

#[test]
fn as_many_are_listed_as_one_asks_for() {
    let counts = |found: &[Json]| found.iter().map(|one| one["count"].clone()).collect::<Vec<_>>();
    let (usual, few, all) =
        (schedules(&[]), schedules(&["--schedule", "3"]), schedules(&["--schedule", "all"]));
    assert_eq!((counts(&usual), counts(&usual)), (counts(&few), counts(&all)));
    let listed = |found: &[Json]| found.iter().map(|one| one["listed"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(listed(&few), [3, 3, 3]);
    assert_eq!(listed(&all), counts(&all).iter().map(|count| count.as_u64().unwrap()).collect::<Vec<_>>());
    assert_eq!(list(&few[0], "arrivals")[..], list(&all[0], "arrivals")[..3]);
    assert_eq!(list(&usual[0], "arrivals")[..], list(&all[0], "arrivals")[..1_000]);
}

#[test]
fn a_schedule_follows_from_the_seed() {
    let plan = |seed| plan(&["--json", "--schedule", "all", "--seed", seed]).stdout;
    assert_eq!(plan("1"), plan("1"));
    let [one, other] = ["1", "2"].map(|seed| schedules(&["--seed", seed]));
    let column = |schedule: &Json, key: &str| -> Vec<Json> {
        list(schedule, "arrivals").iter().map(|arrival| arrival[key].clone()).collect()
    };
    assert_ne!(column(&one[0], "at_ms"), column(&other[0], "at_ms"));
    assert_ne!(column(&one[0], "task"), column(&other[0], "task"));
    // What no chance decides is the same.
    assert_eq!(one[1..], other[1..]);
}

#[test]
fn the_list_is_part_of_the_json_only() {
    plan(&["--schedule", "5"]).assert(2, "--json");
    for wrong in ["-1", "many", "1.5"] {
        plan(&["--json", &format!("--schedule={wrong}")])
            .assert(2, "write a whole number, as `5000`, or `all`");
    }
    let text = plan(&[]);
    text.assert(0, "up to 50 users, made on demand");
    text.assert(0, "2,000 iterations (rate × time, on average)");
}

#[test]
fn a_stage_in_which_the_warm_up_ends_is_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warm.yaml");
    let scenario = "\
target: http://127.0.0.1:1
warm_up: 15s
load:
  stages:
    - { name: up, duration: 20s, users: 20 }
    - { duration: 0s, users: 5 }
    - { name: hold, duration: 10s, users: 5 }
flow: [ { get: / } ]
";
    fs::write(&file, scenario).unwrap();
    let said = loadgen(&["plan", file.to_str().unwrap(), "--json"]);
    let plan: Json = serde_json::from_str(&said.stdout).unwrap();
    let stages = list(&plan["workloads"][0], "stages").iter();
    let shown: Vec<String> = stages
        .map(|stage| {
            let of = |key: &str| stage[key].to_string();
            format!(
                "{} {}-{} {}-{} {}",
                of("name"),
                of("start_ms"),
                of("end_ms"),
                of("from"),
                of("to"),
                of("warm_up")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#""up" 0-15000 0.0-15.0 true"#,
            r#""up" 15000-20000 15.0-20.0 false"#,
            r#""2" 20000-20000 20.0-5.0 false"#,
            r#""hold" 20000-30000 5.0-5.0 false"#,
        ]
    );
}
