//! Thresholds as k6 writes them: `p95 < 200ms` is `p(95)<200`.

use crate::{model::format_duration, report::summary_v1::ThresholdV1};
use std::time::Duration;

/// The condition in k6's syntax: percentiles in parentheses, times as bare milliseconds, shares from 0 to 1. What k6
/// cannot say comes after it in words: `p(95)<200 over 10s`.
pub(super) fn expression(threshold: &ThresholdV1) -> String {
    let mut words = threshold.condition.split(' ');
    let aggregation = value_name(words.next().unwrap_or_default());
    let operator = words.next().unwrap_or_default();
    let mut text = format!("{aggregation}{operator}{}", threshold.limit);
    let time = |ms| format_duration(Duration::from_millis(ms));
    text += &threshold.over_ms.map(|ms| format!(" over {}", time(ms))).unwrap_or_default();
    text += &threshold.after_ms.map(|ms| format!(" after {}", time(ms))).unwrap_or_default();
    text += &threshold.min_samples.map(|fewest| format!(" of {fewest} samples")).unwrap_or_default();
    text
}

/// k6's name for an aggregation: `p(95)` for `p95`, and elsewhere the same.
pub(super) fn value_name(aggregation: &str) -> String {
    match aggregation.strip_prefix('p') {
        Some(percent) => format!("p({percent})"),
        None => aggregation.to_owned(),
    }
}

/// The key under which the number that a threshold compares stands among a metric's values.
pub(super) fn value_key(threshold: &ThresholdV1, is_share: bool) -> String {
    match threshold.condition.split(' ').next().unwrap_or_default() {
        "rate" if is_share => "value".to_owned(),
        aggregation => value_name(aggregation),
    }
}

/// The metric and what is in braces behind it, as thresholds name them: `http_req_duration{name:list}`.
pub(super) fn split(subject: &str) -> (&str, Option<&str>) {
    match subject.split_once('{') {
        Some((metric, tags)) => (metric, Some(tags.strip_suffix('}').unwrap_or(tags))),
        None => (subject, None),
    }
}
