//! Where results go, and what happens when they cannot.

use super::{
    harness::{Sandbox, wait_for},
    summary::Summary,
    target::{OK, Target, scenario},
};
use regex::Regex;
use std::{
    fs,
    process::{Command, Stdio},
};

fn names(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_run_prints_the_command_that_compares_it_with_the_one_before() {
    let (sandbox, target) = (Sandbox::alone(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 300, ""));
    let mut sound = 0;
    // A machine that takes the processors away makes runs that are not to be compared.
    for _ in 0..6 {
        let run = sandbox.run(&["run", "scenario.yaml", "--results", "it's kept/here"]);
        run.assert_code(0);
        let is_sound = !run.stdout.contains("Generator: SATURATED");
        let command = run.stdout.lines().find_map(|line| line.strip_prefix("  loadgen compare "));
        assert_eq!(command.is_some(), is_sound && sound > 0, "{}", run.both());
        sound += u32::from(is_sound);
        if let Some(arguments) = command {
            let line = format!("'{}' compare {arguments}", env!("CARGO_BIN_EXE_loadgen"));
            let compared =
                Command::new("sh").args(["-c", &line]).current_dir(sandbox.path()).output().unwrap();
            let said = String::from_utf8_lossy(&compared.stdout);
            assert!([Some(0), Some(99)].contains(&compared.status.code()), "{line}: {compared:?}");
            assert!(
                said.contains("Base: it's kept/here/") && said.contains("New: it's kept/here/"),
                "{said}"
            );
            return;
        }
    }
}

#[test]
fn a_run_has_a_folder_of_its_own_named_after_it() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let text = scenario(&target.url(), 1, 100, "").replace("Short run", "'Check-out: ärger & co/../x'");
    sandbox.file("scenario.yaml", text);
    for _ in 0..2 {
        sandbox.run(&["run", "scenario.yaml", "--results", "kept/here", "--seed", "7"]).assert_code(0);
    }
    let folders = names(&sandbox.path().join("kept/here"));
    assert_eq!(folders.len(), 2, "{folders:?}");
    let shape = Regex::new(r"^check-out-rger-co-x-\d{8}T\d{6}Z(-2)?$").unwrap();
    for folder in &folders {
        assert!(shape.is_match(folder), "{folder}");
        let inside = sandbox.path().join("kept/here").join(folder);
        let mut files = names(&inside);
        files.sort();
        assert_eq!(files, ["journal.jsonl", "report.html", "summary.json"]);
        let summary = Summary::parse(&fs::read_to_string(inside.join("summary.json")).unwrap());
        summary.assert_consistent();
        assert_eq!(summary.at("/run/id"), folder.as_str());
        assert_eq!(summary.at("/run/seed"), 7);
    }
}

#[test]
fn no_results_writes_nothing_and_prints_all() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let run = sandbox.start_scenario(&scenario(&target.url(), 1, 100, ""), &["--no-results"]).wait();
    run.assert_code(0);
    run.assert_says(&["root"]);
    let mut left = names(sandbox.path());
    left.sort();
    assert_eq!(left, ["scenario.yaml", "stderr-1", "stdout-1"]);
}

#[test]
fn results_that_cannot_be_written_are_printed_and_97() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("results", "a file where the folder should be");
    let run = sandbox.run_scenario(&scenario(&target.url(), 1, 200, ""));
    run.assert_code(97);
    run.assert_says(&["results cannot be written", "root"]);
    assert!(target.seen.requests() > 2, "the run did not go on: {}", run.both());
    assert_eq!(
        fs::read_to_string(sandbox.path().join("results")).unwrap(),
        "a file where the folder should be"
    );
    // The verdict and its reason agree.
    assert!(run.stdout.starts_with("FAILED  the results could not be written"), "{}", run.both());
    // A broken threshold is the worse news.
    let text = scenario(&target.url(), 1, 200, "thresholds: { http_req_duration: max < 1us }\n");
    let run = sandbox.run_scenario(&text);
    run.assert_code(99);
    run.assert_says(&["1 of 1 threshold failed", "the results could not be written"]);
}

#[test]
fn results_whose_folder_goes_during_the_run_are_97() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let running = sandbox.start_scenario(&scenario(&target.url(), 1, 500, ""), &[]);
    let folder = sandbox.path().join("results");
    wait_for("the load", || (target.seen.requests() > 2).then_some(()));
    fs::remove_dir_all(&folder).unwrap();
    let run = running.wait();
    run.assert_code(97);
    run.assert_says(&["could not be written", "root"]);
    assert!(!folder.exists());
}

#[test]
fn a_reader_that_has_gone_does_not_end_the_run() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 2, 600, ""));
    let mut command = sandbox.command(&["run", "scenario.yaml"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    let status = wait_for("the end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0), "{status}");
    let folder = names(&sandbox.path().join("results")).remove(0);
    let file = sandbox.path().join("results").join(folder).join("summary.json");
    let summary = Summary::parse(&fs::read_to_string(file).unwrap());
    summary.assert_consistent();
    assert_eq!(summary.count("http_reqs"), target.seen.requests());
}
