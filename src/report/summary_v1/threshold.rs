//! Thresholds in the document: what had to hold, what was seen, and how sure that is.

use crate::{
    judge::{Outcome, ThresholdResult},
    model::Limit,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The unit of a threshold's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LimitUnitV1 {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// A share from 0 to 1: 0.01 is 1 %.
    #[serde(rename = "share")]
    Share,
    /// Per second.
    #[serde(rename = "per_second")]
    PerSecond,
    /// A count or a level.
    #[serde(rename = "")]
    Number,
}

/// A threshold and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdV1 {
    /// What is judged, as the left side of the threshold says it: a metric, and which of its samples.
    pub metric: String,
    /// What must hold, for people: aggregation, comparison and limit with its unit.
    pub condition: String,
    /// Whether it held. Without data it has not.
    pub passed: bool,
    /// The number that was compared, in `unit`; null without data. Where the histogram cannot tell a percentile
    /// from the limit, it is the end of its bucket that speaks for the target, so it can be up to 0.1 % off the
    /// percentile in `metrics`.
    pub observed: Option<f64>,
    /// What it was compared with, in `unit`.
    pub limit: f64,
    /// The unit of `observed` and `limit`.
    pub unit: LimitUnitV1,
    /// Whether there was nothing to judge.
    pub no_data: bool,
    /// Whether there were fewer samples than `min_samples`, so that it was not judged, and has not held.
    pub too_few_samples: bool,
    /// Whether this threshold ended the run early.
    pub aborted_run: bool,
    /// Number of samples behind `observed`; where no window had enough of them, the most that one had.
    pub samples: u64,
    /// How many samples it needs at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u64>,
    /// The length of the windows over which it must hold, in milliseconds. A `count` with windows is judged by
    /// them alone: its `observed` is that of the worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_ms: Option<u64>,
    /// From when on it was judged, in milliseconds from the start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// The window farthest on the wrong side of the limit, or nearest to it; null where none could be judged.
    pub worst_window: Option<WorstWindowV1>,
    /// The 95 % interval of `observed`; null where chance has no part in it (counts, extremes, `==`).
    pub interval: Option<IntervalV1>,
    /// Whether the number that decided, of the run or of the worst window, is clear of the limit: its 95 % interval
    /// does not hold it, so that another run like this one would be judged alike. Without data it is not.
    pub sure: bool,
    /// Line of the scenario file, from 1.
    pub line: usize,
}

/// A window of a threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorstWindowV1 {
    /// Where it began, in milliseconds from the start of the run.
    pub start_ms: u64,
    /// The number that was compared, in the threshold's `unit`.
    pub observed: f64,
    /// Number of samples behind it.
    pub samples: u64,
    /// Whether the condition held in it.
    pub held: bool,
}

/// Between what bounds a number lies, in the threshold's `unit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntervalV1 {
    /// The lower bound; null where the samples are too few for one.
    pub low: Option<f64>,
    /// The upper bound; null where the samples are too few for one.
    pub high: Option<f64>,
}

impl ThresholdV1 {
    /// The part of a threshold in the document.
    pub(in crate::report) fn new(result: &ThresholdResult) -> Self {
        let threshold = &result.threshold;
        let (limit, unit) = number(threshold.condition.limit);
        Self {
            metric: threshold.subject(),
            condition: threshold.condition.to_string(),
            passed: result.passed(),
            observed: result.observed.map(|observed| number(observed).0),
            limit,
            unit,
            no_data: result.outcome == Outcome::NoData,
            too_few_samples: result.outcome == Outcome::TooFewSamples,
            aborted_run: result.aborted_run,
            samples: result.samples,
            min_samples: threshold.min_samples,
            over_ms: threshold.over.map(whole_ms),
            after_ms: Some(whole_ms(threshold.after)).filter(|after| *after > 0),
            worst_window: result.worst_window.map(|window| WorstWindowV1 {
                start_ms: whole_ms(window.start),
                observed: number(window.observed).0,
                samples: window.samples,
                held: window.held,
            }),
            interval: result.interval.map(|interval| IntervalV1 {
                low: interval.low.map(|low| number(low).0),
                high: interval.high.map(|high| number(high).0),
            }),
            sure: result.sure,
            line: threshold.line,
        }
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The bare number and its unit, exactly as it was compared; JSON has no infinity, so that is the largest number.
fn number(limit: Limit) -> (f64, LimitUnitV1) {
    let (number, unit) = match limit {
        Limit::Time(time) => (time.as_nanos() as f64 / 1e6, LimitUnitV1::Milliseconds),
        Limit::Share(share) => (share, LimitUnitV1::Share),
        Limit::PerSecond(rate) => (rate, LimitUnitV1::PerSecond),
        Limit::Number(number) => (number, LimitUnitV1::Number),
    };
    (number.clamp(f64::MIN, f64::MAX), unit)
}
