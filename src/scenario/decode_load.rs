//! `load` and `think_time`.

use super::{
    decode::positive_duration,
    diagnostic::Faults,
    reader::{Keys, duration, items, literal, quantity, whole_number, word},
    span::Span,
    types::{Load, Stage, ThinkTime},
    yaml::{Node, NodeValue},
};
use crate::model::{format_bytes, parse_duration};

/// Most users of a run: each needs memory, a file and a port.
const MOST_USERS: u64 = 200_000;
/// What a user with an open connection takes, for the message that refuses too many.
const BYTES_PER_USER: u64 = 23 * 1024;
const SHAPES: &str = "`{ users: 50, duration: 5m }` or `{ stages: [ { duration: 1m, users: 10 } ] }`";

pub(super) fn load(node: &Node, faults: &mut Faults) -> Option<Load> {
    let mut keys = Keys::open(node, "`load`", faults)?;
    let graceful_stop = keys.get("graceful_stop").and_then(|node| duration(node, "`graceful_stop`", faults));
    let ramp_down =
        keys.get("graceful_ramp_down").and_then(|node| duration(node, "`graceful_ramp_down`", faults));
    keys.not_yet(
        &["iterations", "iterations_per_user", "max_duration", "rate", "start_rate", "max_users", "arrivals"],
        faults,
    );
    let later = ["iterations", "iterations_per_user", "rate", "start_rate"].iter().any(|key| keys.has(key));
    let shape =
        if keys.has("stages") { ramping(&mut keys, faults) } else { constant(&mut keys, later, faults) };
    keys.finish(faults);
    let (start_users, stages) = shape?;
    Some(Load { stages, start_users, graceful_stop, graceful_ramp_down: ramp_down })
}

fn constant(keys: &mut Keys<'_>, later: bool, faults: &mut Faults) -> Option<(u64, Vec<Stage>)> {
    if keys.has("start_users") {
        keys.get("start_users");
        faults
            .report(keys.key_span("start_users"), "`start_users` belongs to `stages`")
            .label("without `stages` here");
    }
    let users = keys.get("users");
    let length = keys.get("duration");
    if later {
        return None;
    }
    if users.is_none() || length.is_none() {
        let missing = if users.is_none() { "users" } else { "duration" };
        faults
            .report(keys.span(), format!("`{missing}` is missing in `load`"))
            .help(format!("write {SHAPES}"));
    }
    let users = users.and_then(|node| user_count(node, 1, faults));
    let duration = length.and_then(|node| positive_duration(node, "`duration`", faults));
    let (users, duration) = (users?, duration?);
    Some((users, vec![Stage { name: None, duration, users }]))
}

fn ramping(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<(u64, Vec<Stage>)> {
    for key in ["users", "duration"] {
        if keys.has(key) {
            keys.get(key);
            let message = format!("`{key}` and `stages` cannot stand together in `load`");
            faults.report(keys.key_span(key), message).help(format!("write either {SHAPES}"));
        }
    }
    let start_users = keys.get("start_users").map_or(Some(0), |node| user_count(node, 0, faults));
    let node = keys.get("stages")?;
    let list = items(node, "`stages`", faults)?;
    let stages: Vec<Option<Stage>> = list.iter().map(|node| stage(node, faults)).collect();
    let stages: Option<Vec<Stage>> = stages.into_iter().collect();
    let (start_users, stages) = (start_users?, stages?);
    check_stages(node.span, start_users, &stages, faults)?;
    Some((start_users, stages))
}

fn check_stages(span: Span, start_users: u64, stages: &[Stage], faults: &mut Faults) -> Option<()> {
    if stages.iter().all(|stage| stage.duration.is_zero()) {
        faults
            .report(span, "the stages take no time")
            .label("at least one stage needs a `duration` above 0s");
        return None;
    }
    if start_users == 0 && stages.iter().all(|stage| stage.users == 0) {
        faults.report(span, "no stage has any users").label("at least one stage needs `users` above 0");
        return None;
    }
    Some(())
}

fn stage(node: &Node, faults: &mut Faults) -> Option<Stage> {
    let mut keys = Keys::open(node, "a stage", faults)?;
    let name = keys.get("name").and_then(|node| literal(node, "a stage's name", faults));
    let duration = keys.require("duration", faults).and_then(|node| duration(node, "`duration`", faults));
    let users = if keys.has("rate") || keys.has("target") {
        keys.get("users")
    } else {
        keys.require("users", faults)
    };
    let users = users.and_then(|node| user_count(node, 0, faults));
    keys.not_yet(&["rate", "warm_up"], faults);
    keys.finish_with(faults, |key, fault| {
        let ours = key == "target";
        if ours {
            fault.label("k6's `target` is called `users` here");
        }
        ours
    });
    Some(Stage { name: name.map(|name| name.value), duration: duration?, users: users? })
}

fn user_count(node: &Node, least: u64, faults: &mut Faults) -> Option<u64> {
    let users = whole_number(node, "`users`", least..=u64::MAX, faults)?;
    if users > MOST_USERS {
        let needed = format_bytes(users.saturating_mul(BYTES_PER_USER));
        let fault = faults.report(node.span, format!("{users} users would need about {needed} of memory"));
        fault.label(format!("at most {MOST_USERS}"));
        return None;
    }
    Some(users)
}

/// `1s` or `1s..3s`.
pub(super) fn think_time(node: &Node, faults: &mut Faults) -> Option<ThinkTime> {
    if matches!(node.value, NodeValue::Map(_)) {
        faults
            .not_yet(node.span, "a think time's distribution")
            .help("write `1s` or a range such as `1s..3s`");
        return None;
    }
    let text = word(node, "a think time", faults)?;
    let (min, max) = text.value.split_once("..").unwrap_or((text.value, text.value));
    let min = quantity(parse_duration(min), text.span, "a think time", faults)?;
    let max = quantity(parse_duration(max), text.span, "a think time", faults)?;
    if min > max {
        faults.report(text.span, "this range ends before it starts").label("write the shorter time first");
        return None;
    }
    Some(ThinkTime { min, max })
}
