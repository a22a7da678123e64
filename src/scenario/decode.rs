//! The file as a whole: its top-level keys.

use super::{
    condition::{parse_condition, parse_metric},
    decode_load, decode_task,
    diagnostic::{Diagnostic, Faults},
    overlay,
    reader::{Keys, duration, entries, items, literal, text, whole_number, word},
    span::{Span, Spanned},
    types::{HttpDefaults, Pairs, Scenario, Target, Workload},
    value::Value,
    yaml::{self, Node, NodeValue},
};
use crate::model::{Selector, Threshold};

/// Largest file read.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// What decides how a file is read, besides its text.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The overlay of `environments` to merge over the file.
    pub environment: Option<String>,
}

/// Reads a scenario.
///
/// # Errors
/// Every fault of the file, in the file's order.
pub fn parse(source: &str, options: &Options) -> Result<Scenario, Vec<Diagnostic>> {
    let mut faults = Faults::default();
    let scenario = read(source, options, &mut faults);
    match scenario {
        Some(scenario) if faults.is_empty() => Ok(scenario),
        _ => Err(faults.into_sorted()),
    }
}

fn read(source: &str, options: &Options, faults: &mut Faults) -> Option<Scenario> {
    let start = Span { line: 1, column: 1, ..Span::default() };
    if source.len() > MOST_BYTES {
        faults.report(start, format!("the file has {} bytes, more than {MOST_BYTES}", source.len()));
        return None;
    }
    let mut root = yaml::parse(source, faults)?;
    overlay::apply(&mut root, options.environment.as_deref(), faults);
    decode(&root, faults)
}

fn decode(root: &Node, faults: &mut Faults) -> Option<Scenario> {
    let mut keys = Keys::open(root, "a scenario", faults)?;
    if let Some(node) = keys.get("version") {
        whole_number(node, "`version`", 1..=1, faults);
    }
    let name = keys.get("name").and_then(|node| literal(node, "`name`", faults));
    let description = keys.get("description").and_then(|node| literal(node, "`description`", faults));
    let tags = keys.get("tags").map_or_else(Vec::new, |node| tags(node, faults));
    let target = keys.get("target").and_then(|node| target(node, faults));
    let variables = keys.get("variables").map_or_else(Vec::new, |node| variables(node, faults));
    let http = keys.get("http").map(|node| http(node, faults)).unwrap_or_default();
    // Taken out before, with the overlay merged.
    keys.offer(&["environments"]);
    keys.not_yet(&["data", "secrets", "setup", "teardown", "warm_up", "workloads"], faults);
    let workload = workload(&mut keys, faults);
    let thresholds = keys.get("thresholds").map_or_else(Vec::new, |node| thresholds(node, faults));
    keys.finish(faults);
    Some(Scenario {
        name: name.map(|name| name.value),
        description: description.map(|text| text.value),
        tags,
        target,
        variables,
        http,
        workloads: vec![workload?],
        thresholds,
    })
}

/// The keys of the one workload, which stand at the top level.
fn workload(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Workload> {
    let load = match keys.get("load") {
        Some(node) => decode_load::load(node, faults),
        None => {
            let fault = faults.report(keys.span(), "`load` is missing: how many users, for how long?");
            fault.help("for example `load: { users: 10, duration: 30s }`");
            None
        }
    };
    let on_start =
        keys.get("on_start").map_or_else(Vec::new, |node| decode_task::steps(node, "`on_start`", faults));
    let think_time = keys.get("think_time").and_then(|node| decode_load::think_time(node, faults));
    keys.not_yet(&["start_after", "on_stop", "pacing", "max_rate"], faults);
    let work = decode_task::work(keys, faults);
    Some(Workload {
        name: "default".to_owned(),
        load: load?,
        on_start,
        work: work?,
        think_time: think_time.unwrap_or_default(),
    })
}

fn target(node: &Node, faults: &mut Faults) -> Option<Target> {
    let text = text(node, "`target`", faults)?;
    Some(if text.as_literal() == Some("demo") { Target::Demo } else { Target::Url(text) })
}

fn variables(node: &Node, faults: &mut Faults) -> Vec<(Spanned<String>, Value)> {
    let mut variables = Vec::new();
    for (name, value) in entries(node, "`variables`", faults) {
        variable_name(name, faults);
        variables.push((name.clone(), Value::of_node(value, faults)));
    }
    variables
}

/// Names in scope that the run itself provides.
const BUILT_IN: [&str; 8] = ["vu", "iteration", "scenario", "workload", "task", "target", "env", "secrets"];

/// Reports a name that no expression could use.
pub(super) fn variable_name(name: &Spanned<String>, faults: &mut Faults) {
    let text = name.value.as_str();
    let starts_well = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !starts_well || !text.chars().all(|c| c.is_alphanumeric() || c == '_') {
        let fault = faults.report(name.span, format!("`{text}` cannot be a variable's name"));
        fault.label("letters, digits and `_`, not starting with a digit");
    } else if BUILT_IN.contains(&text) {
        faults.report(name.span, format!("`{text}` is a name of loadgen's own")).label("choose another name");
    }
}

/// Tags that samples carry anyway; the user's own must not hide behind them.
const OWN_TAGS: [&str; 10] =
    ["workload", "task", "name", "method", "status", "stage", "error", "proto", "group", "check"];

pub(super) fn tags(node: &Node, faults: &mut Faults) -> Vec<(String, String)> {
    let pairs = entries(node, "`tags`", faults);
    let mut tags = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if OWN_TAGS.contains(&name.value.as_str()) {
            faults
                .report(name.span, format!("`{}` is a tag of loadgen's own", name.value))
                .label("choose another name");
        }
        if let Some(value) = literal(value, "a tag's value", faults) {
            tags.push((name.value.clone(), value.value));
        }
    }
    tags
}

fn http(node: &Node, faults: &mut Faults) -> HttpDefaults {
    let Some(mut keys) = Keys::open(node, "`http`", faults) else { return HttpDefaults::default() };
    let headers = keys.get("headers").map_or_else(Vec::new, |node| pairs(node, "`headers`", faults));
    let timeout = keys.get("timeout").and_then(|node| positive_duration(node, "`timeout`", faults));
    keys.not_yet(
        &[
            "connect_timeout",
            "follow_redirects",
            "cookies",
            "reset_each_iteration",
            "connections",
            "max_idle_per_host",
            "reuse",
            "version",
            "compression",
            "user_agent",
            "proxy",
            "tls",
            "dns",
            "local_address",
            "max_body",
            "discard_bodies",
            "max_rate",
            "trace",
            "allowed_hosts",
        ],
        faults,
    );
    keys.finish(faults);
    HttpDefaults { headers, timeout }
}

pub(super) fn positive_duration(node: &Node, what: &str, faults: &mut Faults) -> Option<std::time::Duration> {
    let duration = duration(node, what, faults)?;
    if duration.is_zero() {
        faults.report(node.span, format!("{what} must be longer than nothing"));
        return None;
    }
    Some(duration)
}

pub(super) fn pairs(node: &Node, what: &'static str, faults: &mut Faults) -> Pairs {
    let written = entries(node, what, faults);
    let mut pairs = Vec::with_capacity(written.len());
    for (name, value) in written {
        if let Some(value) = text(value, &format!("`{}`", name.value), faults) {
            pairs.push((name.clone(), value));
        }
    }
    pairs
}

fn thresholds(node: &Node, faults: &mut Faults) -> Vec<Spanned<Threshold>> {
    let mut out = Vec::new();
    for (left, right) in entries(node, "`thresholds`", faults) {
        let Some((metric, selector)) = parse_metric(left, faults) else { continue };
        let conditions = match &right.value {
            NodeValue::List(_) => items(right, "conditions", faults).unwrap_or_default().iter().collect(),
            _ => vec![right],
        };
        if conditions.is_empty() {
            faults
                .report(right.span, "a threshold without a condition holds nothing")
                .label("the list is empty");
        }
        for node in conditions {
            threshold(node, left.span, metric, &selector, faults)
                .into_iter()
                .for_each(|found| out.push(found));
        }
    }
    out
}

fn threshold(
    node: &Node,
    left: Span,
    metric: crate::model::Metric,
    selector: &Selector,
    faults: &mut Faults,
) -> Option<Spanned<Threshold>> {
    let expression = match &node.value {
        NodeValue::Map(_) => {
            let mut keys = Keys::open(node, "a threshold", faults)?;
            let expression = keys.require("expect", faults);
            keys.not_yet(&["over", "abort", "after", "min_samples"], faults);
            keys.finish(faults);
            expression?
        }
        _ => node,
    };
    let text = word(expression, "a condition", faults)?;
    let condition = parse_condition(text.value.trim(), expression.span, metric, faults)?;
    let line = expression.span.line;
    Some(Spanned::new(Threshold { metric, selector: selector.clone(), condition, line }, left))
}
