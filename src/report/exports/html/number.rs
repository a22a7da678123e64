//! Numbers as the page's data has them: few digits, since there are a hundred thousand of them.

use crate::report::summary_v1::TrendV1;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Serialize, Serializer};

/// A number that may be missing, in four significant digits: what a chart shows has fewer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rounded(Option<f64>);

impl Rounded {
    pub fn new(value: impl Into<Option<f64>>) -> Self {
        Self(value.into().filter(|value| value.is_finite()).map(significant))
    }
}

fn significant(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    // Dividing by a power of ten gives the number that prints short; multiplying by its inverse does not.
    let digits = 3 - value.abs().log10().floor() as i32;
    match digits {
        ..=0 => value.round(),
        _ => {
            let scale = 10_f64.powi(digits);
            (value * scale).round() / scale
        }
    }
}

impl Serialize for Rounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            // Beyond 2^53 a page could not tell integers apart either.
            Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                serializer.serialize_i64(value as i64)
            }
            Some(value) => serializer.serialize_f64(value),
            None => serializer.serialize_none(),
        }
    }
}

/// A column of numbers, two bytes each, in base64: with keys or decimals, 3,600 points of twenty columns would be most of a
/// megabyte. Three significant digits are what a chart can show.
///
/// A number is m × 10^(e − 32), with m from 100 to 999 in the lower ten bits and e in the upper six, the higher byte first;
/// 0 is zero, and what is missing has all bits set.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Packed(Option<String>);

const MISSING: u16 = u16::MAX;
const EXPONENT: i32 = 32;

impl Packed {
    /// Null where there is not one number.
    pub fn new(values: impl Iterator<Item = Option<f64>>) -> Self {
        let packed: Vec<u16> = values.map(|value| value.map_or(MISSING, packed)).collect();
        let bytes: Vec<u8> = packed.iter().flat_map(|value| value.to_be_bytes()).collect();
        Self(packed.iter().any(|value| *value != MISSING).then(|| BASE64_STANDARD.encode(bytes)))
    }
}

/// Times and rates are not negative; what is too small for the format is zero.
fn packed(value: f64) -> u16 {
    if !value.is_finite() {
        return MISSING;
    }
    if value < 1e-28 {
        return 0;
    }
    let power = value.log10().floor() as i32 - 2;
    let digits = (value / 10_f64.powi(power)).round();
    // Rounding can carry: 999.7 is 100 × 10^1. Logarithms can be off by one at powers of ten.
    let (digits, power) = if digits >= 1e3 { (digits / 10.0, power + 1) } else { (digits, power) };
    let exponent = (power + EXPONENT).clamp(0, 62);
    ((exponent as u16) << 10) | (digits as u16).clamp(1, 999)
}

/// A distribution of times in milliseconds, as the rows of tables have it: count, min, avg, p50, p90, p95, p99, p99.9, max,
/// and bits that say which of the five percentiles have too few samples. Empty without samples.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Times(Vec<Rounded>);

impl Times {
    pub fn new(trend: &TrendV1) -> Self {
        if trend.count == 0 {
            return Self(Vec::new());
        }
        let is_low = |name: &str| trend.low_confidence.iter().any(|low| low == name);
        let percentiles = ["p50", "p90", "p95", "p99", "p99.9"];
        let low: u32 = percentiles.iter().enumerate().map(|(bit, name)| u32::from(is_low(name)) << bit).sum();
        let times =
            [trend.min, trend.avg, trend.p50, trend.p90, trend.p95, trend.p99, trend.p99_9, trend.max];
        let count = std::iter::once(Rounded(Some(trend.count as f64)));
        let rounded = count.chain(times.into_iter().map(Rounded::new));
        Self(rounded.chain([Rounded(Some(f64::from(low)))]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_and_print_short() {
        for (value, text) in [
            (Some(0.0), "0"),
            (Some(12.0), "12"),
            (Some(12.3456), "12.35"),
            (Some(0.012_345_6), "0.01235"),
            (Some(123_456.7), "123457"),
            (Some(-1.5), "-1.5"),
            (Some(f64::NAN), "null"),
            (None, "null"),
        ] {
            assert_eq!(serde_json::to_string(&Rounded::new(value)).expect("a number"), text);
        }
    }

    fn unpacked(bits: u16) -> Option<f64> {
        let digits = f64::from(bits & 0x3ff);
        (bits != MISSING).then(|| digits * 10_f64.powi(i32::from(bits >> 10) - EXPONENT))
    }

    #[test]
    fn packed_numbers_keep_three_digits() {
        for value in [0.001, 0.123_4, 1.0, 9.999, 10.0, 99.96, 100.0, 999.7, 1_000.0, 12_345.0, 3.6e6, 1e15] {
            let back = unpacked(packed(value)).expect("a number");
            assert!((back / value - 1.0).abs() <= 0.005, "{value}: {back}");
        }
        assert_eq!((packed(0.0), packed(f64::NAN), packed(1.0)), (0, MISSING, (30 << 10) | 100));
        assert_eq!(unpacked(MISSING), None);
        let text = |values: &[Option<f64>]| {
            serde_json::to_string(&Packed::new(values.iter().copied())).expect("text")
        };
        assert_eq!(text(&[None, None]), "null");
        assert_eq!(text(&[Some(0.0), None, Some(1.0)]), "\"AAD//3hk\"");
    }

    proptest::proptest! {
        #[test]
        fn any_time_survives_packing(value in 1e-6..1e9_f64) {
            let back = unpacked(packed(value)).expect("a number");
            proptest::prop_assert!((back / value - 1.0).abs() <= 0.005_1);
        }
    }
}
