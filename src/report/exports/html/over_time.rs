//! The run over time, in columns: keys would be most of the bytes of 3,600 points.

use super::{
    clip::clip,
    number::{Packed, Rounded},
};
use crate::report::{
    HeatMap,
    summary_v1::{PointHealthV1, PointTrendV1, PointV1, SeriesV1},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Kinds of errors that are told apart over time; the scarcest beyond them are one.
const MOST_KINDS: usize = 5;

/// Columns of equal length, a value for each point.
#[derive(Debug, Serialize)]
pub(super) struct OverTime {
    interval_ms: u64,
    t_ms: Starts,
    longer: Longer,
    users: Vec<u64>,
    requests: Vec<u64>,
    due: Packed,
    iterations: Vec<u64>,
    dropped: Told,
    service: Percentiles,
    response: Percentiles,
    errors: Vec<ErrorColumn>,
    health: Option<HealthColumns>,
}

/// A column, or null where it says nothing in any row.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Told(Option<Vec<u64>>);

impl Told {
    fn counts(values: Vec<u64>) -> Self {
        Self(Some(values).filter(|values| values.iter().any(|value| *value > 0)))
    }
}

#[derive(Debug, Serialize)]
struct Percentiles {
    p50: Packed,
    p95: Packed,
    p99: Packed,
    max: Packed,
}

#[derive(Debug, Serialize)]
struct ErrorColumn {
    kind: String,
    counts: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct HealthColumns {
    cores_used: Packed,
    machine_share: Packed,
    steal_share: Packed,
    longest_gap_ms: Packed,
    lag_p99_ms: Packed,
}

impl OverTime {
    pub fn new(series: &SeriesV1) -> Self {
        let points = &series.points;
        Self {
            interval_ms: series.interval_ms,
            t_ms: Starts::new(series),
            longer: Longer::new(series),
            users: column(points, |point| point.vus),
            requests: column(points, |point| point.http_reqs),
            due: packed(points, |point| point.due_iterations),
            iterations: column(points, |point| point.iterations + point.failed_iterations),
            dropped: Told::counts(column(points, |point| point.dropped_iterations)),
            service: Percentiles::new(points, |point| &point.duration_ms),
            response: Percentiles::new(points, |point| &point.response_time_ms),
            errors: errors(points),
            health: HealthColumns::new(points),
        }
    }
}

fn column<T>(points: &[PointV1], value: impl Fn(&PointV1) -> T) -> Vec<T> {
    points.iter().map(value).collect()
}

fn packed(points: &[PointV1], value: impl Fn(&PointV1) -> Option<f64>) -> Packed {
    Packed::new(points.iter().map(value))
}

/// Where points begin: their number, as long as they lie side by side from the start on.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Starts {
    Even(usize),
    Each(Vec<u64>),
}

impl Starts {
    fn new(series: &SeriesV1) -> Self {
        let points = &series.points;
        let is_even = (0..).zip(points).all(|(at, point)| point.t_ms == at * series.interval_ms);
        if is_even { Self::Even(points.len()) } else { Self::Each(column(points, |point| point.t_ms)) }
    }
}

/// Points that are longer than the others: which, and how long in milliseconds.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Longer(Vec<(usize, u64)>);

impl Longer {
    fn new(series: &SeriesV1) -> Self {
        let lengths = series.points.iter().map(|point| point.interval_ms.unwrap_or(series.interval_ms));
        Self(lengths.enumerate().filter(|(_, length)| *length > series.interval_ms).collect())
    }
}

impl Percentiles {
    fn new(points: &[PointV1], times: impl Fn(&PointV1) -> &PointTrendV1) -> Self {
        let of = |value: fn(&PointTrendV1) -> Option<f64>| packed(points, |point| value(times(point)));
        Self { p50: of(|t| t.p50), p95: of(|t| t.p95), p99: of(|t| t.p99), max: of(|t| t.max) }
    }
}

impl HealthColumns {
    fn new(points: &[PointV1]) -> Option<Self> {
        points.iter().any(|point| point.health.is_some()).then(|| {
            let of = |value: fn(&PointHealthV1) -> Option<f64>| {
                packed(points, |point| point.health.as_ref().and_then(value))
            };
            Self {
                cores_used: of(|health| health.cpu_cores_used),
                machine_share: of(|health| health.machine_share),
                steal_share: of(|health| health.steal_share),
                longest_gap_ms: of(|health| Some(health.longest_gap_ms)),
                lag_p99_ms: of(|health| health.lag_p99_ms),
            }
        })
    }
}

/// The most frequent kinds without a response, the rest of those, and the failures that had one.
fn errors(points: &[PointV1]) -> Vec<ErrorColumn> {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, count) in points.iter().flat_map(|point| &point.http_errors) {
        *totals.entry(kind).or_default() += count;
    }
    let mut kinds: Vec<&str> = totals.keys().copied().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(totals[kind]));
    let rest = kinds.split_off(MOST_KINDS.min(kinds.len()));
    let of = |point: &PointV1, kind: &str| point.http_errors.get(kind).copied().unwrap_or_default();
    let without = |point: &PointV1| point.http_errors.values().sum::<u64>();
    let mut columns: Vec<ErrorColumn> = kinds
        .iter()
        .map(|kind| ErrorColumn { kind: clip(kind, 60), counts: column(points, |point| of(point, kind)) })
        .collect();
    let others = column(points, |point| rest.iter().map(|kind| of(point, kind)).sum());
    let answered = column(points, |point| point.http_req_failed.saturating_sub(without(point)));
    for (kind, counts) in [("other kinds", others), ("status or expectation", answered)] {
        if counts.iter().any(|count| *count > 0) {
            columns.push(ErrorColumn { kind: kind.to_owned(), counts });
        }
    }
    columns
}

/// What a baseline's lines are drawn from.
#[derive(Debug, Serialize)]
pub(super) struct BaselineOverTime {
    interval_ms: u64,
    t_ms: Starts,
    longer: Longer,
    requests: Vec<u64>,
    service_p95: Packed,
    response_p95: Packed,
}

impl BaselineOverTime {
    pub fn new(series: &SeriesV1) -> Self {
        let points = &series.points;
        Self {
            interval_ms: series.interval_ms,
            t_ms: Starts::new(series),
            longer: Longer::new(series),
            requests: column(points, |point| point.http_reqs),
            service_p95: packed(points, |point| point.duration_ms.p95),
            response_p95: packed(points, |point| point.response_time_ms.p95),
        }
    }
}

/// How many requests took how long when.
#[derive(Debug, Serialize)]
pub(super) struct Heat {
    /// Upper ends of the rows.
    bounds_ms: Vec<Rounded>,
    t_ms: Vec<u64>,
    end_ms: Vec<u64>,
    /// For each column the number of its lowest row, and counts from that row on.
    columns: Vec<(usize, Vec<u64>)>,
}

impl Heat {
    pub fn new(map: &HeatMap) -> Self {
        let whole_ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            bounds_ms: map.bounds_ms.iter().map(|bound| Rounded::new(*bound)).collect(),
            t_ms: map.columns.iter().map(|column| whole_ms(column.start)).collect(),
            end_ms: map.columns.iter().map(|column| whole_ms(column.end)).collect(),
            columns: map.columns.iter().map(|column| dense(&column.counts)).collect(),
        }
    }
}

fn dense(counts: &BTreeMap<usize, u64>) -> (usize, Vec<u64>) {
    let (Some((lowest, _)), Some((highest, _))) = (counts.first_key_value(), counts.last_key_value()) else {
        return (0, Vec::new());
    };
    (*lowest, (*lowest..=*highest).map(|row| counts.get(&row).copied().unwrap_or_default()).collect())
}
