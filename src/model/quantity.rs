//! Quantities with their units as a scenario writes them: durations, rates, sizes, shares.
//!
//! A unit is never guessed: a bare number where one belongs is an error that offers the unit.

use std::{fmt, time::Duration};

/// A quantity that could not be read: what is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct QuantityError {
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub help: String,
}

impl QuantityError {
    fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

const DURATION_HELP: &str = "write a number and a unit: `500us`, `200ms`, `30s`, `5m`, `1h`";
/// Ten years: beyond it a duration is a typing error.
const LONGEST_SECONDS: f64 = 315_360_000.0;

/// Reads `200ms`, `1.5s` or `1m30s`.
///
/// # Errors
/// Without a unit, with an unknown one, negative, not a number, or longer than ten years.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let trimmed = text.trim();
    if trimmed.parse::<f64>().is_ok() {
        let help = format!("did you mean `{trimmed}s` or `{trimmed}ms`?");
        return Err(QuantityError::new(format!("`{trimmed}` has no unit"), help));
    }
    let mut rest = trimmed;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)
            .ok_or_else(|| QuantityError::new(format!("`{trimmed}` is not a duration"), DURATION_HELP))?;
        let unit_len = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, tail) = after.split_at(unit_len);
        let scale = seconds_per(unit).ok_or_else(|| {
            QuantityError::new(format!("`{trimmed}` is not a duration: unknown unit `{unit}`"), DURATION_HELP)
        })?;
        seconds += number * scale;
        rest = tail.trim_start();
    }
    if trimmed.is_empty() {
        return Err(QuantityError::new("a duration is missing", DURATION_HELP));
    }
    if seconds > LONGEST_SECONDS {
        return Err(QuantityError::new(format!("`{trimmed}` is longer than ten years"), DURATION_HELP));
    }
    Ok(Duration::from_nanos((seconds * 1e9).round() as u64))
}

fn seconds_per(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

/// A non-negative decimal number at the start of `text`, and what follows it.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim_start()))
}

/// Prints a duration in the largest unit that keeps it short: `1m30s`, `2.5s`, `200ms`, `80us`.
pub fn format_duration(duration: Duration) -> String {
    let nanos = rounded(duration.as_nanos());
    let decimal = |scale: f64, unit: &str| {
        let text = format!("{:.3}", nanos as f64 / scale);
        format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match nanos {
        0 => "0s".to_owned(),
        1..1_000_000 => decimal(1e3, "us"),
        1_000_000..1_000_000_000 => decimal(1e6, "ms"),
        1_000_000_000..60_000_000_000 => decimal(1e9, "s"),
        _ => format_long((nanos / 1_000_000_000) as u64, (nanos / 1_000_000 % 1000) as u32),
    }
}

/// Nanoseconds as far as they are printed. Rounded first, since 59.9999s is the next unit's `1m`.
fn rounded(nanos: u128) -> u128 {
    let step = match nanos {
        0..1_000_000 => return nanos,
        1_000_000..1_000_000_000 => 1_000,
        _ => 1_000_000,
    };
    (nanos + step / 2) / step * step
}

fn format_long(seconds: u64, millis: u32) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    if hours > 0 {
        text += &format!("{hours}h");
    }
    if minutes > 0 {
        text += &format!("{minutes}m");
    }
    if millis > 0 {
        text += format!("{rest}.{millis:03}").trim_end_matches('0');
        text.push('s');
    } else if rest > 0 || text.is_empty() {
        text += &format!("{rest}s");
    }
    text
}

/// Events per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate {
    /// How many in one second.
    pub per_second: f64,
}

const RATE_HELP: &str = "write a number and a time: `100/s`, `30/m`, `0.5/s`";

/// Reads `100/s`, `30/m` or `10/h`.
///
/// # Errors
/// Without a time unit, not a number, or above ten million per second.
pub fn parse_rate(text: &str) -> Result<Rate, QuantityError> {
    let trimmed = text.trim();
    if trimmed.parse::<f64>().is_ok() {
        let help = format!("did you mean `{trimmed}/s`?");
        return Err(QuantityError::new(format!("`{trimmed}` has no time unit"), help));
    }
    let wrong = || QuantityError::new(format!("`{trimmed}` is not a rate"), RATE_HELP);
    let (number, after) = split_number(trimmed).ok_or_else(wrong)?;
    let unit = after.strip_prefix('/').ok_or_else(wrong)?.trim();
    let seconds = match unit {
        "s" | "sec" | "second" => 1.0,
        "m" | "min" | "minute" => 60.0,
        "h" | "hour" => 3600.0,
        _ => return Err(wrong()),
    };
    let per_second = number / seconds;
    if per_second > 1e7 {
        return Err(QuantityError::new(format!("`{trimmed}` is more than 10,000,000/s"), RATE_HELP));
    }
    Ok(Rate { per_second })
}

const SIZE_HELP: &str = "write a number and a unit: `512B`, `64KiB`, `10MiB`, `1GB`";

/// Reads `64KiB`, `1MB` or `512B`, in bytes.
///
/// # Errors
/// Without a unit, with an unknown one, or not a number.
pub fn parse_bytes(text: &str) -> Result<u64, QuantityError> {
    let trimmed = text.trim();
    if trimmed.parse::<f64>().is_ok() {
        let help = format!("did you mean `{trimmed}B` or `{trimmed}KiB`?");
        return Err(QuantityError::new(format!("`{trimmed}` has no unit"), help));
    }
    let wrong = || QuantityError::new(format!("`{trimmed}` is not a size"), SIZE_HELP);
    let (number, unit) = split_number(trimmed).ok_or_else(wrong)?;
    let scale = match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TB" => 1e12,
        "TiB" => 1_099_511_627_776.0,
        _ => return Err(wrong()),
    };
    Ok((number * scale).round() as u64)
}

/// Prints a size with a binary unit: `512 B`, `1.5 KiB`.
pub fn format_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // From here on one digit behind the point is the next unit's 1.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Reads a share as `1%` or `0.01`.
///
/// # Errors
/// Not a number, or outside 0 to 1 (0 % to 100 %).
pub fn parse_share(text: &str) -> Result<f64, QuantityError> {
    let trimmed = text.trim();
    let wrong = || QuantityError::new(format!("`{trimmed}` is not a share"), "write `1%` or `0.01`");
    let share = match trimmed.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => trimmed.parse().map_err(|_| wrong())?,
    };
    if !(0.0..=1.0).contains(&share) {
        let help = "a share lies between `0%` and `100%` (0 and 1)";
        return Err(QuantityError::new(format!("`{trimmed}` is not a share"), help));
    }
    Ok(share)
}

/// A percentage of exactly the digits written, up to six after the point: 99.9 is not 99.90000000000001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    millionths: u64,
}

impl Percent {
    /// A whole percentage.
    pub const fn whole(percent: u64) -> Self {
        Self { millionths: percent * 1_000_000 }
    }

    /// Thousandths of a percent: `from_thousandths(99_900)` is 99.9 %.
    pub const fn from_thousandths(thousandths: u64) -> Self {
        Self { millionths: thousandths * 1_000 }
    }

    /// Reads the digits of `p99.9`, without the `p`; `None` unless they lie above 0 and at most at 100.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let sane = !whole.is_empty() && whole.len() <= 3 && fraction.len() <= 6;
        if !sane || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return None;
        }
        let millionths =
            whole.parse::<u64>().ok()? * 1_000_000 + format!("{fraction:0<6}").parse::<u64>().ok()?;
        (1..=100_000_000).contains(&millionths).then_some(Self { millionths })
    }

    /// The share, from 0 to 1.
    pub fn share(self) -> f64 {
        self.millionths as f64 / 1e8
    }

    /// The rank, from 1, of the sample that is this percentile of `count` samples: ceil(share × count).
    pub fn rank(self, count: u64) -> u64 {
        let exact = u128::from(self.millionths) * u128::from(count);
        (exact.div_ceil(100_000_000) as u64).max(1)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.millionths / 1_000_000, self.millionths % 1_000_000);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{fraction:06}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_may_have_several() {
        for (text, nanos) in [
            ("30s", 30_000_000_000),
            ("200ms", 200_000_000),
            ("1m30s", 90_000_000_000),
            ("1.5s", 1_500_000_000),
            ("0s", 0),
            ("80us", 80_000),
            ("1h 5m", 3_900_000_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        let error = parse_duration("30").expect_err("a bare number");
        assert_eq!(
            (error.problem.as_str(), error.help.as_str()),
            ("`30` has no unit", "did you mean `30s` or `30ms`?")
        );
        for text in ["", "s", "-1s", "1x", "NaNs", "inf", "1s-", "11y", "9999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_print_as_they_are_read() {
        for text in ["0s", "80us", "200ms", "2.5s", "30s", "1m", "1m30s", "2h", "1h0.5s"] {
            assert_eq!(format_duration(parse_duration(text).expect(text)), text);
        }
        // Where rounding leads to the next unit.
        for (text, printed) in [
            ("999999.9ns", "1ms"),
            ("999.9996ms", "1s"),
            ("59.9999s", "1m"),
            ("59m59.9999s", "1h"),
            ("1m59.9996s", "2m"),
            ("1m0.0004s", "1m"),
        ] {
            assert_eq!(format_duration(parse_duration(text).expect(text)), printed, "{text}");
        }
    }

    #[test]
    fn sizes_print_as_they_are_read() {
        for (bytes, printed) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_525, "1.0 MiB"),
            (1 << 40, "1.0 TiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(format_bytes(bytes), printed, "{bytes}");
            let read = parse_bytes(printed).expect(printed);
            assert_eq!(format_bytes(read), printed, "{printed}");
        }
    }

    #[test]
    fn rates_sizes_and_shares() {
        assert_eq!(parse_rate("30/m").map(|rate| rate.per_second), Ok(0.5));
        assert_eq!(parse_rate("100 / s").map(|rate| rate.per_second), Ok(100.0));
        assert_eq!(parse_rate("100").expect_err("bare").help, "did you mean `100/s`?");
        assert!(parse_rate("1e9/s").is_err() && parse_rate("99999999/s").is_err());
        assert_eq!(parse_bytes("64KiB"), Ok(65_536));
        assert!(parse_bytes("64").is_err() && parse_bytes("64kb").is_err());
        assert_eq!(parse_share("1%"), Ok(0.01));
        assert_eq!(parse_share("0.01"), Ok(0.01));
        assert!(parse_share("101%").is_err() && parse_share("NaN").is_err());
    }

    #[test]
    fn percentiles_rank_exactly() {
        let percent = |text| Percent::parse(text).expect(text);
        assert_eq!(percent("95").rank(20), 19);
        assert_eq!(percent("95").rank(100), 95);
        assert_eq!(percent("99.9").rank(1000), 999);
        assert_eq!(percent("50").rank(1), 1);
        assert_eq!(percent("100").rank(7), 7);
        assert_eq!(percent("99.99").to_string(), "99.99");
        for text in ["0", "100.1", "", ".", "95.", "-1", "1e1", "1234"] {
            assert_eq!(Percent::parse(text), None, "{text}");
        }
    }
}
