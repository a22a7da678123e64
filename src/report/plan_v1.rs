//! `loadgen plan --json`, version 1: a plan for programs, the same that people are shown.
//!
//! As with `summary.json`, a key may be added; one that is renamed, removed or given another meaning makes a
//! version 2.

use super::schema;
use crate::model::{
    ArrivalOutline, FileOutline, Outline, ScheduleOutline, StageOutline, TaskOutline, UserOutline,
    WindowOutline, WorkloadOutline,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What the document's `schema` says.
pub const SCHEMA: &str = "loadgen/plan/v1";

/// What a run of a scenario would do; nothing was sent. Units are part of the keys: `_ms` milliseconds, `_bytes`
/// bytes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "loadgen plan, version 1")]
pub struct PlanV1 {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Version of loadgen.
    pub loadgen_version: String,
    /// The scenario's name.
    pub name: String,
    /// The scenario file as it was named on the command line.
    pub file: String,
    /// The environment of the file that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The base URL, or the hosts where there is none.
    pub target: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// From the start of the load to its planned end, in milliseconds.
    pub duration_ms: u64,
    /// How long running iterations may go on after that, in milliseconds.
    pub graceful_stop_ms: u64,
    /// The most users that can exist at once, over all workloads. Those of open models are made on demand.
    pub peak_users: u64,
    /// What that many users are expected to need, in bytes.
    pub memory_estimate_bytes: u64,
    /// The workloads, in the file's order.
    pub workloads: Vec<WorkloadPlanV1>,
    /// The thresholds as a threshold is written.
    pub thresholds: Vec<String>,
    /// The files that the scenario reads.
    pub files: Vec<FilePlanV1>,
    /// The hosts that requests may go to.
    pub hosts: Vec<String>,
    /// What somebody should know before the run.
    pub notes: Vec<String>,
    /// Number of requests among the steps of `setup`.
    pub setup_requests: u64,
    /// Number of requests among the steps of `teardown`.
    pub teardown_requests: u64,
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WorkloadPlanV1 {
    /// Its name.
    pub name: String,
    /// How its load arrives, by k6's name: `constant_vus`, `ramping_vus`, `shared_iterations`,
    /// `per_vu_iterations`, `constant_arrival_rate` or `ramping_arrival_rate`.
    pub executor: String,
    /// `closed`: users start their own iterations; `open`: iterations arrive whatever the target does.
    pub model: String,
    /// Its start, in milliseconds from the start of the run.
    pub start_ms: u64,
    /// Its planned end, in milliseconds from the start of the run.
    pub end_ms: u64,
    /// What levels count: `users` or `iterations/s`.
    pub level_unit: String,
    /// Its stages, in order.
    pub stages: Vec<StagePlanV1>,
    /// Levels at equal distances over the whole run, in `level_unit`.
    pub levels: Vec<f64>,
    /// The most users it can have. Those of an open model are made on demand.
    pub max_users: u64,
    /// Number of iterations that it will start; null where that depends on the target.
    pub expected_iterations: Option<f64>,
    /// How that was reckoned, or why it cannot be.
    pub expected_basis: String,
    /// Its tasks, in the file's order.
    pub tasks: Vec<TaskPlanV1>,
    /// The distance between the starts of a user's iterations, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pacing: Option<String>,
    /// The cap on its iterations, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<String>,
    /// When what of it starts, from its first users or arrivals on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<SchedulePlanV1>,
}

/// When what of a workload starts. A closed model has `users`, an open one `arrivals`. It follows from the scenario
/// and the seed alone.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SchedulePlanV1 {
    /// Number of users or of arrivals, also of those that are not listed; null where more than a hundred million
    /// Poisson arrivals would have to be drawn to know.
    pub count: Option<u64>,
    /// When which iteration is intended to start, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Vec<ArrivalPlanV1>>,
    /// When which user runs, by user and time: one entry for each time that it is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<UserPlanV1>>,
    /// Number of users or of arrivals that are listed, the first ones.
    pub listed: u64,
}

/// An iteration that is to start.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ArrivalPlanV1 {
    /// Its number in the workload, from 0.
    pub n: u64,
    /// When it is intended to start, in milliseconds from the start of the run.
    pub at_ms: f64,
    /// The name of its task.
    pub task: String,
}

/// A time during which a user starts iterations.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserPlanV1 {
    /// Its number in the workload, from 1.
    pub user: u64,
    /// Its start, in milliseconds from the start of the run.
    pub from_ms: f64,
    /// Its end, in milliseconds from the start of the run: then it starts no more.
    pub to_ms: f64,
}

/// A stage of a workload's load: a straight line from one level to another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StagePlanV1 {
    /// Its name, or its number from 1.
    pub name: String,
    /// Where it starts, in milliseconds from the start of the run.
    pub start_ms: u64,
    /// Where it ends, in milliseconds from the start of the run.
    pub end_ms: u64,
    /// The level at its start, in the workload's `level_unit`.
    pub from: f64,
    /// The level at its end, in the workload's `level_unit`.
    pub to: f64,
    /// Whether what begins in it is in no summary and no threshold. Where the run's warm-up ends inside of a stage,
    /// that stage is listed as two of one name.
    pub warm_up: bool,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskPlanV1 {
    /// Its name.
    pub name: String,
    /// Share of the workload's iterations that it gets, from 0 to 1.
    pub share: f64,
    /// The names of its requests, in the file's order.
    pub requests: Vec<String>,
    /// Number of its steps, those inside of other steps included.
    pub steps: u64,
    /// The pause after it, as written; empty where there is none.
    pub think_time: String,
}

/// A file that the scenario reads.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FilePlanV1 {
    /// Where it is, as the scenario names it.
    pub path: String,
    /// Number of its rows; null where it is no feed.
    pub rows: Option<u64>,
    /// Its size, in bytes.
    pub bytes: u64,
}

impl PlanV1 {
    /// The document as indented JSON with a newline at its end.
    pub fn to_json(&self) -> Vec<u8> {
        schema::written(self)
    }
}

/// The format's JSON Schema, draft 2020-12, made from these types and their documentation.
pub fn json_schema() -> serde_json::Value {
    schema::of::<PlanV1>()
}

/// The document of a plan.
pub fn plan(outline: &Outline) -> PlanV1 {
    PlanV1 {
        schema: SCHEMA.to_owned(),
        loadgen_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: outline.name.clone(),
        file: outline.file.clone(),
        environment: outline.environment.clone(),
        target: outline.target.clone(),
        seed: outline.seed,
        duration_ms: whole_ms(outline.duration),
        graceful_stop_ms: whole_ms(outline.graceful_stop),
        peak_users: outline.peak_users,
        memory_estimate_bytes: outline.memory_estimate_bytes,
        workloads: outline.workloads.iter().map(workload).collect(),
        thresholds: outline.thresholds.clone(),
        files: outline.files.iter().map(file).collect(),
        hosts: outline.hosts.clone(),
        notes: outline.notes.clone(),
        setup_requests: outline.setup_requests,
        teardown_requests: outline.teardown_requests,
    }
}

fn workload(workload: &WorkloadOutline) -> WorkloadPlanV1 {
    WorkloadPlanV1 {
        name: workload.name.clone(),
        executor: workload.executor.to_owned(),
        model: workload.model.to_owned(),
        start_ms: whole_ms(workload.start),
        end_ms: whole_ms(workload.end),
        level_unit: workload.level_unit.to_owned(),
        stages: workload.stages.iter().map(stage).collect(),
        levels: workload.levels.iter().copied().map(finite).collect(),
        max_users: workload.max_users,
        expected_iterations: workload.expected_iterations.map(finite),
        expected_basis: workload.expected_basis.clone(),
        tasks: workload.tasks.iter().map(task).collect(),
        pacing: workload.pacing.clone(),
        max_rate: workload.max_rate.clone(),
        schedule: workload.schedule.as_ref().map(|schedule| self::schedule(schedule, &workload.tasks)),
    }
}

fn schedule(schedule: &ScheduleOutline, tasks: &[TaskOutline]) -> SchedulePlanV1 {
    match schedule {
        ScheduleOutline::Users { count, users } => SchedulePlanV1 {
            count: Some(*count),
            arrivals: None,
            users: Some(users.iter().flat_map(user).collect()),
            listed: users.len() as u64,
        },
        ScheduleOutline::Arrivals { count, arrivals } => SchedulePlanV1 {
            count: *count,
            arrivals: Some(arrivals.iter().map(|one| arrival(one, tasks)).collect()),
            users: None,
            listed: arrivals.len() as u64,
        },
    }
}

fn arrival(arrival: &ArrivalOutline, tasks: &[TaskOutline]) -> ArrivalPlanV1 {
    let task = tasks.get(arrival.task).map(|task| task.name.clone()).unwrap_or_default();
    ArrivalPlanV1 { n: arrival.number, at_ms: exact_ms(arrival.at), task }
}

fn user(user: &UserOutline) -> impl Iterator<Item = UserPlanV1> {
    let entry = move |window: &WindowOutline| UserPlanV1 {
        user: user.user,
        from_ms: exact_ms(window.start),
        to_ms: exact_ms(window.end),
    };
    user.windows.iter().map(entry)
}

fn stage(stage: &StageOutline) -> StagePlanV1 {
    StagePlanV1 {
        name: stage.name.clone(),
        start_ms: whole_ms(stage.start),
        end_ms: whole_ms(stage.end),
        from: finite(stage.from),
        to: finite(stage.to),
        warm_up: stage.warm_up,
    }
}

fn task(task: &TaskOutline) -> TaskPlanV1 {
    TaskPlanV1 {
        name: task.name.clone(),
        share: finite(task.share),
        requests: task.requests.clone(),
        steps: task.steps,
        think_time: task.think_time.clone(),
    }
}

fn file(file: &FileOutline) -> FilePlanV1 {
    FilePlanV1 { path: file.path.clone(), rows: file.rows, bytes: file.bytes }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds with all their nanoseconds: six digits behind the point.
fn exact_ms(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}

/// JSON has neither infinity nor NaN.
fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) }
}
