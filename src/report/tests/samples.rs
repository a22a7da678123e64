//! Single requests as rows: goldens, and that whatever a name is made of, a row stays a row.

use super::{
    fixture::{HOSTILE, MS},
    golden::check,
};
use crate::{
    measure::{RequestKey, RequestObservation, Sample},
    model::*,
    report::{SampleFormat, SampleRows, text::inert},
};
use serde_json::Value;
use std::{collections::HashMap, time::Duration};

/// 2026-03-01T12:00:00.000001Z, and a few nanoseconds.
const STARTED: i64 = 1_772_366_400_000_001_789;

/// A workload of two requests, in a warm-up and behind it, all of these names.
fn catalog(name: &str, tags: &[(&str, &str)]) -> Catalog {
    let owned = |text: &str| text.to_owned();
    let tags = tags.iter().map(|(name, value)| (owned(name), owned(value))).collect();
    let stage = |warm_up| StageMeta {
        name: owned(name),
        workload: WorkloadId(0),
        start_ms: 0,
        end_ms: 1_000,
        warm_up,
    };
    let request = |group, tags| RequestMeta {
        name: owned(name),
        method: "GET".to_owned(),
        task: TaskId(0),
        group,
        tags,
    };
    Catalog {
        workloads: vec![WorkloadMeta { name: owned(name), is_open: false }],
        tasks: vec![TaskMeta { name: owned(name), workload: WorkloadId(0), kind: TaskKind::Iteration }],
        requests: vec![request(None, Vec::new()), request(Some(owned(name)), tags)],
        stages: vec![stage(true), stage(false)],
        ..Catalog::default()
    }
}

/// A request that waited 5 ms for its start, and was answered on a new connection.
fn answered() -> Sample {
    let mut phases = PhaseTimes::default();
    for (phase, micros) in Phase::ALL.into_iter().zip([1_700, 30, 1_500, 0, 20, 30_000, 2_003]) {
        phases.set(phase, Duration::from_micros(micros));
    }
    Sample {
        seen: RequestObservation {
            key: RequestKey {
                request: RequestId(1),
                stage: StageId(1),
                status: 200,
                error: None,
                protocol: Some(Protocol::Http2),
                failed: false,
            },
            service_time: Duration::from_nanos(32_023_001),
            response_time: Duration::from_nanos(38_723_001),
            ended_at: Duration::from_nanos(2_038_723_001),
            sent_bytes: 120,
            received_bytes: 2_048,
            phases,
            connection: ConnectionUse {
                remote: Some(([127, 0, 0, 1], 8080).into()),
                is_new: true,
                sent: true,
            },
            trace_id: Some(0xfeed),
        },
        began: MS * 2_005,
        vu: 3,
        iteration: 17,
    }
}

/// The same in other ways: a kept connection and a status, nobody there, and a timeout.
fn samples() -> [Sample; 4] {
    let answered = answered();
    let mut failed = answered;
    failed.seen.key = RequestKey { request: RequestId(0), stage: StageId(0), status: 503, ..failed.seen.key };
    failed.seen.key.failed = true;
    failed.seen.connection.is_new = false;
    failed.seen.trace_id = None;
    let without_answer = |kind| {
        let mut sample = failed;
        sample.seen.key = RequestKey { status: 0, error: Some(kind), protocol: None, ..sample.seen.key };
        (sample.seen.phases, sample.seen.received_bytes) = (PhaseTimes::default(), 0);
        sample
    };
    let mut refused = without_answer(ErrorKind::ConnectRefused);
    (refused.seen.connection, refused.seen.sent_bytes) = (ConnectionUse::default(), 0);
    [answered, failed, refused, without_answer(ErrorKind::Timeout)]
}

fn text(format: SampleFormat, catalog: &Catalog, samples: &[Sample]) -> String {
    let rows = SampleRows::new(format, catalog, STARTED);
    let mut bytes = rows.header().expect("a header");
    rows.append(samples, &mut bytes).expect("rows");
    String::from_utf8(bytes).expect("text")
}

const TAGS: [(&str, &str); 2] = [("team", "a \"b\", c"), ("=1", "=HYPERLINK(\"http://x\")")];

#[test]
fn the_files_look_like_this() {
    for (name, file) in [("list", "samples"), (&format!("=\"1\",{HOSTILE}"), "samples-hostile")] {
        let catalog = catalog(name, &TAGS);
        for (format, extension) in [(SampleFormat::Csv, "csv"), (SampleFormat::JsonLines, "jsonl")] {
            let path = format!("src/report/tests/golden/{file}.{extension}");
            check(&path, &text(format, &catalog, &samples()));
        }
    }
}

/// The rows as a reader of CSV that is none of ours sees them.
fn read(text: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn both_formats_have_the_same_columns_and_values() {
    let catalog = catalog("a, \"b\"\nc", &TAGS);
    let rows = read(&text(SampleFormat::Csv, &catalog, &samples()));
    let text = text(SampleFormat::JsonLines, &catalog, &samples());
    let objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!((rows.len(), objects.len()), (4, 4));
    for (row, object) in rows.iter().zip(&objects) {
        let object = object.as_object().expect("an object");
        assert_eq!(row.len(), object.len());
        for (column, value) in object {
            let expected = match value {
                Value::Null => String::new(),
                Value::String(text) => inert(text),
                other => other.to_string(),
            };
            assert_eq!(row[column], expected, "{column}");
        }
    }
}

#[test]
fn a_row_says_exactly_what_was_seen() {
    let rows = read(&text(SampleFormat::Csv, &catalog("a", &[]), &samples()));
    let column = |name: &str| rows.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
    // Began 2.005 s after a start whose nanoseconds are not lost before they are added.
    assert_eq!(column("timestamp_us")[0], "1772366402005001");
    assert_eq!((column("start_ms")[0], column("intended_start_ms")[0]), ("2005.0", "2000.0"));
    assert_eq!(column("end_ms")[0], "2038.723001");
    assert_eq!(column("duration_ms"), ["32.023001", "32.023001", "", "32.023001"]);
    assert_eq!(column("response_time_ms"), ["38.723001", "38.723001", "", "38.723001"]);
    assert_eq!(column("status"), ["200", "503", "", ""]);
    assert_eq!(column("error"), ["", "", "connect_refused", "timeout"]);
    assert_eq!(column("failed"), ["false", "true", "true", "true"]);
    assert_eq!(column("warm_up"), ["false", "true", "true", "true"]);
    assert_eq!(column("connection"), ["new", "kept", "", "kept"]);
    assert_eq!(column("trace_id")[..2], ["0000000000000000000000000000feed", ""]);
}

#[test]
fn no_name_makes_another_row_a_formula_or_another_column() {
    let columns = read(&text(SampleFormat::Csv, &catalog("a", &[]), &samples()))[0].len();
    for name in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "a\r\n=1", "\",=1,\"", "a;b", HOSTILE, "", "'a"] {
        let text = text(SampleFormat::Csv, &catalog(name, &[(name, name)]), &samples());
        let rows = read(&text);
        assert_eq!(rows.len(), 4, "{name:?}");
        for row in &rows {
            assert_eq!(row.len(), columns, "{name:?}");
            for column in ["workload", "task", "name", "stage"] {
                let cell = &row[column];
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
                let shown = inert(name);
                assert!(*cell == shown || cell.strip_prefix('\'') == Some(&shown), "{cell:?}");
            }
        }
    }
}

#[test]
fn the_name_of_the_file_says_what_it_is() {
    for (name, expected) in [
        ("a.csv", SampleFormat::Csv),
        ("a.jsonl", SampleFormat::JsonLines),
        ("a.NDJSON.gz", SampleFormat::JsonLines),
        ("a.jsonl.csv", SampleFormat::Csv),
        ("a.csv.gz", SampleFormat::Csv),
        ("jsonl", SampleFormat::Csv),
        ("pipe", SampleFormat::Csv),
    ] {
        assert_eq!(SampleFormat::of(name), expected, "{name}");
    }
}
