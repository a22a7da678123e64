//! Rows for spreadsheets, pandas and duckdb: one for each second and request, and one for all requests of the second.
//!
//! A request that was not sent in a second has a row of zeros, so that means over rows are means over time. Percentiles
//! cannot be added up, which is why the rows of all requests have their own. Names that a spreadsheet would take for a
//! formula begin with an apostrophe, and no character of one can steer a terminal.

use super::stream::{Encoder, StreamedRun};
use crate::{
    measure::{Interval, Latency, Observations, RequestKey, RequestStats},
    model::{Catalog, IterationEnd, RequestId},
    report::{csv_cell::guarded, format::per_second, percentile::Percentile},
};
use std::time::Duration;

/// The columns, in order.
pub(super) const HEADER: [&str; 36] = [
    "timestamp",
    "t_ms",
    "interval_ms",
    "scope",
    "workload",
    "task",
    "request",
    "method",
    "count",
    "failed",
    "warm_up_count",
    "rate_per_s",
    "duration_p50_ms",
    "duration_p90_ms",
    "duration_p95_ms",
    "duration_p99_ms",
    "duration_max_ms",
    "duration_avg_ms",
    "response_time_p50_ms",
    "response_time_p90_ms",
    "response_time_p95_ms",
    "response_time_p99_ms",
    "response_time_max_ms",
    "response_time_avg_ms",
    "status_2xx",
    "status_3xx",
    "status_4xx",
    "status_5xx",
    "status_other",
    "no_response",
    "received_bytes",
    "sent_bytes",
    "vus",
    "iterations",
    "failed_iterations",
    "dropped_iterations",
];
/// Columns of what a row is about, and of what only all requests together have.
const LAST: usize = 4;

pub(super) struct Csv {
    /// Workload, task, name and method of each request, as they are written.
    names: Vec<[String; 4]>,
    interval: Duration,
    /// All requests, and each of them: kept for their memory.
    sums: (Sums, Vec<Sums>),
}

impl Csv {
    pub fn new(run: &StreamedRun<'_>) -> Self {
        let names = run.catalog.request_ids().map(|id| names(id, run.catalog)).collect();
        let each = run.catalog.requests.iter().map(|_| Sums::default()).collect();
        Self { names, interval: run.interval, sums: (Sums::default(), each) }
    }

    fn add_up(&mut self, second: &Interval) {
        let (all, each) = &mut self.sums;
        all.clear();
        each.iter_mut().for_each(Sums::clear);
        let recorded = &second.recorded;
        for (seen, in_warm_up) in [(Some(&recorded.counted), false), (recorded.warm_up.as_ref(), true)] {
            for (key, stats) in seen.into_iter().flat_map(Observations::requests) {
                all.add(key, stats, in_warm_up);
                each[key.request.0 as usize].add(key, stats, in_warm_up);
            }
        }
    }
}

impl Encoder for Csv {
    fn head(&mut self) -> Vec<u8> {
        records(std::iter::once(HEADER.map(str::to_owned).to_vec()))
    }

    fn second(&mut self, second: &Interval, at: &str) -> Vec<u8> {
        self.add_up(second);
        let (start, span) = (second.start(self.interval), second.span(self.interval));
        let when = [at.to_owned(), start.as_millis().to_string(), span.as_millis().to_string()];
        let (all, each) = &self.sums;
        let row = |scope: &str, names: &[String; 4], sums: &Sums, last: [String; LAST]| {
            let mut row = when.to_vec();
            row.push(scope.to_owned());
            row.extend_from_slice(names);
            row.extend(sums.cells(span));
            row.extend(last);
            row
        };
        let requests = self.names.iter().zip(each);
        let rows = requests.map(|(names, sums)| row("request", names, sums, Default::default()));
        records(std::iter::once(row("all", &Default::default(), all, levels(second))).chain(rows))
    }
}

/// Users, and iterations that ran to their end, that failed and that were dropped.
fn levels(second: &Interval) -> [String; LAST] {
    let (mut completed, mut failed, mut dropped) = (0, 0, 0);
    for seen in [Some(&second.recorded.counted), second.recorded.warm_up.as_ref()].into_iter().flatten() {
        for (key, stats) in seen.iterations() {
            match key.end {
                IterationEnd::Completed => completed += stats.count,
                IterationEnd::Failed => failed += stats.count,
                IterationEnd::Interrupted => {}
            }
        }
        dropped += seen.all_dropped();
    }
    [second.running_users, completed, failed, dropped].map(|count| count.to_string())
}

/// Rows as RFC 4180 writes them.
fn records(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let written = writer.write_record(&row);
        debug_assert!(written.is_ok(), "rows have one length, and writing to memory does not fail");
    }
    writer.into_inner().unwrap_or_default()
}

fn names(id: RequestId, catalog: &Catalog) -> [String; 4] {
    let request = catalog.request(id);
    let task = catalog.task(request.task);
    let workload = catalog.workload(task.workload);
    [&workload.name, &task.name, &request.name, &request.method].map(|name| guarded(name))
}

/// A time in milliseconds, rounded to 1 µs.
fn milliseconds(time: Duration) -> String {
    // Whole microseconds first: their quotient prints as what it is.
    let micros = (time.as_nanos() + 500) / 1_000;
    (micros as f64 / 1e3).to_string()
}

/// The requests of a row.
#[derive(Default)]
struct Sums {
    count: u64,
    failed: u64,
    warm_up: u64,
    /// Responses of 2xx, 3xx, 4xx, 5xx and all other statuses, and requests without a response.
    statuses: [u64; 6],
    received_bytes: u64,
    sent_bytes: u64,
    duration: Latency,
    response_time: Latency,
}

impl Sums {
    fn clear(&mut self) {
        self.duration.clear();
        self.response_time.clear();
        let (duration, response_time) =
            (std::mem::take(&mut self.duration), std::mem::take(&mut self.response_time));
        *self = Self { duration, response_time, ..Self::default() };
    }

    fn add(&mut self, key: &RequestKey, stats: &RequestStats, in_warm_up: bool) {
        self.count += stats.count;
        self.failed += if key.failed { stats.count } else { 0 };
        self.warm_up += if in_warm_up { stats.count } else { 0 };
        let class = match (key.error, key.status) {
            (Some(_), _) => 5,
            (None, 200..=599) => usize::from(key.status / 100 - 2),
            _ => 4,
        };
        self.statuses[class] += stats.count;
        self.received_bytes += stats.received_bytes;
        self.sent_bytes += stats.sent_bytes;
        self.duration.merge(&stats.duration);
        self.response_time.merge(&stats.response_time);
    }

    /// The cells from `count` to `sent_bytes`.
    fn cells(&self, span: Duration) -> Vec<String> {
        let rate = per_second(self.count, span).map_or_else(String::new, |rate| rate.to_string());
        let mut cells: Vec<String> =
            [self.count, self.failed, self.warm_up].iter().map(u64::to_string).collect();
        cells.push(rate);
        cells.extend(times(&self.duration).into_iter().chain(times(&self.response_time)));
        cells.extend(self.statuses.iter().map(u64::to_string));
        cells.extend([self.received_bytes, self.sent_bytes].iter().map(u64::to_string));
        cells
    }
}

/// Percentiles, maximum and mean; empty without samples.
fn times(latency: &Latency) -> [String; 6] {
    let at = |percentile: Percentile| latency.percentile(percentile.percent);
    let [p50, p90, p95, p99] = [Percentile::P50, Percentile::P90, Percentile::P95, Percentile::P99].map(at);
    [p50, p90, p95, p99, latency.max(), latency.mean()]
        .map(|time| time.map_or_else(String::new, milliseconds))
}
