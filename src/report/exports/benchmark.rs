//! github-action-benchmark's own formats: an array of `{name, unit, value, extra}`, where `name` is the series.
//!
//! `range` is left out: what is known of the spread of a percentile is not what its charts make of it.

use super::{
    history::{belongs, counter, failures, percent, percentiles, remark, response_times},
    names::{Names, of_all, of_request, series},
};
use crate::report::{
    schema,
    summary_v1::{SummaryV1, TrendV1},
};
use serde::Serialize;

/// A number of a run.
#[derive(Debug, Serialize)]
struct Entry {
    /// What it is of, the same in every run.
    name: String,
    /// Its unit.
    unit: &'static str,
    /// The number, in `unit`.
    value: f64,
    /// What the chart shows beside it.
    extra: String,
}

/// Percentiles of the response time in ms and shares of failures in percent, of all requests and of each: what is
/// better where it is smaller. Empty where the numbers do not belong into a history.
pub(super) fn smaller_is_better(summary: &SummaryV1) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut names = Names::default();
    if belongs(summary) {
        let whole = of_all(summary);
        times(&mut entries, &names.unique(&series(&whole)), response_times(summary), summary);
        share(&mut entries, &series(&whole), failures(summary), summary);
        for request in &summary.requests {
            let name = names.unique(&series(&of_request(summary, request)));
            times(&mut entries, &name, Some(&request.response_time_ms), summary);
            share(&mut entries, &name, (request.failed, request.count), summary);
        }
    }
    schema::written(&entries)
}

fn times(entries: &mut Vec<Entry>, of: &str, trend: Option<&TrendV1>, summary: &SummaryV1) {
    let Some(trend) = trend else { return };
    entries.extend(percentiles(trend).map(|(percentile, value)| Entry {
        name: format!("{of}: response time {percentile}"),
        unit: "ms",
        value,
        extra: remark(summary, trend.count, "sample"),
    }));
}

fn share(entries: &mut Vec<Entry>, of: &str, (failed, all): (u64, u64), summary: &SummaryV1) {
    entries.extend(percent(failed, all).map(|value| Entry {
        name: format!("{of}: failed"),
        unit: "%",
        value,
        extra: remark(summary, all, "request"),
    }));
}

/// Requests and iterations per second: what is better where it is bigger. Empty where the numbers do not belong into a
/// history.
pub(super) fn bigger_is_better(summary: &SummaryV1) -> Vec<u8> {
    let scenario = series(&summary.run.name);
    let rates = [
        ("http_reqs", format!("{scenario}: requests"), "requests/s", "request"),
        ("iterations", format!("{scenario}: iterations"), "iterations/s", "iteration"),
    ];
    let entry = |(metric, name, unit, noun): (&str, String, &'static str, &str)| {
        let (count, rate) = counter(summary, metric);
        let value = rate.filter(|_| count > 0)?;
        Some(Entry { name, unit, value, extra: remark(summary, count, noun) })
    };
    let entries: Vec<Entry> = rates.into_iter().filter(|_| belongs(summary)).filter_map(entry).collect();
    schema::written(&entries)
}
