//! A journal's lines: what is written is read back bit for bit, and nothing else is.

use super::fixture::{HOSTILE, Run, SECOND, catalog, thresholds, vitals};
use crate::{
    judge::{health, judge, verdict},
    measure::{Collector, Interval, Snapshot},
    model::{
        Aggregation, Catalog, Condition, Ending, HostInfo, Limit, Metric, OnceInfo, Operator, PartInfo,
        Percent, RunInfo, SamplesInfo, Selector, Threshold,
    },
    report::{
        Results,
        journal_v1::{
            End, Entry, Header, JournalFault, Start, end_line, header_line, interval_line, read_header,
            read_line, start_line,
        },
        summary_v1::summary,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

fn header() -> Header {
    let info = RunInfo {
        description: Some("what for".into()),
        environment: Some("staging".into()),
        parts: vec![PartInfo { id: "a".into(), seed: 9, ..PartInfo::default() }],
        host: HostInfo { memory_bytes: 5, ..Run::rich().info.host },
        ended_at: "2026-03-01T12:00:00Z".into(),
        duration_ms: 0,
        ..Run::rich().info
    };
    let allow_saturated = true;
    Header { info, catalog: catalog(), thresholds: thresholds(), interval: SECOND, allow_saturated }
}

fn read_interval(line: &[u8], catalog: &Catalog) -> Result<Interval, JournalFault> {
    match read_line(line, catalog)? {
        Entry::Interval(interval) => Ok(*interval),
        other => panic!("{other:?}"),
    }
}

fn replayed(intervals: &[Interval], catalog: &Catalog) -> Snapshot {
    let mut collector = Collector::new(catalog, 1, SECOND);
    intervals.iter().for_each(|interval| collector.replay(interval));
    collector.snapshot(SECOND * 3)
}

/// All that is told of a run, its histograms included.
fn told(snapshot: &Snapshot, catalog: &Catalog, thresholds: &[Threshold]) -> String {
    let thresholds = judge(thresholds, snapshot, catalog);
    let health = health(snapshot, catalog);
    let verdict = verdict(&thresholds, snapshot, &Ending::Completed, &health, false);
    let json = summary(&Results {
        info: &Run::rich().info,
        snapshot,
        catalog,
        verdict: &verdict,
        health: &health,
        thresholds: &thresholds,
    })
    .to_json();
    String::from_utf8(json).expect("text")
}

#[test]
fn a_header_is_read_as_it_was_written() {
    let mut header = header();
    let infinite = Condition {
        aggregation: Aggregation::Percentile(Percent::from_thousandths(99_950)),
        operator: Operator::NotEqual,
        limit: Limit::Time(Duration::from_nanos(u64::MAX)),
    };
    let number = |number| Condition {
        aggregation: Aggregation::Count,
        operator: Operator::Greater,
        limit: Limit::Number(number),
    };
    for condition in [infinite, number(f64::INFINITY), number(0.1 + 0.2), number(5e-324)] {
        let selector = Selector::default();
        header.thresholds.push(Threshold {
            over: Some(SECOND * 10),
            abort: true,
            after: SECOND * 30,
            min_samples: Some(500),
            ..Threshold::new(Metric::HttpReqDuration, selector, condition, 3)
        });
    }
    let line = header_line(&header);
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    let read = read_header(&line).expect("our own line");
    assert_eq!((&read.info, &read.catalog), (&header.info, &header.catalog));
    assert_eq!((&read.thresholds, read.interval), (&header.thresholds, header.interval));
    assert!(read.allow_saturated);
}

#[test]
fn beginning_and_end_are_read_as_they_were_written() {
    let once = OnceInfo { requests: 2, failed: 1, duration_ms: 7, errors: vec![HOSTILE.into()] };
    let start = Start { started_at: "2026-03-01T12:00:00.000Z".into(), setup: Some(once.clone()) };
    assert!(matches!(read_line(&start_line(&start), &catalog()), Ok(Entry::Start(read)) if read == start));
    for ending in [
        Ending::Completed,
        Ending::Signal("SIGTERM"),
        Ending::Signal("SIGHUP"),
        Ending::Aborted("aborted after 14s".into()),
        Ending::StoppedByStep("the step on line 12 stopped the run".into()),
        Ending::Lost("a part was cut off".into()),
    ] {
        let end = End {
            ending,
            elapsed: Duration::from_nanos(3_000_000_001),
            stopped_at: Some(Duration::from_nanos(2_000_000_001)),
            ended_at: "2026-03-01T12:00:03.000Z".into(),
            setup_failed: true,
            setup_cut: true,
            teardown: Some(once.clone()),
            samples: Some(SamplesInfo { rows: 5, dropped: 2, finished: true }),
            fault: Some("a panic".into()),
            not_written: true,
        };
        assert!(matches!(read_line(&end_line(&end), &catalog()), Ok(Entry::End(read)) if read == end));
    }
}

#[test]
fn replayed_lines_tell_what_the_run_told() {
    let catalog = catalog();
    let lines: Vec<Vec<u8>> =
        Run::rich_intervals().iter().map(|interval| interval_line(interval, &catalog)).collect();
    assert_eq!(lines.len(), 3);
    let read: Vec<Interval> =
        lines.iter().map(|line| read_interval(line, &catalog).expect("our own line")).collect();
    let again: Vec<Vec<u8>> = read.iter().map(|interval| interval_line(interval, &catalog)).collect();
    assert!(lines == again, "written again it is another line");
    let run = Run::rich();
    assert_eq!(
        told(&replayed(&read, &catalog), &catalog, &thresholds()),
        told(&run.snapshot, &catalog, &thresholds())
    );
}

#[test]
fn a_warm_up_stays_apart() {
    let run = Run::open();
    let recorded = crate::measure::Recorded {
        counted: run.snapshot.total.clone(),
        warm_up: run.snapshot.warm_up.clone(),
    };
    let (running_users, made_users) = (9, 12);
    let (vitals, ending, ended_at) = (vitals(), true, Some(Duration::from_millis(4_321)));
    let (number, ticked, joined, missed) = (4, true, 2, 0);
    let interval = Interval {
        number,
        recorded,
        running_users,
        made_users,
        ticked,
        ending,
        joined,
        missed,
        ended_at,
        vitals,
    };
    let line = interval_line(&interval, &run.catalog);
    let read = read_interval(&line, &run.catalog).expect("our own line");
    assert_eq!((read.number, read.running_users, read.made_users, read.ticked), (4, 9, 12, true));
    assert_eq!((read.ending, read.joined, read.ended_at), (true, 2, ended_at));
    assert_eq!(read.vitals, interval.vitals);
    assert!(read.recorded.warm_up.as_ref().is_some_and(|seen| !seen.is_empty()));
    assert_eq!(
        told(&replayed(&[read], &run.catalog), &run.catalog, &[]),
        told(&replayed(&[interval], &run.catalog), &run.catalog, &[])
    );
    assert!(read_interval(&line, &catalog()).is_err());
}

#[test]
fn other_files_and_other_versions_are_told_apart() {
    for (line, says) in [
        ("", "not a journal"),
        ("{\"schema\":", "not a journal"),
        ("[1]", "not a journal"),
        (r#"{"schema":"loadgen/summary/v1"}"#, "its format is `loadgen/summary/v1`"),
        (r#"{"schema":"loadgen/journal/v2"}"#, "`loadgen/journal/v2`, and this version of loadgen reads"),
        (r#"{"schema":"loadgen/journal/v1"}"#, "it is not as loadgen writes it: missing field"),
    ] {
        let fault = read_header(line.as_bytes()).expect_err(line).to_string();
        assert!(fault.contains(says), "{line}: {fault}");
    }
}

/// Puts a value where a pointer points, also where there was none.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")) {
        Value::Object(fields) => drop(fields.insert(key.to_owned(), value)),
        other => other[key.parse::<usize>().expect("a place")] = value,
    }
}

/// One change at a time, each to something that no run leaves behind.
#[test]
fn what_no_run_has_seen_is_refused() {
    let catalog = catalog();
    let line = interval_line(&Run::rich_intervals()[0], &catalog);
    let sound: Value = serde_json::from_slice(&line).expect("JSON");
    for (pointer, wrong) in [
        ("/interval/number", json!(u64::MAX)),
        ("/interval/users", json!(u64::MAX)),
        ("/interval/seen/requests/0/request", json!(99)),
        ("/interval/seen/requests/0/stage", json!(2)),
        ("/interval/seen/requests/0/count", json!(0)),
        ("/interval/seen/requests/0/count", json!(7)),
        ("/interval/seen/requests/0/error", json!("bored")),
        ("/interval/seen/requests/0/proto", json!("HTTP/9")),
        ("/interval/seen/requests/0/sent_bytes", json!(u64::MAX)),
        ("/interval/seen/requests/0/duration/count", json!(1)),
        ("/interval/seen/requests/0/duration/sum_ns", json!("x")),
        ("/interval/seen/requests/0/duration/sum_ns", json!("0")),
        ("/interval/seen/requests/0/duration/sum_of_squares_ns", json!(u128::MAX.to_string())),
        ("/interval/seen/requests/0/duration/buckets", json!("AAAA")),
        ("/interval/seen/requests/0/duration/buckets", json!("%")),
        ("/interval/seen/requests/0/phases", json!({ "http_req_yawning": null })),
        ("/interval/seen/iterations/0/task", json!(4)),
        ("/interval/seen/iterations/0/count", json!(u64::MAX)),
        ("/interval/seen/groups/0/group", json!(3)),
        ("/interval/seen/checks/0/check", json!(4)),
        ("/interval/seen/checks/0/passes", json!(-1)),
        ("/interval/seen/failures/0/site", json!({ "request": 5 })),
        ("/interval/seen/failures/0/kind", json!({ "expectation": 4 })),
        ("/interval/seen/failures/0/count", json!(0)),
        ("/interval/seen/slowest/0/trace_id", json!("xyz")),
        ("/interval/seen/dropped", json!([])),
        ("/interval/seen/user_start_failures", json!([1, 2])),
        ("/interval/warm_up", json!({})),
        ("/interval", json!(null)),
    ] {
        let mut changed = sound.clone();
        put(&mut changed, pointer, wrong.clone());
        let text = changed.to_string();
        assert!(read_line(text.as_bytes(), &catalog).is_err(), "{pointer} = {wrong}");
    }
    let mut twice = sound.clone();
    let row = twice["interval"]["seen"]["requests"][0].clone();
    twice["interval"]["seen"]["requests"].as_array_mut().expect("rows").push(row);
    assert!(read_line(twice.to_string().as_bytes(), &catalog).is_err());
    assert!(read_line(sound.to_string().as_bytes(), &catalog).is_ok());
}

#[test]
fn a_line_that_was_cut_anywhere_is_refused() {
    let catalog = catalog();
    let line = interval_line(&Run::rich_intervals()[2], &catalog);
    // Without its line end it is whole; who reads the file takes it for torn all the same.
    for length in (0..line.len() - 1).step_by(7) {
        assert!(read_line(&line[..length], &catalog).is_err(), "{length} of {}", line.len());
    }
}

fn streams() -> impl Strategy<Value = Vec<(u64, u32)>> {
    // Mostly short times: what is tested does not depend on them, and long ones make large histograms.
    let number = prop_oneof![9 => 0u32..4_000, 1 => 0u32..2_000_000];
    proptest::collection::vec((0u64..3, number), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn parts_of_a_stream_merged_in_any_order_are_the_stream(stream in streams(), of in 1usize..5, turn in 0usize..5) {
        let catalog = catalog();
        let mut parts: Vec<Vec<Interval>> = (0..of).map(|part| Run::dealt(&stream, part, of)).collect();
        parts.rotate_left(turn % of);
        let mut merged: Vec<Interval> = Vec::new();
        for number in 0..3 {
            let mut intervals = parts.iter().map(|part| {
                read_interval(&interval_line(&part[number], &catalog), &catalog).expect("our own line")
            });
            let first = intervals.next().expect("one part at least");
            merged.push(intervals.fold(first, |mut sum, next| {
                sum.merge(&next);
                sum
            }));
        }
        for interval in &mut merged {
            // Each part has as many users as the whole.
            (interval.running_users, interval.made_users) = (5, 5);
        }
        let whole = Run::dealt(&stream, 0, 1);
        let [merged, whole] =
            [merged, whole].map(|intervals| told(&replayed(&intervals, &catalog), &catalog, &thresholds()));
        let differing = merged.lines().zip(whole.lines()).find(|(merged, whole)| merged != whole);
        prop_assert_eq!((differing, merged.len()), (None, whole.len()));
    }

    #[test]
    fn seconds_that_waited_together_lose_nothing(stream in streams()) {
        let catalog = catalog();
        let seconds = Run::dealt(&stream, 0, 1);
        let mut waited = seconds[0].clone();
        seconds[1..].iter().for_each(|next| waited.absorb(next));
        prop_assert_eq!(waited.number, 2);
        let (apart, joined) = (replayed(&seconds, &catalog), replayed(&[waited], &catalog));
        let counts = |snapshot: &Snapshot| told(snapshot, &catalog, &thresholds()).split("\"series\"").next().map(str::to_owned);
        prop_assert_eq!(counts(&joined), counts(&apart));
    }

    #[test]
    fn no_bytes_make_reading_panic(stream in streams(), changes in proptest::collection::vec(changes(), 30)) {
        let header = header();
        let sound = [header_line(&header), interval_line(&Run::dealt(&stream, 0, 1)[0], &header.catalog)];
        changes.into_iter().for_each(|changes| read_changed(&header, sound.clone(), changes));
    }
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    // Digits and brackets leave more of a line readable than other bytes.
    let byte = prop_oneof![any::<u8>(), b'0'..=b'9', Just(b'['), Just(b'}'), Just(b'A')];
    proptest::collection::vec((any::<prop::sample::Index>(), byte), 1..4)
}

fn read_changed(header: &Header, mut lines: [Vec<u8>; 2], changes: Vec<(prop::sample::Index, u8)>) {
    for (place, byte) in changes {
        for line in &mut lines {
            let place = place.index(line.len());
            line[place] = byte;
        }
    }
    let header = read_header(&lines[0]).unwrap_or_else(|_| header.clone());
    if let Ok(Entry::Interval(interval)) = read_line(&lines[1], &header.catalog) {
        let told = told(&replayed(&[*interval], &header.catalog), &header.catalog, &header.thresholds);
        assert!(!told.is_empty());
    }
}
