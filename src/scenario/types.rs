//! The scenario as its author wrote it: typed, with places, and without any meaning worked out yet.

use super::{
    check::{Check, Extract},
    span::Spanned,
    text::Text,
    value::Value,
};
use crate::model::Threshold;
use std::time::Duration;

/// Names and texts, as in `headers`, `query` and `tags`.
pub type Pairs = Vec<(Spanned<String>, Text)>;

/// A scenario file.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// `name`.
    pub name: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `tags`, on every sample.
    pub tags: Vec<(String, String)>,
    /// `target`.
    pub target: Option<Target>,
    /// `variables`.
    pub variables: Vec<(Spanned<String>, Value)>,
    /// `http`.
    pub http: HttpDefaults,
    /// The workloads; one of them, called `default`, where its keys stand at the top level.
    pub workloads: Vec<Workload>,
    /// `thresholds`.
    pub thresholds: Vec<Spanned<Threshold>>,
}

/// Where load goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The built-in demo API, started for this run.
    Demo,
    /// A base URL.
    Url(Text),
}

/// `http`: what every request has unless it says otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpDefaults {
    /// `headers`.
    pub headers: Pairs,
    /// `timeout` of a whole exchange.
    pub timeout: Option<Duration>,
}

/// Load and what it consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// How load arrives.
    pub load: Load,
    /// `on_start`.
    pub on_start: Vec<Step>,
    /// What an iteration does.
    pub work: Work,
    /// Pause after each iteration.
    pub think_time: ThinkTime,
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
    pub tags: Vec<(String, String)>,
}

/// How load arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// The lines that the number of users follows.
    pub stages: Vec<Stage>,
    /// Users at the start.
    pub start_users: u64,
    /// How long running iterations may go on after the end.
    pub graceful_stop: Option<Duration>,
    /// How long a released user may go on.
    pub graceful_ramp_down: Option<Duration>,
}

/// A straight line from the level before it to its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// `name`.
    pub name: Option<String>,
    /// How long it takes.
    pub duration: Duration,
    /// The users at its end.
    pub users: u64,
}

/// A pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThinkTime {
    /// The shortest.
    pub min: Duration,
    /// The longest; equal to the shortest for a fixed pause.
    pub max: Duration,
}

/// One thing a user does.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// An HTTP request.
    Request(Box<Request>),
    /// `think`.
    Think(ThinkTime),
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The HTTP method, in capitals.
    pub method: String,
    /// The URL, absolute or relative to the target.
    pub url: Text,
    /// `name`, or method and URL as written.
    pub name: String,
    /// `query`.
    pub query: Pairs,
    /// `headers`.
    pub headers: Pairs,
    /// `json` or `body`.
    pub body: Option<Body>,
    /// `timeout`.
    pub timeout: Option<Duration>,
    /// `tags`.
    pub tags: Vec<(String, String)>,
    /// `expect`: the request fails with them.
    pub expect: Vec<Check>,
    /// `check`: only counted.
    pub check: Vec<Check>,
    /// `extract`.
    pub extract: Vec<Extract>,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// `json`.
    Json(Value),
    /// `body`.
    Text(Text),
}
