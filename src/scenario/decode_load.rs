//! `load` in its six shapes.

use super::{
    decode_step::one_of,
    diagnostic::Faults,
    reader::{Keys, boolean, duration, items, literal, positive_duration, quantity, whole_number, word},
    types::{Arrivals, Load, LoadShape, Stage},
    yaml::{Node, NodeValue},
};
use crate::model::{BYTES_PER_USER, Rate, format_bytes, parse_rate};
use std::time::Duration;

/// Most users of a run: each needs memory, a file and a port.
const MOST_USERS: u64 = 200_000;
/// Users that a rate may make where the file says nothing.
pub const DEFAULT_MAX_USERS: u64 = 10_000;
/// Longest time for a number of iterations where the file says nothing, as k6 has it.
const DEFAULT_MAX_DURATION: Duration = Duration::from_secs(600);
/// Most iterations of a run: more is a typing error.
const MOST_ITERATIONS: u64 = 1_000_000_000_000;
const STAGES: &str = "{ stages: [ { duration: 1m, users: 10 } ] }";
const SHAPES: &str = "`{ users: 50, duration: 5m }`, `{ rate: 100/s, duration: 5m }`, `{ users: 10, iterations: 1000 }` or `{ stages: [ … ] }`";

/// What a load is called in messages, and the keys that belong to it.
type Known = (&'static str, &'static [&'static str]);
const CONSTANT_USERS: Known = ("`users` and `duration`", &["users", "duration"]);
const RAMPING_USERS: Known = ("`stages` of users", &["stages", "start_users", "graceful_ramp_down"]);
const SHARED: Known = ("`iterations`", &["users", "iterations", "max_duration"]);
const PER_USER: Known = ("`iterations_per_user`", &["users", "iterations_per_user", "max_duration"]);
const CONSTANT_RATE: Known = ("a `rate`", &["rate", "duration", "max_users", "arrivals"]);
const RAMPING_RATE: Known = ("`stages` of rates", &["stages", "start_rate", "max_users", "arrivals"]);
pub(super) const ALL: [&str; 12] = [
    "users",
    "duration",
    "stages",
    "start_users",
    "iterations",
    "iterations_per_user",
    "max_duration",
    "rate",
    "start_rate",
    "max_users",
    "arrivals",
    "graceful_ramp_down",
];

pub(super) fn load(node: &Node, faults: &mut Faults) -> Option<Load> {
    let mut keys = Keys::open(node, "`load`", faults)?;
    let graceful_stop = keys.get("graceful_stop").and_then(|node| duration(node, "`graceful_stop`", faults));
    let ramp_down =
        keys.get("graceful_ramp_down").and_then(|node| duration(node, "`graceful_ramp_down`", faults));
    let known = shape_of(node, &keys);
    refuse_strangers(&mut keys, known, faults);
    keys.offer(&ALL);
    let shape = match known {
        CONSTANT_USERS => constant_users(&mut keys, faults),
        RAMPING_USERS => ramping_users(&mut keys, faults),
        SHARED | PER_USER => iterations(&mut keys, faults),
        CONSTANT_RATE => constant_rate(&mut keys, faults),
        _ => ramping_rate(&mut keys, faults),
    };
    keys.finish(faults);
    Some(Load { shape: shape?, graceful_stop, graceful_ramp_down: ramp_down, span: node.span })
}

/// The most telling key decides.
fn shape_of(node: &Node, keys: &Keys<'_>) -> Known {
    if keys.has("stages") {
        if keys.has("start_rate") || has_rates(node) { RAMPING_RATE } else { RAMPING_USERS }
    } else if keys.has("rate") {
        CONSTANT_RATE
    } else if keys.has("iterations_per_user") {
        PER_USER
    } else if keys.has("iterations") {
        SHARED
    } else {
        CONSTANT_USERS
    }
}

fn has_rates(load: &Node) -> bool {
    let stages = load.entry("stages").map(|stages| &stages.value);
    let Some(NodeValue::List(stages)) = stages else { return false };
    stages.iter().any(|stage| stage.entry("rate").is_some())
}

/// Keys of another shape: known, but without a meaning here.
fn refuse_strangers(keys: &mut Keys<'_>, (shape, own): Known, faults: &mut Faults) {
    for key in ALL {
        if !keys.has(key) || own.contains(&key) {
            continue;
        }
        keys.get(key);
        // Constant users may carry what only ramps use: an overlay of a ramp leaves it behind.
        if key == "graceful_ramp_down" {
            continue;
        }
        let message = format!("`{key}` cannot stand beside {shape} in `load`");
        let fault = faults.report(keys.key_span(key), message);
        let label = match key {
            "users" if has_users_made(own) => "a rate makes its users itself, up to `max_users`",
            _ => "belongs to another shape of load",
        };
        fault.label(label).help(format!("write one of {SHAPES}"));
    }
}

/// Whether users of this shape are made on demand.
fn has_users_made(own: &[&str]) -> bool {
    own.contains(&"max_users")
}

fn incomplete(keys: &mut Keys<'_>, needed: [&'static str; 2], faults: &mut Faults) {
    for key in needed {
        if keys.get(key).is_none() && !keys.misspelt(&needed) {
            let fault = faults.report(keys.place(), format!("`{key}` is missing in `load`"));
            fault.label(format!("add `{key}`")).help(format!("write one of {SHAPES}"));
        }
    }
}

fn length(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Duration> {
    keys.get("duration").and_then(|node| positive_duration(node, "`duration`", faults))
}

fn constant_users(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<LoadShape> {
    incomplete(keys, ["users", "duration"], faults);
    let users = keys.get("users").and_then(|node| user_count(node, "`users`", 1, faults));
    let duration = length(keys, faults);
    Some(LoadShape::ConstantUsers { users: users?, duration: duration? })
}

fn iterations(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<LoadShape> {
    let per_user = keys.has("iterations_per_user");
    let name = if per_user { "iterations_per_user" } else { "iterations" };
    incomplete(keys, ["users", name], faults);
    let users = keys.get("users").and_then(|node| user_count(node, "`users`", 1, faults));
    let what = format!("`{name}`");
    let iterations = keys.get(name).and_then(|node| whole_number(node, &what, 1..=MOST_ITERATIONS, faults));
    let max_duration = keys
        .get("max_duration")
        .map_or(Some(DEFAULT_MAX_DURATION), |node| positive_duration(node, "`max_duration`", faults));
    let (users, iterations, max_duration) = (users?, iterations?, max_duration?);
    Some(if per_user {
        LoadShape::IterationsPerUser { users, iterations, max_duration }
    } else {
        LoadShape::SharedIterations { users, iterations, max_duration }
    })
}

fn constant_rate(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<LoadShape> {
    incomplete(keys, ["rate", "duration"], faults);
    let rate = keys.get("rate").and_then(|node| positive_rate(node, "`rate`", faults));
    let duration = length(keys, faults);
    let (max_users, arrivals) = open_model(keys, faults);
    Some(LoadShape::ConstantRate {
        rate: rate?,
        duration: duration?,
        max_users: max_users?,
        arrivals: arrivals?,
    })
}

fn open_model(keys: &mut Keys<'_>, faults: &mut Faults) -> (Option<u64>, Option<Arrivals>) {
    const ARRIVALS: [(&str, Arrivals); 2] = [("uniform", Arrivals::Uniform), ("poisson", Arrivals::Poisson)];
    let max_users = keys
        .get("max_users")
        .map_or(Some(DEFAULT_MAX_USERS), |node| user_count(node, "`max_users`", 1, faults));
    let arrivals = keys
        .get("arrivals")
        .map_or(Some(Arrivals::Uniform), |node| one_of(node, "`arrivals`", &ARRIVALS, faults));
    (max_users, arrivals)
}

fn ramping_users(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<LoadShape> {
    let start_users =
        keys.get("start_users").map_or(Some(0), |node| user_count(node, "`start_users`", 0, faults));
    let node = keys.get("stages")?;
    let stages = stages(node, "users", faults, |node, faults| user_count(node, "`users`", 0, faults));
    let (start_users, stages) = (start_users?, stages?);
    if start_users == 0 && stages.iter().all(|stage| stage.level == 0) {
        let fault = faults.report(node.span, "no stage has any users");
        fault.label("at least one stage needs `users` above 0");
        return None;
    }
    Some(LoadShape::RampingUsers { start_users, stages })
}

fn ramping_rate(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<LoadShape> {
    let start_rate = keys
        .get("start_rate")
        .map_or(Some(Rate { per_second: 0.0 }), |node| rate(node, "`start_rate`", faults));
    let (max_users, arrivals) = open_model(keys, faults);
    let node = keys.get("stages")?;
    let stages = stages(node, "rate", faults, |node, faults| rate(node, "`rate`", faults));
    let (start_rate, stages) = (start_rate?, stages?);
    if start_rate.per_second == 0.0 && stages.iter().all(|stage| stage.level.per_second == 0.0) {
        let fault = faults.report(node.span, "no stage has any rate");
        fault.label("at least one stage needs a `rate` above 0/s");
        return None;
    }
    Some(LoadShape::RampingRate { start_rate, stages, max_users: max_users?, arrivals: arrivals? })
}

fn stages<L>(
    node: &Node,
    level: &'static str,
    faults: &mut Faults,
    read: impl Fn(&Node, &mut Faults) -> Option<L>,
) -> Option<Vec<Stage<L>>> {
    let list = items(node, "`stages`", faults)?;
    let found: Vec<Option<Stage<L>>> = list.iter().map(|node| stage(node, level, faults, &read)).collect();
    let stages = found.into_iter().collect::<Option<Vec<_>>>()?;
    if stages.iter().all(|stage| stage.duration.is_zero()) {
        let fault = faults.report(node.span, "the stages take no time");
        fault.label("at least one stage needs a `duration` above 0s");
        if stages.is_empty() {
            fault.help(format!("for example `{STAGES}`"));
        }
        return None;
    }
    Some(stages)
}

fn stage<L>(
    node: &Node,
    level: &'static str,
    faults: &mut Faults,
    read: &impl Fn(&Node, &mut Faults) -> Option<L>,
) -> Option<Stage<L>> {
    let mut keys = Keys::open(node, "a stage", faults)?;
    let name = keys.get("name").and_then(|node| literal(node, "a stage's name", faults));
    let duration = keys.require("duration", faults).and_then(|node| duration(node, "`duration`", faults));
    let warm_up = keys.get("warm_up").and_then(|node| boolean(node, "`warm_up`", faults));
    let other = if level == "rate" { "users" } else { "rate" };
    if keys.has(other) {
        keys.get(other);
        let fault = faults.report(keys.key_span(other), "these stages mix `users` and `rate`");
        fault.label(format!("the other stages have `{level}`"));
    }
    let value =
        if keys.has("target") || keys.has(other) { keys.get(level) } else { keys.require(level, faults) };
    let value = value.and_then(|node| read(node, faults));
    keys.finish_with(faults, |key, fault| {
        let ours = key == "target";
        if ours {
            fault.label(format!("k6's `target` is called `{level}` here"));
        }
        ours
    });
    Some(Stage {
        name: name.map(|name| name.value),
        duration: duration?,
        warm_up: warm_up.unwrap_or(false),
        level: value?,
    })
}

fn user_count(node: &Node, what: &str, least: u64, faults: &mut Faults) -> Option<u64> {
    let users = whole_number(node, what, least..=u64::MAX, faults)?;
    if users > MOST_USERS {
        let needed = format_bytes(users.saturating_mul(BYTES_PER_USER));
        let fault = faults.report(node.span, format!("{users} users would need about {needed} of memory"));
        fault.label(format!("at most {MOST_USERS}"));
        return None;
    }
    Some(users)
}

pub(super) fn rate(node: &Node, what: &str, faults: &mut Faults) -> Option<Rate> {
    let word = word(node, what, faults)?;
    quantity(parse_rate(word.value), word.span, what, faults)
}

pub(super) fn positive_rate(node: &Node, what: &str, faults: &mut Faults) -> Option<Rate> {
    let rate = rate(node, what, faults)?;
    if rate.per_second <= 0.0 {
        faults.report(node.span, format!("{what} must be above zero")).label("nothing would ever start");
        return None;
    }
    Some(rate)
}

/// Where load starts within the run.
pub(super) fn start_after(node: &Node, faults: &mut Faults) -> Option<Duration> {
    duration(node, "`start_after`", faults)
}
