//! Requests by what became of them and by the user's own tags, the workloads with their accounts, and what the bounds
//! on memory left out.

use super::{metrics::share, trend::TrendV1, words};
use crate::{
    measure::Snapshot,
    model::{Catalog, LevelAt, RunInfo, WorkloadId},
    report::{
        breakdown::{Part, RequestEnd, TagValue, tags},
        format::per_second,
        totals::Totals,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The requests of a kind that came to the same: a status or an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeV1 {
    /// The responses' status; null where there was no usable response, and in the row of all further outcomes.
    pub status: Option<u16>,
    /// Why there was no usable response; null where there was one, and in the row of all further outcomes.
    #[schemars(extend("enum" = words::errors_or_null()))]
    pub error: Option<String>,
    /// How many there were.
    pub count: u64,
    /// Number of those that failed.
    pub failed: u64,
    /// Share of those that failed, from 0 to 1.
    pub failed_rate: Option<f64>,
    /// How many there were per second of the time that counts; null if no time passed.
    pub rate_per_s: Option<f64>,
    /// Service time, in ms, without a histogram.
    pub duration_ms: TrendV1,
    /// Response time, in ms, without a histogram.
    pub response_time_ms: TrendV1,
}

impl OutcomeV1 {
    /// The rows of one request.
    pub(super) fn list(outcomes: &[(RequestEnd, Part)], counted: Duration) -> Vec<Self> {
        outcomes.iter().map(|(end, part)| Self::new(*end, part, counted)).collect()
    }

    fn new(end: RequestEnd, part: &Part, counted: Duration) -> Self {
        let (status, error) = match end {
            RequestEnd::Status(status) => (Some(status), None),
            RequestEnd::Error(error) => (None, Some(error.name().to_owned())),
            RequestEnd::Other => (None, None),
        };
        Self {
            status,
            error,
            count: part.count,
            failed: part.failed,
            failed_rate: share(part.failed, part.count),
            rate_per_s: per_second(part.count, counted),
            duration_ms: TrendV1::without_histogram(&part.duration),
            response_time_ms: TrendV1::without_histogram(&part.response_time),
        }
    }
}

/// The requests with one of the scenario's own tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TagV1 {
    /// The tag's name; `(other)` in the row of all further values.
    pub tag: String,
    /// Its value; `(other)` in the row of all further values.
    pub value: String,
    /// How many requests had it.
    pub count: u64,
    /// Number of those that failed.
    pub failed: u64,
    /// Share of those that failed, from 0 to 1; null if none was sent.
    pub failed_rate: Option<f64>,
    /// How many were sent per second of the time that counts; null if no time passed.
    pub rate_per_s: Option<f64>,
    /// Service time, in ms, without a histogram.
    pub duration_ms: TrendV1,
    /// Response time, in ms, without a histogram.
    pub response_time_ms: TrendV1,
}

impl TagV1 {
    /// The values of all tags.
    pub(super) fn list(snapshot: &Snapshot, catalog: &Catalog) -> Vec<Self> {
        tags(snapshot, catalog).iter().map(|(tag, part)| Self::new(*tag, part, snapshot)).collect()
    }

    fn new(tag: TagValue<'_>, part: &Part, snapshot: &Snapshot) -> Self {
        let (tag, value) = tag.unwrap_or(("(other)", "(other)"));
        Self {
            tag: tag.to_owned(),
            value: value.to_owned(),
            count: part.count,
            failed: part.failed,
            failed_rate: share(part.failed, part.count),
            rate_per_s: per_second(part.count, snapshot.counted),
            duration_ms: TrendV1::without_histogram(&part.duration),
            response_time_ms: TrendV1::without_histogram(&part.response_time),
        }
    }
}

/// What starts a workload's iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelV1 {
    /// Users do, each its next one when it is done with the one before: a target that stalls is asked less while
    /// it does.
    Closed,
    /// The time does, whatever the target takes: what waits is counted from when it was meant to start.
    Open,
}

/// How much load there was to be at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelV1 {
    /// When, in milliseconds from the start of the run.
    pub t_ms: u64,
    /// Users, or iterations per second.
    pub level: f64,
}

impl LevelV1 {
    fn new(level: &LevelAt) -> Self {
        Self { t_ms: level.at_ms, level: level.level }
    }
}

/// A workload: what it was meant to start, and what became of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadV1 {
    /// Its name; `default` where the scenario has one `load`.
    pub name: String,
    /// What starts its iterations.
    pub model: ModelV1,
    /// How its load arrives, by k6's name for it: `constant_vus`, `ramping_arrival_rate` and the like; null where
    /// it is not known.
    #[schemars(extend("enum" = words::executors_or_null()))]
    pub executor: Option<String>,
    /// The most users that it could have; null where that is not known.
    pub max_users: Option<u64>,
    /// Number of iterations that the plan had, the warm-up's included; null where that followed from the target,
    /// or is not known. In a run to its end each of them was started or dropped, but for those left by users that
    /// stopped themselves.
    pub planned_iterations: Option<u64>,
    /// How its load was to rise and fall: users of a closed workload, iterations per second of an open one, at the
    /// corners of its stages. Between two of them it is a straight line; two at one time are a step. Empty where that
    /// is not known.
    #[serde(default)]
    pub levels: Vec<LevelV1>,
    /// Number of iterations that began and count: those below together.
    pub started: u64,
    /// Number of those that ran to their end.
    pub iterations: u64,
    /// Number of those that a failure ended early.
    pub failed: u64,
    /// Number of those that the end of the run or of their user cut.
    pub interrupted: u64,
    /// Number of iterations that were meant to start and did not, because there was no user or no time for them.
    pub dropped_iterations: u64,
    /// Iterations that ran to their end per second of the time that counts; null if no time passed.
    pub rate_per_s: Option<f64>,
}

impl WorkloadV1 {
    /// The workloads, in the file's order.
    pub(super) fn list(run: &RunInfo, catalog: &Catalog, totals: &Totals, counted: Duration) -> Vec<Self> {
        catalog.workload_ids().map(|id| Self::new(id, run, catalog, totals, counted)).collect()
    }

    fn new(id: WorkloadId, run: &RunInfo, catalog: &Catalog, totals: &Totals, counted: Duration) -> Self {
        let workload = catalog.workload(id);
        let known = run.workloads.get(id.0 as usize);
        let own = catalog.stages.iter().zip(&totals.stages).filter(|(stage, _)| stage.workload == id);
        let (mut iterations, mut failed, mut interrupted, mut dropped) = (0, 0, 0, 0);
        for (_, stage) in own {
            iterations += stage.iterations.completed;
            failed += stage.iterations.failed;
            interrupted += stage.iterations.interrupted;
            dropped += stage.dropped;
        }
        Self {
            name: workload.name.clone(),
            model: if workload.is_open { ModelV1::Open } else { ModelV1::Closed },
            executor: known.map(|known| known.executor.clone()),
            max_users: known.map(|known| known.max_users),
            planned_iterations: known.and_then(|known| known.planned_iterations),
            levels: known.map_or_else(Vec::new, |known| known.levels.iter().map(LevelV1::new).collect()),
            started: iterations + failed + interrupted,
            iterations,
            failed,
            interrupted,
            dropped_iterations: dropped,
            rate_per_s: per_second(iterations, counted),
        }
    }
}

/// What the bounds on memory left out of the lists; all zero but in extreme runs. The totals have it all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoundsV1 {
    /// Number of requests whose status is `(other)`, because there were more than 10,000 distinct series of requests.
    pub folded_requests: u64,
    /// Number of failures that are not in `errors`, because there were more than 1000 kinds of them.
    pub unlisted_failures: u64,
}

impl BoundsV1 {
    /// What was left out.
    pub fn new(snapshot: &Snapshot) -> Self {
        let total = &snapshot.total;
        Self { folded_requests: total.folded(), unlisted_failures: total.unlisted_failures() }
    }
}
