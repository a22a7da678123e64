//! A distribution of times as it is written: exact figures beside its buckets.
//!
//! An interval has few samples, so the buckets are a list of those that were hit: for each its distance from the one
//! before it, in µs, and its count, as LEB128 numbers in base64. That is shorter than HdrHistogram's own encoding as
//! long as they are few, and reading it takes no more memory than it has bytes.

use super::lines::JournalFault;
use crate::measure::{Latency, LatencyParts};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};

/// Most samples of a distribution that is read: sums of many cannot overflow then.
const MOST_SAMPLES: u64 = 1 << 40;
/// The largest sum of squares that is read, in ns²: that of more samples than there can be in an interval.
const MOST_SQUARES: u128 = 1 << 112;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct LatencyV1 {
    count: u64,
    /// As text: JSON's numbers end earlier.
    sum_ns: String,
    sum_of_squares_ns: String,
    min_ns: u64,
    max_ns: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    clipped: u64,
    buckets: String,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Whether there is anything to write.
pub(super) fn is_empty(latency: &Option<LatencyV1>) -> bool {
    latency.is_none()
}

impl LatencyV1 {
    /// Nothing for no samples.
    pub fn new(latency: &Latency) -> Option<Self> {
        let parts = latency.to_parts();
        (parts.count > 0).then(|| Self {
            count: parts.count,
            sum_ns: parts.sum_ns.to_string(),
            sum_of_squares_ns: parts.sum_of_squares_ns.to_string(),
            min_ns: parts.min_ns,
            max_ns: parts.max_ns,
            clipped: parts.clipped,
            buckets: packed(&parts.buckets),
        })
    }

    /// The samples of what was written, none where there was nothing.
    pub fn read(written: &Option<Self>) -> Result<Latency, JournalFault> {
        let Some(written) = written else { return Ok(Latency::new()) };
        let no_number = || JournalFault::Damaged("a sum of times is no number".to_owned());
        let no_buckets = || JournalFault::Damaged("the buckets of a histogram are damaged".to_owned());
        let parts = LatencyParts {
            count: written.count,
            sum_ns: written.sum_ns.parse().map_err(|_| no_number())?,
            sum_of_squares_ns: written.sum_of_squares_ns.parse().map_err(|_| no_number())?,
            min_ns: written.min_ns,
            max_ns: written.max_ns,
            clipped: written.clipped,
            buckets: unpacked(&written.buckets).ok_or_else(no_buckets)?,
        };
        if parts.count > MOST_SAMPLES || parts.sum_of_squares_ns > MOST_SQUARES {
            return Err(JournalFault::Damaged(
                "a distribution has more samples than there can be".to_owned(),
            ));
        }
        Ok(Latency::from_parts(&parts)?)
    }
}

fn packed(buckets: &[(u64, u64)]) -> String {
    let mut bytes = Vec::with_capacity(buckets.len() * 3);
    let mut before = 0;
    for (value, count) in buckets {
        push(&mut bytes, value - before);
        push(&mut bytes, *count);
        before = *value;
    }
    STANDARD_NO_PAD.encode(bytes)
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn unpacked(text: &str) -> Option<Vec<(u64, u64)>> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    let (mut rest, mut before) = (bytes.as_slice(), 0_u64);
    let mut buckets = Vec::new();
    while !rest.is_empty() {
        before = before.checked_add(pull(&mut rest)?)?;
        buckets.push((before, pull(&mut rest)?));
    }
    Some(buckets)
}

/// The next number; `None` where the bytes end within it or it is larger than any.
fn pull(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if part.leading_zeros() < shift {
            return None;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_any_size_and_no_others_are_read() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            push(&mut bytes, number);
            let mut rest = bytes.as_slice();
            assert_eq!((pull(&mut rest), rest.len()), (Some(number), 0), "{number}");
            let mut cut = &bytes[..bytes.len() - 1];
            assert_eq!(pull(&mut cut), None, "{number}");
        }
        assert_eq!(pull(&mut [0xff; 12].as_slice()), None);
        assert_eq!(pull(&mut [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2].as_slice()), None);
    }

    proptest! {
        #[test]
        fn buckets_are_read_as_they_were_written(steps in proptest::collection::vec((1u64..1 << 40, 0u64..1 << 50), 0..200)) {
            let mut value = 0;
            let buckets: Vec<(u64, u64)> = steps.iter().map(|(step, count)| {
                value += step;
                (value, *count)
            }).collect();
            prop_assert_eq!(unpacked(&packed(&buckets)), Some(buckets));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/]{0,64}") {
            let written = LatencyV1 { count: 3, sum_ns: "9".to_owned(), buckets: text, ..LatencyV1::default() };
            let _ = LatencyV1::read(&Some(written));
        }
    }
}
