//! The run over time: one point an interval, folded pair by pair when there are too many, so that a week's
//! series is no larger than an hour's.

use super::{latency::Latency, observations::Observations, recorder::Recorded, vitals::VitalsSecond};
use crate::model::{ErrorKind, IterationEnd, Percent};
use std::{collections::BTreeMap, time::Duration};

/// Most points kept; the next one folds them to half as many of twice the length.
const MOST_POINTS: usize = 3_600;

/// A distribution of few samples: only the buckets that were hit, so that folding points stays exact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SparseLatency {
    /// Upper end of each bucket in µs, and its count.
    buckets: BTreeMap<u64, u64>,
    max: Duration,
    sum_ns: u128,
}

impl SparseLatency {
    /// The buckets of a distribution that have samples.
    pub fn of(latency: &Latency) -> Self {
        Self {
            buckets: latency.recorded().collect(),
            max: latency.max().unwrap_or_default(),
            sum_ns: latency.sum_ns(),
        }
    }

    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (value, count) in &other.buckets {
            *self.buckets.entry(*value).or_default() += count;
        }
        self.max = self.max.max(other.max);
        self.sum_ns += other.sum_ns;
    }

    /// The buckets that have samples, ascending: their upper end in µs, which is the largest of the values that they
    /// cannot tell apart, and their number.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.buckets.iter().map(|(value, count)| (*value, *count))
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.buckets.values().sum()
    }

    /// The smallest value that at least `percent` of the samples do not exceed; `None` without samples.
    pub fn percentile(&self, percent: Percent) -> Option<Duration> {
        let rank = percent.rank(self.count());
        let mut seen = 0;
        let bucket = self.buckets.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        })?;
        Some(Duration::from_micros(*bucket.0).min(self.max))
    }

    /// The exact mean; `None` without samples.
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.sum_ns.checked_div(u128::from(self.count()))?;
        Some(Duration::from_nanos(mean as u64))
    }

    /// The exact largest sample; `None` without samples.
    pub fn max(&self) -> Option<Duration> {
        (!self.buckets.is_empty()).then_some(self.max)
    }
}

/// What was seen in one interval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Point {
    /// Start of the interval, from the start of the run.
    pub start: Duration,
    /// How much time it covers. In a series that is its intervals, even where the load ended within the last of them.
    pub span: Duration,
    /// Users running at its end; where the load ended in it, the most at once.
    pub vus: u64,
    /// Requests finished.
    pub requests: u64,
    /// Those of them that failed.
    pub failed_requests: u64,
    /// Those of them without a response, by why; kinds that did not occur are left out.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Iterations completed.
    pub iterations: u64,
    /// Iterations that a failure ended early.
    pub failed_iterations: u64,
    /// Iterations that the end of the run or of their user cut.
    pub interrupted_iterations: u64,
    /// Arrivals without a user.
    pub dropped_iterations: u64,
    /// Bytes received on the wire.
    pub received_bytes: u64,
    /// Service times.
    pub duration: SparseLatency,
    /// Response times.
    pub response_time: SparseLatency,
    /// How late iterations began.
    pub lag: SparseLatency,
    /// What the generator saw of itself.
    pub vitals: VitalsSecond,
}

impl Point {
    /// The point that `seen` amounts to, its warm-up included.
    pub fn new(start: Duration, vus: u64, seen: &Recorded) -> Self {
        let parts = || [Some(&seen.counted), seen.warm_up.as_ref()].into_iter().flatten();
        let mut point = Self { start, vus, ..Self::default() };
        let (mut duration, mut response_time) = (Latency::new(), Latency::new());
        for (key, stats) in parts().flat_map(Observations::requests) {
            point.requests += stats.count;
            point.failed_requests += if key.failed { stats.count } else { 0 };
            point.received_bytes += stats.received_bytes;
            if let Some(error) = key.error {
                *point.errors.entry(error).or_default() += stats.count;
            }
            duration.merge(&stats.duration);
            response_time.merge(&stats.response_time);
        }
        let mut lag = Latency::new();
        for (key, stats) in parts().flat_map(Observations::iterations) {
            lag.merge(&stats.lag);
            match key.end {
                IterationEnd::Completed => point.iterations += stats.count,
                IterationEnd::Failed => point.failed_iterations += stats.count,
                IterationEnd::Interrupted => point.interrupted_iterations += stats.count,
            }
        }
        point.dropped_iterations = parts().map(Observations::all_dropped).sum();
        point.duration = SparseLatency::of(&duration);
        point.response_time = SparseLatency::of(&response_time);
        point.lag = SparseLatency::of(&lag);
        point
    }

    fn end(&self) -> Duration {
        self.start + self.span
    }

    /// How much time it covers of a run that ended then.
    pub fn span_until(&self, end: Duration) -> Duration {
        within(self.start, self.span, end)
    }

    /// Appends the point that follows this one.
    fn absorb(&mut self, next: &Self) {
        self.span = self.end().max(next.end()).saturating_sub(self.start);
        self.vus = next.vus;
        self.requests += next.requests;
        self.failed_requests += next.failed_requests;
        for (error, count) in &next.errors {
            *self.errors.entry(*error).or_default() += count;
        }
        self.iterations += next.iterations;
        self.failed_iterations += next.failed_iterations;
        self.interrupted_iterations += next.interrupted_iterations;
        self.dropped_iterations += next.dropped_iterations;
        self.received_bytes += next.received_bytes;
        self.duration.merge(&next.duration);
        self.response_time.merge(&next.response_time);
        self.lag.merge(&next.lag);
        self.vitals.absorb(&next.vitals);
    }
}

/// The shortest time that something covers: a rate can be had of it.
const SHORTEST: Duration = Duration::from_millis(1);

/// How much there is of a time before this end of everything.
pub(super) fn within(start: Duration, span: Duration, end: Duration) -> Duration {
    span.min(end.saturating_sub(start)).max(SHORTEST)
}

/// Points of equal length, but longer ones where more than that is known as a whole only.
#[derive(Debug, Clone)]
pub struct Series {
    interval: Duration,
    points: Vec<Point>,
}

impl Series {
    /// An empty series of points of this length.
    pub fn new(interval: Duration) -> Self {
        Self { interval, points: Vec::new() }
    }

    /// Length of a point, unless it is of several intervals.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Adds a point; into the last one if that reaches over its start.
    pub fn push(&mut self, point: Point) {
        self.append(point);
        if self.points.len() > MOST_POINTS {
            self.fold();
        }
    }

    /// Has the point cover whole intervals, and appends it.
    fn append(&mut self, mut point: Point) {
        let interval = self.interval.as_nanos().max(1);
        let at = |interval_number: u128| Duration::from_nanos((interval_number * interval) as u64);
        let first = point.start.as_nanos() / interval;
        let behind = point.end().as_nanos().div_ceil(interval).max(first + 1);
        (point.start, point.span) = (at(first), at(behind - first));
        match self.points.last_mut() {
            Some(last) if point.start < last.end() => last.absorb(&point),
            _ => self.points.push(point),
        }
    }

    fn fold(&mut self) {
        self.interval *= 2;
        let points = std::mem::replace(&mut self.points, Vec::with_capacity(MOST_POINTS));
        points.into_iter().for_each(|point| self.append(point));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(second: u64, micros: u64) -> Point {
        let mut latency = Latency::new();
        latency.record(Duration::from_micros(micros));
        let duration = SparseLatency::of(&latency);
        let vitals = VitalsSecond { span: Duration::from_secs(1), ..VitalsSecond::default() };
        Point { start: Duration::from_secs(second), requests: 1, duration, vitals, ..Point::default() }
    }

    #[test]
    fn a_long_run_folds_without_losing_a_sample() {
        let mut series = Series::new(Duration::from_secs(1));
        let seconds = MOST_POINTS as u64 * 5;
        (0..seconds).for_each(|second| series.push(point(second, 1_000 + second % 2)));
        assert!(series.points().len() <= MOST_POINTS);
        assert_eq!(series.interval(), Duration::from_secs(8));
        assert_eq!(series.points().iter().map(|point| point.requests).sum::<u64>(), seconds);
        let starts: Vec<u64> = series.points().iter().map(|point| point.start.as_secs()).collect();
        assert!(starts.windows(2).all(|pair| pair[1] == pair[0] + 8));
        assert_eq!(series.points()[3].vitals.span, Duration::from_secs(8));
        let full = &series.points()[3].duration;
        assert_eq!((full.count(), full.max()), (8, Some(Duration::from_micros(1_001))));
        assert_eq!(full.percentile(Percent::whole(50)), Some(Duration::from_micros(1_000)));
    }

    #[test]
    fn longer_points_keep_their_time_and_none_overlaps_another_however_often_they_are_folded() {
        let mut series = Series::new(Duration::from_secs(1));
        let (mut second, mut pushed) = (0, 0);
        for length in [1, 3, 1, 1, 5, 2, 7, 1].into_iter().cycle().take(MOST_POINTS * 3) {
            series.push(Point { span: Duration::from_secs(length), ..point(second, 1_000) });
            (second, pushed) = (second + length, pushed + 1);
        }
        assert_eq!(series.points().iter().map(|point| point.requests).sum::<u64>(), pushed);
        let mut next = Duration::ZERO;
        for point in series.points() {
            assert_eq!(point.start, next, "side by side");
            assert!(point.span >= series.interval());
            assert_eq!(point.span.as_nanos() % series.interval().as_nanos(), 0);
            next = point.end();
        }
        assert_eq!(
            next.as_secs(),
            second.div_ceil(series.interval().as_secs()) * series.interval().as_secs()
        );
    }

    #[test]
    fn a_point_covers_what_there_was_of_it_and_never_nothing() {
        for (start, span, end, covers) in [
            (4, 1, 4_300, 300),
            (4, 1, 5_000, 1_000),
            (4, 1, 9_000, 1_000),
            (4, 3, 6_500, 2_500),
            (4, 1, 4_000, 1),
        ] {
            let point = Point { span: Duration::from_secs(span), ..point(start, 1) };
            let told = point.span_until(Duration::from_millis(end));
            assert_eq!(told, Duration::from_millis(covers), "{start} {span} {end}");
        }
    }
}
