//! Single requests as rows: CSV, or a JSON object on each line. Both have the same columns.
//!
//! Where requests come from, and when rows are written, is not known here.

use super::csv_cell::guarded;
use crate::{
    measure::Sample,
    model::{Catalog, Phase, RequestId},
};
use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{io, net::SocketAddr, time::Duration};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleFormat {
    /// CSV with a header, quoted as RFC 4180 has it. A text that a spreadsheet would take for a formula has an
    /// apostrophe in front.
    Csv,
    /// JSON Lines.
    JsonLines,
}

impl SampleFormat {
    /// What a file of this name is meant to be: JSON Lines where it ends in `.jsonl` or `.ndjson`, CSV everywhere else.
    pub fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.') {
            Some((_, "jsonl" | "ndjson")) => Self::JsonLines,
            _ => Self::Csv,
        }
    }
}

/// The columns of a row, in their order.
const COLUMNS: [&str; 32] = [
    "timestamp_us",
    "start_ms",
    "intended_start_ms",
    "end_ms",
    "workload",
    "task",
    "group",
    "name",
    "method",
    "status",
    "error",
    "failed",
    "duration_ms",
    "response_time_ms",
    "blocked_ms",
    "looking_up_ms",
    "connecting_ms",
    "tls_handshaking_ms",
    "sending_ms",
    "waiting_ms",
    "receiving_ms",
    "sent_bytes",
    "received_bytes",
    "proto",
    "connection",
    "remote_address",
    "vu",
    "iteration",
    "stage",
    "warm_up",
    "trace_id",
    "tags",
];

/// A row. What there is nothing of is empty in CSV, and null in JSON.
#[derive(Debug, Serialize)]
struct Row<'r, T> {
    timestamp_us: i64,
    start_ms: f64,
    intended_start_ms: f64,
    end_ms: f64,
    workload: &'r str,
    task: &'r str,
    group: Option<&'r str>,
    name: &'r str,
    method: &'r str,
    status: Option<u16>,
    error: Option<&'static str>,
    failed: bool,
    duration_ms: Option<f64>,
    response_time_ms: Option<f64>,
    blocked_ms: Option<f64>,
    looking_up_ms: Option<f64>,
    connecting_ms: Option<f64>,
    tls_handshaking_ms: Option<f64>,
    sending_ms: Option<f64>,
    waiting_ms: Option<f64>,
    receiving_ms: Option<f64>,
    sent_bytes: u64,
    received_bytes: u64,
    proto: Option<&'static str>,
    connection: Option<&'static str>,
    remote_address: Option<SocketAddr>,
    vu: u64,
    iteration: u64,
    stage: &'r str,
    warm_up: bool,
    trace_id: Option<String>,
    tags: Option<T>,
}

/// What all rows of a request have in common, as it is written.
#[derive(Debug)]
struct Names {
    workload: String,
    task: String,
    group: Option<String>,
    name: String,
    method: String,
    /// The user's own tags; nothing where there are none.
    tags: Option<Map<String, Value>>,
    /// The same as text.
    tags_text: Option<String>,
}

/// Makes rows of requests.
#[derive(Debug)]
pub struct SampleRows {
    format: SampleFormat,
    /// When the load began, in nanoseconds since 1970 (UTC).
    started: i64,
    /// By `RequestId`.
    requests: Vec<Names>,
    /// By `StageId`: its name, and whether it is warm-up.
    stages: Vec<(String, bool)>,
}

impl SampleRows {
    /// Rows of requests that `catalog` lists, of a load that began so many nanoseconds after 1970 (UTC).
    pub fn new(format: SampleFormat, catalog: &Catalog, started: i64) -> Self {
        let text = |text: &str| match format {
            SampleFormat::Csv => guarded(text),
            SampleFormat::JsonLines => text.to_owned(),
        };
        let stages = catalog.stages.iter().map(|stage| (text(&stage.name), stage.warm_up)).collect();
        let requests = catalog.request_ids().map(|id| Names::new(id, catalog, text)).collect();
        Self { format, started, requests, stages }
    }

    /// What stands above the rows.
    ///
    /// # Errors
    /// None, as long as memory can be written to.
    pub fn header(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.format == SampleFormat::Csv {
            csv_into(&mut bytes, |writer| writer.write_record(COLUMNS))?;
        }
        Ok(bytes)
    }

    /// Appends the rows of these requests to `bytes`.
    ///
    /// # Errors
    /// None, as long as memory can be written to.
    pub fn append(&self, samples: &[Sample], bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut named =
            samples.iter().map(|sample| (sample, &self.requests[sample.seen.key.request.0 as usize]));
        match self.format {
            SampleFormat::Csv => csv_into(bytes, |writer| {
                named.try_for_each(|(sample, names)| {
                    writer.serialize(self.row(sample, names, names.tags_text.as_deref()))
                })
            }),
            SampleFormat::JsonLines => named.try_for_each(|(sample, names)| {
                serde_json::to_writer(&mut *bytes, &self.row(sample, names, names.tags.as_ref()))?;
                bytes.push(b'\n');
                Ok(())
            }),
        }
    }

    fn row<'r, T>(&'r self, sample: &Sample, names: &'r Names, tags: Option<T>) -> Row<'r, T> {
        let Sample { seen, began, vu, iteration } = sample;
        let (key, connection) = (seen.key, seen.connection);
        let phase = |phase| seen.phases.get(phase).map(millis);
        let timed = |time| seen.is_timed().then(|| millis(time));
        let (stage, warm_up) = &self.stages[key.stage.0 as usize];
        Row {
            timestamp_us: self.started.saturating_add(nanos(*began)) / 1_000,
            start_ms: millis(*began),
            intended_start_ms: millis(sample.intended()),
            end_ms: millis(seen.ended_at),
            workload: &names.workload,
            task: &names.task,
            group: names.group.as_deref(),
            name: &names.name,
            method: &names.method,
            status: Some(key.status).filter(|status| *status > 0),
            error: key.error.map(|kind| kind.name()),
            failed: key.failed,
            duration_ms: timed(seen.service_time),
            response_time_ms: timed(seen.response_time),
            blocked_ms: phase(Phase::Blocked),
            looking_up_ms: phase(Phase::LookingUp),
            connecting_ms: phase(Phase::Connecting),
            tls_handshaking_ms: phase(Phase::TlsHandshaking),
            sending_ms: phase(Phase::Sending),
            waiting_ms: phase(Phase::Waiting),
            receiving_ms: phase(Phase::Receiving),
            sent_bytes: seen.sent_bytes,
            received_bytes: seen.received_bytes,
            proto: key.protocol.map(|protocol| protocol.name()),
            connection: match (connection.is_new, connection.sent) {
                (true, _) => Some("new"),
                (false, true) => Some("kept"),
                (false, false) => None,
            },
            remote_address: connection.remote,
            vu: *vu,
            iteration: *iteration,
            stage,
            warm_up: *warm_up,
            trace_id: seen.trace_id.map(|id| format!("{id:032x}")),
            tags,
        }
    }
}

impl Names {
    fn new(id: RequestId, catalog: &Catalog, text: impl Fn(&str) -> String) -> Self {
        let request = catalog.request(id);
        let task = catalog.task(request.task);
        let tags = request.tags.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let tags = Some(tags.collect::<Map<String, Value>>()).filter(|tags| !tags.is_empty());
        Self {
            workload: text(&catalog.workload(task.workload).name),
            task: text(&task.name),
            group: request.group.as_deref().map(&text),
            name: text(&request.name),
            method: text(&request.method),
            tags_text: tags.clone().map(|tags| Value::Object(tags).to_string()),
            tags,
        }
    }
}

fn csv_into(
    bytes: &mut Vec<u8>,
    write: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> csv::Result<()>,
) -> io::Result<()> {
    let terminator = Terminator::Any(b'\n');
    let mut writer = WriterBuilder::new().has_headers(false).terminator(terminator).from_writer(bytes);
    write(&mut writer)?;
    writer.flush()
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Exact to the nanosecond for four months: the shortest decimal number that is no other one.
fn millis(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}
