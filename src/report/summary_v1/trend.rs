//! Distributions of times as results give them: one struct and one way to fill it, wherever one appears.

use super::words;
use crate::{
    measure::{Latency, SparseLatency},
    model::Unit,
    report::percentile::Percentile,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UnitV1 {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// A bare number.
    #[serde(rename = "")]
    One,
}

impl From<Unit> for UnitV1 {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Milliseconds => Self::Milliseconds,
            Unit::Bytes => Self::Bytes,
            Unit::One => Self::One,
        }
    }
}

/// A distribution of times. All times are in milliseconds, rounded to 1 µs; without samples they are null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendV1 {
    /// The unit of the times below, `ms`.
    pub unit: UnitV1,
    /// Number of samples. Requests without a response have no time and are not among them, except timeouts.
    pub count: u64,
    /// Exact smallest sample, in ms.
    pub min: Option<f64>,
    /// Exact arithmetic mean, in ms.
    pub avg: Option<f64>,
    /// Standard deviation of the samples as a population, in ms.
    pub stddev: Option<f64>,
    /// Median, the same as `p50`, in ms.
    pub med: Option<f64>,
    /// Exact largest sample, in ms.
    pub max: Option<f64>,
    /// The smallest value that at least 50 % of the samples do not exceed, in ms; like all percentiles exact to
    /// 0.1 %.
    pub p50: Option<f64>,
    /// 75th percentile, in ms.
    pub p75: Option<f64>,
    /// 90th percentile, in ms.
    pub p90: Option<f64>,
    /// 95th percentile, in ms.
    pub p95: Option<f64>,
    /// 99th percentile, in ms.
    pub p99: Option<f64>,
    /// 99.9th percentile, in ms.
    #[serde(rename = "p99.9")]
    pub p99_9: Option<f64>,
    /// 99.99th percentile, in ms.
    #[serde(rename = "p99.99")]
    pub p99_99: Option<f64>,
    /// Keys of the percentiles above that have too few samples to rely on: the 95 % interval does not end below
    /// the largest sample. Needed are 9 samples for p50, 20 for p75, 54 for p90, 110 for p95, 574 for p99, 5666
    /// for p99.9 and 57611 for p99.99.
    #[schemars(extend("items" = words::percentiles()))]
    pub low_confidence: Vec<String>,
    /// All samples as a histogram: base64 of HdrHistogram's V2 encoding with DEFLATE, values in µs, 3 significant
    /// digits. Histograms of several runs can be added up, which percentiles cannot. Null without samples, and where
    /// the part of the document is one without histograms.
    pub histogram: Option<String>,
}

impl TrendV1 {
    /// What a distribution amounts to, its histogram included.
    pub fn new(latency: &Latency) -> Self {
        let histogram = (latency.count() > 0).then(|| BASE64_STANDARD.encode(latency.to_v2_deflate()));
        Self { histogram, ..Self::without_histogram(latency) }
    }

    /// The same for a list that would become too long with histograms.
    pub fn without_histogram(latency: &Latency) -> Self {
        let at = |percentile: Percentile| latency.percentile(percentile.percent).map(milliseconds);
        Self {
            unit: UnitV1::Milliseconds,
            count: latency.count(),
            min: latency.min().map(milliseconds),
            avg: latency.mean().map(milliseconds),
            stddev: latency.stddev().map(milliseconds),
            med: at(Percentile::P50),
            max: latency.max().map(milliseconds),
            p50: at(Percentile::P50),
            p75: at(Percentile::P75),
            p90: at(Percentile::P90),
            p95: at(Percentile::P95),
            p99: at(Percentile::P99),
            p99_9: at(Percentile::P99_9),
            p99_99: at(Percentile::P99_99),
            low_confidence: doubtful(&Percentile::ALL, latency.count()),
            histogram: None,
        }
    }
}

/// The times of one interval, in milliseconds; null without samples. The keys are those of a phase, and mean what they
/// mean in a trend of the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointTrendV1 {
    /// Number of samples.
    #[serde(default)]
    pub count: u64,
    /// Exact arithmetic mean, in ms.
    pub avg: Option<f64>,
    /// Median, in ms.
    pub p50: Option<f64>,
    /// 95th percentile, in ms.
    pub p95: Option<f64>,
    /// 99th percentile, in ms.
    pub p99: Option<f64>,
    /// Exact largest sample, in ms.
    pub max: Option<f64>,
    /// Keys of the percentiles above that have too few samples to rely on, as in the trends of the whole run; left
    /// out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("items" = words::percentiles()))]
    pub low_confidence: Vec<String>,
}

impl PointTrendV1 {
    /// What an interval's distribution amounts to.
    pub fn new(latency: &SparseLatency) -> Self {
        let at = |percentile: Percentile| latency.percentile(percentile.percent).map(milliseconds);
        Self {
            count: latency.count(),
            avg: latency.mean().map(milliseconds),
            p50: at(Percentile::P50),
            p95: at(Percentile::P95),
            p99: at(Percentile::P99),
            max: latency.max().map(milliseconds),
            low_confidence: doubtful(&[Percentile::P50, Percentile::P95, Percentile::P99], latency.count()),
        }
    }
}

/// The names of those percentiles that this many samples are too few for.
pub(super) fn doubtful(percentiles: &[Percentile], samples: u64) -> Vec<String> {
    let doubtful = percentiles.iter().filter(|percentile| percentile.is_doubtful(samples));
    doubtful.map(|percentile| percentile.name.to_owned()).collect()
}

/// A time in milliseconds, rounded to 1 µs.
pub(super) fn milliseconds(time: Duration) -> f64 {
    // Whole microseconds first: their quotient prints as what it is, 12.3 and not 12.299999999999999.
    let micros = (time.as_nanos() + 500) / 1_000;
    micros as f64 / 1e3
}
