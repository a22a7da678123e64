//! What a threshold selects of a metric, as k6's sub-metric: `http_req_duration{name:list}`.
//!
//! A summary knows all about a request, and so about a selection that is one. Of any other it knows what the threshold
//! compared, and the sub-metric has that number and no invented ones.

use super::{
    metrics::{Values, share, sum, trend},
    thresholds::{split, value_key},
};
use crate::{
    measure::Latency,
    report::summary_v1::{MetricV1, RequestV1, SummaryV1, ThresholdV1, TrendV1},
};
use serde_json::json;

/// The values of what `tags` selects of `metric`, as far as they are known.
pub(super) fn values(metric: &MetricV1, tags: &str, threshold: &ThresholdV1, summary: &SummaryV1) -> Values {
    let requests = selected(tags, &summary.requests);
    let known = of_requests(split(&threshold.metric).0, &requests);
    known.unwrap_or_else(|| match metric {
        // With no samples k6 has zeros, and they are right.
        MetricV1::Trend(_) if threshold.samples == 0 => trend(&TrendV1::without_histogram(&Latency::new())),
        MetricV1::Rate(_) => of_rate(threshold),
        MetricV1::Counter(_) if threshold.no_data => sum(0, None),
        _ => Values::new(),
    })
}

/// Adds the number that the threshold compared where it is not there already: `p97` is in no list.
pub(super) fn complete(on: &mut Values, metric: &MetricV1, threshold: &ThresholdV1) {
    let key = value_key(threshold, matches!(metric, MetricV1::Rate(_)));
    let observed = threshold.observed.unwrap_or_default();
    on.entry(key).or_insert_with(|| json!(observed));
}

/// The requests that exactly these tags select; none where a tag is not one that tells requests apart, or has a
/// wildcard.
fn selected<'r>(tags: &str, requests: &'r [RequestV1]) -> Vec<&'r RequestV1> {
    let pairs: Option<Vec<(&str, &str)>> = tags.split(", ").map(|pair| pair.split_once(':')).collect();
    let Some(pairs) = pairs else { return Vec::new() };
    let fits = |request: &RequestV1, (tag, value): (&str, &str)| {
        let own = match tag {
            "name" => &request.name,
            "task" => &request.task,
            "workload" => &request.workload,
            "method" => &request.method,
            _ => return false,
        };
        own == value && !value.contains('*')
    };
    requests.iter().filter(|request| pairs.iter().all(|pair| fits(request, *pair))).collect()
}

/// The metric of these requests together; `None` where that cannot be told.
fn of_requests(metric: &str, requests: &[&RequestV1]) -> Option<Values> {
    if requests.is_empty() {
        return None;
    }
    let all = |count: fn(&RequestV1) -> u64| requests.iter().map(|request| count(request)).sum::<u64>();
    let (sent, failed) = (all(|request| request.count), all(|request| request.failed));
    // Percentiles of several cannot be added up.
    let only = |times: fn(&RequestV1) -> &TrendV1| {
        let mut with_samples = requests.iter().filter(|request| times(request).count > 0);
        let first = with_samples.next().or(requests.first())?;
        with_samples.next().is_none().then(|| trend(times(first)))
    };
    match metric {
        "http_reqs" => {
            let rates: Option<Vec<f64>> = requests.iter().map(|request| request.rate_per_s).collect();
            Some(sum(sent, rates.map(|rates| rates.iter().sum())))
        }
        "http_req_failed" => Some(share(failed, sent - failed)),
        "http_req_duration" => only(|request| &request.duration_ms),
        "http_req_response_time" => only(|request| &request.response_time_ms),
        _ => None,
    }
}

/// A share is a count of true samples, given how many there were.
fn of_rate(threshold: &ThresholdV1) -> Values {
    let passes = (threshold.observed.unwrap_or_default() * threshold.samples as f64).round() as u64;
    share(passes, threshold.samples.saturating_sub(passes))
}
