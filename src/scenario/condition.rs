//! The grammar of thresholds: `METRIC{tag:value}` on the left, `AGGREGATION OPERATOR VALUE` on the right.

use super::{
    diagnostic::Faults,
    span::{Span, Spanned},
    suggest::{listed, nearest},
    yaml::Node,
};
use crate::model::{
    Aggregation, Condition, Glob, Limit, Metric, MetricKind, Operator, Percent, Selector, Unit,
    parse_duration, parse_rate, parse_share,
};

/// Reads the left side.
pub(super) fn parse_metric(text: &Spanned<String>, faults: &mut Faults) -> Option<(Metric, Selector)> {
    let (name, tags) = match text.value.split_once('{') {
        None => (text.value.trim(), None),
        Some((name, rest)) => (name.trim(), Some(rest)),
    };
    let metric = metric_named(name, text.span, faults);
    let selector = match tags.map(|tags| tags.trim().strip_suffix('}')) {
        None => Selector::default(),
        Some(None) => {
            let fault = faults.report(text.span, "the tags' closing `}` is missing");
            fault.label("as in `http_req_duration{task:login}`");
            return None;
        }
        Some(Some(tags)) => Selector { tags: parse_tags(tags, text.span, faults)? },
    };
    Some((metric?, selector))
}

fn metric_named(name: &str, span: Span, faults: &mut Faults) -> Option<Metric> {
    let Some(metric) = Metric::from_name(name) else {
        let names = || Metric::ALL.iter().map(|metric| metric.name());
        let fault = faults.report(span, format!("there is no metric `{name}`"));
        match nearest(name, names()) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None if percentile(name).is_some() || matches!(name, "avg" | "med" | "min" | "max") => fault
                .label("the metric belongs here, and this behind it")
                .help(format!("for example `http_req_duration: {name} < 500ms`")),
            None => fault.label("unknown metric").help(format!("metrics are {}", listed(names()))),
        };
        return None;
    };
    Some(metric)
}

fn parse_tags(text: &str, span: Span, faults: &mut Faults) -> Option<Vec<(String, Glob)>> {
    let mut tags = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        let Some((name, value)) = tag.split_once(':') else {
            faults
                .report(span, format!("`{tag}` is not a tag"))
                .label("write `tag:value`, as in `{task:login}`");
            return None;
        };
        tags.push((name.trim().to_owned(), Glob::new(value.trim())));
    }
    Some(tags)
}

/// Reads the right side.
pub(super) fn parse_condition(
    node: &Node,
    text: &str,
    metric: Metric,
    faults: &mut Faults,
) -> Option<Condition> {
    let signs = [
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    let found = signs.into_iter().find_map(|(sign, operator)| Some((text.find(sign)?, sign.len(), operator)));
    let Some((at, length, operator)) = found else {
        let message = if text.trim().is_empty() {
            "this condition is empty".to_owned()
        } else {
            format!("`{text}` is not a condition")
        };
        let fault = faults.report(node.span, message);
        match text.split_once('=') {
            Some((left, right)) => {
                fault.label(format!("did you mean `{} == {}`?", left.trim(), right.trim()))
            }
            None => fault.label(format!("write what must hold, as in `{}`", example(metric))),
        };
        return None;
    };
    let (left, left_span) = part(node, text, 0, at);
    let (right, right_span) = part(node, text, at + length, text.len());
    let aggregation = parse_aggregation(left, metric, left_span, faults)?;
    let limit = parse_limit(right, metric, aggregation, right_span, faults)?;
    Some(Condition { aggregation, operator, limit })
}

/// A part of the text without the blanks around it, and its place.
fn part<'t>(node: &Node, text: &'t str, start: usize, end: usize) -> (&'t str, Span) {
    let whole = &text[start..end];
    let from = start + (whole.len() - whole.trim_start().len());
    let trimmed = whole.trim();
    let span = if trimmed.is_empty() { node.span } else { node.part(from, from + trimmed.len()) };
    (trimmed, span)
}

fn example(metric: Metric) -> &'static str {
    match metric.kind() {
        MetricKind::Trend => "p95 < 500ms",
        MetricKind::Rate => "rate < 1%",
        MetricKind::Counter => "count == 0",
        MetricKind::Gauge => "max <= 100",
    }
}

fn parse_aggregation(text: &str, metric: Metric, span: Span, faults: &mut Faults) -> Option<Aggregation> {
    let aggregation = match text {
        "avg" => Some(Aggregation::Avg),
        "med" => Some(Aggregation::Med),
        "min" => Some(Aggregation::Min),
        "max" => Some(Aggregation::Max),
        "stddev" => Some(Aggregation::StdDev),
        "count" => Some(Aggregation::Count),
        "rate" => Some(Aggregation::Rate),
        "value" => Some(Aggregation::Value),
        _ => percentile(text).map(Aggregation::Percentile),
    };
    let Some(aggregation) = aggregation else {
        if text.is_empty() {
            let fault = faults.report(span, "what is compared is missing");
            fault.label(format!("write it whole, as in `{}`", example(metric)));
            return None;
        }
        let fault = faults.report(span, format!("`{text}` is not an aggregation"));
        let known = ["avg", "med", "min", "max", "stddev", "count", "rate", "value", "p95"];
        match nearest(text, known) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None if text.starts_with('p') => fault.label("a percentile lies above 0 and at most at 100"),
            None => fault.label(format!("write {}", aggregations_of(metric))),
        };
        return None;
    };
    if !aggregation.fits(metric.kind()) {
        let fault = faults.report(span, format!("`{metric}` has no `{aggregation}`"));
        fault.label(format!("it has {}", aggregations_of(metric)));
        return None;
    }
    Some(aggregation)
}

fn aggregations_of(metric: Metric) -> String {
    match metric.kind() {
        MetricKind::Trend => {
            "`p95` (any percentile), `avg`, `med`, `min`, `max`, `stddev` or `count`".to_owned()
        }
        MetricKind::Rate => listed(["rate"]),
        MetricKind::Counter => listed(["count", "rate"]),
        MetricKind::Gauge => listed(["value", "min", "max"]),
    }
}

/// `p95` or k6's `p(95)`.
fn percentile(text: &str) -> Option<Percent> {
    let digits = text.strip_prefix('p')?;
    let digits = digits.strip_prefix('(').map_or(Some(digits), |inner| inner.strip_suffix(')'))?;
    Percent::parse(digits.trim())
}

fn parse_limit(
    text: &str,
    metric: Metric,
    aggregation: Aggregation,
    span: Span,
    faults: &mut Faults,
) -> Option<Limit> {
    if text.is_empty() {
        let fault = faults.report(span, "the limit is missing");
        fault.label(format!("write it whole, as in `{}`", example(metric)));
        return None;
    }
    let number = || text.replace('_', "").parse::<f64>().ok().filter(|number| number.is_finite());
    let read = match (metric.kind(), aggregation) {
        (MetricKind::Trend, Aggregation::Count) | (MetricKind::Gauge, _) => {
            number().map(Limit::Number).ok_or(None)
        }
        (MetricKind::Trend, _) if metric.unit() == Unit::Milliseconds => match text.parse::<f64>() {
            // k6 writes milliseconds without a unit, so that is what a bare number was meant as.
            Ok(_) => Err(Some((format!("`{text}` has no unit"), format!("did you mean `{text}ms`?")))),
            Err(_) => {
                parse_duration(text).map(Limit::Time).map_err(|error| Some((error.problem, error.help)))
            }
        },
        (MetricKind::Rate, _) => {
            parse_share(text).map(Limit::Share).map_err(|error| Some((error.problem, error.help)))
        }
        (MetricKind::Counter, Aggregation::Rate) => parse_rate(text)
            .map(|rate| Limit::PerSecond(rate.per_second))
            .map_err(|error| Some((error.problem, error.help))),
        _ => number().map(Limit::Number).ok_or(None),
    };
    match read {
        Ok(limit) => Some(limit),
        Err(explained) => {
            let (problem, help) = explained
                .unwrap_or_else(|| (format!("`{text}` is not a number"), "expected a number".to_owned()));
            faults.report(span, problem).label(help);
            None
        }
    }
}
