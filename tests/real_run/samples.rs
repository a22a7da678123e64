//! `--out samples=FILE`: every request is a row, the rows say what summary.json says, and a file that cannot be written
//! costs the run nothing but the file.

use super::{
    delay_server::DelayServer,
    harness::{Finished, Sandbox, wait_for},
    summary::{Summary, number},
    target::{OK, Target, closed_port, scenario},
};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::{
    collections::HashMap,
    fs::{self, File},
    io::Read,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

type Row = HashMap<String, String>;

#[track_caller]
fn rows(bytes: &[u8]) -> Vec<Row> {
    csv::Reader::from_reader(bytes).deserialize().map(|row| row.unwrap()).collect()
}

#[track_caller]
fn read(path: impl AsRef<Path>) -> Vec<Row> {
    rows(&fs::read(path).unwrap())
}

fn of<'r>(rows: &'r [Row], column: &str, value: &str) -> Vec<&'r Row> {
    rows.iter().filter(|row| row[column] == value).collect()
}

/// The figures of a column that there are, in order of size.
fn figures(rows: &[&Row], column: &str) -> Vec<f64> {
    let mut figures: Vec<f64> =
        rows.iter().filter(|row| !row[column].is_empty()).map(|row| row[column].parse().unwrap()).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// A trend of the summary against an exact sort of the rows.
#[track_caller]
fn assert_trend(what: &str, trend: &Value, sorted: &[f64]) {
    let told = |figure: &str| trend[figure].as_f64().unwrap_or_else(|| panic!("{what} {figure}: {trend:#}"));
    assert_eq!(number(&trend["count"]), sorted.len() as u64, "{what}");
    if sorted.is_empty() {
        return;
    }
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    for (figure, exact) in [("min", sorted[0]), ("max", sorted[sorted.len() - 1]), ("avg", mean)] {
        assert!((told(figure) - exact).abs() < 0.001, "{what} {figure}: {}, exactly {exact}", told(figure));
    }
    for (figure, percent) in [("p50", 50), ("p75", 75), ("p90", 90), ("p95", 95), ("p99", 99)] {
        let exact = sorted[(sorted.len() * percent).div_ceil(100) - 1];
        // Three digits, and whole microseconds.
        let (least, most) = (exact - 0.001, exact * 1.001 + 0.002);
        assert!((least..=most).contains(&told(figure)), "{what} {figure}: {}, exactly {exact}", told(figure));
    }
}

/// All that the summary counts can be counted in the rows.
#[track_caller]
fn assert_same(summary: &Summary, rows: &[Row]) {
    let counted = of(rows, "warm_up", "false");
    assert_eq!(counted.len() as u64, summary.count("http_reqs"));
    let failed = counted.iter().filter(|row| row["failed"] == "true").count();
    assert_eq!(failed as u64, number(summary.at("/metrics/http_req_failed/passes")));
    for metric in ["duration", "response_time"] {
        let trend = summary.at(&format!("/metrics/http_req_{metric}"));
        assert_trend(metric, trend, &figures(&counted, &format!("{metric}_ms")));
    }
    for phase in ["blocked", "connecting", "sending", "waiting", "receiving"] {
        let trend = summary.at(&format!("/metrics/http_req_{phase}"));
        assert_trend(phase, trend, &figures(&counted, &format!("{phase}_ms")));
    }
    for (metric, column) in [("data_sent", "sent_bytes"), ("data_received", "received_bytes")] {
        let sum: u64 = counted.iter().map(|row| row[column].parse::<u64>().unwrap()).sum();
        assert_eq!(sum, summary.count(metric), "{metric}");
    }
    for request in summary.list("requests") {
        let own: Vec<&Row> =
            counted.iter().filter(|row| request["name"] == row["name"].as_str()).copied().collect();
        assert_eq!(own.len() as u64, number(&request["count"]), "{request:#}");
        for (list, column) in [("statuses", "status"), ("errors", "error")] {
            for (value, count) in request[list].as_object().unwrap() {
                let with = own.iter().filter(|row| row[column] == *value).count();
                assert_eq!(with as u64, number(count), "{list} {value}");
            }
        }
    }
    let over_time: u64 = summary.list("series/points").iter().map(|point| number(&point["http_reqs"])).sum();
    assert_eq!(over_time, rows.len() as u64);
}

/// What the summary says of the file: that it has a row for so many requests, and none for so many.
#[track_caller]
fn assert_told(run: &Finished, rows: u64, dropped: u64, finished: bool) {
    let told = serde_json::json!({ "rows": rows, "dropped": dropped, "finished": finished });
    assert_eq!(*run.summary().at("/run/samples"), told);
}

/// Delays from 1 ms to 60 ms, few of them long.
fn delays() -> Vec<Duration> {
    (1..=200_u64).map(|n| Duration::from_micros(1_000 + (n * 7_919 % 200).pow(3) / 136)).collect()
}

fn run_with(text: &str, out: &str) -> (Sandbox, Finished) {
    let sandbox = Sandbox::new();
    let run = sandbox.start_scenario(text, &["--out", out]).wait();
    (sandbox, run)
}

#[test]
fn every_figure_of_the_summary_can_be_worked_out_from_the_rows() {
    let target = DelayServer::start(delays());
    let text = format!(
        "target: {}\nload: {{ rate: 150/s, duration: 5s, max_users: 60 }}\nwarm_up: 1s\ntags: {{ team: a }}\n\
         tasks: [ {{ get: /, name: root, weight: 9 }}, {{ get: \"http://127.0.0.1:{}/\", name: nobody, weight: 1 }} ]\n",
        target.url(),
        closed_port()
    );
    let (sandbox, run) = run_with(&text, "samples=rows/samples.csv");
    run.assert_code(0);
    let (summary, rows) = (run.summary(), read(sandbox.path().join("rows/samples.csv")));
    assert_same(summary, &rows);
    let warm_up = of(&rows, "warm_up", "true");
    assert_eq!(warm_up.len() as u64, number(summary.at("/warm_up/http_reqs")));
    assert!(warm_up.len() > 50 && !of(&rows, "error", "connect_refused").is_empty(), "{}", run.both());
    for row in &rows {
        assert_eq!(row["tags"], r#"{"team":"a"}"#);
        let (start, intended): (f64, f64) =
            (row["start_ms"].parse().unwrap(), row["intended_start_ms"].parse().unwrap());
        assert!(intended <= start && start < 20_000.0, "{row:?}");
    }
    run.assert_says(&["rows/samples.csv"]);
    assert_told(&run, rows.len() as u64, 0, true);
    assert!(!sandbox.path().join("rows/samples.csv.part").exists());
}

#[test]
fn the_other_forms_have_the_same_rows() {
    let target = Target::answering(OK);
    for out in ["samples=a.jsonl", "samples=a.csv.gz", "samples=a.ndjson.gz"] {
        let (sandbox, run) = run_with(&scenario(&target.url(), 2, 400, ""), out);
        run.assert_code(0);
        let name = out.strip_prefix("samples=").unwrap();
        let mut text = String::new();
        let file = File::open(sandbox.path().join(name)).unwrap();
        match name.ends_with(".gz") {
            true => GzDecoder::new(file).read_to_string(&mut text).unwrap(),
            false => { file }.read_to_string(&mut text).unwrap(),
        };
        let requests = run.summary().count("http_reqs");
        if name.contains("json") {
            let objects = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            assert!(objects.clone().all(|object| object["status"] == 200 && object["name"] == "root"));
            assert_eq!(objects.count() as u64, requests);
        } else {
            assert_eq!(rows(text.as_bytes()).len() as u64, requests);
        }
    }
}

#[test]
fn a_run_that_is_ended_early_has_all_of_its_rows() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    let running =
        sandbox.start_scenario(&scenario(&target.url(), 3, 60_000, ""), &["--out", "samples=samples.csv"]);
    wait_for("requests", || (target.seen.requests() > 100).then_some(()));
    running.signal("INT");
    let run = running.wait();
    run.assert_code(105);
    assert_same(run.summary(), &read(sandbox.path().join("samples.csv")));
}

#[test]
fn what_is_killed_leaves_a_part_that_nobody_takes_for_the_whole() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    sandbox.file("samples.csv", "of an earlier run\n");
    let mut running =
        sandbox.start_scenario(&scenario(&target.url(), 3, 60_000, ""), &["--out", "samples=samples.csv"]);
    let part = sandbox.path().join("samples.csv.part");
    wait_for("rows", || (fs::read_to_string(&part).ok()?.lines().count() > 50).then_some(()));
    running.signal("KILL");
    running.child.wait().unwrap();
    assert_eq!(fs::read_to_string(sandbox.path().join("samples.csv")).unwrap(), "of an earlier run\n");
    assert!(fs::read_to_string(&part).unwrap().starts_with("timestamp_us,"));
    drop(running);
    // What was left is in nobody's way.
    let run = sandbox.start_scenario(&scenario(&target.url(), 1, 300, ""), &["--out", "samples=samples.csv"]);
    let run = run.wait();
    run.assert_code(0);
    assert!(read(sandbox.path().join("samples.csv")).len() > 5 && !part.exists());
}

#[track_caller]
fn make_pipe(sandbox: &Sandbox) {
    assert!(Command::new("mkfifo").arg(sandbox.path().join("pipe")).status().unwrap().success());
}

#[test]
fn a_pipe_takes_the_rows_and_one_that_nobody_reads_holds_nothing_up() {
    let target = Target::answering(OK);
    let text = scenario(&target.url(), 2, 600, "");
    let sandbox = Sandbox::new();
    make_pipe(&sandbox);
    let copy = File::create(sandbox.path().join("copy.csv")).unwrap();
    let mut cat = Command::new("cat").arg(sandbox.path().join("pipe")).stdout(copy).spawn().unwrap();
    let run = sandbox.start_scenario(&text, &["--out", "samples=pipe"]).wait();
    assert!(cat.wait().unwrap().success());
    run.assert_code(0);
    assert_same(run.summary(), &read(sandbox.path().join("copy.csv")));
    drop((sandbox, run));

    let sandbox = Sandbox::new();
    make_pipe(&sandbox);
    let before = target.seen.requests();
    let run = sandbox.start_scenario(&text, &["--out", "samples=pipe"]).wait();
    run.assert_code(97);
    run.assert_says(&["pipe could not be written: nobody reads it"]);
    assert!(!run.both().contains("requests are in"), "{}", run.both());
    let sent = target.seen.requests() - before;
    assert_eq!(run.summary().count("http_reqs"), sent);
    assert_told(&run, 0, sent, false);
}

#[test]
fn whoever_closes_the_pipe_has_read_enough() {
    let target = Target::answering(OK);
    let sandbox = Sandbox::new();
    make_pipe(&sandbox);
    let mut head = Command::new("head");
    head.arg("-3").arg(sandbox.path().join("pipe")).stdout(Stdio::null());
    let mut head = head.spawn().unwrap();
    let run =
        sandbox.start_scenario(&scenario(&target.url(), 2, 2_500, ""), &["--out", "samples=pipe"]).wait();
    head.wait().unwrap();
    run.assert_code(0);
    run.assert_says(&["samples:", "requests are not in pipe: whoever read it has gone"]);
    assert_eq!(run.summary().count("http_reqs"), target.seen.requests());
    let told = run.summary().at("/run/samples").clone();
    let (rows, dropped) = (number(&told["rows"]), number(&told["dropped"]));
    assert_eq!((rows + dropped, dropped > 0), (target.seen.requests(), true), "{told}");
    assert_told(&run, rows, dropped, false);
}

#[test]
fn a_full_disk_costs_the_file_and_not_the_run() {
    let target = Target::answering(OK);
    let (_sandbox, run) = run_with(&scenario(&target.url(), 2, 2_500, ""), "samples=/dev/full");
    run.assert_code(97);
    run.assert_says(&[
        "/dev/full cannot be written any more: No space left",
        "/dev/full could not be written",
    ]);
    assert_eq!(run.summary().count("http_reqs"), target.seen.requests());
    // One that is full in the middle keeps rows that are whole, in a file that is called unfinished.
    let sandbox = Sandbox::new();
    sandbox.file("scenario.yaml", scenario(&target.url(), 4, 3_500, ""));
    let arguments = ["run", "scenario.yaml", "--no-results", "--out", "samples=samples.csv"];
    let run = sandbox.start_under(&["prlimit", "--fsize=60000"], &arguments).wait();
    run.assert_code(97);
    run.assert_says(&["File too large", "requests are in samples.csv.part"]);
    let text = fs::read_to_string(sandbox.path().join("samples.csv.part")).unwrap();
    assert!(text.ends_with('\n') && text.len() <= 60_000 && rows(text.as_bytes()).len() > 10, "{text}");
    assert!(!sandbox.path().join("samples.csv").exists());
}

#[test]
fn what_became_of_the_file_is_the_same_from_the_journal_and_added_up_in_joined_runs() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let text = scenario(&target.url(), 2, 800, "");
    let whole = sandbox.start_scenario(&text, &["--results", "a", "--out", "samples=samples.csv"]).wait();
    whole.assert_code(0);
    let failed = sandbox.start_scenario(&text, &["--results", "b", "--out", "samples=/dev/full"]).wait();
    failed.assert_code(97);
    let folder = |results: &str| {
        let path = fs::read_dir(sandbox.path().join(results)).unwrap().next().unwrap().unwrap().path();
        path.to_str().unwrap().to_owned()
    };
    let (a, b) = (folder("a"), folder("b"));
    let summary = |folder: &str| fs::read_to_string(Path::new(folder).join("summary.json")).unwrap();
    let written = summary(&a);
    sandbox.run(&["report", &a, "--force"]).assert_code(0);
    assert_eq!(summary(&a), written);
    // A run that ended so stays one whose results could not be written.
    let written = summary(&b);
    let verdict = |text: &str| Summary::parse(text).at("/verdict/exit_code").clone();
    assert_eq!(verdict(&written), 97);
    let again = sandbox.run(&["report", &b, "--force"]);
    again.assert_code(97);
    again.assert_says(&["when the run ended, not all that was asked for could be written"]);
    assert_eq!(again.stdout.lines().next(), failed.stdout.lines().next());
    assert_eq!(summary(&b), written);
    sandbox.run(&["merge", &a, &b, "--results", "joined"]).assert_code(0);
    let joined = folder("joined");
    let told = |folder: &str| Summary::parse(&summary(folder)).at("/run/samples").clone();
    let rows = number(&told(&a)["rows"]);
    let dropped = number(&told(&b)["dropped"]);
    assert_eq!((rows + dropped, rows > 0 && dropped > 0), (target.seen.requests(), true));
    let both = serde_json::json!({ "rows": rows, "dropped": dropped, "finished": false });
    assert_eq!(told(&joined), both);
    let written = summary(&joined);
    sandbox.run(&["report", &joined, "--force"]).assert_code(0);
    assert_eq!(summary(&joined), written);
    // One whose own rows could not be written.
    sandbox.run(&["merge", &a, &b, "--results", "lost", "--out", "csv=/dev/full"]).assert_code(97);
    let lost = folder("lost");
    let written = summary(&lost);
    sandbox.run(&["report", &lost, "--force"]).assert_code(97);
    assert_eq!((summary(&lost), verdict(&written)), (written.clone(), 97.into()));
}

/// What fails when the results are written already is in the exit code, and so in what is rebuilt.
#[test]
fn a_run_whose_export_failed_is_rebuilt_with_its_exit_code() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    let run =
        sandbox.start_scenario(&scenario(&target.url(), 1, 300, ""), &["--out", "junit=/dev/full"]).wait();
    run.assert_code(97);
    let folder = fs::read_dir(sandbox.path().join("results")).unwrap().next().unwrap().unwrap().path();
    sandbox.run(&["report", folder.to_str().unwrap(), "--force"]).assert_code(97);
    let again = Summary::parse(&fs::read_to_string(folder.join("summary.json")).unwrap());
    assert_eq!((again.at("/verdict/exit_code"), again.passed()), (&97.into(), false));
}

#[test]
fn what_makes_no_load_refuses_it() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 1, 300, ""));
    for (arguments, says) in [
        (&["report", "results/a", "--out", "samples=a.csv"][..], "a journal has what requests add up to"),
        (&["merge", "results/a", "results/b", "--out", "samples=a.csv"], "a journal has"),
        (&["run", "scenario.yaml", "--once", "--out", "samples=a.csv"], "`--once` makes no load"),
        (&["run", "scenario.yaml", "--out", "samples=a", "--out", "samples=b"], "is there twice"),
        (&["run", "scenario.yaml", "--out", "samples="], "samples=FILE"),
    ] {
        let run = sandbox.run(arguments);
        run.assert_code(2);
        run.assert_says(&[says]);
    }
    assert_eq!(target.seen.requests(), 0);
    assert!(!sandbox.path().join("a.csv").exists());
}
