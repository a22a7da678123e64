//! A distribution of times: an HDR histogram with the exact count, sum, minimum and maximum beside it.
//!
//! The one file that knows the histogram crate. It keeps no samples, so its size does not follow their number.

use crate::model::Percent;
use hdrhistogram::{
    Histogram,
    serialization::{Serializer, V2DeflateSerializer},
};
use std::{fmt, time::Duration};

/// Highest value the histogram tells apart; larger samples are clipped to it and counted.
const HIGHEST_US: u64 = 3_600_000_000;
/// Significant decimal digits: a value is off by at most 0.1 %.
const DIGITS: u8 = 3;

/// A mergeable distribution of times.
///
/// Merging is exact and associative: every part is an integer sum, a minimum or a maximum.
#[derive(Clone)]
pub struct Latency {
    histogram: Histogram<u64>,
    count: u64,
    sum_ns: u128,
    sum_of_squares_ns: u128,
    min_ns: u64,
    max_ns: u64,
    clipped: u64,
}

/// A quantile as far as the histogram knows it: the sample lies between `low` and `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantile {
    /// Lower end of the sample's bucket, or the exact minimum if that is higher.
    pub low: Duration,
    /// Upper end of the sample's bucket, or the exact maximum if that is lower.
    pub high: Duration,
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Latency");
        out.field("count", &self.count).field("min", &self.min()).field("max", &self.max()).finish()
    }
}

impl Latency {
    /// An empty distribution. It starts small and grows with the largest value recorded.
    pub fn new() -> Self {
        Self {
            histogram: empty_histogram(),
            count: 0,
            sum_ns: 0,
            sum_of_squares_ns: 0,
            min_ns: u64::MAX,
            max_ns: 0,
            clipped: 0,
        }
    }

    /// Adds a sample. In the histogram it is rounded up to whole microseconds, at least one: a percentile of
    /// zeros among others is 1 µs, while the minimum, and a percentile of nothing but zeros, is zero.
    pub fn record(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // Rounded up: a percentile must not be below the sample it stands for.
        let micros = nanos.div_ceil(1_000);
        if micros > HIGHEST_US {
            self.clipped += 1;
        }
        let recorded = self.histogram.record(micros.clamp(1, HIGHEST_US));
        debug_assert!(recorded.is_ok(), "a histogram that grows takes every value up to an hour");
        self.count += 1;
        self.sum_ns += u128::from(nanos);
        self.sum_of_squares_ns += u128::from(nanos) * u128::from(nanos);
        self.min_ns = self.min_ns.min(nanos);
        self.max_ns = self.max_ns.max(nanos);
    }

    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let added = self.histogram.add(&other.histogram);
        debug_assert!(added.is_ok(), "histograms of one configuration always add");
        self.count += other.count;
        self.sum_ns += other.sum_ns;
        self.sum_of_squares_ns += other.sum_of_squares_ns;
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
        self.clipped += other.clipped;
    }

    /// Forgets all samples and keeps the memory.
    pub fn clear(&mut self) {
        if self.count == 0 {
            return;
        }
        self.histogram.reset();
        (self.count, self.sum_ns, self.sum_of_squares_ns, self.clipped) = (0, 0, 0, 0);
        (self.min_ns, self.max_ns) = (u64::MAX, 0);
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Samples above one hour, recorded as one hour.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }

    /// The exact smallest sample; `None` without samples.
    pub fn min(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_nanos(self.min_ns))
    }

    /// The exact largest sample; `None` without samples.
    pub fn max(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_nanos(self.max_ns))
    }

    /// The exact mean; `None` without samples.
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.sum_ns.checked_div(u128::from(self.count))?;
        Some(Duration::from_nanos(mean as u64))
    }

    /// The standard deviation of the samples as a population, `sqrt(E[x²] − E[x]²)`; `None` without samples.
    pub fn stddev(&self) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let count = u128::from(self.count);
        // In integers as long as possible: the difference of two close floats would lose the digits.
        let scaled = (count.checked_mul(self.sum_of_squares_ns))
            .zip(self.sum_ns.checked_mul(self.sum_ns))
            .map(|(squares, square)| squares.saturating_sub(square) as f64);
        let n = self.count as f64;
        let variance = scaled.map_or_else(
            || self.sum_of_squares_ns as f64 / n - (self.sum_ns as f64 / n).powi(2),
            |scaled| scaled / (n * n),
        );
        Some(Duration::from_nanos(variance.max(0.0).sqrt() as u64))
    }

    /// The smallest value that at least `percent` of the samples do not exceed; `None` without samples.
    pub fn quantile(&self, percent: Percent) -> Option<Quantile> {
        if self.count == 0 {
            return None;
        }
        let rank = percent.rank(self.count);
        // The crate rounds a fractional rank up; half a rank below ours is safe from float noise.
        let micros = self.histogram.value_at_quantile((rank as f64 - 0.5) / self.count as f64);
        let low = match self.histogram.lowest_equivalent(micros) {
            // Its bucket has the zeros, too.
            ..=1 => 0,
            lowest => lowest.saturating_mul(1_000).saturating_sub(999),
        };
        let high = self.histogram.highest_equivalent(micros).saturating_mul(1_000);
        let within = |nanos: u64| Duration::from_nanos(nanos.clamp(self.min_ns, self.max_ns));
        // The last sample is the maximum, whatever its bucket says.
        let low = if rank == self.count { self.max_ns } else { low };
        let high = if micros >= HIGHEST_US { self.max_ns } else { high };
        Some(Quantile { low: within(low), high: within(high) })
    }

    /// [`Self::quantile`]'s upper end: what reports print.
    pub fn percentile(&self, percent: Percent) -> Option<Duration> {
        self.quantile(percent).map(|quantile| quantile.high)
    }

    /// The recorded values, as the upper ends of their buckets in µs, and how often each occurred.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()))
    }

    /// The histogram as HdrHistogram's V2 deflate bytes, values in µs. Empty if the encoder fails, which it
    /// does only without memory.
    pub fn to_v2_deflate(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(&self.histogram, &mut bytes) {
            Ok(_) => bytes,
            Err(_) => Vec::new(),
        }
    }
}

fn empty_histogram() -> Histogram<u64> {
    match Histogram::new(DIGITS) {
        Ok(mut histogram) => {
            histogram.auto(true);
            histogram
        }
        Err(_) => unreachable!("three digits are within the crate's range of 0 to 5"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(micros: &[u64]) -> Latency {
        let mut latency = Latency::new();
        micros.iter().for_each(|&us| latency.record(Duration::from_micros(us)));
        latency
    }

    #[test]
    fn nothing_recorded_is_no_number() {
        let empty = Latency::new();
        assert_eq!((empty.min(), empty.max(), empty.mean(), empty.stddev()), (None, None, None, None));
        assert_eq!(empty.percentile(Percent::whole(95)), None);
    }

    #[test]
    fn extremes_count_and_mean_are_exact() {
        let latency = of(&[93_530, 93_530, 10, 1_000_003]);
        assert_eq!(latency.min(), Some(Duration::from_micros(10)));
        assert_eq!(latency.max(), Some(Duration::from_micros(1_000_003)));
        assert_eq!(latency.percentile(Percent::whole(100)), latency.max());
        assert_eq!(latency.mean(), Some(Duration::from_nanos((93_530 * 2 + 10 + 1_000_003) * 1000 / 4)));
        assert_eq!(of(&[5_000; 9]).stddev(), Some(Duration::ZERO));
        assert_eq!(of(&[1_000, 3_000]).stddev(), Some(Duration::from_micros(1_000)));
    }

    #[test]
    fn equal_samples_have_exact_percentiles() {
        let quantile = of(&[199_950; 100]).quantile(Percent::whole(95)).expect("samples");
        let exact = Duration::from_micros(199_950);
        assert_eq!(quantile, Quantile { low: exact, high: exact });
    }

    #[test]
    fn beyond_an_hour_is_clipped_and_the_true_maximum_kept() {
        let two_hours = Duration::from_secs(7_200);
        let mut latency = of(&[1_000]);
        latency.record(two_hours);
        assert_eq!((latency.clipped(), latency.max()), (1, Some(two_hours)));
        assert_eq!(latency.percentile(Percent::whole(99)), Some(two_hours));
    }

    #[test]
    fn clearing_leaves_nothing_behind() {
        let mut latency = of(&[1, 2, 3_000_000]);
        latency.clear();
        latency.record(Duration::from_micros(7));
        assert_eq!(latency.percentile(Percent::whole(100)), Some(Duration::from_micros(7)));
        assert_eq!((latency.count(), latency.recorded().count()), (1, 1));
    }

    #[test]
    fn zeros_count_and_lie_in_the_lowest_bucket() {
        let mut latency = of(&[0; 9]);
        assert_eq!((latency.count(), latency.max()), (9, Some(Duration::ZERO)));
        assert_eq!(latency.percentile(Percent::whole(95)), Some(Duration::ZERO));
        latency.record(Duration::from_micros(700));
        let median = latency.quantile(Percent::whole(50)).expect("samples");
        assert_eq!(median, Quantile { low: Duration::ZERO, high: Duration::from_micros(1) });
        assert_eq!(latency.mean(), Some(Duration::from_micros(70)));
    }

    fn samples() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec(prop_oneof![1u64..2_000, 1_000u64..5_000_000, 1u64..3_600_000_000], 1..300)
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_thousandth_of_an_exact_sort(mut micros in samples(), p in 1u64..=100_000) {
            let percent = Percent::from_thousandths(p);
            let latency = of(&micros);
            micros.sort_unstable();
            let exact = micros[percent.rank(micros.len() as u64) as usize - 1];
            let quantile = latency.quantile(percent).expect("samples");
            let exact_time = Duration::from_micros(exact);
            prop_assert!(quantile.low <= exact_time && exact_time <= quantile.high, "{quantile:?} {exact}");
            let width = (quantile.high - quantile.low).as_nanos() as f64;
            prop_assert!(width <= exact as f64 + 1_000.0, "{quantile:?} {exact}");
        }

        #[test]
        fn merging_in_any_grouping_is_the_same_as_recording_all(a in samples(), b in samples(), c in samples()) {
            let (la, lb, lc) = (of(&a), of(&b), of(&c));
            let mut left = la.clone();
            left.merge(&lb);
            left.merge(&lc);
            let mut right = lb;
            right.merge(&lc);
            right.merge(&la);
            let all = of(&[a, b, c].concat());
            for latency in [&left, &right] {
                prop_assert!(latency.recorded().eq(all.recorded()));
                prop_assert_eq!((latency.sum_ns, latency.sum_of_squares_ns), (all.sum_ns, all.sum_of_squares_ns));
                prop_assert_eq!((latency.min_ns, latency.max_ns, latency.count), (all.min_ns, all.max_ns, all.count));
            }
        }
    }
}
