//! GitLab's load performance report: of the shape of k6's summary, the metrics that its merge requests show.
//!
//! They compare every number with the target branch, and show a zero as the best time ever and a share of nothing as
//! `NaN`. So what was not measured is left out, and of a run whose numbers do not belong into a history everything is.

use super::history::belongs;
use crate::report::{
    schema,
    summary_v1::{MetricV1, SummaryV1},
};
use serde_json::{Map, Value, json};

const METRICS: [&str; 3] = ["http_reqs", "http_req_waiting", "checks"];

pub(super) fn json(summary: &SummaryV1) -> Vec<u8> {
    let measured = METRICS.into_iter().filter(|_| belongs(summary)).filter_map(|name| {
        let metric = values(summary.metrics.get(name)?)?;
        Some((name.to_owned(), metric))
    });
    let metrics: Map<String, Value> = measured.collect();
    schema::written(&json!({ "metrics": metrics }))
}

/// What is shown of a metric, and what k6 has beside it; `None` where nothing was measured.
fn values(metric: &MetricV1) -> Option<Value> {
    match metric {
        MetricV1::Counter(counter) if counter.count > 0 => {
            Some(json!({ "count": counter.count, "rate": counter.rate? }))
        }
        MetricV1::Trend(trend) => Some(json!({
            "avg": trend.avg?, "min": trend.min?, "med": trend.med?, "max": trend.max?,
            "p(90)": trend.p90?, "p(95)": trend.p95?,
        })),
        MetricV1::Rate(rate) => {
            Some(json!({ "value": rate.rate?, "passes": rate.passes, "fails": rate.fails }))
        }
        MetricV1::Counter(_) | MetricV1::Gauge(_) => None,
    }
}
