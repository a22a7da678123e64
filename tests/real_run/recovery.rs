//! What is left of a run that was cut off, and runs of several generators joined, held against what the target saw.

use super::{
    harness::{Finished, Running, Sandbox, now, wait_for},
    summary::Summary,
    target::{OK, Target, scenario},
};
use serde_json::Value;
use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

fn folders(results: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(results) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The folder of the one run below `results`.
#[track_caller]
fn only_folder(sandbox: &Sandbox, results: &str) -> PathBuf {
    let found = folders(&sandbox.path().join(results));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn summary_of(folder: &Path) -> Summary {
    Summary::parse(&fs::read_to_string(folder.join("summary.json")).unwrap())
}

fn journal_of(folder: &Path) -> String {
    fs::read_to_string(folder.join("journal.jsonl")).unwrap()
}

fn report(sandbox: &Sandbox, folder: &Path, more: &[&str]) -> Finished {
    sandbox.run(&[&["report", folder.to_str().unwrap()], more].concat())
}

#[test]
fn a_finished_run_is_rebuilt_as_it_was_written() {
    let target = Target::answering(OK);
    let more = "setup: [ { get: /before } ]\nteardown: [ { get: /after } ]\nwarm_up: 1s\n\
                thresholds:\n  http_req_duration: p95 < 5s\n  \"http_reqs{name:ro*}\": rate > 1000000/s\n";
    let sandbox = Sandbox::new();
    let run = sandbox.run_scenario(&scenario(&target.url(), 3, 2_500, more));
    run.assert_code(99);
    let folder = only_folder(&sandbox, "results");
    let (written, bytes) = (summary_of(&folder), fs::read(folder.join("summary.json")).unwrap());
    assert!(written.count("http_reqs") > 0);

    let again = report(&sandbox, &folder, &[]);
    again.assert_code(99);
    // It prints what the run printed, and leaves what is there alone.
    assert_eq!(again.stdout.lines().next(), run.stdout.lines().next());
    assert_eq!(fs::read(folder.join("summary.json")).unwrap(), bytes);

    fs::remove_file(folder.join("summary.json")).unwrap();
    report(&sandbox, &folder, &[]).assert_code(99);
    assert_eq!(summary_of(&folder).0, written.0);
    fs::write(folder.join("summary.json"), "{}").unwrap();
    report(&sandbox, &folder, &["--force"]).assert_code(99);
    assert_eq!(summary_of(&folder).0, written.0);
}

/// Numbers without a pattern, the same in each run of this test.
fn next_random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// A run that will be cut off, and when its target saw each request.
struct Doomed {
    results: String,
    running: Running,
    started: Instant,
    seen: Arc<Mutex<Vec<Duration>>>,
    _target: Target,
}

impl Doomed {
    fn start(sandbox: &Sandbox, name: &str) -> Self {
        let seen: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let (log, started) = (Arc::clone(&seen), now());
        let target = Target::start(move |connection| {
            while connection.request().is_some() {
                log.lock().unwrap().push(started.elapsed());
                if !connection.send(OK) {
                    break;
                }
            }
        });
        sandbox.file(&format!("{name}.yaml"), scenario(&target.url(), 2, 20_000, ""));
        let results = format!("results-{name}");
        let running = sandbox.start(&["run", &format!("{name}.yaml"), "--results", &results]);
        Self { results, running, started, seen, _target: target }
    }

    fn first_seen(&self) -> Option<Duration> {
        self.seen.lock().unwrap().first().copied()
    }

    /// Kills it, and holds what is rebuilt against what the target saw; how many requests had to be there.
    fn kill(mut self, sandbox: &Sandbox) -> u64 {
        let killed = self.started.elapsed();
        self.running.child.kill().unwrap();
        self.running.child.wait().unwrap();
        let seen = self.seen.lock().unwrap().clone();
        let folder = only_folder(sandbox, &self.results);
        let kept = intervals(&journal_of(&folder));
        let again = report(sandbox, &folder, &[]);
        let summary = summary_of(&folder);
        summary.assert_consistent();
        again.assert_code(if summary.count("iterations") == 0 { 99 } else { 98 });
        again.assert_says(&[
            "was cut off",
            "rebuilt from its journal, up to two seconds before that may be missing",
        ]);
        assert_eq!((summary.at("/verdict/incomplete"), summary.passed()), (&Value::Bool(true), false));
        assert!(summary.list("series/points").len() <= kept);
        // Two seconds, and one for a machine that has other things to do.
        let safe = killed.saturating_sub(Duration::from_secs(3));
        let (rebuilt, must) =
            (summary.count("http_reqs"), seen.iter().filter(|at| **at <= safe).count() as u64);
        let told =
            format!("killed after {killed:?}: {rebuilt} rebuilt, {must} at least, {} seen", seen.len());
        assert!((must..=seen.len() as u64).contains(&rebuilt), "{told}");
        let load = safe.saturating_sub(seen.first().copied().unwrap_or_default());
        assert!(kept as u64 >= load.as_secs(), "{told}, {kept} seconds kept");
        must
    }
}

/// The journal's lines that are intervals, the torn one left out.
fn intervals(journal: &str) -> usize {
    journal
        .split_inclusive('\n')
        .filter(|line| line.starts_with("{\"interval\":") && line.ends_with('\n'))
        .count()
}

/// Twenty runs, killed at moments without a pattern, five side by side.
#[test]
fn a_run_killed_at_any_moment_loses_two_seconds_at_most() {
    let sandbox = Sandbox::alone();
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for batch in 0..2 {
        // Two early, before there is much to lose; the others when there is.
        let ranges = (0..10).map(|n| if n < 2 { 0..2_500 } else { 3_200..6_800 });
        let moment = |range: Range<u64>| range.start + next_random(&mut state) % (range.end - range.start);
        let mut moments: Vec<Duration> = ranges.map(moment).map(Duration::from_millis).collect();
        moments.sort_unstable();
        let doomed: Vec<Doomed> = (0..10).map(|n| Doomed::start(&sandbox, &format!("{batch}-{n}"))).collect();
        for (doomed, moment) in doomed.into_iter().zip(moments) {
            let first = wait_for("the first request", || doomed.first_seen());
            let at = first + moment;
            thread::sleep(at.saturating_sub(doomed.started.elapsed()));
            let had_to_keep = doomed.kill(&sandbox);
            assert!(had_to_keep > 0 || moment < Duration::from_secs(3), "{moment:?}");
        }
    }
}

#[test]
fn a_torn_last_line_is_expected_and_a_damaged_one_told() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    sandbox.run_scenario(&scenario(&target.url(), 2, 2_200, "")).assert_code(0);
    let folder = only_folder(&sandbox, "results");
    let (whole, journal) = (summary_of(&folder), journal_of(&folder));
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    let cut = |text: &str| {
        fs::write(folder.join("journal.jsonl"), text).unwrap();
        let run = report(&sandbox, &folder, &["--force"]);
        (run, summary_of(&folder))
    };

    // The header, the start, three seconds at least, the end.
    assert!(lines.len() >= 6, "{}", lines.len());
    let (run, torn) = cut(&journal[..journal.len() - 20]);
    run.assert_code(98);
    run.assert_says(&["the last line is torn", "the run was cut off after"]);
    assert_eq!(torn.count("http_reqs"), whole.count("http_reqs"));

    let mut damaged = lines.clone();
    damaged[3] = "{\"interval\":{}}\n";
    let (run, before) = cut(&damaged.concat());
    run.assert_code(98);
    run.assert_says(&[
        "line 4 is damaged",
        "only what stands before it counts",
        "the run was cut off after 1s",
    ]);
    let first = &whole.list("series/points")[0];
    assert_eq!(before.list("series/points"), &vec![first.clone()]);
    before.assert_consistent();

    // Before the first second was over, there is a header and nothing to count.
    let (run, nothing) = cut(&lines[..2].concat());
    run.assert_code(99);
    run.assert_says(&["the run was cut off in the first second of its load", "no iteration completed"]);
    assert_eq!(nothing.count("http_reqs"), 0);
    cut(lines[0]).0.assert_says(&["the run was cut off before its load began"]);
}

#[test]
fn what_is_no_journal_is_told() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path().join("some");
    let says = |text: &str| {
        let run = report(&sandbox, &folder, &[]);
        run.assert_code(2);
        run.assert_says(&[text]);
    };
    says("there is no folder");
    fs::create_dir(&folder).unwrap();
    says("has no journal.jsonl");
    for (content, text) in [
        ("", "is empty"),
        ("half a line", "is empty"),
        ("hello\n", "this is not a journal of loadgen"),
        ("{\"schema\":\"loadgen/journal/v9\"}\n", "the journal has the format `loadgen/journal/v9`"),
    ] {
        fs::write(folder.join("journal.jsonl"), content).unwrap();
        says(text);
    }
    assert!(!folder.join("summary.json").exists());
}

#[test]
fn two_generators_joined_have_seen_what_the_target_saw() {
    joined_is_the_sum("users: 2", 4);
}

#[test]
fn two_generators_with_a_rate_joined_were_meant_to_do_what_both_were() {
    joined_is_the_sum("rate: 50/s, max_users: 10", 0);
}

/// Runs a load in two parts and joins them; so many users have them both, where that is known.
fn joined_is_the_sum(load: &str, users: u64) {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    let text = scenario(&target.url(), 2, 2_500, "thresholds:\n  http_req_failed: rate < 1%\n");
    sandbox.file("scenario.yaml", text.replace("users: 2", load).replace("think_time: 5ms\n", ""));
    let both = ["a", "b"].map(|results| sandbox.start(&["run", "scenario.yaml", "--results", results]));
    both.map(Running::wait).iter().for_each(|run| run.assert_code(0));
    let seen = target.seen.requests();
    let [a, b] = ["a", "b"].map(|results| only_folder(&sandbox, results));
    let (in_a, in_b) = (summary_of(&a), summary_of(&b));
    let words = [a.to_str().unwrap(), b.to_str().unwrap()];

    for (order, results) in [(words, "joined"), ([words[1], words[0]], "turned")] {
        sandbox.run(&["merge", order[0], order[1], "--results", results]).assert_code(0);
    }
    let folder = only_folder(&sandbox, "joined");
    let (joined, turned) = (summary_of(&folder), summary_of(&only_folder(&sandbox, "turned")));
    joined.assert_consistent();
    assert_eq!(joined.count("http_reqs"), seen);
    assert_eq!(joined.count("http_reqs"), in_a.count("http_reqs") + in_b.count("http_reqs"));
    let made = |summary: &Summary| summary.at("/metrics/vus_max/value").as_u64().unwrap();
    assert_eq!(made(&joined), made(&in_a) + made(&in_b));
    assert!(users == 0 || made(&joined) == users);
    let planned = |summary: &Summary, key: &str| summary.at(&format!("/workloads/0/{key}")).as_u64();
    for key in ["planned_iterations", "max_users"] {
        let both = planned(&in_a, key).zip(planned(&in_b, key)).map(|(a, b)| a + b);
        assert_eq!(planned(&joined, key), both, "{key}");
    }
    assert_eq!(planned(&joined, "planned_iterations").is_some(), users == 0);
    for level in ["/workloads/0/levels/0/level", "/workloads/0/levels/1/level"] {
        let of = |summary: &Summary| summary.0.pointer(level).and_then(Value::as_f64);
        assert_eq!(of(&joined), of(&in_a).zip(of(&in_b)).map(|(a, b)| a + b));
    }
    assert_eq!(joined.list("run/parts").len(), 2);
    assert_eq!(joined.at("/run/parts/0/seed"), in_a.at("/run/seed"));
    for key in [
        "metrics",
        "requests",
        "tasks",
        "checks",
        "stages",
        "series",
        "errors",
        "connections",
        "thresholds",
        "workloads",
    ] {
        assert_eq!(joined.0[key], turned.0[key], "{key}");
    }

    // What was joined is a run of its own.
    let written = joined.0.clone();
    report(&sandbox, &folder, &["--force"]).assert_code(0);
    assert_eq!(summary_of(&folder).0, written);

    // A part without an end makes the whole incomplete.
    let journal = journal_of(&b);
    let end = journal.trim_end().rfind('\n').unwrap();
    fs::write(b.join("journal.jsonl"), &journal[..=end]).unwrap();
    let run = sandbox.run(&["merge", words[0], words[1], "--results", "lost"]);
    run.assert_code(98);
    run.assert_says(&[&format!("the part `{}` was cut off after", words[1])]);
}

#[test]
fn parts_of_different_runs_are_not_joined() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 300, ""));
    sandbox.file("other.yaml", scenario(&target.url(), 1, 301, ""));
    for (file, results, more) in
        [("scenario.yaml", "a", ""), ("other.yaml", "b", ""), ("scenario.yaml", "c", "--tag=team=web")]
    {
        let words = ["run", file, "--results", results, more];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        sandbox.run(&words).assert_code(0);
    }
    let [a, b, c] = ["a", "b", "c"].map(|results| only_folder(&sandbox, results).display().to_string());
    for (one, other, says) in [
        (&a, &b, "the text of the scenario differs"),
        (&a, &c, "the requests or their tags differ"),
        (&a, &a, "is named twice"),
    ] {
        let run = sandbox.run(&["merge", one, other, "--results", "joined"]);
        run.assert_code(2);
        run.assert_says(&[says]);
    }
    assert!(!sandbox.path().join("joined").exists());
}

/// A folder that was copied has another name and the same run in it.
#[test]
fn a_copy_of_a_part_is_not_counted_twice() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.run_scenario(&scenario(&target.url(), 1, 300, "")).assert_code(0);
    let folder = only_folder(&sandbox, "results");
    let copy = sandbox.path().join("copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(folder.join("journal.jsonl"), copy.join("journal.jsonl")).unwrap();
    let words = [folder.to_str().unwrap(), copy.to_str().unwrap()];
    let run = sandbox.run(&["merge", words[0], words[1], "--results", "joined"]);
    run.assert_code(2);
    let id = folder.file_name().unwrap().to_str().unwrap();
    run.assert_says(&[&format!("are the same run, `{id}`, which would be counted twice")]);
    assert!(!sandbox.path().join("joined").exists());
}

/// One part is stopped early and the other goes on: so does the load of both, its windows and its rates.
#[test]
fn a_part_that_was_stopped_does_not_end_the_load_of_the_others() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let limit = "thresholds:\n  vus: { expect: min >= 1, over: 1s }\n";
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 5_000, limit));
    let whole = sandbox.start(&["run", "scenario.yaml", "--results", "whole"]);
    let short = sandbox.start(&["run", "scenario.yaml", "--results", "short"]);
    let journal = sandbox.path().join("short");
    wait_for("two seconds in the journal", || {
        let folder = folders(&journal).into_iter().next()?;
        let text = fs::read_to_string(folder.join("journal.jsonl")).ok()?;
        (intervals(&text) >= 2).then_some(())
    });
    short.signal("INT");
    short.wait().assert_code(105);
    whole.wait().assert_code(0);
    let [whole, short] = ["whole", "short"].map(|results| only_folder(&sandbox, results));
    let words = ["merge", whole.to_str().unwrap(), short.to_str().unwrap(), "--results", "joined"];
    sandbox.run(&words).assert_code(105);
    let joined = summary_of(&only_folder(&sandbox, "joined"));
    let (whole, short) = (summary_of(&whole), summary_of(&short));
    joined.assert_consistent();
    let requests = whole.count("http_reqs") + short.count("http_reqs");
    assert_eq!(joined.count("http_reqs"), requests);
    let rate = joined.figure("http_reqs", "rate");
    assert!((rate - requests as f64 / 5.0).abs() < rate * 1e-6, "{rate}/s of {requests} in five seconds");
    // Windows went on being judged behind the stop, where only one user is left.
    let worst = joined.at("/thresholds/0/worst_window");
    assert_eq!((&worst["observed"], &worst["held"]), (&1.0.into(), &true.into()), "{worst:#}");
    assert!(worst["start_ms"].as_u64() >= Some(1_000), "{worst:#}");
}
