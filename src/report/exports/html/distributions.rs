//! Histograms as curves and bars: what a page can draw without knowing HdrHistogram's format.

use super::{lists::MOST_SHAPES, number::Rounded};
use crate::{
    measure::Latency,
    report::summary_v1::{MetricV1, RequestV1, SummaryV1, TrendV1},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;

/// Bars of a power of ten, in equal steps of the logarithm.
const BARS_PER_DECADE: f64 = 24.0;
/// Points of a curve for each power of ten of 1/(1 − q).
const STEPS_PER_DECADE: i32 = 8;
/// The last power of ten of the curves: one request in a million.
const DECADES: i32 = 6;

/// All requests' distributions, and some single requests'.
#[derive(Debug, Serialize)]
pub(super) struct Distributions {
    /// Where the curves have their points: 1/(1 − q), so that 2 is the median and 100 is p99.
    grid: Vec<Rounded>,
    bars_per_decade: f64,
    /// All requests first.
    of: Vec<Distribution>,
}

#[derive(Debug, Serialize)]
struct Distribution {
    /// Which request, by its place in the list of requests; null for all of them.
    request: Option<usize>,
    service: Option<Curve>,
    response: Option<Curve>,
    base_service: Option<Curve>,
    base_response: Option<Curve>,
}

/// A distribution of times.
#[derive(Debug, Serialize)]
struct Curve {
    count: u64,
    /// Milliseconds at the points of the grid, to the first that is the maximum.
    at: Vec<Rounded>,
    /// Number of the first bar; bar n ends with 10^(n / bars_per_decade) µs.
    first: i32,
    bars: Vec<u64>,
}

impl Distributions {
    /// `rows` are the requests of the list; a baseline's are matched by `base`.
    pub fn new(
        summary: &SummaryV1,
        baseline: Option<&SummaryV1>,
        rows: &[(&RequestV1, Option<&RequestV1>)],
    ) -> Self {
        let grid = grid();
        let curve = |trend: Option<&TrendV1>| trend.and_then(|trend| Curve::new(trend, &grid));
        let all = |summary: Option<&SummaryV1>, name| curve(summary.and_then(|summary| trend(summary, name)));
        let mut of = vec![Distribution {
            request: None,
            service: all(Some(summary), "http_req_duration"),
            response: all(Some(summary), "http_req_response_time"),
            base_service: all(baseline, "http_req_duration"),
            base_response: all(baseline, "http_req_response_time"),
        }];
        let shown = rows.iter().enumerate().filter(|(_, (row, _))| row.duration_ms.count > 0);
        of.extend(shown.take(MOST_SHAPES).map(|(at, (row, base))| Distribution {
            request: Some(at),
            service: curve(Some(&row.duration_ms)),
            response: curve(Some(&row.response_time_ms)),
            base_service: curve(base.map(|base| &base.duration_ms)),
            base_response: curve(base.map(|base| &base.response_time_ms)),
        }));
        let shown = grid.iter().map(|at| Rounded::new(*at)).collect();
        Self { grid: shown, bars_per_decade: BARS_PER_DECADE, of }
    }
}

fn trend<'s>(summary: &'s SummaryV1, name: &str) -> Option<&'s TrendV1> {
    match summary.metrics.get(name)? {
        MetricV1::Trend(trend) => Some(trend),
        _ => None,
    }
}

/// Equal steps of the logarithm, and the percentiles that people name.
fn grid() -> Vec<f64> {
    let steps = (0..=DECADES * STEPS_PER_DECADE)
        .map(|step| 10_f64.powf(f64::from(step) / f64::from(STEPS_PER_DECADE)));
    let mut grid: Vec<f64> = steps.chain([2.0, 4.0, 20.0]).collect();
    grid.sort_by(f64::total_cmp);
    grid
}

impl Curve {
    /// `None` without samples, and of what is no histogram: a baseline can come from anywhere.
    fn new(trend: &TrendV1, grid: &[f64]) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(trend.histogram.as_ref()?).ok()?;
        let latency = Latency::from_v2_deflate(&bytes).ok().filter(|latency| latency.count() > 0)?;
        let (first, bars) = bars(&latency);
        Some(Self { count: latency.count(), at: percentiles(&latency, grid, trend.max), first, bars })
    }
}

/// The times at the points of the grid. The last one is the largest sample, of which `max` knows the exact time.
fn percentiles(latency: &Latency, grid: &[f64], max: Option<f64>) -> Vec<Rounded> {
    let count = latency.count();
    let rank = |at: f64| ((count as f64 * (1.0 - 1.0 / at)).ceil() as u64).clamp(1, count);
    let mut times = Vec::new();
    for at in grid {
        let rank = rank(*at);
        let time = latency.at_rank(rank).map(|quantile| quantile.high.as_secs_f64() * 1e3);
        let last = rank == count;
        times.push(Rounded::new(if last { max.or(time) } else { time }));
        if last {
            break;
        }
    }
    times
}

fn bars(latency: &Latency) -> (i32, Vec<u64>) {
    let bar = |micros: u64| ((micros.max(1) as f64).log10() * BARS_PER_DECADE).ceil() as i32;
    let (mut first, mut bars) = (0, Vec::new());
    // Recorded values are ascending.
    for (micros, count) in latency.recorded() {
        let at = bar(micros);
        if bars.is_empty() {
            first = at;
        }
        bars.resize((at - first) as usize + 1, 0);
        if let Some(last) = bars.last_mut() {
            *last += count;
        }
    }
    (first, bars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn curve(millis: impl Iterator<Item = u64>) -> serde_json::Value {
        let mut latency = Latency::new();
        millis.for_each(|millis| latency.record(Duration::from_millis(millis)));
        serde_json::to_value(Curve::new(&TrendV1::new(&latency), &grid())).expect("a curve")
    }

    #[test]
    fn a_curve_has_the_percentiles_and_ends_with_the_maximum() {
        let curve = curve(1..=1_000);
        let grid = grid();
        let at = |x: f64| {
            let step = grid.iter().position(|at| (at - x).abs() < 1e-9).expect("a point of the grid");
            curve["at"][step].as_f64().expect("a time")
        };
        for (x, millis) in [(1.0, 1.0), (2.0, 500.0), (10.0, 900.0), (20.0, 950.0), (100.0, 990.0)] {
            assert!((at(x) / millis - 1.0).abs() < 2e-3, "{x}: {}", at(x));
        }
        let times = curve["at"].as_array().expect("times");
        assert_eq!(times.last().and_then(serde_json::Value::as_f64), Some(1_000.0));
        assert!(times.len() < grid.len());
    }

    #[test]
    fn bars_hold_every_sample_and_none_is_no_curve() {
        let curve = curve([1, 1, 10, 3_600_000].into_iter());
        let bars = curve["bars"].as_array().expect("bars");
        assert_eq!(bars.iter().filter_map(serde_json::Value::as_u64).sum::<u64>(), 4);
        assert_eq!((curve["first"].as_i64(), bars[0].as_u64()), (Some(72), Some(2)));
        assert!(Curve::new(&TrendV1::new(&Latency::new()), &grid()).is_none());
    }
}
