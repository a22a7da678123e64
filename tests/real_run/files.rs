//! Files that a run writes second by second: they add up to its summary, appear whole or not at all, and can be made anew
//! from its journal.

use super::{
    harness::{Running, Sandbox, wait_for},
    percentiles::{peer_is_there, python},
    summary::Summary,
    target::{OK, Target, scenario},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

const ALL: [&str; 6] =
    ["--out", "csv=out/rows.csv", "--out", "jsonl=out/lines.jsonl", "--out", "hlog=out/times.hlog"];
const FILES: [&str; 3] = ["rows.csv", "lines.jsonl", "times.hlog"];

type Row = BTreeMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// The sum of a column over the rows of this scope.
fn sum(rows: &[Row], scope: &str, column: &str) -> u64 {
    rows.iter().filter(|row| row["scope"] == scope).map(|row| row[column].parse::<u64>().unwrap()).sum()
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path().join(name)).unwrap()
}

/// The folder of the one run below `results`.
#[track_caller]
fn folder(sandbox: &Sandbox, results: &str) -> PathBuf {
    let found: Vec<PathBuf> =
        fs::read_dir(sandbox.path().join(results)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn summary_of(folder: &Path) -> Summary {
    Summary::parse(&fs::read_to_string(folder.join("summary.json")).unwrap())
}

/// Waits until there are rows of a second, which are not where they belong yet.
fn wait_for_rows(sandbox: &Sandbox) {
    wait_for("the first rows", || {
        let text = fs::read_to_string(sandbox.path().join("out/rows.csv.part")).ok()?;
        (text.lines().count() > 1).then_some(())
    });
    assert!(!sandbox.path().join("out/rows.csv").exists());
}

/// Rows, lines and points are of the same times, side by side from the start of the load on, and lines are points.
#[track_caller]
fn assert_same_points(rows: &[Row], lines: &[Value], summary: &Summary) {
    let points = summary.list("series/points");
    assert_eq!(lines, points);
    let mut end = 0;
    for (row, point) in rows.iter().filter(|row| row["scope"] == "all").zip(points) {
        let of = |column: &str| row[column].parse::<u64>().unwrap();
        let length = point.get("interval_ms").map_or(1_000, |length| length.as_u64().unwrap());
        assert_eq!(
            (of("t_ms"), of("interval_ms"), of("count")),
            (end, length, point["http_reqs"].as_u64().unwrap())
        );
        if length < 1_000 {
            let duration = summary.at("/run/duration_ms").as_u64().unwrap();
            assert_eq!(end + length, duration.max(end + 1), "only the last one is shorter");
        }
        end += length;
    }
    assert_eq!(rows.iter().filter(|row| row["scope"] == "all").count(), points.len());
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn rows_lines_and_logs_add_up_to_the_summary_and_are_the_same_from_the_journal() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let running = sandbox.start_scenario(&scenario(&target.url(), 2, 2_300, ""), &ALL);
    wait_for_rows(&sandbox);
    let run = running.wait();
    run.assert_code(0);
    let summary = run.summary();
    let written = FILES.map(|name| read(&sandbox, &format!("out/{name}")));
    assert_eq!(fs::read_dir(sandbox.path().join("out")).unwrap().count(), 3, "something else is left");
    run.assert_says(&FILES);

    let rows = rows(&written[0]);
    let root = summary.named("requests", "root");
    for scope in ["all", "request"] {
        assert_eq!(sum(&rows, scope, "count"), target.seen.requests(), "{scope}");
        assert_eq!(sum(&rows, scope, "received_bytes"), root["received_bytes"].as_u64().unwrap());
        assert_eq!(sum(&rows, scope, "status_2xx"), summary.statuses("root", 200));
    }
    assert_eq!(sum(&rows, "all", "iterations"), summary.count("iterations"));
    assert_same_points(&rows, &lines(&written[1]), summary);
    let started = summary.at("/run/started_at").as_str().unwrap();
    assert_eq!(rows[0]["timestamp"], started);

    // Again, in the place of what is there.
    sandbox.file("out/rows.csv", "old");
    let results = folder(&sandbox, "results");
    sandbox.run(&[&["report", results.to_str().unwrap()], &ALL[..]].concat()).assert_code(0);
    assert_eq!(FILES.map(|name| read(&sandbox, &format!("out/{name}"))), written);
    assert_eq!(fs::read_dir(sandbox.path().join("out")).unwrap().count(), 3, "something else is left");
}

/// Reads a log with its own tools' reader, and holds each tag against a histogram of the summary.
const PEER: &str = r#"
import json, sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

def buckets(histogram):
    return [[step.value_iterated_to, step.count_at_value_iterated_to] for step in histogram.get_recorded_iterator()]

new = lambda: HdrHistogram(1, 3600000000, 3)
reader, sums, starts = HistogramLogReader(sys.argv[1], new()), {}, set()
while (one := reader.get_next_interval_histogram()) is not None:
    sums.setdefault(one.get_tag() or "", new()).add(one)
    starts.add(one.get_start_time_stamp())
summary = json.load(open(sys.argv[2]))
[root] = [request for request in summary["requests"] if request["name"] == "root it, twice"]
wanted = {
    "": summary["metrics"]["http_req_response_time"],
    "http_req_duration": summary["metrics"]["http_req_duration"],
    "http_req_duration:root_it__twice": root["duration_ms"],
    "http_req_response_time:root_it__twice": root["response_time_ms"],
}
assert set(sums) == set(wanted), set(sums)
for tag, trend in wanted.items():
    assert trend["count"] > 0
    assert buckets(sums[tag]) == buckets(HdrHistogram.decode(trend["histogram"])), tag
    assert sums[tag].get_total_count() == trend["count"], tag
print(min(starts) / 1000)
"#;

#[test]
fn the_log_is_read_by_its_own_tools_and_is_the_summary_without_the_warm_up() {
    if !peer_is_there() {
        return;
    }
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let text =
        scenario(&target.url(), 2, 2_600, "warm_up: 700ms\n").replace("name: root", "name: root it, twice");
    let run = sandbox.start_scenario(&text, &ALL).wait();
    run.assert_code(0);
    let rows = rows(&read(&sandbox, "out/rows.csv"));
    let counted = sum(&rows, "request", "count") - sum(&rows, "request", "warm_up_count");
    assert_eq!(counted, run.summary().count("http_reqs"));
    assert_eq!(sum(&rows, "all", "warm_up_count"), run.summary().at("/warm_up/http_reqs").as_u64().unwrap());
    let script = sandbox.file("peer.py", PEER);
    let summary = folder(&sandbox, "results").join("summary.json");
    let log = sandbox.path().join("out/times.hlog");
    let done = Command::new(python()).args([&script, &log, &summary]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let first: f64 = String::from_utf8_lossy(&done.stdout).trim().parse().unwrap();
    let year = 365.0 * 24.0 * 3_600.0;
    assert!(first > 50.0 * year, "the log's times are not those of the clock: {first}");
}

#[test]
fn what_a_killed_run_leaves_is_a_part_and_the_journal_makes_the_whole() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let mut running: Running = sandbox.start_scenario(&scenario(&target.url(), 2, 60_000, ""), &ALL);
    wait_for_rows(&sandbox);
    wait_for("a second line", || (read(&sandbox, "out/lines.jsonl.part").lines().count() > 1).then_some(()));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    assert!(FILES.iter().all(|name| !sandbox.path().join("out").join(name).exists()));
    let left = read(&sandbox, "out/rows.csv.part");

    let results = folder(&sandbox, "results");
    sandbox.run(&[&["report", results.to_str().unwrap()], &ALL[..]].concat()).assert_code(98);
    let (summary, made) = (summary_of(&results), read(&sandbox, "out/rows.csv"));
    assert_eq!(sum(&rows(&made), "request", "count"), summary.count("http_reqs"));
    assert!(summary.count("http_reqs") > 0);
    // Either may have a second more; what both have is the same.
    let same = left.len().min(made.len());
    assert_eq!(left.as_bytes()[..same], made.as_bytes()[..same]);
    assert!(!sandbox.path().join("out/rows.csv.part").exists());
}

#[test]
fn the_rows_of_joined_runs_are_added_up() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 1_300, ""));
    let both = ["a", "b"].map(|results| sandbox.start(&["run", "scenario.yaml", "--results", results]));
    both.map(Running::wait).iter().for_each(|run| run.assert_code(0));
    let [a, b] = ["a", "b"].map(|results| folder(&sandbox, results).display().to_string());
    let words =
        ["merge", &a, &b, "--results", "joined", "--out", "csv=rows.csv", "--out", "jsonl=lines.jsonl"];
    sandbox.run(&words).assert_code(0);
    let (rows, summary) = (rows(&read(&sandbox, "rows.csv")), summary_of(&folder(&sandbox, "joined")));
    assert_eq!(sum(&rows, "request", "count"), target.seen.requests());
    assert_eq!(rows.iter().find(|row| row["scope"] == "all").unwrap()["vus"], "2");
    assert_same_points(&rows, &lines(&read(&sandbox, "lines.jsonl")), &summary);
}

/// Has the third entry of a journal say that it is of the second one's time, too, as a slow disk leaves it; the numbers of
/// the first and the last of its seconds.
fn join_entries(journal: &Path) -> (u64, u64) {
    let text = fs::read_to_string(journal).unwrap();
    let mut lines: Vec<Value> = lines(&text);
    let entries: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].get("interval").is_some()).collect();
    let number = |lines: &[Value], at: usize| lines[at]["interval"]["number"].as_u64().unwrap();
    let (first, last) = (number(&lines, entries[1]), number(&lines, entries[2]));
    lines[entries[2]]["interval"]["joined"] = (last - first).into();
    lines.remove(entries[1]);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(journal, text).unwrap();
    (first, last)
}

#[test]
fn rows_of_joined_runs_do_not_overlap_where_a_journal_was_slow() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 4_300, ""));
    let both = ["a", "b"].map(|results| sandbox.start(&["run", "scenario.yaml", "--results", results]));
    both.map(Running::wait).iter().for_each(|run| run.assert_code(0));
    let [a, b] = ["a", "b"].map(|results| folder(&sandbox, results));
    let (first, last) = join_entries(&b.join("journal.jsonl"));
    let [a, b] = [a, b].map(|folder| folder.display().to_string());
    let words =
        ["merge", &a, &b, "--results", "joined", "--out", "csv=rows.csv", "--out", "jsonl=lines.jsonl"];
    sandbox.run(&words).assert_code(0);
    let (text, joined) = (read(&sandbox, "rows.csv"), folder(&sandbox, "joined"));
    let (all, summary) = (rows(&text), summary_of(&joined));
    assert_same_points(&all, &lines(&read(&sandbox, "lines.jsonl")), &summary);
    assert_eq!(sum(&all, "all", "count"), summary.count("http_reqs"));
    let covers = |row: &&Row| {
        let of = |column: &str| row[column].parse::<u64>().unwrap();
        row["scope"] == "all"
            && of("t_ms") <= first * 1_000
            && of("t_ms") + of("interval_ms") >= (last + 1) * 1_000
    };
    assert_eq!(all.iter().filter(covers).count(), 1, "{text}");
    // The joined run's own journal makes the same rows.
    let words = ["report", joined.to_str().unwrap(), "--out", "csv=again.csv"];
    sandbox.run(&words).assert_code(0);
    assert_eq!(read(&sandbox, "again.csv"), text);
}

/// Entries of older versions do not say when the load ended, and in a joined run's journal they could reach over those
/// before them.
#[test]
fn journals_of_older_versions_are_read_to_their_end() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.run_scenario(&scenario(&target.url(), 1, 3_400, "")).assert_code(0);
    let folder = folder(&sandbox, "results");
    let (written, journal) = (summary_of(&folder), folder.join("journal.jsonl"));
    let mut entries = lines(&fs::read_to_string(&journal).unwrap());
    for interval in entries.iter_mut().filter_map(|line| line.get_mut("interval")) {
        let interval = interval.as_object_mut().unwrap();
        interval.remove("ended_at_ms");
        if interval.get("number").is_some_and(|number| *number == 2) {
            interval.insert("joined".to_owned(), 1.into());
        }
    }
    fs::write(&journal, entries.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let words = [
        "report",
        folder.to_str().unwrap(),
        "--force",
        "--out",
        "csv=rows.csv",
        "--out",
        "jsonl=lines.jsonl",
    ];
    sandbox.run(&words).assert_code(0);
    assert_eq!(summary_of(&folder).0, written.0);
    let rows = rows(&read(&sandbox, "rows.csv"));
    assert_same_points(&rows, &lines(&read(&sandbox, "lines.jsonl")), &written);
    assert_eq!(sum(&rows, "all", "count"), written.count("http_reqs"));
}

#[test]
fn seconds_in_which_the_generator_stood_still_are_one_row() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let load = "load: { rate: 20/s, duration: 60s, max_users: 20, graceful_stop: 5s }";
    let text = format!("target: {}\n{load}\ntasks: [ {{ get: /, name: root }} ]\n", target.url());
    let running = sandbox.start_scenario(&text, &ALL);
    wait_for_rows(&sandbox);
    running.signal("STOP");
    // Two seconds begin and end in it, whenever it begins.
    thread::sleep(Duration::from_millis(3_100));
    running.signal("CONT");
    wait_for("the long second", || {
        let part = fs::read_to_string(sandbox.path().join("out/lines.jsonl.part")).ok()?;
        let lines = part.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| line["interval_ms"].as_u64()).any(|length| length >= 3_000).then_some(())
    });
    running.signal("INT");
    let run = running.wait();
    run.assert_code(105);
    let written = FILES.map(|name| read(&sandbox, &format!("out/{name}")));
    assert_same_points(&rows(&written[0]), &lines(&written[1]), run.summary());
    assert_eq!(sum(&rows(&written[0]), "all", "count"), run.summary().count("http_reqs"));
    // What was due meanwhile is due in it.
    for line in lines(&written[1]) {
        let (length, due) = (line["interval_ms"].as_u64().unwrap_or(1_000), line["due_iterations"].as_f64());
        assert!((due.unwrap() - length as f64 * 0.02).abs() < 1e-6, "{line}");
    }
    let (results, first) =
        (folder(&sandbox, "results"), fs::read(folder(&sandbox, "results").join("summary.json")).unwrap());
    sandbox.run(&[&["report", results.to_str().unwrap(), "--force"], &ALL[..]].concat()).assert_code(105);
    assert_eq!(FILES.map(|name| read(&sandbox, &format!("out/{name}"))), written);
    assert_eq!(fs::read(results.join("summary.json")).unwrap(), first);
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    fs::create_dir(sandbox.path().join("folder")).unwrap();
    let text = scenario(&target.url(), 1, 300, "");
    for (outputs, says) in [
        (["csv=a.csv", "jsonl=a.csv"], "`--out csv=a.csv` goes to the same file; give each its own"),
        (
            ["csv=a.csv", "junit=folder/../a.csv"],
            "`--out csv=a.csv` goes to the same file; give each its own",
        ),
        (
            ["json=b.json", "csv=folder"],
            "`--out csv=folder` cannot be written: it is a folder; name a file in it",
        ),
        (["json=b.json", "html=/dev/full/there/a"], "Not a directory (os error 20); choose another place"),
        // Standard output is a file here.
        (["json=b.json", "csv=/dev/stdout"], "name that file"),
        (["json=b.json", "rows=a"], "there is no format `rows`; the formats are json"),
    ] {
        let run = sandbox.start_scenario(&text, &["--out", outputs[0], "--out", outputs[1]]).wait();
        run.assert_code(2);
        run.assert_says(&[says]);
        assert!(run.has_no_results(), "{}", run.both());
    }
    assert_eq!(target.seen.requests(), 0);
    let mut left: Vec<String> = (fs::read_dir(sandbox.path()).unwrap())
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("std"))
        .collect();
    left.sort();
    assert_eq!(left, ["folder", "scenario.yaml"]);
}

#[test]
fn what_a_run_reads_is_not_written_over() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let text = scenario(&target.url(), 1, 300, "data: { users: { file: users.csv } }\n");
    sandbox.file("users.csv", "name\nann\n");
    sandbox.start_scenario(&text, &["--results", "kept"]).wait().assert_code(0);
    let earlier = folder(&sandbox, "kept").display().to_string();
    let (journal, summary) =
        (format!("csv={earlier}/journal.jsonl"), format!("jsonl={earlier}/summary.json"));
    let sent = target.seen.requests();
    for arguments in [
        &["run", "scenario.yaml", "--out", "json=./scenario.yaml"][..],
        &["run", "scenario.yaml", "--out", "csv=users.csv"],
        &["run", "scenario.yaml", "--out", "samples=users.csv"],
        &["run", "scenario.yaml", "--baseline", &earlier, "--out", &summary],
        &["report", &earlier, "--out", &journal],
    ] {
        let run = sandbox.run(arguments);
        run.assert_code(2);
        run.assert_says(&["this file is read here"]);
    }
    assert_eq!(
        (read(&sandbox, "scenario.yaml"), read(&sandbox, "users.csv")),
        (text, "name\nann\n".to_owned())
    );
    assert_eq!(target.seen.requests(), sent);
}

#[test]
fn a_pipe_that_nobody_reads_costs_an_export_and_nothing_else() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    assert!(Command::new("mkfifo").arg(sandbox.path().join("pipe")).status().unwrap().success());
    let text = scenario(&target.url(), 1, 300, "");
    let run = sandbox.start_scenario(&text, &["--out", "junit=pipe"]).wait();
    run.assert_code(97);
    run.assert_says(&["nobody reads it", "root"]);
}

#[test]
fn two_runs_do_not_write_one_file() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let first = sandbox.start_scenario(&scenario(&target.url(), 1, 30_000, ""), &ALL);
    wait_for_rows(&sandbox);
    let second = sandbox.start(&["run", "scenario.yaml", "--no-results", "--out", "csv=out/rows.csv"]).wait();
    second.assert_code(2);
    second.assert_says(&["`--out csv=out/rows.csv` cannot be written: another run"]);
    first.signal("INT");
    let run = first.wait();
    run.assert_code(105);
    let rows = rows(&read(&sandbox, "out/rows.csv"));
    assert_eq!(sum(&rows, "request", "count"), run.summary().count("http_reqs"));
}

#[test]
fn devices_and_pipes_take_rows_as_they_come() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let text = scenario(&target.url(), 1, 1_300, "");
    let pipe = sandbox.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let run = sandbox
        .start_scenario(&text, &["--out", "csv=pipe", "--out", "jsonl=/dev/null", "--out", "hlog=times.hlog"])
        .wait();
    run.assert_code(0);
    let rows = rows(&reader.join().unwrap());
    assert_eq!(sum(&rows, "request", "count"), run.summary().count("http_reqs"));

    // Lines for a program that reads standard output, and somebody who has read enough.
    for (line, most) in [
        ("{ \"$@\"; echo $? > code; } | cat > said", 100),
        ("{ \"$@\"; echo $? > code; } | head -1 > said", 1),
    ] {
        let words = ["run", "scenario.yaml", "--no-results", "--out", "jsonl=/dev/stdout"];
        sandbox.start_under(&["sh", "-c", line, "sh"], &words).wait();
        assert_eq!(read(&sandbox, "code").trim(), "0", "{line}");
        let said = read(&sandbox, "said");
        let lines: Vec<&str> = said.lines().take_while(|line| line.starts_with('{')).collect();
        assert!((1..=most).contains(&lines.len()), "{said}");
        let first: Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(first["t_ms"], 0);
    }

    let run = sandbox.start_scenario(&text, &["--out", "csv=/dev/full"]).wait();
    run.assert_code(97);
    run.assert_says(&["/dev/full could not be written: No space left"]);
}

/// The load does not wait for a reader that never comes, and the end does only until somebody has enough of it.
#[test]
fn a_pipe_that_nobody_reads_holds_nothing_up_but_the_end_and_a_signal_ends_that() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    assert!(Command::new("mkfifo").arg(sandbox.path().join("pipe")).status().unwrap().success());
    let running = sandbox.start_scenario(&scenario(&target.url(), 1, 1_300, ""), &["--out", "csv=pipe"]);
    let summary = wait_for("the summary", || {
        let results = fs::read_dir(sandbox.path().join("results")).ok()?.next()?.ok()?.path();
        fs::read_to_string(results.join("summary.json")).ok()
    });
    running.signal("INT");
    let run = running.wait();
    run.assert_code(97);
    run.assert_says(&["pipe could not be written: it takes no more, and was given up"]);
    assert_eq!(Summary::parse(&summary).count("http_reqs"), target.seen.requests());
}
