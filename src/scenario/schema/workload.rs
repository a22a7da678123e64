//! A workload and its tasks.

use super::{
    http::Http,
    load::{Load, ThinkTime},
    quantity::{Duration, DurationRange, Literal, PositiveNumber, Rate},
    request::Request,
    rule::at_most_one,
    step::Steps,
};
use schemars::JsonSchema;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What only a workload has: the keys that stand at the top level of a file with one workload.
#[derive(JsonSchema)]
pub(super) struct WorkloadKeys {
    /// How load arrives: users or a rate, and for how long.
    pub load: Option<Load>,
    /// When it starts, counted from the start of the run.
    #[schemars(extend("default" = "0s"))]
    start_after: Option<Duration>,
    /// What each user does once, before its first iteration. A user for which it fails runs no task: it waits (1 s,
    /// doubling to 30 s) and tries again.
    on_start: Option<Steps>,
    /// What each user does once, after its last iteration.
    on_stop: Option<Steps>,
    /// Each iteration picks one of them, by weight.
    #[schemars(length(min = 1))]
    tasks: Option<Vec<Task>>,
    /// Each iteration does all of these steps, in order.
    flow: Option<Steps>,
    /// Pause after each iteration: `1s`, `1s..3s`, or a distribution.
    think_time: Option<ThinkTime>,
    /// The least time between the starts of two iterations of a user, kept to on time; not together with `think_time`.
    #[schemars(extend("examples" = ["2s", "1s..3s"]))]
    pacing: Option<DurationRange>,
    /// The most iterations that start per time, over all users of the workload; not beside a rate, which is a cap
    /// already.
    #[schemars(extend("examples" = ["200/s"]))]
    max_rate: Option<Rate>,
}

/// The keys of [`WorkloadKeys`].
pub(super) const WORKLOAD_KEYS: [&str; 9] =
    ["load", "start_after", "on_start", "on_stop", "tasks", "flow", "think_time", "pacing", "max_rate"];

/// What a workload needs.
pub(super) fn complete() -> Value {
    json!({ "required": ["load"], "anyOf": [{ "required": ["tasks"] }, { "required": ["flow"] }] })
}

/// What cannot stand together in a workload.
pub(super) fn not_together() -> Value {
    json!({ "allOf": [
        at_most_one(&["tasks", "flow"], "an iteration either picks one of `tasks` or runs the `flow`"),
        at_most_one(&["think_time", "pacing"], "`think_time` and `pacing` cannot stand together"),
    ] })
}

/// A named workload.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [complete(), not_together()]))]
pub(super) struct Workload {
    #[schemars(flatten)]
    keys: WorkloadKeys,
    /// Tags on this workload's samples.
    tags: Option<BTreeMap<String, Literal>>,
    /// What this workload's requests have unless they say otherwise; it goes over the file's `http`.
    http: Option<Http>,
    /// Constants of this workload, used as `${name}`; they go over the file's.
    variables: Option<BTreeMap<String, Value>>,
}

/// What an iteration may do: steps, or a single request whose keys stand in their place.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Task {
    Steps(StepsTask),
    Request(Box<RequestTask>),
}

/// A task of several steps.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct StepsTask {
    /// Name in results and thresholds. By default that of its first request.
    name: Option<Literal>,
    /// How often it is picked, relative to the other tasks.
    #[schemars(extend("default" = 1))]
    weight: Option<PositiveNumber>,
    /// What it does.
    steps: Steps,
    /// Pause after it, in place of the workload's.
    think_time: Option<ThinkTime>,
    /// Tags on the samples of its requests.
    tags: Option<BTreeMap<String, Literal>>,
}

/// A task of a single request.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RequestTask {
    /// How often it is picked, relative to the other tasks.
    #[schemars(extend("default" = 1))]
    weight: Option<PositiveNumber>,
    /// Pause after it, in place of the workload's.
    think_time: Option<ThinkTime>,
    #[schemars(flatten)]
    request: Request,
}
