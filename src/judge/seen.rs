//! What a threshold's metric and tags select of some time: two of them merge, and a condition makes one number of it.
//!
//! What is selected is decided in `observe`, how sure the number is in `confidence`.

use crate::{
    measure::{Gauge, Latency, Quantile},
    model::{Aggregation, Condition, Limit, Operator, Percent},
};
use std::time::Duration;

/// What was selected, as far as any aggregation needs it.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// Of a trend.
    Times(Latency),
    /// Of a rate: true samples, and all.
    Share { yes: u64, all: u64 },
    /// Of a counter: the sum, and the samples that make even a zero mean something.
    Count { count: u64, among: u64 },
    /// Of a counter that users stand behind: the sum, and the most users there were. It has data without any.
    CountOfUsers { count: u64, users: u64 },
    /// Of a gauge, and how often it was read.
    Level { level: Option<Gauge>, readings: u64 },
}

impl Seen {
    /// Adds what was seen of the time after it.
    pub fn merge(&mut self, later: &Self) {
        match (self, later) {
            (Self::Times(mine), Self::Times(theirs)) => mine.merge(theirs),
            (Self::Share { yes, all }, Self::Share { yes: more_yes, all: more }) => {
                *yes += more_yes;
                *all += more;
            }
            (Self::Count { count, among }, Self::Count { count: more, among: more_among }) => {
                *count += more;
                *among += more_among;
            }
            (Self::CountOfUsers { count, users }, Self::CountOfUsers { count: more, users: theirs }) => {
                *count += more;
                *users = (*users).max(*theirs);
            }
            (Self::Level { level, readings }, Self::Level { level: later, readings: more }) => {
                *level = joined(*level, *later);
                *readings += more;
            }
            _ => debug_assert!(false, "a threshold sees one kind of metric"),
        }
    }

    /// How many samples stand behind the number.
    pub fn samples(&self) -> u64 {
        match self {
            Self::Times(times) => times.count(),
            Self::Share { all, .. } => *all,
            Self::Count { among, .. } => *among,
            Self::CountOfUsers { users, .. } => *users,
            Self::Level { readings, .. } => *readings,
        }
    }

    /// The number that `condition` looks at, in the limit's unit, of so much time; `None` where there is no data.
    pub fn value(&self, condition: &Condition, time: Duration) -> Option<Limit> {
        match self {
            Self::Times(times) => trend(times, condition),
            Self::Share { yes, all } => (*all > 0).then(|| Limit::Share(*yes as f64 / *all as f64)),
            Self::Count { among: 0, .. } => None,
            Self::Count { count, .. } | Self::CountOfUsers { count, .. } => {
                Some(match condition.aggregation {
                    Aggregation::Rate => Limit::PerSecond(per_second(*count, time)),
                    _ => Limit::Number(*count as f64),
                })
            }
            Self::Level { level, .. } => level.map(|gauge| {
                Limit::Number(match condition.aggregation {
                    Aggregation::Min => gauge.min,
                    Aggregation::Max => gauge.max,
                    _ => gauge.value,
                } as f64)
            }),
        }
    }
}

fn joined(first: Option<Gauge>, second: Option<Gauge>) -> Option<Gauge> {
    let (Some(a), Some(b)) = (first, second) else { return first.or(second) };
    Some(Gauge { value: b.value, min: a.min.min(b.min), max: a.max.max(b.max) })
}

fn trend(times: &Latency, condition: &Condition) -> Option<Limit> {
    if times.count() == 0 {
        return None;
    }
    let time = match condition.aggregation {
        Aggregation::Count => return Some(Limit::Number(times.count() as f64)),
        Aggregation::Percentile(percent) => quantile(times, percent, condition),
        Aggregation::Med => quantile(times, Percent::whole(50), condition),
        Aggregation::Avg => times.mean(),
        Aggregation::Min => times.min(),
        Aggregation::Max => times.max(),
        Aggregation::StdDev => times.stddev(),
        _ => None,
    };
    time.map(Limit::Time)
}

/// The quantile as reports print it, except where its bucket holds the limit: what the histogram cannot tell
/// apart from the limit must not fail it, so that 100 samples of 199.95 ms pass `p95 < 200ms`.
fn quantile(latency: &Latency, percent: Percent, condition: &Condition) -> Option<Duration> {
    let Quantile { low, high } = latency.quantile(percent)?;
    let Limit::Time(limit) = condition.limit else { return Some(high) };
    Some(match condition.operator {
        Operator::Less | Operator::LessOrEqual if low <= limit && limit <= high => low,
        Operator::Equal if low <= limit && limit <= high => limit,
        _ => high,
    })
}

/// How many per second; 0 for no time at all.
fn per_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { count as f64 / elapsed.as_secs_f64() }
}
