//! The scenario as its author wrote it: typed, with places, and without any meaning worked out yet.
//!
//! Steps have a file of their own, requests another.

use super::{
    data::DataFeed,
    given::Given,
    http::HttpDefaults,
    secrets::Secret,
    span::{Span, Spanned},
    step::Step,
    text::Text,
    value::Value,
};
use crate::model::ThinkTime;
use crate::model::{Rate, Threshold};
use std::time::Duration;

/// Names and texts, as in `headers`, `query` and `form`.
pub type Pairs = Vec<(Spanned<String>, Text)>;

/// Names and fixed texts, as in `tags`.
pub type Tags = Vec<(String, String)>;

/// A scenario file.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// `name`.
    pub name: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `tags`, on every sample.
    pub tags: Tags,
    /// `target`.
    pub target: Option<Target>,
    /// `variables`.
    pub variables: Vec<(Spanned<String>, Value)>,
    /// `data`.
    pub data: Vec<DataFeed>,
    /// `secrets`.
    pub secrets: Vec<Secret>,
    /// `http`.
    pub http: HttpDefaults,
    /// `setup`: once per run, before the load.
    pub setup: Vec<Step>,
    /// `warm_up`: so much of the start counts in no summary and no threshold.
    pub warm_up: Option<Spanned<Duration>>,
    /// `teardown`: once per run, after the load.
    pub teardown: Vec<Step>,
    /// The workloads; one of them, called `default`, where its keys stand at the top level.
    pub workloads: Vec<Workload>,
    /// `thresholds`.
    pub thresholds: Vec<Spanned<Threshold>>,
    /// The only task that was kept, where the command line names one.
    pub only: Option<String>,
    /// Where a part of the file could not be read: every name that the file gives, so that the rest can be
    /// looked at without taking what is lost for undefined.
    pub lost: Option<Given>,
}

/// Where load goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The built-in demo API, started for this run.
    Demo,
    /// A base URL.
    Url(Text),
}

/// Load and what it consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Its name.
    pub name: Spanned<String>,
    /// How load arrives.
    pub load: Load,
    /// Where it starts, from the start of the run.
    pub start_after: Duration,
    /// `on_start`.
    pub on_start: Vec<Step>,
    /// `on_stop`.
    pub on_stop: Vec<Step>,
    /// What an iteration does.
    pub work: Work,
    /// Pause after each iteration.
    pub think_time: ThinkTime,
    /// Minimum distance between the starts of two iterations of a user.
    pub pacing: Option<ThinkTime>,
    /// Cap on iterations per second over the whole workload.
    pub max_rate: Option<Rate>,
    /// `tags`, over the file's.
    pub tags: Tags,
    /// `http`, over the file's.
    pub http: HttpDefaults,
    /// `variables`, over the file's.
    pub variables: Vec<(Spanned<String>, Value)>,
}

/// What an iteration does.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// `tasks`: one of them, by weight.
    Tasks(Vec<Task>),
    /// `flow`: all steps in order.
    Flow(Vec<Step>),
}

/// A weighted task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its name, or its first request's.
    pub name: Spanned<String>,
    /// How often it is chosen, relative to the others.
    pub weight: f64,
    /// What it does.
    pub steps: Vec<Step>,
    /// Pause after it, in place of the workload's.
    pub think_time: Option<ThinkTime>,
    /// Tags on its samples.
    pub tags: Tags,
}

/// How load arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Which of the six shapes.
    pub shape: LoadShape,
    /// How long running iterations may go on after the end.
    pub graceful_stop: Option<Duration>,
    /// How long a released user may go on.
    pub graceful_ramp_down: Option<Duration>,
    /// Its place.
    pub span: Span,
}

impl Load {
    /// Stands for a load that could not be read, in a scenario that is refused.
    pub(super) fn placeholder(span: Span) -> Self {
        let shape = LoadShape::ConstantUsers { users: 1, duration: Duration::from_secs(1) };
        Self { shape, graceful_stop: None, graceful_ramp_down: None, span }
    }
}

/// The shapes of load, named as k6 names its executors.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadShape {
    /// constant_vus: so many users, all the time.
    ConstantUsers {
        /// The users.
        users: u64,
        /// How long.
        duration: Duration,
    },
    /// ramping_vus: users along straight lines.
    RampingUsers {
        /// Users at the start.
        start_users: u64,
        /// The lines.
        stages: Vec<Stage<u64>>,
    },
    /// shared_iterations: a number of iterations that the users share.
    SharedIterations {
        /// The users.
        users: u64,
        /// Iterations of all of them together.
        iterations: u64,
        /// Longest time for them.
        max_duration: Duration,
    },
    /// per_vu_iterations: a number of iterations for each user.
    IterationsPerUser {
        /// The users.
        users: u64,
        /// Iterations of each of them.
        iterations: u64,
        /// Longest time for them.
        max_duration: Duration,
    },
    /// constant_arrival_rate: iterations start at a rate, however long they take.
    ConstantRate {
        /// The rate.
        rate: Rate,
        /// How long.
        duration: Duration,
        /// Users that may be made for it.
        max_users: u64,
        /// How arrivals are spaced.
        arrivals: Arrivals,
    },
    /// ramping_arrival_rate: the same along straight lines.
    RampingRate {
        /// Rate at the start.
        start_rate: Rate,
        /// The lines.
        stages: Vec<Stage<Rate>>,
        /// Users that may be made for it.
        max_users: u64,
        /// How arrivals are spaced.
        arrivals: Arrivals,
    },
}

impl LoadShape {
    /// Whether iterations arrive at a rate, whatever the target takes for them.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::ConstantRate { .. } | Self::RampingRate { .. })
    }
}

/// How arrivals of a rate are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrivals {
    /// At equal distances.
    #[default]
    Uniform,
    /// At exponential distances of the same mean.
    Poisson,
}

/// A straight line from the level before it to its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage<L> {
    /// `name`.
    pub name: Option<String>,
    /// How long it takes.
    pub duration: Duration,
    /// Whether what begins in it is only warm-up.
    pub warm_up: bool,
    /// The level at its end.
    pub level: L,
}
