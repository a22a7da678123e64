//! The run's metrics, each in the form of its kind.

use super::trend::{TrendV1, UnitV1};
use crate::{
    measure::{Gauge, Latency, Snapshot},
    model::{Metric, Phase},
    report::{format::per_second, totals::Totals},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A metric over the whole run; `type` says of which kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum MetricV1 {
    /// A distribution of times.
    Trend(TrendV1),
    /// A sum.
    Counter(CounterV1),
    /// A share of true samples.
    Rate(RateV1),
    /// A level that goes up and down.
    Gauge(GaugeV1),
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CounterV1 {
    /// The unit of `count`: `bytes`, or empty for a bare number.
    pub unit: UnitV1,
    /// The sum, in `unit`.
    pub count: u64,
    /// The sum per second of the time that counts, from the end of the warm-up to the end of the load, in `unit` per
    /// second; null if no time passed.
    pub rate: Option<f64>,
}

/// A share of true samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateV1 {
    /// Share of true samples, from 0 to 1; null without samples.
    pub rate: Option<f64>,
    /// Number of true samples. For `http_req_failed` that is the failed requests, as in k6.
    pub passes: u64,
    /// Number of false samples.
    pub fails: u64,
}

/// A level; null where it was not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GaugeV1 {
    /// The unit of the levels below; empty for a bare number.
    pub unit: UnitV1,
    /// The last level, in `unit`.
    pub value: Option<u64>,
    /// The lowest, in `unit`.
    pub min: Option<u64>,
    /// The highest, in `unit`.
    pub max: Option<u64>,
}

/// Every metric, by name.
pub(super) fn metrics(snapshot: &Snapshot, totals: &Totals) -> BTreeMap<String, MetricV1> {
    Metric::ALL.iter().map(|&name| (name.name().to_owned(), metric(name, snapshot, totals))).collect()
}

/// The metric's value. There is no `_` here: a new metric leads here.
fn metric(metric: Metric, snapshot: &Snapshot, totals: &Totals) -> MetricV1 {
    let counter = |count| counter(metric, count, snapshot);
    let (all, iterations) = (&totals.all, &totals.iterations);
    match metric {
        Metric::HttpReqs => counter(all.count),
        Metric::HttpReqFailed => rate(all.failed, all.count - all.failed),
        Metric::HttpReqDuration => trend(&all.duration),
        Metric::HttpReqResponseTime => trend(&all.response_time),
        Metric::HttpErrors => counter(all.errors.values().sum()),
        Metric::DataSent => counter(all.sent_bytes),
        Metric::DataReceived => counter(all.received_bytes),
        Metric::Checks => rate(totals.checked.passes, totals.checked.fails),
        Metric::Iterations => counter(iterations.completed),
        Metric::InterruptedIterations => counter(iterations.interrupted),
        Metric::FailedIterations => counter(iterations.failed),
        Metric::DroppedIterations => counter(totals.dropped_iterations),
        Metric::IterationDuration => trend(&iterations.duration),
        Metric::IterationLag => trend(&iterations.lag),
        Metric::GroupDuration => trend(&totals.grouped),
        Metric::Vus => gauge(metric, snapshot.vus),
        Metric::VusMax => {
            let made = snapshot.vus_max;
            gauge(metric, Some(Gauge { value: made, min: made, max: made }))
        }
        Metric::UserStartFailures => counter(totals.user_start_failures),
        Metric::HttpReqBlocked
        | Metric::HttpReqLookingUp
        | Metric::HttpReqConnecting
        | Metric::HttpReqTlsHandshaking
        | Metric::HttpReqSending
        | Metric::HttpReqWaiting
        | Metric::HttpReqReceiving => of_phase(metric, totals),
    }
}

fn of_phase(metric: Metric, totals: &Totals) -> MetricV1 {
    let seen = Phase::of(metric).and_then(|phase| totals.all.phases.get(phase));
    seen.map_or_else(|| trend(&Latency::new()), trend)
}

fn trend(latency: &Latency) -> MetricV1 {
    MetricV1::Trend(TrendV1::new(latency))
}

fn counter(metric: Metric, count: u64, snapshot: &Snapshot) -> MetricV1 {
    let rate = per_second(count, snapshot.counted);
    MetricV1::Counter(CounterV1 { unit: metric.unit().into(), count, rate })
}

fn rate(passes: u64, fails: u64) -> MetricV1 {
    MetricV1::Rate(RateV1 { rate: share(passes, passes + fails), passes, fails })
}

fn gauge(metric: Metric, gauge: Option<Gauge>) -> MetricV1 {
    MetricV1::Gauge(GaugeV1 {
        unit: metric.unit().into(),
        value: gauge.map(|gauge| gauge.value),
        min: gauge.map(|gauge| gauge.min),
        max: gauge.map(|gauge| gauge.max),
    })
}

/// The share of `part` in `all`, from 0 to 1; `None` of nothing.
pub(super) fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}
