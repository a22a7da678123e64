//! `load`, `think_time` and `pacing`.

use super::{
    quantity::{Count, Duration, DurationRange, Literal, PositiveCount, Rate},
    rule::exactly_one,
};
use schemars::JsonSchema;

/// How load arrives. The keys that are present choose the shape: a number of users (closed model), or a rate of
/// arrivals (open model).
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Load {
    ConstantUsers(ConstantUsers),
    RampingUsers(RampingUsers),
    SharedIterations(SharedIterations),
    IterationsPerUser(IterationsPerUser),
    ConstantRate(ConstantRate),
    RampingRate(RampingRate),
}

/// So many users, all the time.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [{ "users": 50, "duration": "5m" }]))]
pub(super) struct ConstantUsers {
    /// How many users.
    users: PositiveCount,
    /// For how long.
    #[schemars(extend("examples" = ["30s", "5m"]))]
    duration: Duration,
    /// How long running iterations may go on after the end, before they are cut.
    #[schemars(extend("default" = "30s"))]
    graceful_stop: Option<Duration>,
    /// How long a released user's iteration may go on, before it is cut; a user that is wanted again by then is not.
    #[schemars(extend("default" = "30s"))]
    graceful_ramp_down: Option<Duration>,
}

/// Users along straight lines from level to level.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [{ "stages": [{ "duration": "1m", "users": 10 }] }]))]
pub(super) struct RampingUsers {
    /// The lines that the number of users follows.
    #[schemars(length(min = 1))]
    stages: Vec<UserStage>,
    /// How many users there are at the start.
    #[schemars(extend("default" = 0))]
    start_users: Option<Count>,
    /// How long running iterations may go on after the end, before they are cut.
    #[schemars(extend("default" = "30s"))]
    graceful_stop: Option<Duration>,
    /// How long a released user's iteration may go on, before it is cut; a user that is wanted again by then is not.
    #[schemars(extend("default" = "30s"))]
    graceful_ramp_down: Option<Duration>,
}

/// A straight line from the level before it to its own number of users.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct UserStage {
    /// Name in results and in thresholds (`{stage:NAME}`); by default its number, from 1.
    name: Option<Literal>,
    /// How long the line takes; `0s` jumps.
    #[schemars(extend("examples" = ["1m", "0s"]))]
    duration: Duration,
    /// The number of users at its end. The level before it holds.
    users: Count,
    /// Whether what begins in this stage counts in no summary and no threshold, only in the course of the run.
    #[schemars(extend("default" = false))]
    warm_up: Option<bool>,
}

/// A number of iterations that all users share: whoever is free takes the next.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [{ "users": 10, "iterations": 1000, "max_duration": "10m" }]))]
pub(super) struct SharedIterations {
    /// How many users.
    users: PositiveCount,
    /// How many iterations all users make together.
    iterations: PositiveCount,
    /// When it ends even if iterations are left, which then count as `dropped_iterations`.
    #[schemars(extend("default" = "10m"))]
    max_duration: Option<Duration>,
    /// How long running iterations may go on after the end, before they are cut.
    #[schemars(extend("default" = "30s"))]
    graceful_stop: Option<Duration>,
}

/// A number of iterations for each user.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("examples" = [{ "users": 10, "iterations_per_user": 100, "max_duration": "10m" }])
)]
pub(super) struct IterationsPerUser {
    /// How many users.
    users: PositiveCount,
    /// How many iterations each user makes.
    iterations_per_user: PositiveCount,
    /// When it ends even if iterations are left, which then count as `dropped_iterations`.
    #[schemars(extend("default" = "10m"))]
    max_duration: Option<Duration>,
    /// How long running iterations may go on after the end, before they are cut.
    #[schemars(extend("default" = "30s"))]
    graceful_stop: Option<Duration>,
}

/// Iterations start at this rate, however slow the answers are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [{ "rate": "100/s", "duration": "5m", "max_users": 500 }]))]
pub(super) struct ConstantRate {
    /// How many iterations start in which time, however slow the answers are: `100/s`, `30/m`.
    #[schemars(extend("examples" = ["100/s", "30/m"]))]
    rate: Rate,
    /// For how long.
    #[schemars(extend("examples" = ["30s", "5m"]))]
    duration: Duration,
    /// The most users at a time. An arrival takes an idle one, or makes one; where there can be no more of them, it is
    /// dropped and counts in `dropped_iterations`.
    #[schemars(extend("default" = 10_000))]
    max_users: Option<PositiveCount>,
    /// How the arrivals are spaced.
    #[schemars(extend("default" = "uniform"))]
    arrivals: Option<Arrivals>,
    /// How long running iterations may go on after the end, before they are cut.
    #[schemars(extend("default" = "30s"))]
    graceful_stop: Option<Duration>,
}

/// Iterations start at a rate along straight lines from level to level.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("examples" = [{ "stages": [{ "duration": "1m", "rate": "100/s" }], "max_users": 500 }])
)]
pub(super) struct RampingRate {
    /// The lines that the rate follows.
    #[schemars(length(min = 1))]
    stages: Vec<RateStage>,
    /// The rate at the start.
    #[schemars(extend("default" = "0/s"))]
    start_rate: Option<Rate>,
    /// The most users at a time. An arrival takes an idle one, or makes one; where there can be no more of them, it is
    /// dropped and counts in `dropped_iterations`.
    #[schemars(extend("default" = 10_000))]
    max_users: Option<PositiveCount>,
    /// How the arrivals are spaced.
    #[schemars(extend("default" = "uniform"))]
    arrivals: Option<Arrivals>,
    /// How long running iterations may go on after the end, before they are cut.
    #[schemars(extend("default" = "30s"))]
    graceful_stop: Option<Duration>,
}

/// A straight line from the level before it to its own rate.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct RateStage {
    /// Name in results and in thresholds (`{stage:NAME}`); by default its number, from 1.
    name: Option<Literal>,
    /// How long the line takes; `0s` jumps.
    #[schemars(extend("examples" = ["1m", "0s"]))]
    duration: Duration,
    /// The rate at its end: `100/s`, `30/m`. The level before it holds.
    #[schemars(extend("examples" = ["100/s"]))]
    rate: Rate,
    /// Whether what begins in this stage counts in no summary and no threshold, only in the course of the run.
    #[schemars(extend("default" = false))]
    warm_up: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Arrivals {
    /// Evenly.
    Uniform,
    /// With exponential gaps of the same mean, as independent visitors arrive.
    Poisson,
}

/// A pause: fixed (`1s`), uniform between two (`1s..3s`), or of a distribution.
#[derive(JsonSchema)]
#[schemars(untagged, extend("examples" = ["1s", "1s..3s"]))]
pub(super) enum ThinkTime {
    Between(DurationRange),
    Distribution(Distribution),
}

/// A distribution of pauses.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [exactly_one(&["normal", "exponential"], "a pause has one distribution")]))]
pub(super) struct Distribution {
    /// Normal: most pauses are near the mean.
    normal: Option<Normal>,
    /// Exponential with this mean: many short pauses, a few long ones.
    #[schemars(extend("examples" = ["2s"]))]
    exponential: Option<Duration>,
}

/// A normal distribution.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [{ "mean": "2s", "sd": "500ms" }]))]
pub(super) struct Normal {
    /// The mean.
    mean: Duration,
    /// The standard deviation.
    sd: Duration,
}
