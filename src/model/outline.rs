//! A plan as people and programs look at it before a run: what would be sent, by whom and when, and what it needs.
//!
//! Plain values that whoever has the plan fills in. Nothing here computes a schedule.

use std::time::Duration;

/// A plan in outline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// The scenario's name.
    pub name: String,
    /// Its file as it was named.
    pub file: String,
    /// The overlay that was chosen.
    pub environment: Option<String>,
    /// The base URL, or the hosts where there is none.
    pub target: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// From the start of the load to its planned end.
    pub duration: Duration,
    /// How long running iterations may go on after that.
    pub graceful_stop: Duration,
    /// The most users that can exist at once, over all workloads. Those of rates are made on demand.
    pub peak_users: u64,
    /// What that many users are expected to need, in bytes.
    pub memory_estimate_bytes: u64,
    /// The workloads, in the file's order.
    pub workloads: Vec<WorkloadOutline>,
    /// The thresholds as a threshold is written: `http_req_duration: p95 < 500ms`.
    pub thresholds: Vec<String>,
    /// The files that the scenario reads.
    pub files: Vec<FileOutline>,
    /// The hosts that requests may go to.
    pub hosts: Vec<String>,
    /// What somebody should know before the run.
    pub notes: Vec<String>,
    /// Requests among the steps of `setup`.
    pub setup_requests: u64,
    /// Requests among the steps of `teardown`.
    pub teardown_requests: u64,
}

/// A file that a scenario reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileOutline {
    /// Where it is, as the scenario names it.
    pub path: String,
    /// Its rows, where it is a feed.
    pub rows: Option<u64>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A workload in outline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkloadOutline {
    /// Its name.
    pub name: String,
    /// How its load arrives, by k6's name: `constant_vus`.
    pub executor: &'static str,
    /// `closed` or `open`.
    pub model: &'static str,
    /// Its start, from the start of the run.
    pub start: Duration,
    /// Its planned end, from the start of the run.
    pub end: Duration,
    /// What levels count: `users` or `iterations/s`.
    pub level_unit: &'static str,
    /// Its stages, in order.
    pub stages: Vec<StageOutline>,
    /// Levels at equal distances over the whole run, the first at its start, the last at its planned end.
    pub levels: Vec<f64>,
    /// The most users it can have. Those of an open model are made on demand.
    pub max_users: u64,
    /// Iterations that it will start; `None` where that depends on the target.
    pub expected_iterations: Option<f64>,
    /// How that was reckoned, or why it cannot be: `rate × time`.
    pub expected_basis: String,
    /// Its tasks, in the file's order.
    pub tasks: Vec<TaskOutline>,
    /// The distance between the starts of a user's iterations, as written.
    pub pacing: Option<String>,
    /// The cap on its iterations, as written.
    pub max_rate: Option<String>,
    /// When what of it starts; `None` unless it was asked for.
    pub schedule: Option<ScheduleOutline>,
}

/// When what of a workload starts: all of it, or what comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleOutline {
    /// Of a closed model: when which user runs.
    Users {
        /// How many users there are.
        count: u64,
        /// The first of them.
        users: Vec<UserOutline>,
    },
    /// Of an open model: when which iteration is intended to start.
    Arrivals {
        /// How many there are; `None` where too many would have to be drawn to know.
        count: Option<u64>,
        /// The first of them.
        arrivals: Vec<ArrivalOutline>,
    },
}

/// A user and when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOutline {
    /// Its number in the workload, from 1.
    pub user: u64,
    /// When it runs, in order and without overlap.
    pub windows: Vec<WindowOutline>,
}

/// A time during which a user starts iterations, from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOutline {
    /// Its start.
    pub start: Duration,
    /// Its end, which is no longer part of it.
    pub end: Duration,
}

/// An iteration that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalOutline {
    /// Its number in the workload, from 0.
    pub number: u64,
    /// When it is intended to start, from the start of the run.
    pub at: Duration,
    /// Its task, as an index into the workload's.
    pub task: usize,
}

/// A stage in outline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StageOutline {
    /// Its name, or its number from 1.
    pub name: String,
    /// Its start, from the start of the run.
    pub start: Duration,
    /// Its end, from the start of the run.
    pub end: Duration,
    /// The level at its start.
    pub from: f64,
    /// The level at its end.
    pub to: f64,
    /// Whether what begins in it is in no summary and no threshold.
    pub warm_up: bool,
}

/// A task in outline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskOutline {
    /// Its name.
    pub name: String,
    /// Share of the workload's iterations that it gets, from 0 to 1.
    pub share: f64,
    /// The names of its requests, in the file's order.
    pub requests: Vec<String>,
    /// Its steps, those inside of other steps included.
    pub steps: u64,
    /// The pause after it, as written; empty where there is none.
    pub think_time: String,
}
