//! The document and its parts, without the numbers' own forms. No domain type appears in it.

use super::{
    breakdown::{BoundsV1, OutcomeV1, TagV1, WorkloadV1},
    exchanges::{AddressV1, ConnectionsV1, PhasesV1, SlowRequestV1},
    health::{HealthV1, PointHealthV1},
    metrics::MetricV1,
    threshold::ThresholdV1,
    trend::{PointTrendV1, TrendV1},
    words,
};
use crate::report::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the document's `schema` says.
pub const SCHEMA: &str = "loadgen/summary/v1";

/// The results of a run of loadgen. Units are part of the keys: `_ms` milliseconds, `_bytes` bytes, `_per_s` per
/// second; a `rate` beside `passes` and `fails` is a share from 0 to 1. What has no samples is null, never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "loadgen summary, version 1")]
pub struct SummaryV1 {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Which run this was.
    pub run: RunV1,
    /// What it amounts to.
    pub verdict: VerdictV1,
    /// Whether the numbers are about the target, and what the generator saw of itself. Versions that did not watch
    /// themselves wrote none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthV1>,
    /// The thresholds, in the file's order.
    pub thresholds: Vec<ThresholdV1>,
    /// Every metric, by name, over the whole run but its warm-up.
    pub metrics: BTreeMap<String, MetricV1>,
    /// Checks and expectations, in the file's order, those never reached included.
    pub checks: Vec<CheckV1>,
    /// Requests, in the file's order, those never sent included. Their counts add up to `metrics.http_reqs`.
    pub requests: Vec<RequestV1>,
    /// What the requests did with connections.
    pub connections: ConnectionsV1,
    /// The addresses that requests were sent to, the most used first; at most 100, and the rest together.
    pub addresses: Vec<AddressV1>,
    /// The slowest requests by response time, the slowest first: at most five of each request, and 50 in all. Empty
    /// where requests are not traced (`http.trace`).
    pub slowest: Vec<SlowRequestV1>,
    /// Workloads, in the file's order, with what each was meant to start and what became of that. Summaries of older
    /// versions of loadgen lack them.
    #[serde(default)]
    pub workloads: Vec<WorkloadV1>,
    /// Requests by the scenario's own tags, one row for each tag and value, by name; at most 1000, and the rest
    /// together. A request is in as many rows as it has tags.
    #[serde(default)]
    pub tags: Vec<TagV1>,
    /// Tasks, in the file's order, those never run included.
    pub tasks: Vec<TaskV1>,
    /// Groups of steps, in the file's order, those never run to their end included.
    pub groups: Vec<GroupV1>,
    /// Stages of the load, in the file's order. What started in a stage counts there, wherever it ended. A stage
    /// in which the run's warm-up ends is listed as two of one name, of which only the second counts.
    pub stages: Vec<StageV1>,
    /// What began in the warm-up, where there is one. It is in the series, and in no other part of this document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUpV1>,
    /// Failures by place and kind, the most frequent first; at most 1000 kinds.
    pub errors: Vec<ErrorV1>,
    /// What the bounds on memory left out of the lists.
    pub bounds: BoundsV1,
    /// The run over time.
    pub series: SeriesV1,
    /// What was done before the load. Its requests are no load: they are in no other part of this document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<OnceV1>,
    /// What was done after the load, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teardown: Option<OnceV1>,
}

impl SummaryV1 {
    /// The document as indented JSON with a newline at its end.
    pub fn to_json(&self) -> Vec<u8> {
        schema::written(self)
    }
}

/// The format's JSON Schema, draft 2020-12, made from these types and their documentation.
pub fn json_schema() -> serde_json::Value {
    schema::of::<SummaryV1>()
}

/// Which run this was, and what it takes to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunV1 {
    /// Unique name: the scenario's slug and the UTC start.
    pub id: String,
    /// The scenario's name.
    pub name: String,
    /// What the scenario says it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// UTC start of the load, RFC 3339.
    pub started_at: String,
    /// UTC end of the load, RFC 3339.
    pub ended_at: String,
    /// From the start of the load to its end, in milliseconds.
    pub duration_ms: u64,
    /// How long the plan said it would be, in milliseconds.
    pub planned_duration_ms: u64,
    /// Version of loadgen.
    pub loadgen_version: String,
    /// The scenario file as it was named on the command line.
    pub scenario_file: String,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub scenario_sha256: String,
    /// The environment of the file that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The base URL that load went to.
    pub target: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// The scenario's tags.
    pub tags: BTreeMap<String, String>,
    /// Where it ran.
    pub host: HostV1,
    /// The command line that repeats it.
    pub command: String,
    /// The file that has every request as a row (`--out samples=FILE`), where one was asked for and the run came to its
    /// end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<SamplesV1>,
    /// The parts of the run, where several generators made it (`loadgen merge`). `seed` and `host` of the run are then
    /// those of the first part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartV1>,
}

/// What became of the file that has every request as a row. `rows` and `dropped` together are the requests of the
/// load, the warm-up included; of a run that several generators made, it is there where each wrote such a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SamplesV1 {
    /// Number of requests that have a row; where `finished` is false, up to so many.
    pub rows: u64,
    /// Number of requests that have none: the disk, or whoever reads, was too slow for them, failed or was gone.
    pub dropped: u64,
    /// Whether the file was brought to its end. If not, what there is of it is in `FILE.part`.
    pub finished: bool,
}

/// One generator's part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartV1 {
    /// The part's own name.
    pub id: String,
    /// UTC start of its load, RFC 3339.
    pub started_at: String,
    /// The base URL that its load went to.
    pub target: String,
    /// Seed of its random choices.
    pub seed: u64,
    /// Where it ran.
    pub host: HostV1,
    /// The command line that repeats it.
    pub command: String,
}

/// The machine that generated the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostV1 {
    /// Operating system and architecture.
    pub os: String,
    /// Processor, as the system names it.
    pub cpu: String,
    /// Number of processors that loadgen might use.
    pub cores: usize,
    /// Memory of the machine, in bytes; null where it is not known.
    pub memory_bytes: Option<u64>,
}

/// What the run amounts to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictV1 {
    /// Whether a gate should let this pass.
    pub passed: bool,
    /// Exit code of `loadgen run`: 0 passed, 96 the generator was saturated, 99 a threshold failed or had no data, 105 stopped from outside,
    /// 107 setup failed, 108 a step stopped the run; the documentation has them all.
    #[schemars(extend("enum" = words::exit_codes()))]
    pub exit_code: u8,
    /// One sentence for people.
    pub reason: String,
    /// Whether the run ended before it had done what was planned: the numbers are of less than that.
    pub incomplete: bool,
}

/// Whether a request fails with a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKindV1 {
    /// It is only counted.
    Check,
    /// The request fails where it does not hold.
    Expect,
}

/// A check or an expectation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckV1 {
    /// Its name, or its text.
    pub name: String,
    /// The task that its request belongs to.
    pub task: String,
    /// The request whose responses it looks at.
    pub request: String,
    /// Whether the request fails with it.
    pub kind: CheckKindV1,
    /// Number of times it held.
    pub passes: u64,
    /// Number of times it did not hold.
    pub fails: u64,
    /// Share of times it held, from 0 to 1; null if it was never reached.
    pub rate: Option<f64>,
}

/// A request of the scenario over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestV1 {
    /// Its name, or its method and URL as written.
    pub name: String,
    /// The task it belongs to.
    pub task: String,
    /// The workload that the task belongs to.
    pub workload: String,
    /// The HTTP method.
    pub method: String,
    /// How often it was sent; each redirect counts.
    pub count: u64,
    /// Number of those that failed.
    pub failed: u64,
    /// Share of those that failed, from 0 to 1; null if it was never sent.
    pub failed_rate: Option<f64>,
    /// How often it was sent per second of the time that counts, from the end of the warm-up to the end of the load;
    /// null if no time passed.
    pub rate_per_s: Option<f64>,
    /// Service time, in ms: from the first byte sent to the last received.
    pub duration_ms: TrendV1,
    /// Response time, in ms: from the intended start to the last byte received.
    pub response_time_ms: TrendV1,
    /// What the time went to, in ms. Requests without a response are among them, with the phases that they completed.
    pub phases_ms: PhasesV1,
    /// Number of responses by status; `(other)` where there were too many different ones. Together with `errors`
    /// they add up to `count`.
    pub statuses: BTreeMap<String, u64>,
    /// Number of requests without a usable response, by the kind of error; kinds that did not occur are
    /// left out.
    #[schemars(extend("propertyNames" = words::errors()))]
    pub errors: BTreeMap<String, u64>,
    /// The same with their times, a row for each status and error, the most frequent first; at most 20, and the rest
    /// together. They add up to `count`.
    pub by_status: Vec<OutcomeV1>,
    /// Bytes sent on the wire: heads, bodies, and what protocol and TLS add to them.
    pub sent_bytes: u64,
    /// Bytes received on the wire, likewise.
    pub received_bytes: u64,
}

/// When a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKindV1 {
    /// In iterations.
    Iteration,
    /// Once per user, before its first iteration.
    OnStart,
    /// Once per user, after its last iteration.
    OnStop,
}

/// A task over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskV1 {
    /// Its name, or its request's.
    pub name: String,
    /// The workload it belongs to.
    pub workload: String,
    /// When it runs.
    pub kind: TaskKindV1,
    /// Number of iterations that ran to their end.
    pub iterations: u64,
    /// Number of iterations that a failure ended early.
    pub failed: u64,
    /// Number of iterations that the end of the run or of their user cut.
    pub interrupted: u64,
    /// Iterations that ran to their end per second of the time that counts; null if no time passed.
    pub rate_per_s: Option<f64>,
    /// Duration of the iterations that ran to their end, in ms, from when they began.
    pub duration_ms: TrendV1,
    /// How long after they were meant to iterations began, in ms, without a histogram: the generator's own lateness.
    pub lag_ms: TrendV1,
}

/// A group of steps over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupV1 {
    /// Its name, with those of the groups around it in front: `outer::inner`.
    pub name: String,
    /// The task it belongs to.
    pub task: String,
    /// The workload that the task belongs to.
    pub workload: String,
    /// How often it ran to its end.
    pub count: u64,
    /// How often it ran to its end per second of the time that counts; null if no time passed.
    pub rate_per_s: Option<f64>,
    /// How long that took, in ms.
    pub duration_ms: TrendV1,
}

/// Steps that ran once, before or after the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OnceV1 {
    /// Number of requests sent.
    pub requests: u64,
    /// Number of those that failed.
    pub failed: u64,
    /// How long the steps took, in milliseconds.
    pub duration_ms: u64,
    /// What went wrong, in the order it happened. It can come from the target: take it as untrusted text.
    pub errors: Vec<String>,
}

/// A stage of a workload's load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageV1 {
    /// Its name, or its number from 1.
    pub name: String,
    /// The workload it belongs to.
    pub workload: String,
    /// Where it starts, in milliseconds from the start of the run.
    pub start_ms: u64,
    /// Where it ends, in milliseconds from the start of the run.
    pub end_ms: u64,
    /// How much of it there was, in milliseconds: less than planned where the run was cut short, and more where iterations
    /// of the last stage went on after its end.
    pub lasted_ms: u64,
    /// Number of requests sent.
    pub http_reqs: u64,
    /// Number of requests that failed.
    pub http_req_failed: u64,
    /// Share of those that failed, from 0 to 1; null if none was sent.
    pub failed_rate: Option<f64>,
    /// Requests sent per second of `lasted_ms`; null where no time of it passed, and in a warm-up.
    pub rate_per_s: Option<f64>,
    /// Whether it is warm-up. What began in such a stage is not counted: its counts are zero and its times null.
    pub warm_up: bool,
    /// Number of iterations that ran to their end.
    pub iterations: u64,
    /// Number of iterations that a failure ended early.
    #[serde(default)]
    pub failed_iterations: u64,
    /// Number of iterations that the end of the run or of their user cut.
    #[serde(default)]
    pub interrupted_iterations: u64,
    /// Number of iterations that were meant to start in it and did not, because there was no user or no time for
    /// them.
    pub dropped_iterations: u64,
    /// Service time, in ms.
    pub duration_ms: TrendV1,
    /// Response time, in ms.
    pub response_time_ms: TrendV1,
}

/// What began in the warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WarmUpV1 {
    /// How much of the run was warm-up and nothing else, in milliseconds. Rates are per second of the rest.
    pub duration_ms: u64,
    /// Number of requests sent.
    pub http_reqs: u64,
    /// Number of requests that failed.
    pub http_req_failed: u64,
    /// Number of iterations that ran to their end.
    pub iterations: u64,
    /// Number of iterations that a failure ended early.
    pub failed_iterations: u64,
    /// Number of iterations that the end of the run or of their user cut.
    pub interrupted_iterations: u64,
    /// Number of iterations that were meant to start and did not.
    pub dropped_iterations: u64,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorSiteV1 {
    /// A request.
    Request,
    /// A step of a task that is no request.
    Task,
}

/// One kind of failure at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorV1 {
    /// What went wrong: a kind of error such as `timeout`, `status 500`, `expect: NAME`, `extract`,
    /// `template` or `data`.
    pub error: String,
    /// The request's name; the task's where it was no request that failed.
    pub name: String,
    /// What `name` names.
    pub site: ErrorSiteV1,
    /// The task in which it was.
    pub task: String,
    /// How often it happened.
    pub count: u64,
    /// When it happened first, in milliseconds from the start of the run.
    pub first_at_ms: u64,
    /// What the first one said. It can come from the target: take it as untrusted text.
    pub sample: String,
}

/// The run over time, the warm-up included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesV1 {
    /// Length of each point that does not say otherwise, in milliseconds; it doubles when there are more than 3600 points.
    pub interval_ms: u64,
    /// The points, oldest first.
    pub points: Vec<PointV1>,
}

/// One interval. Counts are of what ended in it, not per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointV1 {
    /// Start of the interval, in milliseconds from the start of the run.
    pub t_ms: u64,
    /// Number of users running at its end; where the load ended in it, the most at once.
    pub vus: u64,
    /// Number of requests.
    pub http_reqs: u64,
    /// Number of requests that failed.
    pub http_req_failed: u64,
    /// Number of requests without a response, by why: `timeout` and the like; kinds that did not occur are left out.
    #[schemars(extend("propertyNames" = words::errors()))]
    pub http_errors: BTreeMap<String, u64>,
    /// Number of iterations that were to start in it, after the plan, of the workloads with a rate; where arrivals are
    /// drawn, on average. Null where no workload has a rate, or where that is not known.
    #[serde(default)]
    pub due_iterations: Option<f64>,
    /// Number of iterations that ran to their end.
    pub iterations: u64,
    /// Number of iterations that a failure ended early.
    pub failed_iterations: u64,
    /// Number of iterations that the end of the run or of their user cut.
    #[serde(default)]
    pub interrupted_iterations: u64,
    /// Number of iterations that were meant to start and did not, because there was no user or no time for them.
    pub dropped_iterations: u64,
    /// Service time, in ms.
    pub duration_ms: PointTrendV1,
    /// Response time, in ms.
    pub response_time_ms: PointTrendV1,
    /// Bytes received on the wire.
    pub data_received_bytes: u64,
    /// What the generator saw of itself. Versions that did not watch themselves wrote none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<PointHealthV1>,
    /// How much time it covers, in milliseconds, where that is not the `interval_ms` of the series: less in the last one,
    /// which ends with the load, and more where seconds are known only together, since the generator stood still or its
    /// journal was slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
}
