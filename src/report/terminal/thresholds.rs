//! The thresholds: what had to hold, what was seen, how far that was from the limit, and how far to trust it.

use super::tables::NOTHING;
use crate::{
    judge::{Outcome, ThresholdResult, WorstWindow},
    model::{Aggregation, Condition, Limit, Percent, format_duration},
    report::{
        format::{count, observed, time},
        margin::margin,
        paint::{Mark, Paint},
        percentile::samples_needed,
        table::{Column, Row, Table},
        text::{inert, wrap},
    },
};

/// How far the remarks stand in.
const INDENT: usize = 4;

/// The table, and below it what its numbers do not say by themselves; empty without thresholds.
pub(super) fn lines(results: &[ThresholdResult], width: usize, paint: Paint) -> String {
    if results.is_empty() {
        return String::new();
    }
    let ordered = worst_first(results);
    let mut text = table(&ordered).render(width, paint);
    for result in ordered {
        let remarks = remarks(result);
        if remarks.is_empty() {
            continue;
        }
        let subject = format!("{}: {}", result.threshold.subject(), condition(result));
        text += &indented(&inert(&subject), 2, width, paint);
        for remark in remarks {
            text += &indented(&remark, INDENT, width, paint);
        }
    }
    text
}

fn indented(line: &str, indent: usize, width: usize, paint: Paint) -> String {
    let lines = wrap(line, width.saturating_sub(indent));
    lines.iter().map(|line| format!("{:indent$}{}\n", "", paint.dim(line))).collect()
}

/// Those that failed, then those that could not be judged, each in the file's order.
fn worst_first(results: &[ThresholdResult]) -> Vec<&ThresholdResult> {
    let mut ordered: Vec<&ThresholdResult> = results.iter().collect();
    ordered.sort_by_key(|result| match result.outcome {
        Outcome::Failed => 0,
        Outcome::NoData | Outcome::TooFewSamples => 1,
        Outcome::Passed => 2,
    });
    ordered
}

/// Thresholds: subject, condition, what was seen, how far from the limit, and of how many samples.
fn table(results: &[&ThresholdResult]) -> Table {
    let rows = results.iter().map(|result| Row {
        mark: Some(match result.outcome {
            Outcome::Passed => Mark::Good,
            Outcome::Failed => Mark::Bad,
            Outcome::NoData | Outcome::TooFewSamples => Mark::Unknown,
        }),
        name: inert(&result.threshold.subject()) + ":",
        cells: cells(result),
        is_strong: false,
    });
    let columns = vec![
        Column::words("must hold"),
        Column::words("observed"),
        Column::spared("margin", 2),
        Column::spared("samples", 1),
    ];
    Table { title: "Thresholds", columns, rows: rows.collect() }
}

fn cells(result: &ThresholdResult) -> Vec<String> {
    let (seen, margin) = match (result.outcome, result.observed, breaking_window(result)) {
        (Outcome::TooFewSamples, ..) => {
            let needed = result.threshold.min_samples.unwrap_or_default();
            (format!("{} of {} samples", count(result.samples), count(needed)), None)
        }
        (Outcome::NoData, ..) | (_, None, _) => ("no data".to_owned(), None),
        (_, _, Some(window)) => {
            let seen = window.observed;
            (format!("{} in a window", observed(seen)), distance(result, seen))
        }
        (_, Some(seen), None) => (observed(seen), distance(result, seen)),
    };
    let margin = margin.unwrap_or_else(|| NOTHING.to_owned());
    vec![inert(&condition(result)), seen, margin, count(result.samples)]
}

/// How far a number is from the threshold's limit.
fn distance(result: &ThresholdResult, seen: Limit) -> Option<String> {
    let condition = &result.threshold.condition;
    margin(condition.operator, condition.limit, seen)
}

/// The window that alone made it fail: over the whole run it held.
fn breaking_window(result: &ThresholdResult) -> Option<WorstWindow> {
    result.worst_window.filter(|window| result.outcome == Outcome::Failed && !window.held && holds(result))
}

fn condition(result: &ThresholdResult) -> String {
    let over = result.threshold.over.map(|over| format!(" over {}", format_duration(over)));
    result.threshold.condition.to_string() + &over.unwrap_or_default()
}

/// What ended the run, the worst window, and how sure the number is, a line each.
fn remarks(result: &ThresholdResult) -> Vec<String> {
    let mut lines = Vec::new();
    if result.aborted_run {
        lines.push("it ended the run".to_owned());
    }
    lines.extend(worst_window(result));
    if !matches!(result.outcome, Outcome::NoData | Outcome::TooFewSamples) {
        lines.extend(close(result));
        lines.extend(doubt(result));
    }
    lines
}

fn worst_window(result: &ThresholdResult) -> Option<String> {
    let (window, over) = (result.worst_window?, result.threshold.over?);
    let (start, end) = (format_duration(window.start), format_duration(window.start + over));
    let value = observed(window.observed);
    let held = if window.held { "" } else { ", which breaks it" };
    let distance = distance(result, window.observed).unwrap_or_default();
    Some(format!("worst window: {value} from {start} to {end}, {distance}{held}"))
}

/// Where chance could have decided.
fn close(result: &ThresholdResult) -> Option<String> {
    if result.sure {
        return None;
    }
    let limit = observed(result.threshold.condition.limit);
    if result.worst_window.is_some_and(|window| !window.held && !window.sure) && holds(result) {
        return Some(format!("close: the 95 % interval of that window holds the limit of {limit}"));
    }
    let interval = result.interval?;
    let bounds = match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{} to {}", bound(low), bound(high)),
        (Some(low), None) => format!("from {} up", bound(low)),
        (None, Some(high)) => format!("up to {}", bound(high)),
        (None, None) => {
            return Some(format!("{} samples are too few for a 95 % interval", count(result.samples)));
        }
    };
    Some(format!("close: the 95 % interval, {bounds}, holds the limit of {limit}"))
}

/// Whether the whole run is within the limit.
fn holds(result: &ThresholdResult) -> bool {
    result.observed.is_some_and(|observed| result.threshold.condition.holds(observed))
}

/// A bound of an interval: of few digits, since it is an estimate.
fn bound(limit: Limit) -> String {
    match limit {
        Limit::Time(duration) => time(duration),
        Limit::Share(share) => Limit::Share((share * 1e5).round() / 1e5).to_string(),
        other => observed(other),
    }
}

/// A percentile that the samples are too few for.
fn doubt(result: &ThresholdResult) -> Option<String> {
    let percent = match result.threshold.condition {
        Condition { aggregation: Aggregation::Percentile(percent), .. } => percent,
        Condition { aggregation: Aggregation::Med, .. } => Percent::whole(50),
        _ => return None,
    };
    let needed = samples_needed(percent)?;
    (result.samples < needed).then(|| {
        let (had, needed) = (count(result.samples), count(needed));
        format!("p{percent} of {had} samples is a guess: it needs {needed} to be relied on")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::{Confidence, WorstWindow},
        model::{Metric, Operator, Selector, Threshold},
    };
    use std::time::Duration;

    const MS: Duration = Duration::from_millis(1);

    fn result(outcome: Outcome, millis: u32, samples: u64) -> ThresholdResult {
        let aggregation = Aggregation::Percentile(Percent::whole(95));
        let condition = Condition { aggregation, operator: Operator::Less, limit: Limit::Time(MS * 200) };
        ThresholdResult {
            threshold: Threshold::new(Metric::HttpReqDuration, Selector::default(), condition, 1),
            outcome,
            observed: Some(Limit::Time(MS * millis)),
            samples,
            worst_window: None,
            aborted_run: false,
            interval: None,
            sure: true,
        }
    }

    fn told(result: &ThresholdResult) -> String {
        lines(std::slice::from_ref(result), 120, Paint { color: false })
    }

    #[test]
    fn what_is_clear_is_a_row_and_nothing_else() {
        let text = told(&result(Outcome::Passed, 93, 1_200));
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("93ms") && text.contains("1,200"), "{text}");
        assert_eq!(lines(&[], 80, Paint { color: false }), "");
    }

    #[test]
    fn what_failed_stands_first_with_how_far_it_was_off() {
        let none = ThresholdResult { observed: None, ..result(Outcome::NoData, 0, 0) };
        let all = [
            result(Outcome::Passed, 94, 500),
            none,
            result(Outcome::Failed, 224, 500),
            result(Outcome::Failed, 3_000, 500),
        ];
        let text = lines(&all, 100, Paint { color: false });
        let rows: Vec<&str> = text.lines().skip(1).take(4).collect();
        for (row, expected) in
            rows.iter().zip([["✗", "12% above"], ["✗", "15.0× limit"], ["?", "no data"], ["✓", "53% below"]])
        {
            assert!(expected.iter().all(|part| row.contains(part)), "{text}");
        }
    }

    #[test]
    fn where_it_is_narrow_samples_go_before_the_margin() {
        let one = [result(Outcome::Passed, 94, 500)];
        let at = |width| lines(&one, width, Paint { color: false });
        assert!(at(80).contains("samples") && at(60).contains("53% below"), "{}{}", at(80), at(60));
        assert!(!at(56).contains("samples") && at(56).contains("53% below"), "{}", at(56));
    }

    #[test]
    fn what_is_close_names_its_interval_and_few_samples_are_a_guess() {
        let bound = |millis: u32| Some(Limit::Time(MS * millis));
        let close = |low, high, samples| {
            let interval = Some(Confidence { low, high });
            told(&ThresholdResult { interval, sure: false, ..result(Outcome::Passed, 198, samples) })
        };
        let both = close(bound(190), bound(215), 500);
        assert!(
            both.contains("close: the 95 % interval, 190ms to 215ms, holds the limit of 200ms"),
            "{both}"
        );
        assert!(!both.contains("guess"), "{both}");
        let open = close(bound(190), None, 60);
        assert!(open.contains("from 190ms up, holds the limit"), "{open}");
        assert!(open.contains("p95 of 60 samples is a guess: it needs 110 to be relied on"), "{open}");
        assert!(close(None, None, 2).contains("2 samples are too few for a 95 % interval"));
    }

    #[test]
    fn windows_say_where_the_worst_was_and_whether_it_decided() {
        let window = |millis: u32, held, sure| WorstWindow {
            start: MS * 14_000,
            observed: Limit::Time(MS * millis),
            samples: 90,
            held,
            sure,
        };
        let with = |outcome, worst, sure| {
            let mut result = ThresholdResult { worst_window: Some(worst), sure, ..result(outcome, 120, 900) };
            result.threshold.over = Some(MS * 10_000);
            told(&result)
        };
        let held = with(Outcome::Passed, window(180, true, true), true);
        assert!(
            held.contains("p95 < 200ms over 10s")
                && held.contains("worst window: 180ms from 14s to 24s, 10% below\n"),
            "{held}"
        );
        let broken = with(Outcome::Failed, window(203, false, false), false);
        assert!(broken.contains("203ms from 14s to 24s, 1.5% above, which breaks it"), "{broken}");
        assert!(
            broken.contains("203ms in a window") && !broken.contains("120ms"),
            "the number that decided is in the table: {broken}"
        );
        assert!(broken.contains("the 95 % interval of that window holds the limit of 200ms"), "{broken}");
    }

    #[test]
    fn without_enough_data_there_is_no_number() {
        let mut few = result(Outcome::TooFewSamples, 120, 120);
        few.threshold.min_samples = Some(500);
        assert!(told(&few).contains("120 of 500 samples"), "{}", told(&few));
        let none = ThresholdResult { observed: None, sure: false, ..result(Outcome::NoData, 0, 0) };
        assert!(told(&none).contains("no data") && !told(&none).contains("close"), "{}", told(&none));
        let aborted = ThresholdResult { aborted_run: true, ..result(Outcome::Failed, 480, 900) };
        assert!(told(&aborted).contains("it ended the run"));
    }
}
