//! `--progress json`, version 1: where a run stands, an object in a line of its own for each second.
//!
//! As with `summary.json`, a key may be added; one that is renamed, removed or given another meaning makes a
//! version 2.

use super::{
    format::per_second,
    progress::{Progress, State, state},
    schema,
    summary_v1::{HealthStatusV1, ThresholdV1},
};
use crate::model::Percent;
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// What the `schema` of a line says.
pub const SCHEMA: &str = "loadgen/progress/v1";

/// A line: a second of the run that is over, or something that should be known at once.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "loadgen progress, version 1: a line")]
pub struct LineV1 {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What the line tells.
    #[serde(flatten)]
    pub told: ToldV1,
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToldV1 {
    /// A second that is over.
    Second(Box<SecondV1>),
    /// A note or a warning.
    Note {
        /// A sentence for people.
        text: String,
    },
}

/// A second of the run, and where the run stands behind it. Units are part of the keys. What began in a warm-up is in
/// the numbers of its second, and in none of those since the start.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SecondV1 {
    /// From the start of the load to the end of the second.
    pub elapsed_ms: u64,
    /// How long the load is to take.
    pub planned_ms: u64,
    /// How long the second was: 1000; less for the last one of a run, and more where the generator stood still.
    pub span_ms: u64,
    /// The stage that the load is in; null where no workload has more than one.
    pub stage: Option<String>,
    /// Whether all of it is warm-up.
    pub warm_up: bool,
    /// Users that ran at the end of the second.
    pub users: u64,
    /// Users that were to run; null where no workload has a number of them.
    pub planned_users: Option<u64>,
    /// Iterations per second that were to start at its end; null where no workload has a rate.
    pub due_per_s: Option<f64>,
    /// Requests that ended in the second.
    pub requests: u64,
    /// The same per second.
    pub requests_per_s: f64,
    /// Those of them that failed.
    pub failed: u64,
    /// Iterations that ended in it by themselves.
    pub iterations: u64,
    /// The same per second, of workloads with a rate: what was done of what was due; null where none has one.
    pub done_per_s: Option<f64>,
    /// Iterations that were meant to start in it and did not.
    pub dropped: u64,
    /// Median of the service times of the second; null without samples, as the others.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// The longest.
    pub max_ms: Option<f64>,
    /// What was seen since the start.
    pub total: TotalV1,
    /// How the thresholds stand, in the file's order.
    pub thresholds: Vec<StandingV1>,
    /// What the generator's numbers are worth so far.
    pub health: HealthNowV1,
}

/// What was seen since the start and counts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TotalV1 {
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Iterations that ran to their end.
    pub iterations: u64,
    /// Iterations that a failure ended early.
    pub failed_iterations: u64,
    /// Iterations that were meant to start and did not.
    pub dropped: u64,
    /// Failures by kind: `timeout`, `status 503`, `expect`. A request can have several, and a step that is no request
    /// has them too.
    pub errors: BTreeMap<String, u64>,
}

/// How a threshold stands while the run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateV1 {
    /// It holds.
    Holds,
    /// It would fail the run if that ended now.
    Broken,
    /// Nothing can be said yet: too little was seen, or its number has still to grow.
    Open,
}

/// A threshold and how it stands. With thousands of series, its numbers can be some seconds old.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StandingV1 {
    /// How it stands.
    pub state: StateV1,
    /// What would be said of it if the run ended now.
    #[serde(flatten)]
    pub threshold: ThresholdV1,
}

/// What the generator's numbers are worth so far.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HealthNowV1 {
    /// The worst of what is not as it should be.
    pub status: HealthStatusV1,
    /// What is not as it should be, as in `health.reasons` of `summary.json`: `lag`, `gap`, `steal` and so on.
    pub reasons: Vec<String>,
    /// Processors that loadgen used in the second; null where that is not known, as the others.
    pub cores_used: Option<f64>,
    /// The share of the processors' time in it that the hypervisor gave to others, from 0 to 1.
    pub steal_share: Option<f64>,
    /// How late 1 iteration in 100 began in it, or later.
    pub lag_p99_ms: Option<f64>,
    /// The longest time in it for which loadgen stood still; 0 where it did not.
    pub longest_gap_ms: f64,
}

/// The line of the last second, with a line end.
pub fn second_line(progress: &Progress) -> String {
    written(ToldV1::Second(Box::new(second(progress))))
}

/// The line of a note, with a line end.
pub fn note_line(text: &str) -> String {
    written(ToldV1::Note { text: text.to_owned() })
}

/// The JSON Schema of a line, draft 2020-12.
pub fn json_schema() -> serde_json::Value {
    schema::of::<LineV1>()
}

fn written(told: ToldV1) -> String {
    match serde_json::to_string(&LineV1 { schema: SCHEMA.to_owned(), told }) {
        Ok(line) => line + "\n",
        Err(_) => unreachable!("all keys are strings, and writing to memory does not fail"),
    }
}

fn second(progress: &Progress) -> SecondV1 {
    let last = &progress.last;
    let at = |percent| last.duration.percentile(Percent::whole(percent)).map(ms);
    let done = || per_second(last.arrived, last.span).unwrap_or(0.0);
    SecondV1 {
        elapsed_ms: whole_ms(progress.elapsed),
        planned_ms: whole_ms(progress.planned),
        span_ms: whole_ms(last.span),
        stage: progress.stage.clone(),
        warm_up: progress.warm_up,
        users: last.users,
        planned_users: progress.planned_users,
        due_per_s: progress.asked_per_s,
        requests: last.requests,
        requests_per_s: last.requests_per_s(),
        failed: last.failed,
        iterations: last.iterations,
        done_per_s: progress.asked_per_s.map(|_| done()),
        dropped: last.dropped,
        p50_ms: at(50),
        p95_ms: at(95),
        p99_ms: at(99),
        max_ms: last.duration.max().map(ms),
        total: total(progress),
        thresholds: progress
            .thresholds
            .iter()
            .map(|result| StandingV1 { state: state(result).into(), threshold: ThresholdV1::new(result) })
            .collect(),
        health: health(progress),
    }
}

fn total(progress: &Progress) -> TotalV1 {
    let total = &progress.total;
    TotalV1 {
        requests: total.requests,
        failed: total.failed,
        iterations: total.iterations,
        failed_iterations: total.failed_iterations,
        dropped: total.dropped,
        errors: total.failures.clone(),
    }
}

fn health(progress: &Progress) -> HealthNowV1 {
    let (health, vitals) = (&progress.health, &progress.last.vitals);
    HealthNowV1 {
        status: health.status.into(),
        reasons: health.findings.iter().map(|finding| finding.code.name().to_owned()).collect(),
        cores_used: vitals.cores_used(),
        steal_share: vitals.machine.and_then(|machine| machine.stolen_share()),
        lag_p99_ms: progress.last.lag_p99.map(ms),
        longest_gap_ms: ms(vitals.gaps.longest),
    }
}

impl From<State> for StateV1 {
    fn from(state: State) -> Self {
        match state {
            State::Holds => Self::Holds,
            State::Broken => Self::Broken,
            State::Open => Self::Open,
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
