//! Seconds written as they are over: by and large what the summary of the same run says.

use super::{
    fixture::{HOSTILE, Run, SECOND, catalog},
    golden,
};
use crate::{
    measure::{Interval, Latency, Recorded},
    model::{Catalog, RequestId, RunInfo},
    report::streams::{Stream, StreamedRun},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The file that these seconds of a run make.
fn written(stream: Stream, info: &RunInfo, catalog: &Catalog, seconds: &[Interval]) -> String {
    let run = StreamedRun { info, catalog, interval: SECOND, started_unix_ms: 1_772_366_400_250 };
    let mut encoder = stream.encoder(&run);
    let mut bytes = encoder.head();
    for second in seconds {
        let at = format!("2026-03-01T12:00:{:02}.250Z", second.start(SECOND).as_secs());
        bytes.extend(encoder.second(second, &at));
    }
    String::from_utf8(bytes).expect("text")
}

fn rich(stream: Stream) -> String {
    written(stream, &Run::rich().info, &catalog(), &Run::rich_intervals())
}

/// The rows of a CSV file by their columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The sum of a column over the rows of one scope or request.
fn sum(rows: &[BTreeMap<String, String>], request: Option<&str>, column: &str) -> u64 {
    let scope = if request.is_some() { "request" } else { "all" };
    let of =
        rows.iter().filter(|row| row["scope"] == scope && request.is_none_or(|name| row["request"] == name));
    of.map(|row| row[column].parse::<u64>().expect(column)).sum()
}

#[test]
fn the_formats_are_what_they_were() {
    for (stream, name) in [(Stream::Csv, "csv"), (Stream::Jsonl, "jsonl"), (Stream::Hlog, "hlog")] {
        golden::check(&format!("src/report/tests/golden/rich.{name}"), &rich(stream));
    }
}

#[test]
fn rows_add_up_to_the_summary() {
    let (text, summary) = (rich(Stream::Csv), Run::rich().summary());
    let rows = rows(&text);
    // Five requests, of which one is never sent, and all of them.
    assert_eq!(rows.len(), 3 * 6);
    for request in &summary.requests {
        let name = if request.name.contains('\x1b') { r"\x1b[2J\x1b]0;owned" } else { &request.name };
        let name = rows.iter().map(|row| &row["request"]).find(|known| known.starts_with(name)).expect(name);
        let of = |column: &str| sum(&rows, Some(name), column);
        assert_eq!((of("count"), of("failed")), (request.count, request.failed), "{name}");
        assert_eq!(of("received_bytes"), request.received_bytes);
        assert_eq!(of("sent_bytes"), request.sent_bytes);
        assert_eq!(of("no_response"), request.errors.values().sum::<u64>());
        let classes = ["status_2xx", "status_3xx", "status_4xx", "status_5xx", "status_other", "no_response"];
        assert_eq!(classes.iter().map(|column| of(column)).sum::<u64>(), request.count, "{name}");
    }
    for (point, row) in summary.series.points.iter().zip(rows.iter().filter(|row| row["scope"] == "all")) {
        assert_eq!(row["t_ms"], point.t_ms.to_string());
        assert_eq!(row["count"], point.http_reqs.to_string());
        assert_eq!(row["vus"], point.vus.to_string());
        assert_eq!(row["iterations"], point.iterations.to_string());
        for (column, expected) in [
            ("duration_p50_ms", point.duration_ms.p50),
            ("duration_p99_ms", point.duration_ms.p99),
            ("response_time_p95_ms", point.response_time_ms.p95),
            ("response_time_max_ms", point.response_time_ms.max),
        ] {
            assert_eq!(row[column].parse().ok(), expected, "{column}");
        }
    }
}

#[test]
fn no_name_is_a_formula_a_command_or_another_row() {
    let hostile = [
        ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
        ("+1", "'+1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", r"'\t=1"),
        ("\r\n=1,2", r"'\r\n=1,2"),
        ("\u{ff1d}1", "'\u{ff1d}1"),
        ("a,b;\"c\"\nd", "a,b;\"c\"\\nd"),
        (HOSTILE, "\\x1b[2J\\x1b]0;owned\\x07line\\nbreak\\u{202e}\\x9b31m"),
        ("GET /a=b", "GET /a=b"),
    ];
    let seconds = &Run::rich_intervals()[..1];
    for (name, expected) in hostile {
        let mut catalog = catalog();
        catalog.requests[0].name = name.to_owned();
        catalog.requests[0].method = name.to_owned();
        catalog.tasks[0].name = name.to_owned();
        catalog.workloads[0].name = name.to_owned();
        let text = written(Stream::Csv, &RunInfo::default(), &catalog, seconds);
        assert!(!text.chars().any(|c| c.is_control() && c != '\r' && c != '\n'), "{name:?}");
        assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
        let rows = rows(&text);
        assert_eq!(rows.len(), 6, "{name:?}");
        let row = rows.iter().find(|row| row["scope"] == "request").expect("a row");
        for column in ["workload", "task", "request", "method"] {
            assert_eq!(row[column], expected, "{column}");
        }
    }
}

#[test]
fn lines_are_the_points_of_the_series() {
    let text = rich(Stream::Jsonl);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary: Value = serde_json::from_slice(&Run::rich().summary().to_json()).expect("JSON");
    assert_eq!(Value::Array(lines), summary["series"]["points"]);
}

#[test]
fn seconds_that_waited_together_say_how_long_they_are() {
    let mut seconds = Run::rich_intervals();
    let last = seconds.pop().expect("three");
    seconds[1].absorb(&last);
    let (info, catalog) = (&Run::rich().info, &catalog());
    let text = written(Stream::Csv, info, catalog, &seconds);
    let (apart, joined) = (rows(&rich(Stream::Csv)), rows(&text));
    let spans: Vec<(&str, &str)> = (joined.iter().filter(|row| row["scope"] == "all"))
        .map(|row| (row["t_ms"].as_str(), row["interval_ms"].as_str()))
        .collect();
    assert_eq!(spans, [("0", "1000"), ("1000", "2000")]);
    assert_eq!(sum(&joined, None, "count"), sum(&apart, None, "count"));
    let rate = |row: &BTreeMap<String, String>| row["rate_per_s"].parse::<f64>().expect("a rate");
    assert_eq!(rate(&joined[6]), joined[6]["count"].parse::<f64>().expect("a count") / 2.0);
    let lines = written(Stream::Jsonl, info, catalog, &seconds);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0].get("interval_ms"), None);
    assert_eq!((&lines[1]["t_ms"], &lines[1]["interval_ms"]), (&1_000.into(), &2_000.into()));
    assert!(written(Stream::Hlog, info, catalog, &seconds).contains("\n1.000,2.000,"));
}

/// Where rows begin and how long they are, in all three formats, and the rate of the last one.
#[track_caller]
fn assert_spans(seconds: &[Interval], expected: &[(u64, u64)]) {
    let (run, catalog) = (Run::rich(), catalog());
    let [csv, lines, log] = [Stream::Csv, Stream::Jsonl, Stream::Hlog]
        .map(|stream| written(stream, &run.info, &catalog, seconds));
    let rows: Vec<_> = rows(&csv).into_iter().filter(|row| row["scope"] == "all").collect();
    let of = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().expect("a number");
    let told = rows.iter().map(|row| (of(row, "t_ms") as u64, of(row, "interval_ms") as u64));
    assert_eq!(told.collect::<Vec<_>>(), expected);
    for row in &rows {
        let rate = of(row, "count") * 1e3 / of(row, "interval_ms");
        assert!((of(row, "rate_per_s") - rate).abs() < 1e-9, "{row:?}");
    }
    for (line, (start, span)) in lines.lines().zip(expected) {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["t_ms"], *start);
        assert_eq!(line.get("interval_ms").map_or(1_000, |span| span.as_u64().expect("a number")), *span);
        let start_and_span = format!("\n{:.3},{:.3},", *start as f64 / 1e3, *span as f64 / 1e3);
        assert!(line["response_time_ms"]["count"] == 0 || log.contains(&start_and_span), "{start_and_span}");
    }
}

#[test]
fn the_last_row_is_as_long_as_the_load_went_on_and_the_summary_says_the_same() {
    for (ended_at, span) in [(2_400, 400), (2_999, 999), (3_000, 1_000), (3_001, 1_000), (2_000, 1)] {
        let mut seconds = Run::rich_intervals();
        let elapsed = Duration::from_micros(ended_at * 1_000 + 900);
        if let Some(last) = seconds.last_mut() {
            last.end_with_load(elapsed, SECOND);
        }
        assert_spans(&seconds, &[(0, 1_000), (1_000, 1_000), (2_000, span)]);
        let mut run = Run::rich();
        run.info.duration_ms = ended_at;
        let summary: Value = serde_json::from_slice(&run.summary().to_json()).expect("JSON");
        let lines = written(Stream::Jsonl, &run.info, &run.catalog, &seconds);
        let lines = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(Value::Array(lines), summary["series"]["points"], "{ended_at}");
    }
}

#[test]
fn a_row_has_the_seconds_before_it_that_nobody_reported() {
    let mut seconds = Run::rich_intervals();
    seconds.remove(1);
    seconds[1].missed = 1;
    assert_spans(&seconds, &[(0, 1_000), (1_000, 2_000)]);
    // Joined to what comes next, it still begins where it did.
    let mut last = seconds.remove(1);
    last.absorb(&Interval { number: 5, missed: 2, ..Interval::default() });
    last.end_with_load(Duration::from_millis(5_250), SECOND);
    assert_spans(&[seconds.remove(0), last], &[(0, 1_000), (1_000, 4_250)]);
}

#[test]
fn what_began_in_the_warm_up_can_be_told_apart() {
    let run = Run::open();
    let recorded = Recorded { counted: run.snapshot.total.clone(), warm_up: run.snapshot.warm_up.clone() };
    let second = Interval { recorded, ..Interval::default() };
    let rows = rows(&written(Stream::Csv, &run.info, &run.catalog, std::slice::from_ref(&second)));
    let summary = run.summary();
    let in_warm_up = summary.warm_up.as_ref().expect("a warm-up").http_reqs;
    assert!(in_warm_up > 0);
    assert_eq!(sum(&rows, None, "warm_up_count"), in_warm_up);
    let counted: u64 = summary.requests.iter().map(|request| request.count).sum();
    assert_eq!(sum(&rows, None, "count"), counted + in_warm_up);
    let logged = log(&written(Stream::Hlog, &run.info, &run.catalog, &[second]));
    assert_eq!(logged[""].count(), counted);
}

/// The distributions of a log by tag, all intervals added up.
fn log(text: &str) -> BTreeMap<String, Latency> {
    let mut sums: BTreeMap<String, Latency> = BTreeMap::new();
    for entry in IntervalLogIterator::new(text.as_bytes()) {
        match entry.expect("the crate reads its own format") {
            LogEntry::Interval(interval) => {
                let bytes = BASE64_STANDARD.decode(interval.encoded_histogram()).expect("base64");
                let latency = Latency::from_v2_deflate(&bytes).expect("a histogram");
                assert!(interval.duration() >= SECOND && latency.count() > 0);
                let tag = interval.tag().map_or("", |tag| tag.as_str());
                sums.entry(tag.to_owned()).or_default().merge(&latency);
            }
            LogEntry::StartTime(at) | LogEntry::BaseTime(at) => {
                // Floating point.
                let off = at.abs_diff(Duration::from_millis(1_772_366_400_250));
                assert!(off < Duration::from_millis(1), "{at:?}");
            }
        }
    }
    sums
}

#[test]
fn the_log_added_up_is_the_summary() {
    let (sums, run) = (log(&rich(Stream::Hlog)), Run::rich());
    let mut service: BTreeMap<u32, (Latency, Latency)> = BTreeMap::new();
    let mut all = (Latency::new(), Latency::new());
    for (key, seen) in run.snapshot.total.requests() {
        let RequestId(id) = key.request;
        for (duration, response_time) in [service.entry(id).or_default(), &mut all] {
            duration.merge(&seen.duration);
            response_time.merge(&seen.response_time);
        }
    }
    assert!(sums[""].recorded().eq(all.1.recorded()));
    assert!(sums["http_req_duration"].recorded().eq(all.0.recorded()));
    assert!(sums["http_req_duration:list"].recorded().eq(service[&0].0.recorded()));
    assert!(sums["http_req_response_time:list"].recorded().eq(service[&0].1.recorded()));
    // What was never sent is in no interval, and all of the rest has two tags.
    assert_eq!(sums.len(), 2 + 2 * service.len());
}

#[test]
fn no_two_requests_share_a_tag_and_none_breaks_the_log() {
    let mut catalog = catalog();
    for (request, name) in
        catalog.requests.iter_mut().zip(["a b", "a,b", "a_b", HOSTILE, "Tag=x\n1,2,3,HIST"])
    {
        request.name = name.to_owned();
    }
    let text = written(Stream::Hlog, &Run::rich().info, &catalog, &Run::rich_intervals());
    let sums = log(&text);
    assert_eq!(sums.len(), log(&rich(Stream::Hlog)).len());
    for tag in ["http_req_duration:a_b", "http_req_duration:a_b_2", "http_req_duration:a_b_3"] {
        assert!(sums.contains_key(tag), "{:?}", sums.keys());
    }
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 6 + 5);
}
