//! The run that a run is held against: its lines for the charts, and its number beside each of ours.

use super::{
    clip::clip,
    lists::{MOST_FACTS, NAME},
    number::Rounded,
    over_time::BaselineOverTime,
    parts::{Metric, metrics},
};
use crate::{
    judge::compare::Objections,
    report::{
        Baseline,
        summary_v1::{RequestV1, SummaryV1, TrendV1},
    },
};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
pub(super) struct BaselinePart<'b> {
    place: String,
    id: String,
    started_at: String,
    target: String,
    passed: bool,
    duration_ms: u64,
    /// Why the two should not be compared: their numbers are shown, but nothing is called better or worse.
    refusals: Vec<String>,
    /// What should be known about the comparison.
    warnings: Vec<String>,
    metrics: BTreeMap<String, Metric<'b>>,
    series: BaselineOverTime,
    /// Requests that only the baseline has.
    gone: Vec<String>,
    gone_unlisted: usize,
}

impl<'b> BaselinePart<'b> {
    pub fn new(baseline: &'b Baseline, summary: &SummaryV1) -> Self {
        let old = &baseline.summary;
        let own = by_key(&summary.requests);
        let gone = numbered(&old.requests).filter(|(key, _)| !own.contains_key(key));
        let gone: Vec<&RequestV1> = gone.map(|(_, request)| request).collect();
        let Objections { refusals, warnings } = baseline.objections(summary);
        Self {
            place: clip(&baseline.place, SHOWN),
            id: clip(&old.run.id, NAME),
            started_at: clip(&old.run.started_at, NAME),
            target: clip(&old.run.target, SHOWN),
            passed: old.verdict.passed,
            duration_ms: old.run.duration_ms,
            refusals: told(&refusals),
            warnings: told(&warnings),
            metrics: metrics(old),
            series: BaselineOverTime::new(&old.series),
            gone: gone.iter().take(MOST_FACTS).map(|gone| clip(&gone.name, NAME)).collect(),
            gone_unlisted: gone.len().saturating_sub(MOST_FACTS),
        }
    }
}

/// Bytes of a path or an address.
const SHOWN: usize = 400;

fn told(objections: &[String]) -> Vec<String> {
    objections.iter().take(MOST_FACTS).map(|text| clip(text, SHOWN)).collect()
}

/// By what a request is the same in two runs: its workload, its task and its name, and which of those with all three alike
/// it is.
type Key<'r> = (&'r str, &'r str, &'r str, usize);

/// Requests with their keys. The list must be all of a run's: in a part of it the numbers would be others.
fn numbered(requests: &[RequestV1]) -> impl Iterator<Item = (Key<'_>, &RequestV1)> {
    let mut seen = BTreeMap::new();
    requests.iter().map(move |request| {
        let (workload, task, name) =
            (request.workload.as_str(), request.task.as_str(), request.name.as_str());
        let number = seen.entry((workload, task, name)).or_insert(0_usize);
        let key = (workload, task, name, *number);
        *number += 1;
        (key, request)
    })
}

fn by_key(requests: &[RequestV1]) -> BTreeMap<Key<'_>, &RequestV1> {
    numbered(requests).collect()
}

/// Each of all requests of a run with that of the baseline.
pub(super) fn beside<'r>(
    requests: &'r [RequestV1],
    baseline: Option<&'r Baseline>,
) -> Vec<(&'r RequestV1, Option<&'r RequestV1>)> {
    let old = baseline.map(|baseline| by_key(&baseline.summary.requests)).unwrap_or_default();
    numbered(requests).map(|(key, request)| (request, old.get(&key).copied())).collect()
}

/// The baseline's numbers of a request.
#[derive(Debug, Serialize)]
pub(super) struct BaseRow {
    count: u64,
    failed: u64,
    rate_per_s: Rounded,
    /// p50, p95 and p99.
    service: [Rounded; 3],
    response: [Rounded; 3],
}

impl BaseRow {
    pub fn new(request: &RequestV1) -> Self {
        let percentiles = |trend: &TrendV1| [trend.p50, trend.p95, trend.p99].map(Rounded::new);
        Self {
            count: request.count,
            failed: request.failed,
            rate_per_s: Rounded::new(request.rate_per_s),
            service: percentiles(&request.duration_ms),
            response: percentiles(&request.response_time_ms),
        }
    }
}
