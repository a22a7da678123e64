//! Numbers for people: few digits, always with their unit. Files for programs do not use it, but for `per_second`.

use crate::model::{Limit, format_duration};
use std::time::Duration;

/// How many per second; `None` if no time passed.
pub(super) fn per_second(count: u64, elapsed: Duration) -> Option<f64> {
    (!elapsed.is_zero()).then(|| count as f64 / elapsed.as_secs_f64())
}

/// Three significant digits: `0.123`, `1.23`, `12.3`, `123`, `12,346`.
pub(super) fn number(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        // The bounds are where rounding would carry into one more digit.
        ..0.9995 => format!("{value:.3}"),
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => count(value.round() as u64),
    }
}

/// A time of three significant digits: `850us`, `12.3ms`, `1.24s`; from 1000 s on whole seconds: `16m40s`.
pub(super) fn time(time: Duration) -> String {
    const UNITS: [(f64, &str); 3] = [(1e3, "us"), (1e6, "ms"), (1e9, "s")];
    let nanos = time.as_nanos() as f64;
    let fitting = UNITS.into_iter().find(|(scale, _)| nanos / scale < 999.5);
    match fitting {
        _ if time.is_zero() => "0s".to_owned(),
        Some((scale, unit)) => format!("{}{unit}", number(nanos / scale)),
        None => format_duration(Duration::from_secs_f64(time.as_secs_f64().round())),
    }
}

/// A time to the tenth of a second, as a clock shows it: `30s`, `1m30.5s`.
pub(super) fn clock(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    format_duration(Duration::from_millis(u64::try_from(tenths).unwrap_or(u64::MAX).saturating_mul(100)))
}

/// A count in groups of three digits: `1,234,567`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A level of users or of iterations per second: whole where it is whole.
pub(super) fn level(level: f64) -> String {
    if level.fract() == 0.0 { count(level.max(0.0) as u64) } else { number(level) }
}

/// A count and what is counted: `1 request`, `2 requests`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The share of `part` in `all`: `0%`, `0.12%`, `12.3%`, `100%`. Only none at all is 0 %, only all of them 100 %.
pub(super) fn percent(part: u64, all: u64) -> String {
    let percent = part as f64 / all.max(1) as f64 * 100.0;
    match percent {
        _ if part == 0 => "0%".to_owned(),
        _ if part == all => "100%".to_owned(),
        ..0.01 => "<0.01%".to_owned(),
        99.99.. => ">99.99%".to_owned(),
        ..1.0 | 99.0.. => format!("{percent:.2}%"),
        _ => format!("{percent:.1}%"),
    }
}

/// What a threshold saw. More digits than elsewhere, so that 200.1 ms does not look like a limit of 200 ms.
pub(super) fn observed(limit: Limit) -> String {
    match limit {
        Limit::PerSecond(rate) => Limit::PerSecond((rate * 1e3).round() / 1e3).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        for (nanos, text) in [
            (0, "0s"),
            (400, "0.400us"),
            (850_000, "850us"),
            (999_499, "999us"),
            (999_600, "1.00ms"),
            (9_996_000, "10.0ms"),
            (12_345_678, "12.3ms"),
            (99_960_000, "100ms"),
            (1_235_000_000, "1.24s"),
            (59_999_000_000, "60.0s"),
            (1_000_400_000_000, "16m40s"),
        ] {
            assert_eq!(time(Duration::from_nanos(nanos)), text, "{nanos}");
        }
        assert_eq!(clock(Duration::from_millis(90_456)), "1m30.5s");
        assert_eq!(clock(Duration::from_millis(29_999)), "30s");
    }

    #[test]
    fn counts_and_rates() {
        let counts = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "1,234,567"]);
        let numbers = [0.0, 0.05, 0.9996, 9.999, 99.94, 411.5, 12_345.6].map(number);
        assert_eq!(numbers, ["0", "0.050", "1.00", "10.0", "99.9", "412", "12,346"]);
    }

    #[test]
    fn a_single_failure_is_not_rounded_away() {
        let cases = [(0, 0), (0, 9), (9, 9), (1, 1_000_000), (999_999, 1_000_000), (1, 300), (1, 3)];
        let shown = cases.map(|(part, all)| percent(part, all));
        assert_eq!(shown, ["0%", "0%", "100%", "<0.01%", ">99.99%", "0.33%", "33.3%"]);
        assert_eq!((percent(9_994, 10_000), percent(1, 10_000)), ("99.94%".into(), "0.01%".into()));
    }
}
