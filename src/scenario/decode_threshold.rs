//! `thresholds`: what stands left and right, and the map form.

use super::{
    condition::{parse_condition, parse_metric},
    diagnostic::Faults,
    reader::{Keys, boolean, duration, entries, items, positive_duration, whole_number, word},
    span::{Span, Spanned},
    yaml::{Node, NodeValue},
};
use crate::model::{Aggregation, Condition, Metric, Selector, Threshold, format_duration};
use std::time::Duration;

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
    let (expression, terms) = match &node.value {
        NodeValue::Map(_) => map_form(node, faults)?,
        _ => (node, Terms::default()),
    };
    let text = word(expression, "a condition", faults)?;
    let condition = parse_condition(expression, text.value, metric, faults)?;
    terms.check(metric, &condition, faults);
    let value = Threshold {
        over: terms.over,
        abort: terms.abort.is_some(),
        after: terms.after,
        min_samples: terms.min_samples,
        ..Threshold::new(metric, selector.clone(), condition, expression.span.line)
    };
    Some(Spanned::new(value, left))
}

/// How and when a condition is judged.
#[derive(Debug, Default)]
struct Terms {
    over: Option<Duration>,
    /// Where it says that the run is stopped.
    abort: Option<Span>,
    after: Duration,
    min_samples: Option<u64>,
}

impl Terms {
    /// Refuses an abort that would come at the very beginning.
    fn check(&self, metric: Metric, condition: &Condition, faults: &mut Faults) {
        let Some(abort) = self.abort.filter(|_| self.over.is_none() && condition.comes_true_late()) else {
            return;
        };
        let number = condition.aggregation;
        let growth = if number == Aggregation::Min { "falls" } else { "grows" };
        let message =
            format!("`abort` would stop the run at its beginning: `{condition}` can come true late");
        faults.report(abort, message).label(format!("the `{number}` of `{metric}` only {growth}")).help(
            "leave `abort` out, so that it is judged at the end, or add `over: 10s` to ask it of every 10 s",
        );
    }
}

/// `{ expect, over, abort, after, min_samples }`.
fn map_form<'n>(node: &'n Node, faults: &mut Faults) -> Option<(&'n Node, Terms)> {
    let mut keys = Keys::open(node, "a threshold", faults)?;
    let condition =
        keys.strange_entries(&["expect", "over", "after", "abort", "min_samples"]).find_map(meant);
    let expression = if condition.is_some() { keys.get("expect") } else { keys.require("expect", faults) };
    let over = keys.get("over").and_then(|node| window(node, faults));
    let after = keys.get("after").and_then(|node| duration(node, "`after`", faults)).unwrap_or_default();
    let stops = keys.get("abort").and_then(|node| boolean(node, "`abort`", faults)).unwrap_or_default();
    let abort = stops.then(|| keys.key_span("abort"));
    let min_samples = keys
        .get("min_samples")
        .and_then(|node| whole_number(node, "`min_samples`", 1..=1_000_000_000, faults));
    keys.finish_with(faults, |key, fault| match condition.as_ref().filter(|(meant, _)| meant == key) {
        Some((_, condition)) => {
            fault.label(format!("did you mean `expect: {condition}`?"));
            true
        }
        None => false,
    });
    expression.map(|expression| (expression, Terms { over, abort, after, min_samples }))
}

/// The length of a window, in whole seconds, which are what windows are made of.
fn window(node: &Node, faults: &mut Faults) -> Option<Duration> {
    let over = positive_duration(node, "`over`", faults)?;
    if over.subsec_nanos() == 0 {
        return Some(over);
    }
    let whole = format_duration(Duration::from_secs(over.as_secs() + 1));
    let fault =
        faults.report(node.span, format!("`over: {}` is not in whole seconds", format_duration(over)));
    fault.label(format!("windows are made of seconds: for example `{whole}`"));
    None
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
