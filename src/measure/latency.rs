//! A distribution of times: an HDR histogram with the exact count, sum, minimum and maximum beside it.
//!
//! The one file that knows the histogram crate. It keeps no samples, so its size does not follow their number.

use crate::model::Percent;
use hdrhistogram::{
    Histogram,
    serialization::{
        Deserializer, Serializer, V2DeflateSerializer,
        interval_log::{IntervalLogWriterBuilder, Tag},
    },
};
use std::{fmt, io, time::Duration};

/// Highest value the histogram tells apart; larger samples are clipped to it and counted.
const HIGHEST_US: u64 = 3_600_000_000;
/// More samples of one value than any run has: sums of their squares fit.
const MOST_SAMPLES: u64 = 1 << 40;
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

/// All that a distribution is made of, for whoever keeps it outside of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatencyParts {
    /// Number of samples.
    pub count: u64,
    /// Their sum, in ns.
    pub sum_ns: u128,
    /// The sum of their squares, in ns².
    pub sum_of_squares_ns: u128,
    /// The smallest, in ns; 0 without samples.
    pub min_ns: u64,
    /// The largest, in ns; 0 without samples.
    pub max_ns: u64,
    /// Samples above one hour.
    pub clipped: u64,
    /// What [`Latency::recorded`] lists: upper ends of buckets in µs, lowest first, and counts.
    pub buckets: Vec<(u64, u64)>,
}

/// Why parts are not those of one distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Contradiction(pub &'static str);

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

    /// The exact sum of the samples, in ns.
    pub(super) fn sum_ns(&self) -> u128 {
        self.sum_ns
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
        self.at_rank(percent.rank(self.count))
    }

    /// The sample of this rank among all, from 1 for the smallest; `None` where there is none.
    pub fn at_rank(&self, rank: u64) -> Option<Quantile> {
        if rank == 0 || rank > self.count {
            return None;
        }
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

    /// The histogram as HdrHistogram's V2 deflate bytes, values in µs from 1 µs to 1 h. Equal distributions have equal
    /// bytes. Empty if the encoder fails, which it does only without memory.
    pub fn to_v2_deflate(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let whole = self.of_full_range();
        let written = whole.and_then(|whole| V2DeflateSerializer::new().serialize(&whole, &mut bytes).ok());
        written.map_or_else(Vec::new, |_| bytes)
    }

    /// The bytes name the histogram's range: that of one that grew depends on the order in which it did.
    fn of_full_range(&self) -> Option<Histogram<u64>> {
        let mut whole = Histogram::new_with_bounds(1, HIGHEST_US, DIGITS).ok()?;
        whole.add(&self.histogram).ok()?;
        Some(whole)
    }

    /// The line of an interval in HdrHistogram's log: `start` is from the log's base time, values are in µs. A tag with
    /// a comma, a space or a line end in it cannot be written and is left out. Empty if the encoder fails, which it does
    /// only without memory.
    pub fn to_log_line(&self, start: Duration, length: Duration, tag: Option<&str>) -> Vec<u8> {
        let (mut bytes, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
        let written = self.of_full_range().and_then(|whole| {
            let builder = IntervalLogWriterBuilder::new();
            let mut writer = builder.begin_log_with(&mut bytes, &mut serializer).ok()?;
            writer.write_histogram(&whole, start, length, tag.and_then(Tag::new)).ok()
        });
        written.map_or_else(Vec::new, |()| bytes)
    }

    /// Reads what [`Self::to_v2_deflate`] wrote. Its extremes, sum and deviation are those of the buckets' upper
    /// ends: the exact ones are not in a histogram.
    ///
    /// # Errors
    /// The bytes are no such histogram.
    pub fn from_v2_deflate(bytes: &[u8]) -> Result<Self, NotALatency> {
        let histogram: Histogram<u64> =
            Deserializer::new().deserialize(&mut io::Cursor::new(bytes)).map_err(|_| NotALatency)?;
        let mut latency = Self::new();
        for step in histogram.iter_recorded() {
            if step.count_at_value() > MOST_SAMPLES {
                return Err(NotALatency);
            }
            latency.record_many(step.value_iterated_to(), step.count_at_value());
        }
        Ok(latency)
    }

    /// Takes the distribution apart, so that [`Self::from_parts`] makes the same one again, bit for bit.
    pub fn to_parts(&self) -> LatencyParts {
        LatencyParts {
            count: self.count,
            sum_ns: self.sum_ns,
            sum_of_squares_ns: self.sum_of_squares_ns,
            min_ns: if self.count == 0 { 0 } else { self.min_ns },
            max_ns: self.max_ns,
            clipped: self.clipped,
            buckets: self.recorded().collect(),
        }
    }

    /// Puts a distribution together again.
    ///
    /// # Errors
    /// The parts contradict each other: no samples could have left them behind.
    pub fn from_parts(parts: &LatencyParts) -> Result<Self, Contradiction> {
        let mut latency = Self::new();
        for (micros, count) in &parts.buckets {
            let known = *micros > 0 && latency.histogram.lowest_equivalent(*micros) <= HIGHEST_US;
            if !known || latency.histogram.record_n(*micros, *count).is_err() {
                return Err(Contradiction("a bucket lies outside of the histogram"));
            }
        }
        if !latency.recorded().eq(parts.buckets.iter().copied()) {
            return Err(Contradiction("the buckets are not those of the histogram"));
        }
        parts.agree()?;
        if parts.count > 0 {
            latency.count = parts.count;
            (latency.sum_ns, latency.sum_of_squares_ns) = (parts.sum_ns, parts.sum_of_squares_ns);
            (latency.min_ns, latency.max_ns) = (parts.min_ns, parts.max_ns);
            latency.clipped = parts.clipped;
            latency.extremes_fit(&parts.buckets)?;
        }
        Ok(latency)
    }

    /// Whether the exact extremes lie in the outermost buckets.
    fn extremes_fit(&self, buckets: &[(u64, u64)]) -> Result<(), Contradiction> {
        let bucket_of =
            |nanos: u64| self.histogram.highest_equivalent(nanos.div_ceil(1_000).clamp(1, HIGHEST_US));
        let (first, last) = (buckets.first().map(|(micros, _)| *micros), buckets.last());
        let fits = first == Some(bucket_of(self.min_ns))
            && last
                .is_some_and(|(micros, count)| *micros == bucket_of(self.max_ns) && self.clipped <= *count);
        if fits { Ok(()) } else { Err(Contradiction("an extreme lies outside of the buckets")) }
    }

    fn record_many(&mut self, micros: u64, count: u64) {
        let micros = micros.clamp(1, HIGHEST_US);
        let recorded = self.histogram.record_n(micros, count);
        debug_assert!(recorded.is_ok(), "a histogram that grows takes every value up to an hour");
        let nanos = micros * 1_000;
        self.count += count;
        self.sum_ns += u128::from(nanos) * u128::from(count);
        self.sum_of_squares_ns += u128::from(nanos) * u128::from(nanos) * u128::from(count);
        self.min_ns = self.min_ns.min(nanos);
        self.max_ns = self.max_ns.max(nanos);
    }
}

/// Why bytes are not a distribution of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no histogram of times in HdrHistogram's V2 encoding, in µs with 3 digits")]
pub struct NotALatency;

impl LatencyParts {
    /// Whether count, sums and extremes can be of the same samples.
    fn agree(&self) -> Result<(), Contradiction> {
        let counted = self.buckets.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count));
        if counted != Some(self.count) {
            return Err(Contradiction("the count is not that of the buckets"));
        }
        let (count, min, max) = (u128::from(self.count), u128::from(self.min_ns), u128::from(self.max_ns));
        let clips = self.max_ns.div_ceil(1_000) > HIGHEST_US;
        if min > max || clips != (self.clipped > 0) {
            return Err(Contradiction("the extremes contradict each other"));
        }
        // Each sample lies between the extremes, and each square between the sample times either.
        let sum = self.sum_ns;
        let squares = min.saturating_mul(sum)..=max.saturating_mul(sum);
        if !(min * count..=max * count).contains(&sum) || !squares.contains(&self.sum_of_squares_ns) {
            return Err(Contradiction("the sums are not those of the samples"));
        }
        Ok(())
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

    #[test]
    fn what_is_written_is_read_back() {
        let latency = of(&[1, 7, 93_530, 93_530, 3_599_999_999]);
        let read = Latency::from_v2_deflate(&latency.to_v2_deflate()).expect("our own bytes");
        assert!(read.recorded().eq(latency.recorded()));
        assert_eq!(read.count(), 5);
        assert_eq!(Latency::from_v2_deflate(b"no").map(|_| ()), Err(NotALatency));
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        let mut latency = of(&[5, 700, 93_530, 93_530]);
        latency.record(Duration::from_secs(7_200));
        let good = latency.to_parts();
        assert!(Latency::from_parts(&good).is_ok() && Latency::from_parts(&LatencyParts::default()).is_ok());
        let wrong: [fn(&mut LatencyParts); 14] = [
            |parts| parts.count += 1,
            |parts| parts.count = 0,
            |parts| parts.buckets.clear(),
            |parts| parts.buckets.reverse(),
            |parts| parts.buckets[0].0 = 0,
            |parts| parts.buckets[0].0 = 93_500,
            |parts| parts.buckets[1].0 = u64::MAX,
            |parts| parts.buckets[1].1 = u64::MAX,
            |parts| parts.min_ns = 800_000,
            |parts| parts.max_ns = 1_000,
            |parts| parts.clipped = 0,
            |parts| parts.clipped = 2,
            |parts| parts.sum_ns = 1,
            |parts| parts.sum_of_squares_ns = u128::MAX,
        ];
        for (n, change) in wrong.into_iter().enumerate() {
            let mut parts = good.clone();
            change(&mut parts);
            assert!(Latency::from_parts(&parts).is_err(), "{n}: {parts:?}");
        }
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
        fn what_is_put_together_again_is_the_same_bit_for_bit(mut nanos in samples(), zeros in 0..3) {
            nanos.extend((0..zeros).map(|_| 0));
            let mut latency = Latency::new();
            nanos.iter().for_each(|nanos| latency.record(Duration::from_nanos(nanos * 1_001)));
            let parts = latency.to_parts();
            let again = Latency::from_parts(&parts).expect("our own parts");
            prop_assert_eq!(again.to_parts(), parts);
            prop_assert_eq!(again.to_v2_deflate(), latency.to_v2_deflate());
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
                prop_assert_eq!(latency.to_v2_deflate(), all.to_v2_deflate());
                prop_assert_eq!((latency.sum_ns, latency.sum_of_squares_ns), (all.sum_ns, all.sum_of_squares_ns));
                prop_assert_eq!((latency.min_ns, latency.max_ns, latency.count), (all.min_ns, all.max_ns, all.count));
            }
        }
    }
}
