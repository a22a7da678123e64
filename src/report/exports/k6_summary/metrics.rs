//! Metrics with their values side by side, as k6 has them, and the thresholds that are on them.

use super::{
    submetrics,
    thresholds::{expression, split},
};
use crate::report::{
    exports::names::writable,
    summary_v1::{MetricV1, SummaryV1, TrendV1},
    text::inert,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The values of a metric, by name, and its thresholds.
pub(super) type Values = Map<String, Value>;

/// Every metric that has samples or a threshold, and what thresholds select of them. Counters are always there: that
/// nothing was dropped is a result.
pub(super) fn metrics(summary: &SummaryV1) -> BTreeMap<String, Values> {
    let measured = summary.metrics.iter().filter(|(_, metric)| has_samples(metric));
    let mut all: BTreeMap<String, Values> =
        measured.map(|(name, metric)| (name.clone(), values(metric))).collect();
    for threshold in &summary.thresholds {
        let (base, tags) = split(&threshold.metric);
        let Some(metric) = summary.metrics.get(base) else { continue };
        // Like k6, which lists the metric that a selection is made of.
        all.entry(base.to_owned()).or_insert_with(|| values(metric));
        let name = writable(&inert(&threshold.metric));
        let on = all.entry(name).or_insert_with(|| match tags {
            Some(tags) => submetrics::values(metric, tags, threshold, summary),
            None => values(metric),
        });
        submetrics::complete(on, metric, threshold);
        mark(on, &expression(threshold), !threshold.passed);
    }
    all
}

fn has_samples(metric: &MetricV1) -> bool {
    match metric {
        MetricV1::Trend(trend) => trend.count > 0,
        MetricV1::Rate(rate) => rate.passes + rate.fails > 0,
        MetricV1::Gauge(gauge) => gauge.value.is_some(),
        MetricV1::Counter(_) => true,
    }
}

/// Notes a threshold; of two that read alike, a failed one stays.
fn mark(on: &mut Values, expression: &str, failed: bool) {
    let thresholds = on.entry("thresholds").or_insert_with(|| json!({}));
    if let Value::Object(thresholds) = thresholds {
        let before = thresholds.get(expression).and_then(Value::as_bool).unwrap_or(false);
        thresholds.insert(expression.to_owned(), json!(before || failed));
    }
}

fn values(metric: &MetricV1) -> Values {
    match metric {
        MetricV1::Trend(times) => trend(times),
        MetricV1::Counter(counter) => sum(counter.count, counter.rate),
        MetricV1::Rate(rate) => share(rate.passes, rate.fails),
        MetricV1::Gauge(gauge) => numbers([
            ("value", json!(gauge.value.unwrap_or_default())),
            ("min", json!(gauge.min.unwrap_or_default())),
            ("max", json!(gauge.max.unwrap_or_default())),
        ]),
    }
}

/// A distribution; all zeros without samples.
pub(super) fn trend(times: &TrendV1) -> Values {
    let ms = |time: Option<f64>| json!(time.unwrap_or_default());
    numbers([
        ("avg", ms(times.avg)),
        ("min", ms(times.min)),
        ("med", ms(times.med)),
        ("max", ms(times.max)),
        ("p(90)", ms(times.p90)),
        ("p(95)", ms(times.p95)),
        ("p(99)", ms(times.p99)),
        ("p(99.9)", ms(times.p99_9)),
        ("count", json!(times.count)),
    ])
}

/// A sum and how much of it there was per second.
pub(super) fn sum(count: u64, rate: Option<f64>) -> Values {
    numbers([("count", json!(count)), ("rate", json!(rate.unwrap_or_default()))])
}

/// A share of true samples; 0 of nothing.
pub(super) fn share(passes: u64, fails: u64) -> Values {
    let value = passes as f64 / (passes + fails).max(1) as f64;
    numbers([("value", json!(value)), ("passes", json!(passes)), ("fails", json!(fails))])
}

fn numbers<const N: usize>(values: [(&str, Value); N]) -> Values {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
