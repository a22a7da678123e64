//! Names and values that a scenario gives: `variables`, `set` and tags.

use super::{
    diagnostic::Faults,
    reader::{entries, literal},
    span::Spanned,
    types::Tags,
    value::Value,
    yaml::Node,
};

/// Names in scope that the run itself provides.
const BUILT_IN: [&str; 10] =
    ["vu", "iteration", "scenario", "workload", "task", "target", "env", "secrets", "loop", "fake"];

/// `variables` or `set`: names and values of any kind.
pub(super) fn assignments(
    node: &Node,
    what: &'static str,
    faults: &mut Faults,
) -> Vec<(Spanned<String>, Value)> {
    let mut found = Vec::new();
    let written = entries(node, what, faults);
    for (name, value) in written {
        variable_name(name, faults);
        found.push((name.clone(), Value::of_node(value, faults)));
    }
    found
}

/// Reports a name that no expression could use.
pub(super) fn variable_name(name: &Spanned<String>, faults: &mut Faults) {
    let text = name.value.as_str();
    if !is_variable_name(text) {
        let fault = faults.report(name.span, format!("`{text}` cannot be a variable's name"));
        fault.label("letters, digits and `_`, not starting with a digit");
    } else if BUILT_IN.contains(&text) {
        faults.report(name.span, format!("`{text}` is a name of loadgen's own")).label("choose another name");
    }
}

/// Whether an expression can use the name.
pub(super) fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Tags that samples carry anyway; the user's own must not hide behind them.
const OWN_TAGS: [&str; 10] =
    ["workload", "task", "name", "method", "status", "stage", "error", "proto", "group", "check"];

/// Most tags of one place.
const MOST_TAGS: usize = 100;

/// `tags`: names and fixed texts.
pub(super) fn tags(node: &Node, faults: &mut Faults) -> Tags {
    let mut pairs = entries(node, "`tags`", faults);
    if pairs.len() > MOST_TAGS {
        let fault = faults.report(node.span, format!("these are {} tags", pairs.len()));
        fault.label(format!("at most {MOST_TAGS}: every sample carries them"));
        pairs.clear();
    }
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
