//! What a history of benchmarks may learn from a run: nothing from one whose numbers are not those of the target
//! under the planned load, and no percentile that has too few samples.

use crate::report::{
    format::counted,
    summary_v1::{HealthStatusV1, MetricV1, SummaryV1, TrendV1},
    text::inert,
};

/// The exit code of a run whose generator was saturated.
const SATURATED: u8 = 96;

/// Whether the numbers belong into a history. Those of a run that ended early are of less than was planned, and those of
/// a saturated generator are about the generator. A threshold that failed at the end says nothing against them, and
/// neither does a saturation that `--allow-saturated` took note of: [`remark`] tells it.
pub(super) fn belongs(summary: &SummaryV1) -> bool {
    let verdict = &summary.verdict;
    !verdict.incomplete && verdict.exit_code != SATURATED
}

/// Where a number comes from, for whoever hovers over it: `834 samples; run shop-20260301T120000Z of loadgen 0.1.0;
/// generator degraded (lag, cpu); exit code 99`.
pub(super) fn remark(summary: &SummaryV1, samples: u64, noun: &str) -> String {
    let run = &summary.run;
    let mut text =
        format!("{}; run {} of loadgen {}", counted(samples, noun), inert(&run.id), run.loadgen_version);
    if let Some(health) = summary.health.as_ref().filter(|health| health.status != HealthStatusV1::Ok) {
        let status = match health.status {
            HealthStatusV1::Saturated => "saturated",
            _ => "degraded",
        };
        let told = health.reasons.iter().filter(|reason| reason.status != HealthStatusV1::Ok);
        let codes: Vec<String> = told.map(|reason| inert(&reason.code)).collect();
        text += &format!("; generator {status} ({})", codes.join(", "));
    }
    if !summary.verdict.passed {
        text += &format!("; exit code {}", summary.verdict.exit_code);
    }
    text
}

/// Median, 95th and 99th percentile in ms with their names, as far as there are enough samples for them.
pub(super) fn percentiles(trend: &TrendV1) -> impl Iterator<Item = (&'static str, f64)> + '_ {
    let all = [("p50", trend.p50), ("p95", trend.p95), ("p99", trend.p99)];
    let sure = |name: &str| !trend.low_confidence.iter().any(|doubtful| doubtful == name);
    all.into_iter().filter_map(move |(name, value)| Some((name, value.filter(|_| sure(name))?)))
}

/// The response times of all requests.
pub(super) fn response_times(summary: &SummaryV1) -> Option<&TrendV1> {
    match summary.metrics.get("http_req_response_time") {
        Some(MetricV1::Trend(trend)) => Some(trend),
        _ => None,
    }
}

/// How many of this metric there were, and how many per second where any time passed.
pub(super) fn counter(summary: &SummaryV1, metric: &str) -> (u64, Option<f64>) {
    match summary.metrics.get(metric) {
        Some(MetricV1::Counter(counter)) => (counter.count, counter.rate),
        _ => (0, None),
    }
}

/// How many requests failed, of how many.
pub(super) fn failures(summary: &SummaryV1) -> (u64, u64) {
    match summary.metrics.get("http_req_failed") {
        Some(MetricV1::Rate(rate)) => (rate.passes, rate.passes + rate.fails),
        _ => (0, 0),
    }
}

/// `part` of `all` in percent, unrounded: a single failure of a million is one. `None` of nothing.
pub(super) fn percent(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 * 100.0 / all as f64)
}
