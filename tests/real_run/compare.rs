//! `loadgen compare` on runs that were really made. They are compared by force: on a busy machine the generator itself may have
//! been what was slow, and such runs are refused.

use super::{
    harness::{Sandbox, wait_for},
    target::{OK, Target},
};
use serde_json::Value;
use std::{fs, path::PathBuf, time::Duration};

/// A target that takes its time.
fn taking(millis: u64) -> Target {
    Target::start(move |connection| {
        while connection.request().is_some() {
            connection.pause(Duration::from_millis(millis));
            if !connection.send(OK) {
                return;
            }
        }
    })
}

fn scenario(target: &Target, millis: u64) -> String {
    format!(
        "name: Shop\ntarget: {}\nload: {{ users: 4, duration: {millis}ms }}\ntasks:\n  - get: /\n    name: root\n",
        target.url()
    )
}

fn folders(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.path().join("results")).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[test]
fn a_slower_target_regresses_and_a_faster_one_is_told() {
    let (fast, slow) = (taking(2), taking(150));
    let sandbox = Sandbox::alone();
    sandbox.file("fast.yaml", scenario(&fast, 1_200));
    sandbox.file("slow.yaml", scenario(&slow, 1_200));
    let run = sandbox.run(&[
        "compare",
        "--pairs",
        "1",
        "fast.yaml",
        "slow.yaml",
        "--output",
        "a.json",
        "--format",
        "json",
        "--force",
    ]);
    run.assert_code(99);
    run.assert_says(&["run 1 of 2: base", "run 2 of 2: new", "root is", "× slower", "another scenario"]);
    let document: Value = serde_json::from_slice(&fs::read(sandbox.path().join("a.json")).unwrap()).unwrap();
    assert_eq!(document["outcome"]["passed"], false);
    assert!(document["rows"][1]["findings"][0]["new"].as_f64().unwrap() >= 150.0, "{document}");

    // The same two, the other way round; what was only meant for --pairs has to be forced here.
    let made: Vec<String> = folders(&sandbox).iter().map(|folder| folder.display().to_string()).collect();
    let places = |key: &str| document[key][0]["place"].as_str().unwrap().to_owned();
    assert_eq!(made.len(), 2);
    let (base, new) = (places("base"), places("new"));
    sandbox.run(&["compare", &new, &base]).assert_code(2);
    let back = sandbox.run(&["compare", &new, &base, "--force"]);
    back.assert_code(0);
    back.assert_says(&["PASSED", "root is", "× faster", "compared by force"]);
}

#[test]
fn an_overlay_of_one_side_is_compared() {
    let (fast, slow) = (taking(2), taking(150));
    let sandbox = Sandbox::alone();
    let text = scenario(&fast, 1_000) + &format!("environments:\n  slow: {{ target: {} }}\n", slow.url());
    sandbox.file("shop.yaml", text);
    let run = sandbox.run(&["compare", "--pairs", "1", "shop.yaml", "--new-environment", "slow", "--force"]);
    run.assert_code(99);
    run.assert_says(&["× slower", "has another environment than"]);
}

#[test]
fn a_run_says_what_changed_against_its_baseline() {
    let (sandbox, target) = (Sandbox::new(), taking(2));
    sandbox.file("shop.yaml", scenario(&target, 500));
    let run = |more: &[&str]| sandbox.run(&[&["run", "shop.yaml"], more].concat());
    run(&["--results", "before"]).assert_code(0);
    let before = fs::read_dir(sandbox.path().join("before")).unwrap().next().unwrap().unwrap().file_name();
    let before = format!("before/{}", before.to_str().unwrap());
    for more in [&[][..], &["--quiet"]] {
        let told = run(&[&["--baseline", &before], more].concat());
        told.assert_code(0);
        // A machine that is not its own makes runs that should not be compared, and that is told in the same place.
        let place = if more.is_empty() { "the baseline" } else { before.as_str() };
        let says = |text: String| told.stdout.contains(&text);
        assert!(
            says(format!("Against {place}: ")) || says("Not compared with ".to_owned()),
            "{}",
            told.both()
        );
        let command = format!("  loadgen compare {before} results/");
        assert_eq!(says(command), more.is_empty(), "{}", told.both());
        assert!(!told.stdout.contains("Compare with the run before"), "{}", told.both());
    }
}

#[test]
fn a_signal_ends_the_pairs_and_what_there_is_is_compared() {
    let target = taking(5);
    let sandbox = Sandbox::new();
    sandbox.file("shop.yaml", scenario(&target, 700));
    let running = sandbox.start(&["compare", "--pairs", "20", "shop.yaml", "--force"]);
    wait_for("the third run", || (folders(&sandbox).len() > 2).then_some(()));
    running.signal("INT");
    let run = running.wait();
    run.assert_code(105);
    run.assert_says(&["no more runs", "by service time", "root"]);
    assert!(folders(&sandbox).len() < 40);
}

#[test]
fn a_wrong_scenario_is_refused_before_anything_is_sent() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    sandbox.file("wrong.yaml", format!("target: {}\nload: {{ users: 0 }}\n", target.url()));
    sandbox.file("right.yaml", scenario(&target, 500));
    let run = sandbox.run(&["compare", "--pairs", "1", "right.yaml", "wrong.yaml"]);
    run.assert_code(104);
    assert_eq!(target.seen.requests(), 0);
}
