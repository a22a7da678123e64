//! The rows of the page's tables.

use super::{
    baseline::BaseRow,
    clip::clip,
    lists::{MOST_ENDS, MOST_ONCE, NAME, SAMPLE},
    number::{Rounded, Times},
    phases::{PhaseParts, answered},
};
use crate::report::summary_v1::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// A metric without its histogram.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Metric<'s> {
    Times(Times),
    Counter(&'s CounterV1),
    Rate(&'s RateV1),
    Gauge(&'s GaugeV1),
}

pub(super) fn metrics(summary: &SummaryV1) -> BTreeMap<String, Metric<'_>> {
    let all = summary.metrics.iter().map(|(name, metric)| {
        let metric = match metric {
            MetricV1::Trend(trend) => Metric::Times(Times::new(trend)),
            MetricV1::Counter(counter) => Metric::Counter(counter),
            MetricV1::Rate(rate) => Metric::Rate(rate),
            MetricV1::Gauge(gauge) => Metric::Gauge(gauge),
        };
        (clip(name, NAME), metric)
    });
    all.collect()
}

#[derive(Debug, Serialize)]
pub(super) struct Request {
    name: String,
    task: String,
    workload: String,
    method: String,
    count: u64,
    failed: u64,
    rate_per_s: Rounded,
    service: Times,
    response: Times,
    phases: Option<PhaseParts>,
    /// Requests that `phases` is the average of.
    answered: u64,
    ends: Vec<End>,
    base: Option<BaseRow>,
}

/// What requests came to: a status or an error, how many did, and the 95th percentile of their service time.
#[derive(Debug, Serialize)]
struct End(String, u64, Rounded);

impl Request {
    pub fn new(request: &RequestV1, base: Option<&RequestV1>) -> Self {
        Self {
            name: clip(&request.name, NAME),
            task: clip(&request.task, NAME),
            workload: clip(&request.workload, NAME),
            method: clip(&request.method, NAME),
            count: request.count,
            failed: request.failed,
            rate_per_s: Rounded::new(request.rate_per_s),
            service: Times::new(&request.duration_ms),
            response: Times::new(&request.response_time_ms),
            phases: PhaseParts::new(&request.phases_ms),
            answered: answered(&request.phases_ms),
            ends: request.by_status.iter().take(MOST_ENDS).map(End::new).collect(),
            base: base.map(BaseRow::new),
        }
    }
}

impl End {
    fn new(outcome: &OutcomeV1) -> Self {
        let status = outcome.status.map(|status| status.to_string());
        let end = status.or_else(|| outcome.error.clone()).unwrap_or_else(|| "(other)".to_owned());
        Self(clip(&end, NAME), outcome.count, Rounded::new(outcome.duration_ms.p95))
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Task {
    name: String,
    workload: String,
    kind: TaskKindV1,
    iterations: u64,
    failed: u64,
    interrupted: u64,
    rate_per_s: Rounded,
    duration: Times,
    lag_p99_ms: Rounded,
}

impl Task {
    pub fn new(task: &TaskV1) -> Self {
        Self {
            name: clip(&task.name, NAME),
            workload: clip(&task.workload, NAME),
            kind: task.kind,
            iterations: task.iterations,
            failed: task.failed,
            interrupted: task.interrupted,
            rate_per_s: Rounded::new(task.rate_per_s),
            duration: Times::new(&task.duration_ms),
            lag_p99_ms: Rounded::new(task.lag_ms.p99),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Stage {
    name: String,
    workload: String,
    start_ms: u64,
    end_ms: u64,
    lasted_ms: u64,
    warm_up: bool,
    requests: u64,
    failed: u64,
    rate_per_s: Rounded,
    iterations: u64,
    dropped: u64,
    service: Times,
    response: Times,
}

impl Stage {
    pub fn new(stage: &StageV1) -> Self {
        Self {
            name: clip(&stage.name, NAME),
            workload: clip(&stage.workload, NAME),
            start_ms: stage.start_ms,
            end_ms: stage.end_ms,
            lasted_ms: stage.lasted_ms,
            warm_up: stage.warm_up,
            requests: stage.http_reqs,
            failed: stage.http_req_failed,
            rate_per_s: Rounded::new(stage.rate_per_s),
            iterations: stage.iterations,
            dropped: stage.dropped_iterations,
            service: Times::new(&stage.duration_ms),
            response: Times::new(&stage.response_time_ms),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Tag {
    tag: String,
    value: String,
    count: u64,
    failed: u64,
    rate_per_s: Rounded,
    service: Times,
    response: Times,
}

impl Tag {
    pub fn new(tag: &TagV1) -> Self {
        Self {
            tag: clip(&tag.tag, NAME),
            value: clip(&tag.value, NAME),
            count: tag.count,
            failed: tag.failed,
            rate_per_s: Rounded::new(tag.rate_per_s),
            service: Times::new(&tag.duration_ms),
            response: Times::new(&tag.response_time_ms),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Group {
    name: String,
    task: String,
    workload: String,
    duration: Times,
}

impl Group {
    pub fn new(group: &GroupV1) -> Self {
        Self {
            name: clip(&group.name, NAME),
            task: clip(&group.task, NAME),
            workload: clip(&group.workload, NAME),
            duration: Times::new(&group.duration_ms),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Check {
    name: String,
    task: String,
    request: String,
    kind: CheckKindV1,
    passes: u64,
    fails: u64,
}

impl Check {
    pub fn new(check: &CheckV1) -> Self {
        Self {
            name: clip(&check.name, NAME),
            task: clip(&check.task, NAME),
            request: clip(&check.request, NAME),
            kind: check.kind,
            passes: check.passes,
            fails: check.fails,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Error {
    error: String,
    name: String,
    task: String,
    site: ErrorSiteV1,
    count: u64,
    first_at_ms: u64,
    sample: String,
}

impl Error {
    pub fn new(error: &ErrorV1) -> Self {
        Self {
            error: clip(&error.error, NAME),
            name: clip(&error.name, NAME),
            task: clip(&error.task, NAME),
            site: error.site,
            count: error.count,
            first_at_ms: error.first_at_ms,
            sample: clip(&error.sample, SAMPLE),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct SlowRequest {
    name: String,
    task: String,
    trace_id: String,
    at_ms: Rounded,
    service_ms: f64,
    response_ms: f64,
    end: String,
}

impl SlowRequest {
    pub fn new(slow: &SlowRequestV1) -> Self {
        let end = slow.status.map(|status| status.to_string()).or_else(|| slow.error.clone());
        Self {
            name: clip(&slow.name, NAME),
            task: clip(&slow.task, NAME),
            trace_id: clip(&slow.trace_id, NAME),
            at_ms: Rounded::new(slow.at_ms.round()),
            service_ms: slow.duration_ms,
            response_ms: slow.response_time_ms,
            end: clip(&end.unwrap_or_default(), NAME),
        }
    }
}

/// `setup` or `teardown`.
#[derive(Debug, Serialize)]
pub(super) struct Once {
    requests: u64,
    failed: u64,
    duration_ms: u64,
    errors: Vec<String>,
    unlisted: usize,
}

impl Once {
    pub fn new(once: &OnceV1) -> Self {
        Self {
            requests: once.requests,
            failed: once.failed,
            duration_ms: once.duration_ms,
            errors: once.errors.iter().take(MOST_ONCE).map(|error| clip(error, SAMPLE)).collect(),
            unlisted: once.errors.len().saturating_sub(MOST_ONCE),
        }
    }
}
