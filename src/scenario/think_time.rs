//! `think_time` and `think`: pauses, fixed, from a range, or from a distribution.

use super::{
    diagnostic::Faults,
    reader::{Keys, duration, quantity, word},
    span::{Span, Spanned},
    yaml::{Node, NodeValue},
};
use crate::model::ThinkTime;
use crate::model::parse_duration;

const WHAT: &str = "a think time";
const SHAPES: &str = "write `1s`, `1s..3s`, `{ normal: { mean: 2s, sd: 500ms } }` or `{ exponential: 2s }`";

/// The minimum distance between the starts of two iterations: a duration or a range.
pub(super) fn pacing(node: &Node, span: Span, beside: bool, faults: &mut Faults) -> Option<ThinkTime> {
    if beside {
        let fault = faults.report(span, "`pacing` and `think_time` cannot stand together");
        fault.label("`pacing` sets the distance between starts, `think_time` the pause after an end");
        return None;
    }
    if matches!(node.value, NodeValue::Map(_)) {
        let fault = faults.report(node.span, "`pacing` is a duration or a range, this is a map");
        fault.label("for example `10s` or `8s..12s`");
        return None;
    }
    think_time(node, faults)
}

/// `1s`, `1s..3s`, `{ normal: { mean: 2s, sd: 500ms } }` or `{ exponential: 2s }`.
pub(super) fn think_time(node: &Node, faults: &mut Faults) -> Option<ThinkTime> {
    match &node.value {
        NodeValue::Map(_) => distribution(node, faults),
        NodeValue::List(items) => {
            let fault = faults.report(node.span, format!("{WHAT} is a duration or a range, this is a list"));
            match items.as_slice() {
                [first, last] => fault.label(format!(
                    "did you mean `{}..{}`?",
                    with_unit(&scalar_text(first)),
                    with_unit(&scalar_text(last))
                )),
                _ => fault.label(SHAPES),
            };
            None
        }
        NodeValue::Scalar(_) => {
            let text = word(node, WHAT, faults)?;
            range(&text, faults)
        }
    }
}

fn scalar_text(node: &Node) -> String {
    match &node.value {
        NodeValue::Scalar(scalar) => scalar.text.clone(),
        _ => "1s".to_owned(),
    }
}

fn range(text: &Spanned<&str>, faults: &mut Faults) -> Option<ThinkTime> {
    if let Some((message, meant)) = foreign(text.value) {
        faults.report(text.span, message).label(format!("did you mean `{meant}`?"));
        return None;
    }
    let (min, max) = text.value.split_once("..").unwrap_or((text.value, text.value));
    let min = quantity(parse_duration(min), text.span, WHAT, faults)?;
    let max = quantity(parse_duration(max), text.span, WHAT, faults)?;
    if min > max {
        faults.report(text.span, "this range ends before it starts").label("write the shorter time first");
        return None;
    }
    Some(ThinkTime::Uniform { min, max })
}

/// What is probably meant by a pause that is written in the way of another tool, or with half of its units.
fn foreign(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    if let Some((name, rest)) = text.split_once('(') {
        let arguments: Vec<String> =
            rest.trim_end_matches([')', ';']).split(',').map(|argument| with_unit(argument.trim())).collect();
        let message = format!("`{text}` is written as in another tool");
        let are_durations = arguments.iter().all(|argument| parse_duration(argument).is_ok());
        return match (name.trim(), arguments.as_slice()) {
            _ if !are_durations => None,
            ("sleep" | "constant" | "constant_pacing" | "pause", [one]) => Some((message, one.clone())),
            ("between" | "pause" | "uniform", [first, last]) => Some((message, format!("{first}..{last}"))),
            _ => None,
        };
    }
    let (first, last) = match text.split_once("..") {
        Some(ends) => ends,
        None => text.split_once('-').filter(|(first, _)| !first.trim().is_empty())?,
    };
    let unit =
        |side: &str| side.trim().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned();
    let (first_unit, last_unit) = (unit(first), unit(last));
    let bare = |side: &str| side.trim().parse::<f64>().is_ok();
    if text.contains("..") {
        if !bare(first) && !bare(last) {
            return None;
        }
        let lacking = if bare(first) { first } else { last };
        let message = format!("`{}` has no unit in `{text}`", lacking.trim());
        return Some((message, joined(first, &first_unit, last, &last_unit)));
    }
    let number = |side: &str| side.trim().starts_with(|c: char| c.is_ascii_digit());
    let range = joined(first, &first_unit, last, &last_unit);
    let is_range = range.split("..").all(|side| parse_duration(side).is_ok());
    (number(first) && number(last) && is_range)
        .then(|| (format!("`{text}` is not a duration: a range is written with `..`"), range))
}

/// The range, where a side without a unit takes the other's.
fn joined(first: &str, first_unit: &str, last: &str, last_unit: &str) -> String {
    let default = [last_unit, first_unit].into_iter().find(|unit| !unit.is_empty()).unwrap_or("s");
    let side = |text: &str, unit: &str| match unit {
        "" => format!("{}{default}", text.trim()),
        _ => text.trim().to_owned(),
    };
    format!("{}..{}", side(first, first_unit), side(last, last_unit))
}

fn with_unit(text: &str) -> String {
    if text.parse::<f64>().is_ok() { format!("{text}s") } else { text.to_owned() }
}

fn distribution(node: &Node, faults: &mut Faults) -> Option<ThinkTime> {
    let mut keys = Keys::open(node, "a think time's distribution", faults)?;
    let (normal, exponential) = (keys.get("normal"), keys.get("exponential"));
    let (span, second) = (keys.span(), keys.key_span("exponential"));
    let is_known = |key: &str| matches!(key, "normal" | "exponential");
    let NodeValue::Map(entries) = &node.value else { return None };
    let has_unknown = entries.iter().any(|(key, _)| !is_known(&key.value));
    keys.finish_with(faults, explain);
    match (normal, exponential) {
        (Some(node), None) => normal_of(node, faults),
        (None, Some(node)) => {
            let mean = positive(node, "the mean of `exponential`", faults)?;
            Some(ThinkTime::Exponential { mean })
        }
        (Some(_), Some(_)) => {
            faults.report(second, "a think time has one distribution").label("leave one of them out");
            None
        }
        (None, None) => {
            if !has_unknown {
                faults.report(span, "a think time's distribution is missing").help(SHAPES);
            }
            None
        }
    }
}

/// What other tools write in a map.
fn explain(key: &str, fault: &mut super::diagnostic::Diagnostic) -> bool {
    let label = match key {
        "uniform" | "min" | "max" | "from" | "to" | "between" => "a uniform pause is written `1s..3s`",
        "constant" | "fixed" | "duration" => "a fixed pause is written `1s`",
        "gaussian" | "gauss" => "did you mean `normal`?",
        "poisson" | "exp" | "negative_exponential" => "did you mean `exponential`?",
        _ => return false,
    };
    fault.label(label);
    true
}

/// What else a mean and a standard deviation are called.
const MEAN: [&str; 4] = ["mu", "average", "avg", "median"];
const SD: [&str; 6] = ["stddev", "std", "sigma", "deviation", "standard_deviation", "std_dev"];

fn normal_of(node: &Node, faults: &mut Faults) -> Option<ThinkTime> {
    if !matches!(node.value, NodeValue::Map(_)) {
        let fault = faults.report(node.span, "`normal` takes a mean and a standard deviation");
        fault.label("write `{ mean: 2s, sd: 500ms }`");
        return None;
    }
    let mut keys = Keys::open(node, "`normal`", faults)?;
    let has = |keys: &Keys<'_>, names: &[&str]| names.iter().any(|name| keys.has(name));
    let mean = if has(&keys, &MEAN) { keys.get("mean") } else { keys.require("mean", faults) };
    let sd = if has(&keys, &SD) { keys.get("sd") } else { keys.require("sd", faults) };
    let mean = mean.and_then(|node| positive(node, "`mean`", faults));
    let sd = sd.and_then(|node| duration(node, "`sd`", faults));
    keys.finish_with(faults, |key, fault| {
        let ours = match key {
            _ if SD.contains(&key) => "sd",
            _ if MEAN.contains(&key) => "mean",
            _ => return false,
        };
        fault.label(format!("did you mean `{ours}`?"));
        true
    });
    Some(ThinkTime::Normal { mean: mean?, sd: sd? })
}

fn positive(node: &Node, what: &str, faults: &mut Faults) -> Option<std::time::Duration> {
    if let NodeValue::Map(_) = node.value {
        let span: Span = node.span;
        faults.report(span, format!("{what} is a duration, this is a map")).label("write `2s`");
        return None;
    }
    super::reader::positive_duration(node, what, faults)
}

#[cfg(test)]
mod tests {
    use super::super::{decode::Options, decode::parse};
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_shape_of_a_pause() {
        let (half, second, three) =
            (Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3));
        for (written, expected) in [
            ("1s", ThinkTime::Uniform { min: second, max: second }),
            ("500ms..3s", ThinkTime::Uniform { min: half, max: three }),
            ("0s", ThinkTime::default()),
            ("{ normal: { mean: 3s, sd: 500ms } }", ThinkTime::Normal { mean: three, sd: half }),
            ("{ normal: { mean: 1s, sd: 0s } }", ThinkTime::Normal { mean: second, sd: Duration::ZERO }),
            ("{ exponential: 1s }", ThinkTime::Exponential { mean: second }),
        ] {
            let source = format!(
                "target: demo\nload: {{ users: 1, duration: 1s }}\nthink_time: {written}\nflow: [ {{ get: / }} ]\n"
            );
            let scenario = parse(&source, &Options::default());
            let scenario = scenario.unwrap_or_else(|faults| panic!("{written}: {faults:?}"));
            assert_eq!(scenario.workloads[0].think_time, expected, "{written}");
        }
    }

    #[test]
    fn what_is_meant_by_half_of_a_range() {
        for (written, meant) in [
            ("1..3", "1s..3s"),
            ("1..3s", "1s..3s"),
            ("1m..3", "1m..3m"),
            ("1s-3s", "1s..3s"),
            ("100-300ms", "100ms..300ms"),
            ("1 - 3", "1s..3s"),
            ("sleep(2);", "2s"),
            ("between(1, 2.5)", "1s..2.5s"),
        ] {
            assert_eq!(foreign(written).map(|(_, meant)| meant), Some(meant.to_owned()), "{written}");
        }
        for written in ["1s", "1s..3s", "-1s", "soon", "1e-3s"] {
            assert_eq!(foreign(written), None, "{written}");
        }
    }
}
