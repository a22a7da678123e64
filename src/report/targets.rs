//! A threshold of the summary in words: what was wanted, what was seen, and how far that is from the limit.

use super::{
    format::{count, observed, time},
    margin::margin,
    summary_v1::{IntervalV1, LimitUnitV1, ThresholdV1},
};
use crate::model::{Limit, Operator, format_duration};
use std::time::Duration;

/// What became of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It held.
    Passed,
    /// It did not.
    Failed,
    /// There was nothing, or too little, to judge.
    Unjudged,
}

/// A threshold in words. Nothing in it is escaped, and only `subject` can come from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// What is judged, as the scenario says it.
    pub subject: String,
    /// What must hold: `p95 < 200ms over 10s`.
    pub wanted: String,
    /// What was seen, in the worst window where that broke it: `93ms`, `no data`, `12 of 500 samples`.
    pub actual: String,
    /// How far that is from the limit: `53% below`, `0.40 pp above`; nothing where that says nothing.
    pub margin: Option<String>,
    /// What became of it.
    pub held: Held,
    /// What else should be known: whether it ended the run, where the worst window was, how sure it is.
    pub remarks: Vec<String>,
}

impl Target {
    pub fn new(threshold: &ThresholdV1) -> Self {
        let over = threshold.over_ms.map(|over| format!(" over {}", span(over))).unwrap_or_default();
        Self {
            subject: threshold.metric.clone(),
            wanted: format!("{}{over}", threshold.condition),
            actual: actual(threshold),
            margin: distance(threshold),
            held: match threshold.passed {
                true => Held::Passed,
                false if threshold.no_data || threshold.too_few_samples => Held::Unjudged,
                false => Held::Failed,
            },
            remarks: [ended(threshold), worst_window(threshold), close(threshold)]
                .into_iter()
                .flatten()
                .collect(),
        }
    }
}

fn span(ms: u64) -> String {
    format_duration(Duration::from_millis(ms))
}

/// A number of a threshold with its unit.
fn limit(value: f64, unit: LimitUnitV1) -> Limit {
    match unit {
        // A time was whole nanoseconds before it was milliseconds.
        LimitUnitV1::Milliseconds => Limit::Time(Duration::from_nanos((value * 1e6).round() as u64)),
        LimitUnitV1::Share => Limit::Share(value),
        LimitUnitV1::PerSecond => Limit::PerSecond(value),
        LimitUnitV1::Number => Limit::Number(value),
    }
}

/// The number that decided: of a run that held as a whole, the window's that broke the threshold.
pub(super) fn decided(threshold: &ThresholdV1) -> Option<f64> {
    let broken = threshold.worst_window.as_ref().filter(|window| !window.held);
    match (threshold.observed, operator(threshold)) {
        (Some(whole), Some(operator)) if !operator.holds(&whole, &threshold.limit) => Some(whole),
        (whole, _) => broken.map(|window| window.observed).or(whole),
    }
}

/// The operator of the condition, which the summary has as text.
fn operator(threshold: &ThresholdV1) -> Option<Operator> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let all = [Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual];
    let mut words = threshold.condition.split(' ');
    words.find_map(|word| all.into_iter().find(|operator| operator.symbol() == word))
}

fn actual(threshold: &ThresholdV1) -> String {
    match decided(threshold) {
        _ if threshold.too_few_samples => {
            let needed = threshold.min_samples.unwrap_or_default();
            format!("{} of {} samples", count(threshold.samples), count(needed))
        }
        Some(value) if !threshold.no_data => observed(limit(value, threshold.unit)),
        _ => "no data".to_owned(),
    }
}

/// How far what decided is from the limit.
pub(super) fn distance(threshold: &ThresholdV1) -> Option<String> {
    let value = decided(threshold).filter(|_| !threshold.no_data && !threshold.too_few_samples)?;
    let of = |value| limit(value, threshold.unit);
    margin(operator(threshold)?, of(threshold.limit), of(value))
}

fn ended(threshold: &ThresholdV1) -> Option<String> {
    threshold.aborted_run.then(|| "it ended the run".to_owned())
}

fn worst_window(threshold: &ThresholdV1) -> Option<String> {
    let (window, over) = (threshold.worst_window.as_ref()?, threshold.over_ms?);
    let value = observed(limit(window.observed, threshold.unit));
    let (start, end) = (span(window.start_ms), span(window.start_ms + over));
    let broken = if window.held { "" } else { ", which breaks it" };
    Some(format!("worst window: {value} from {start} to {end}{broken}"))
}

/// Where chance could have decided.
fn close(threshold: &ThresholdV1) -> Option<String> {
    if threshold.sure || threshold.no_data || threshold.too_few_samples {
        return None;
    }
    let IntervalV1 { low, high } = threshold.interval.as_ref()?;
    let bound = |value: f64| match limit(value, threshold.unit) {
        Limit::Time(duration) => time(duration),
        Limit::Share(share) => Limit::Share((share * 1e5).round() / 1e5).to_string(),
        other => observed(other),
    };
    Some(match (low, high) {
        (Some(low), Some(high)) => {
            format!("close: the 95 % interval is {} to {}", bound(*low), bound(*high))
        }
        (Some(low), None) => format!("close: the 95 % interval is from {} up", bound(*low)),
        (None, Some(high)) => format!("close: the 95 % interval is up to {}", bound(*high)),
        (None, None) => {
            format!("close: {} samples are too few for a 95 % interval", count(threshold.samples))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary_v1::WorstWindowV1;

    fn threshold(observed: f64, limit: f64, unit: LimitUnitV1) -> ThresholdV1 {
        ThresholdV1 {
            metric: "http_req_duration".to_owned(),
            condition: "p95 < 200ms".to_owned(),
            passed: observed < limit,
            observed: Some(observed),
            limit,
            unit,
            no_data: false,
            too_few_samples: false,
            aborted_run: false,
            samples: 900,
            min_samples: None,
            over_ms: None,
            after_ms: None,
            worst_window: None,
            interval: None,
            sure: true,
            line: 9,
        }
    }

    #[test]
    fn the_margin_is_how_far_the_limit_is() {
        use LimitUnitV1::*;
        for (observed, limit, unit, actual, margin) in [
            (93.0, 200.0, Milliseconds, "93ms", Some("54% below")),
            (480.123, 200.0, Milliseconds, "480.123ms", Some("140% above")),
            (200.1, 200.0, Milliseconds, "200.1ms", Some("0.05% above")),
            (200.0, 200.0, Milliseconds, "200ms", Some("at the limit")),
            (0.0225, 0.01, Share, "2.25%", Some("125% above")),
            (0.0, 0.01, Share, "0%", Some("100% below")),
            (95.6, 10.0, PerSecond, "95.6/s", Some("856% above")),
            (280.0, 10.0, PerSecond, "280/s", Some("28.0× limit")),
            (1.0, 10_000.0, Number, "1", Some(">99% below")),
            (0.0, 10_000.0, Number, "0", Some("100% below")),
            (0.5, 0.500_001, Share, "50%", Some("<0.01 pp below")),
            (3.0, 0.0, Number, "3", Some("3 above")),
            (0.0, 0.0, Number, "0", Some("at the limit")),
        ] {
            let target = Target::new(&threshold(observed, limit, unit));
            assert_eq!((target.actual.as_str(), target.margin.as_deref()), (actual, margin), "{observed}");
        }
    }

    #[test]
    fn without_enough_data_there_is_no_margin() {
        let base = || threshold(12.0, 200.0, LimitUnitV1::Milliseconds);
        let none = ThresholdV1 { passed: false, observed: None, no_data: true, sure: false, ..base() };
        let few = ThresholdV1 {
            passed: false,
            too_few_samples: true,
            samples: 12,
            min_samples: Some(500),
            sure: false,
            ..base()
        };
        for (threshold, actual) in [(none, "no data"), (few, "12 of 500 samples")] {
            let target = Target::new(&threshold);
            assert_eq!((target.actual.as_str(), target.margin, target.held), (actual, None, Held::Unjudged));
            assert_eq!(target.remarks, Vec::<String>::new());
        }
    }

    #[test]
    fn what_decided_is_remarked() {
        let worst_window =
            Some(WorstWindowV1 { start_ms: 14_000, observed: 203.0, samples: 90, held: false });
        let broken = worst_window.clone();
        let interval = Some(IntervalV1 { low: Some(150.0), high: Some(203.4) });
        let target = Target::new(&ThresholdV1 {
            passed: false,
            aborted_run: true,
            over_ms: Some(10_000),
            worst_window,
            interval,
            sure: false,
            ..threshold(190.0, 200.0, LimitUnitV1::Milliseconds)
        });
        assert_eq!((target.wanted.as_str(), target.held), ("p95 < 200ms over 10s", Held::Failed));
        // The whole run's 190ms are not what broke it.
        assert_eq!((target.actual.as_str(), target.margin.as_deref()), ("203ms", Some("1.5% above")));
        let both = ThresholdV1 { worst_window: broken, ..threshold(240.0, 200.0, LimitUnitV1::Milliseconds) };
        let target_of_both = Target::new(&both);
        assert_eq!(
            (target_of_both.actual.as_str(), target_of_both.margin.as_deref()),
            ("240ms", Some("20% above")),
            "the whole run is enough to break it"
        );
        assert_eq!(
            target.remarks,
            [
                "it ended the run",
                "worst window: 203ms from 14s to 24s, which breaks it",
                "close: the 95 % interval is 150ms to 203ms",
            ]
        );
    }
}
