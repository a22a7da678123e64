//! The plan itself: plain data that the engine carries out.

use super::{
    client::Client,
    feed::Feed,
    files::{Files, NoFiles},
    random::{Stream, UserRandom, share_of},
    schedule::{ArrivalSchedule, Timeline, UserSchedule},
    step::Step,
    weights::Weights,
};
use crate::model::ThinkTime;
use crate::model::{Catalog, Mask, Rate, TaskId, Threshold, WorkloadId};
use crate::scenario::Load;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What a plan depends on besides the scenario.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The variables of the process environment, for `${env.NAME}`.
    pub env: BTreeMap<String, String>,
    /// The base URL of the demo API, where `target: demo`.
    pub demo_url: Option<String>,
    /// Seed of every random choice.
    pub seed: u64,
    /// The files that the scenario names.
    pub files: Arc<dyn Files>,
}

/// No environment, no files, and seed 0.
impl Default for Inputs {
    fn default() -> Self {
        Self { env: BTreeMap::new(), demo_url: None, seed: 0, files: Arc::new(NoFiles) }
    }
}

/// A run, worked out.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What can be observed, by number.
    pub catalog: Catalog,
    /// What is done once before the load.
    pub setup: Option<Once>,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// What is done once after the load.
    pub teardown: Option<Once>,
    /// The data feeds, by number.
    pub feeds: Vec<Arc<Feed>>,
    /// The gates.
    pub thresholds: Vec<Threshold>,
    /// Gates that nothing can meet of what the command line leaves.
    pub left_out: Vec<Threshold>,
    /// What `http` says of connections: the file's own first, which setup and teardown use, and those of workloads
    /// that say something else.
    pub clients: Vec<Client>,
    /// Most requests per time over the whole run.
    pub max_request_rate: Option<Rate>,
    /// Variables of the environment that name a proxy and are ignored.
    pub ignored_proxies: Vec<String>,
    /// The base URL, or nothing where every URL is absolute.
    pub target: Option<String>,
    /// Hosts that rendered URLs may name.
    pub hosts: Vec<String>,
    /// Seed of every random choice.
    pub seed: u64,
    /// What hides the values of secrets in whatever is printed or written.
    pub mask: Arc<Mask>,
}

impl Plan {
    /// From the start of the run to the end of the last workload.
    pub fn duration(&self) -> Duration {
        self.workloads.iter().map(|workload| workload.timeline.end()).max().unwrap_or_default()
    }

    /// How long running iterations may go on after that.
    pub fn graceful_stop(&self) -> Duration {
        self.workloads.iter().map(|workload| workload.graceful_stop).max().unwrap_or_default()
    }

    /// Users that will exist at most.
    pub fn most_users(&self) -> u64 {
        self.workloads.iter().map(Workload::most_users).sum()
    }
}

/// Steps that run once: `setup` or `teardown`. What they do is counted apart from the load, under a catalogue
/// of their own.
#[derive(Debug, Clone)]
pub struct Once {
    /// What can be observed of it, by number.
    pub catalog: Catalog,
    /// What it does.
    pub steps: Vec<Step>,
    /// How many slots it needs.
    pub slots: usize,
    /// How many of them, the first ones, are variables that it leaves.
    pub variables: usize,
}

/// What starts a workload's iterations.
#[derive(Debug, Clone, PartialEq)]
pub enum Executor {
    /// Users do, each one its next when it is done with the one before.
    Closed {
        /// When which user runs.
        users: UserSchedule,
        /// How many iterations there are.
        quota: Quota,
    },
    /// The time does, whatever the target takes for them.
    Open {
        /// When which iteration starts.
        arrivals: ArrivalSchedule,
        /// Users that may be made for it.
        max_users: u64,
    },
}

/// How many iterations users of the closed model start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// As many as there is time for.
    Unlimited,
    /// So many of all of them together; whoever is free takes the next.
    Shared(u64),
    /// So many of each of them.
    PerUser(u64),
}

/// A workload, worked out.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its number.
    pub id: WorkloadId,
    /// How load arrives, as written.
    pub load: Load,
    /// Its stages along the run.
    pub timeline: Timeline,
    /// What starts iterations.
    pub executor: Executor,
    /// Seed of what follows from the workload alone and not from one of its users.
    pub seed: u64,
    /// How long running iterations may go on after the end.
    pub graceful_stop: Duration,
    /// How long the running iteration of a released user may go on.
    pub graceful_ramp_down: Duration,
    /// What a user does before its first iteration.
    pub on_start: Vec<Step>,
    /// The task it is counted under.
    pub on_start_task: TaskId,
    /// The data feeds that it uses.
    pub on_start_feeds: Vec<usize>,
    /// What a user does after its last iteration.
    pub on_stop: Vec<Step>,
    /// The task it is counted under.
    pub on_stop_task: TaskId,
    /// The data feeds that it uses.
    pub on_stop_feeds: Vec<usize>,
    /// What iterations do. A `flow` is one task.
    pub tasks: Vec<Task>,
    /// How often each task is chosen.
    pub weights: Weights,
    /// Minimum distance between the starts of two iterations of a user.
    pub pacing: Option<ThinkTime>,
    /// Cap on iterations per second.
    pub max_rate: Option<Rate>,
    /// Which of the plan's clients its users have.
    pub client: usize,
    /// How many slots a user needs for its variables.
    pub slots: usize,
    /// How many users of other workloads take rows of feeds before this workload's first one does.
    pub row_users_before: u64,
}

impl Workload {
    /// Whether its users take rows of data feeds.
    pub fn takes_rows(&self) -> bool {
        let around = !self.on_start_feeds.is_empty() || !self.on_stop_feeds.is_empty();
        around || self.tasks.iter().any(|task| !task.feeds.is_empty())
    }
}

impl Workload {
    /// Users that will exist at most.
    pub fn most_users(&self) -> u64 {
        match &self.executor {
            Executor::Closed { users, .. } => users.most_users(),
            Executor::Open { max_users, .. } => *max_users,
        }
    }

    /// The task of a user's next iteration.
    pub fn choose(&self, random: &mut UserRandom) -> &Task {
        &self.tasks[self.weights.pick(random)]
    }

    /// The task of iteration `number` (from 0), where iterations are numbered over all users: it follows from the
    /// seed and does not depend on who carries it out.
    pub fn task_of(&self, number: u64) -> &Task {
        &self.tasks[self.task_index(number)]
    }

    /// The same by position.
    pub(super) fn task_index(&self, number: u64) -> usize {
        self.weights.at(share_of(self.seed, number, Stream::Arrivals))
    }
}

/// A task, worked out.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// What it does.
    pub steps: Vec<Step>,
    /// The data feeds that it uses.
    pub feeds: Vec<usize>,
    /// Pause after it.
    pub think_time: ThinkTime,
}
