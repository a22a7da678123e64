//! `thresholds`: what stands left and right, and the map form.

use super::{
    condition::{parse_condition, parse_metric},
    diagnostic::Faults,
    reader::{Keys, boolean, duration, entries, items, positive_duration, whole_number, word},
    span::{Span, Spanned},
    yaml::{Node, NodeValue},
};
use crate::model::{Metric, Selector, Threshold};

pub(super) fn thresholds(node: &Node, faults: &mut Faults) -> Vec<Spanned<Threshold>> {
    if let NodeValue::List(_) = node.value {
        let fault = faults.report(node.span, "`thresholds` is a map, this is a list");
        fault.label("expected a map").help("without the dashes: `http_req_duration: p95 < 500ms`");
        return Vec::new();
    }
    if let NodeValue::Scalar(_) = node.value {
        let fault = faults.report(node.span, format!("`thresholds` is a map, this is {}", node.kind()));
        fault.label("expected a map").help("for example `thresholds: { http_req_duration: p95 < 500ms }`");
        return Vec::new();
    }
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
        let found =
            conditions.into_iter().filter_map(|node| threshold(node, left.span, metric, &selector, faults));
        out.extend(found);
    }
    out
}

fn threshold(
    node: &Node,
    left: Span,
    metric: Metric,
    selector: &Selector,
    faults: &mut Faults,
) -> Option<Spanned<Threshold>> {
    let expression = match &node.value {
        NodeValue::Map(_) => map_form(node, faults)?,
        _ => node,
    };
    let text = word(expression, "a condition", faults)?;
    let condition = parse_condition(expression, text.value, metric, faults)?;
    let line = expression.span.line;
    Some(Spanned::new(Threshold { metric, selector: selector.clone(), condition, line }, left))
}

/// `{ expect, over, abort, after, min_samples }`; windows and early ends are checked, and refused at run time.
fn map_form<'n>(node: &'n Node, faults: &mut Faults) -> Option<&'n Node> {
    let mut keys = Keys::open(node, "a threshold", faults)?;
    let condition =
        keys.strange_entries(&["expect", "over", "after", "abort", "min_samples"]).find_map(meant);
    let expression = if condition.is_some() { keys.get("expect") } else { keys.require("expect", faults) };
    let mut later = Vec::new();
    if let Some(node) = keys.get("over") {
        later.extend(positive_duration(node, "`over`", faults).map(|_| "over"));
    }
    if let Some(node) = keys.get("after") {
        let after = duration(node, "`after`", faults);
        later.extend(after.filter(|after| !after.is_zero()).map(|_| "after"));
    }
    if let Some(node) = keys.get("abort") {
        later.extend(boolean(node, "`abort`", faults).filter(|abort| *abort).map(|_| "abort"));
    }
    if let Some(node) = keys.get("min_samples") {
        later.extend(whole_number(node, "`min_samples`", 1..=1_000_000_000, faults).map(|_| "min_samples"));
    }
    for key in later {
        faults.not_yet(keys.key_span(key), &format!("`{key}` of a threshold"));
    }
    keys.finish_with(faults, |key, fault| match condition.as_ref().filter(|(meant, _)| meant == key) {
        Some((_, condition)) => {
            fault.label(format!("did you mean `expect: {condition}`?"));
            true
        }
        None => false,
    });
    expression
}

/// The condition that `p95: 200ms` or `p(95): "< 200"` was meant as, by its key.
fn meant((key, value): (&str, &Node)) -> Option<(String, String)> {
    let is_aggregation =
        matches!(key, "avg" | "med" | "min" | "max" | "rate" | "count" | "value" | "stddev" | "mean")
            || key
                .strip_prefix('p')
                .is_some_and(|rest| rest.starts_with(|c: char| c == '(' || c.is_ascii_digit()));
    let text = match &value.value {
        NodeValue::Scalar(scalar) if is_aggregation => scalar.text.trim(),
        _ => return None,
    };
    let operator = if text.starts_with(['<', '>', '=', '!']) { "" } else { "< " };
    let is_bare =
        !operator.is_empty() && text.parse::<f64>().is_ok() && !matches!(key, "rate" | "count" | "value");
    let unit = if is_bare { "ms" } else { "" };
    let key_here = if key == "mean" { "avg" } else { key };
    Some((key.to_owned(), format!("{key_here} {operator}{text}{unit}")))
}
