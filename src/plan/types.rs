//! The plan itself: plain data that the engine carries out.

use super::{random::UserRandom, request::Request, schedule::UserSchedule, weights::Weights};
use crate::model::{Catalog, TaskId, Threshold, WorkloadId};
use crate::scenario::ThinkTime;
use std::{collections::BTreeMap, time::Duration};

/// What a plan depends on besides the scenario.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The variables of the process environment, for `${env.NAME}`.
    pub env: BTreeMap<String, String>,
    /// The base URL of the demo API, where `target: demo`.
    pub demo_url: Option<String>,
    /// Seed of every random choice.
    pub seed: u64,
}

/// A run, worked out.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What can be observed, by number.
    pub catalog: Catalog,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The gates.
    pub thresholds: Vec<Threshold>,
    /// The base URL, or nothing where every URL is absolute.
    pub target: Option<String>,
    /// Hosts that rendered URLs may name.
    pub hosts: Vec<String>,
    /// Seed of every random choice.
    pub seed: u64,
}

impl Plan {
    /// From the start of the run to the end of the last stage.
    pub fn duration(&self) -> Duration {
        self.workloads.iter().map(|workload| workload.schedule.end()).max().unwrap_or_default()
    }

    /// How long running iterations may go on after that.
    pub fn graceful_stop(&self) -> Duration {
        self.workloads.iter().map(|workload| workload.graceful_stop).max().unwrap_or_default()
    }

    /// Users that will exist at most.
    pub fn most_users(&self) -> u64 {
        self.workloads.iter().map(|workload| workload.schedule.most_users()).sum()
    }
}

/// A workload, worked out.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its number.
    pub id: WorkloadId,
    /// When which user runs.
    pub schedule: UserSchedule,
    /// How long running iterations may go on after the end.
    pub graceful_stop: Duration,
    /// How long the running iteration of a released user may go on.
    pub graceful_ramp_down: Duration,
    /// What a user does before its first iteration.
    pub on_start: Vec<Step>,
    /// What iterations do. A `flow` is one task.
    pub tasks: Vec<Task>,
    /// How often each task is chosen.
    pub weights: Weights,
    /// Names of the variables that users set, by slot.
    pub slots: Vec<String>,
}

impl Workload {
    /// The task of a user's next iteration.
    pub fn choose(&self, random: &mut UserRandom) -> &Task {
        &self.tasks[self.weights.pick(random)]
    }
}

/// A task, worked out.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// What it does.
    pub steps: Vec<Step>,
    /// Pause after it.
    pub think_time: ThinkTime,
}

/// A step, worked out.
#[derive(Debug, Clone)]
pub enum Step {
    /// An HTTP request.
    Request(Box<Request>),
    /// A pause.
    Think(ThinkTime),
}
