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

    /// Appends the point that follows this one.
    fn absorb(&mut self, next: &Self) {
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

/// Points of equal length, the last one possibly shorter.
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

    /// Length of a point.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Adds a point; into the last one if that reaches over its start.
    pub fn push(&mut self, point: Point) {
        match self.points.last_mut() {
            Some(last) if point.start < last.start + self.interval => last.absorb(&point),
            _ => self.points.push(point),
        }
        if self.points.len() > MOST_POINTS {
            self.fold();
        }
    }

    fn fold(&mut self) {
        self.interval *= 2;
        let interval = self.interval.as_nanos();
        let mut folded: Vec<Point> = Vec::with_capacity(MOST_POINTS);
        for mut point in std::mem::take(&mut self.points) {
            let start = point.start.as_nanos() / interval * interval;
            point.start = Duration::from_nanos(start as u64);
            match folded.last_mut() {
                Some(last) if last.start == point.start => last.absorb(&point),
                _ => folded.push(point),
            }
        }
        self.points = folded;
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
}
