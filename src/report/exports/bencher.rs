//! Bencher's metric format: benchmarks by name, each with its measures by slug.
//!
//! `latency` and `throughput` are the measures that every project of Bencher has, in nanoseconds and per second. The
//! others say their unit in their names. Bounds of a value are left out: there are none that would be honest.

use super::{
    history::{belongs, counter, failures, percent, percentiles, response_times},
    names::{Names, of_all, of_request, series},
};
use crate::report::{
    schema,
    summary_v1::{SummaryV1, TrendV1},
};
use serde::Serialize;
use serde_json::Map;
use std::collections::BTreeMap;

/// A number of a benchmark.
#[derive(Debug, Serialize)]
struct Measured {
    value: f64,
}

/// The measures of a benchmark, by slug.
type Measures = BTreeMap<&'static str, Measured>;

/// The benchmarks: all requests, all iterations, and each request. None where the numbers do not belong into a history.
pub(super) fn json(summary: &SummaryV1) -> Vec<u8> {
    let mut benchmarks = Map::new();
    if belongs(summary) {
        let mut names = Names::default();
        let mut add = |name: &str, measures: Measures| {
            // Its name is taken in any case: what was not sent today must not lend it to another tomorrow.
            let name = names.unique(&series(name));
            if !measures.is_empty() {
                benchmarks.insert(name, serde_json::to_value(measures).unwrap_or_default());
            }
        };
        let requests = counter(summary, "http_reqs");
        add(&of_all(summary), measures(response_times(summary), requests, failures(summary)));
        let iterations = counter(summary, "iterations");
        add(&format!("{} / all iterations", summary.run.name), measures(None, iterations, (0, 0)));
        for request in &summary.requests {
            let (sent, rate) = (request.count, request.rate_per_s);
            let times = Some(&request.response_time_ms);
            add(&of_request(summary, request), measures(times, (sent, rate), (request.failed, sent)));
        }
    }
    schema::written(&benchmarks)
}

fn measures(times: Option<&TrendV1>, rate: (u64, Option<f64>), failed: (u64, u64)) -> Measures {
    let slug = |percentile| match percentile {
        "p50" => "latency",
        "p95" => "latency-p95-ns",
        _ => "latency-p99-ns",
    };
    // Milliseconds to the microsecond: whole nanoseconds.
    let times = times.into_iter().flat_map(percentiles).map(|(name, ms)| (slug(name), (ms * 1e6).round()));
    let rate = rate.1.filter(|_| rate.0 > 0).map(|rate| ("throughput", rate));
    let failed = percent(failed.0, failed.1).map(|percent| ("failed-percent", percent));
    times.chain(rate).chain(failed).map(|(slug, value)| (slug, Measured { value })).collect()
}
