//! When which iteration of an open model is intended to start: a pure function of the rates and the seed. Who starts
//! it, and whether it is late, is not known here.

use super::{
    super::random::{Stream, share_of},
    part::Part,
};
use crate::model::Rate;
use std::time::Duration;

/// How arrivals lie on the area under the rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// One at each whole number, the first at none.
    Uniform,
    /// At exponential distances of mean 1: a Poisson process of the same rates.
    Poisson {
        /// All draws follow from it; two schedules that shall differ need two seeds.
        seed: u64,
    },
}

/// An iteration that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number in the workload, from 0.
    pub number: u64,
    /// When it is intended to start, from the start of the run.
    pub at: Duration,
}

/// A straight line of the rate over time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    start: Duration,
    length: Duration,
    /// Rate at its start, per second.
    from: f64,
    /// Rate at its end, per second.
    to: f64,
    /// Area under all lines before it.
    before: f64,
    /// The same with its own.
    after: f64,
}

/// The rate over time, and so when each iteration starts.
///
/// Uniform: arrival n starts at the last moment at which the area under the rates is not above n, so at n/rate where
/// the rate is constant, and where it is zero nothing starts: the arrival waits until it rises. Poisson: the area
/// takes the place of time in a process of rate 1 (Çinlar 1975, *Introduction to Stochastic Processes*, 4.7). Each
/// time is reckoned from the number, so no error adds up, and rounded to nanoseconds. What would not start before the
/// end does not exist.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrivalSchedule {
    begin: Duration,
    end: Duration,
    lines: Vec<Line>,
    area: f64,
    spacing: Spacing,
}

impl ArrivalSchedule {
    /// From where it begins in the run, the rate there, and each stage's duration and rate at its end. A stage is a
    /// straight line from the rate before it; one without duration jumps.
    pub fn new(
        begin: Duration,
        start_rate: Rate,
        stages: impl IntoIterator<Item = (Duration, Rate)>,
        spacing: Spacing,
    ) -> Self {
        let mut lines = Vec::new();
        let (mut end, mut from, mut area) = (begin, start_rate.per_second, 0.0);
        for (length, Rate { per_second: to }) in stages {
            if !length.is_zero() {
                let before = area;
                area = whole_or(before + (from + to) / 2.0 * length.as_secs_f64());
                lines.push(Line { start: end, length, from, to, before, after: area });
                end += length;
            }
            from = to;
        }
        Self { begin, end, lines, area, spacing }
    }

    /// Where it begins in the run.
    pub fn begin(&self) -> Duration {
        self.begin
    }

    /// The end of the last stage, from the start of the run: nothing starts then or later.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// How they are spaced.
    pub fn spacing(&self) -> Spacing {
        self.spacing
    }

    /// The area under the rates: how many arrivals are to be expected.
    pub fn expected(&self) -> f64 {
        self.area
    }

    /// The rate per second at a moment of the run; 0 before the begin and from the end on.
    pub fn rate_at(&self, at: Duration) -> f64 {
        let index = self.lines.partition_point(|line| line.start <= at);
        let line = index.checked_sub(1).and_then(|index| self.lines.get(index));
        line.filter(|_| at < self.end).map_or(0.0, |line| line.rate_at(at.saturating_sub(line.start)))
    }

    /// When arrival `n`, from 0, is intended to start, from the start of the run; `None` after the last.
    ///
    /// Of Poisson arrivals it has to draw all that come before: whoever wants many in order asks [`Self::part`].
    pub fn nth(&self, n: u64) -> Option<Duration> {
        match self.spacing {
            Spacing::Uniform => self.at_area(n as f64, self.line_of(n as f64)),
            Spacing::Poisson { .. } => {
                self.part(Part::WHOLE).find(|arrival| arrival.number == n).map(|arrival| arrival.at)
            }
        }
    }

    /// How many arrivals there are. Poisson ones are all drawn for it.
    pub fn count(&self) -> u64 {
        if matches!(self.spacing, Spacing::Poisson { .. }) {
            return self.part(Part::WHOLE).count() as u64;
        }
        // Rounding to nanoseconds may take the last from before the end to it.
        let (mut least, mut most) = (0, self.area.ceil() as u64);
        while least < most {
            let middle = least + (most - least) / 2;
            if self.nth(middle).is_some() { least = middle + 1 } else { most = middle }
        }
        least
    }

    /// The arrivals of a part, in order. A step costs no more the later it is, but those of Poisson arrivals draw what
    /// belongs to other parts, too.
    pub fn part(&self, part: Part) -> Arrivals<'_> {
        Arrivals { schedule: self, part, taken: 0, line: 0, drawn: Drawn::default() }
    }

    /// The last line that starts with no more than this area behind it.
    fn line_of(&self, area: f64) -> usize {
        self.lines.partition_point(|line| line.before <= area).saturating_sub(1)
    }

    /// The last moment at which the area under the rates is not above `area`, in the line of that area; `None` where
    /// it is not before the end.
    fn at_area(&self, area: f64, line: usize) -> Option<Duration> {
        let line = self.lines.get(line).filter(|_| area < self.area)?;
        Some(line.at_area(area)).filter(|at| *at < self.end)
    }
}

/// The arrivals of a part, in order.
#[derive(Debug, Clone)]
pub struct Arrivals<'s> {
    schedule: &'s ArrivalSchedule,
    part: Part,
    taken: u64,
    line: usize,
    drawn: Drawn,
}

/// How far a Poisson process is drawn.
#[derive(Debug, Clone, Copy, Default)]
struct Drawn {
    count: u64,
    /// Sum of all gaps so far, in [`GAP_UNITS`]: as whole numbers, the sum is the same in whatever order it is made.
    sum: u128,
    last: Duration,
}

/// Parts into which the mean gap of Poisson arrivals is divided.
const GAP_UNITS: f64 = (1u64 << 32) as f64;

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let number = self.part.nth(self.taken);
        let at = match self.schedule.spacing {
            Spacing::Uniform => self.at_area(number as f64),
            Spacing::Poisson { seed } => self.draw(number, seed),
        }?;
        self.taken += 1;
        Some(Arrival { number, at })
    }
}

impl std::iter::FusedIterator for Arrivals<'_> {}

impl Arrivals<'_> {
    /// As the schedule's, for areas that never fall: the line of the one before is where the search begins.
    fn at_area(&mut self, area: f64) -> Option<Duration> {
        while self.schedule.lines.get(self.line + 1).is_some_and(|next| next.before <= area) {
            self.line += 1;
        }
        self.schedule.at_area(area, self.line)
    }

    /// The time of Poisson arrival `number`; what comes before it is drawn first.
    fn draw(&mut self, number: u64, seed: u64) -> Option<Duration> {
        while self.drawn.count <= number {
            let sum = self.drawn.sum + u128::from(gap(seed, self.drawn.count));
            let at = self.at_area(sum as f64 / GAP_UNITS)?;
            // Two areas that are nearly one may come out the wrong way round by a nanosecond. Every part sees every
            // arrival, and so puts it right in the same way.
            self.drawn = Drawn { count: self.drawn.count + 1, sum, last: self.drawn.last.max(at) };
        }
        Some(self.drawn.last)
    }
}

/// Gap `n`, exponential with mean 1, in [`GAP_UNITS`]: −ln(U) with U in (0, 1].
fn gap(seed: u64, n: u64) -> u64 {
    let share = 1.0 - share_of(seed, n, Stream::Gaps);
    (-share.ln() * GAP_UNITS).round() as u64
}

impl Line {
    /// The rate per second at a moment of this line.
    fn rate_at(&self, since_start: Duration) -> f64 {
        let share = since_start.as_secs_f64() / self.length.as_secs_f64();
        self.from + (self.to - self.from) * share.min(1.0)
    }

    /// When the area under all lines reaches one that lies in this line.
    ///
    /// A falling line is reckoned back from its end: there its rate is lowest, and what rounding does to the area
    /// moves the time most.
    fn at_area(&self, area: f64) -> Duration {
        let slope = (self.to - self.from).abs() / self.length.as_secs_f64();
        if self.to < self.from {
            let left = time_for(self.after - area, self.to, slope).min(self.length);
            self.start + (self.length - left)
        } else {
            self.start + time_for(area - self.before, self.from, slope).min(self.length)
        }
    }
}

/// How long a rate that starts at `rate` per second and rises by `slope` per second and second takes for an area.
///
/// The positive root of slope/2·t² + rate·t = area in the form that subtracts nothing, 2·area/(rate +
/// √(rate² + 2·slope·area)), and so loses no digits (Press et al., *Numerical Recipes*, 3rd edition, 5.6). Without a
/// slope it is area/rate to the last bit.
fn time_for(area: f64, rate: f64, slope: f64) -> Duration {
    // Also where there is neither area nor rate, for which the root is 0/0.
    if area <= 0.0 {
        return Duration::ZERO;
    }
    let seconds = 2.0 * area / (rate + (rate * rate + 2.0 * slope * area).sqrt());
    Duration::from_nanos((seconds * 1e9).round() as u64)
}

/// The whole number that this one would be, had nothing been rounded: 1000/m over 1m are not 1000.0000000000001.
fn whole_or(area: f64) -> f64 {
    let whole = area.round();
    let tolerance = (area * 1e-12).min(1e-3);
    if (area - whole).abs() <= tolerance { whole } else { area }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_rate;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rate(text: &str) -> Rate {
        parse_rate(text).expect(text)
    }

    fn curve(start: &str, stages: &[(f64, &str)], spacing: Spacing) -> ArrivalSchedule {
        let stages = stages.iter().map(|(secs, to)| (Duration::from_secs_f64(*secs), rate(to)));
        ArrivalSchedule::new(Duration::ZERO, rate(start), stages, spacing)
    }

    fn uniform(start: &str, stages: &[(f64, &str)]) -> ArrivalSchedule {
        curve(start, stages, Spacing::Uniform)
    }

    fn constant(level: &str, secs: f64) -> ArrivalSchedule {
        uniform(level, &[(secs, level)])
    }

    fn poisson(level: &str, secs: f64, seed: u64) -> ArrivalSchedule {
        curve(level, &[(secs, level)], Spacing::Poisson { seed })
    }

    fn all(schedule: &ArrivalSchedule) -> Vec<Arrival> {
        schedule.part(Part::WHOLE).collect()
    }

    fn seconds(schedule: &ArrivalSchedule) -> Vec<f64> {
        all(schedule).iter().map(|arrival| arrival.at.as_secs_f64()).collect()
    }

    #[test]
    fn a_constant_rate_starts_number_n_at_n_over_rate_and_nothing_at_its_end() {
        assert_eq!(seconds(&constant("10/s", 1.0)), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
        for (level, secs, count) in [
            ("100/m", 300.0, 500),
            ("100/s", 10.0, 1_000),
            ("7/m", 60.0, 7),
            ("9/m", 20.0, 3),
            ("1/h", 3_600.0, 1),
            ("1/h", 3_601.0, 2),
            ("1000/h", 36.0, 10),
            ("0.1/s", 30.0, 3),
            ("0.3/s", 10.0, 3),
            ("3/s", 1.0, 3),
            ("1/h", 10.0, 1),
            ("1000000/s", 1.0, 1_000_000),
            ("123457/h", 315_360_000.0, 10_814_833_200),
            ("10000000/s", 86_400.0, 864_000_000_000),
        ] {
            let schedule = constant(level, secs);
            assert_eq!(schedule.count(), count, "{level} for {secs} s");
            let last = schedule.nth(count - 1).map(|at| at.as_secs_f64());
            let expected = (count - 1) as f64 / rate(level).per_second;
            assert!(last.is_some_and(|last| (last - expected).abs() < 1e-9 * expected.max(1.0)), "{last:?}");
            assert_eq!(schedule.nth(count), None, "{level} for {secs} s");
        }
    }

    #[test]
    fn a_rise_from_nothing_starts_number_n_at_the_root_of_n() {
        let rise = uniform("0/s", &[(10.0, "10/s")]);
        assert_eq!((rise.count(), rise.expected(), rise.end()), (50, 50.0, 10 * SECOND));
        for n in 0..50u32 {
            let expected = (f64::from(n) * 2.0).sqrt() * 1e9;
            assert_eq!(rise.nth(n.into()), Some(Duration::from_nanos(expected.round() as u64)), "{n}");
        }
    }

    #[test]
    fn a_fall_to_nothing_is_the_rise_backwards() {
        let (rise, fall) = (uniform("0/s", &[(60.0, "100/m")]), uniform("100/m", &[(60.0, "0/s")]));
        assert_eq!((rise.count(), fall.count()), (50, 50));
        for n in 1..50 {
            let back = fall.nth(50 - n).map(|at| 60 * SECOND - at);
            assert_eq!(rise.nth(n), back, "{n}");
        }
    }

    #[test]
    fn nothing_starts_while_the_rate_is_zero() {
        // Ten, a pause, and ten more, the first of them when the rate jumps.
        let waves =
            uniform("10/s", &[(1.0, "10/s"), (0.0, "0/s"), (5.0, "0/s"), (0.0, "10/s"), (1.0, "10/s")]);
        let at = seconds(&waves);
        assert_eq!((at.len(), at[9], at[10], at[19]), (20, 0.9, 6.0, 6.9));
        // Also at the start, after a rise, before a fall, and at the end.
        let late = uniform("0/s", &[(3.0, "0/s"), (2.0, "2/s"), (0.0, "0/s"), (4.0, "0/s")]);
        assert_eq!(seconds(&late).iter().map(|at| at.floor()).collect::<Vec<_>>(), [3.0, 4.0]);
        let held = uniform("0/s", &[(2.0, "2/s"), (2.0, "0/s"), (4.0, "0/s"), (2.0, "2/s")]);
        assert_eq!(
            (held.nth(0), held.nth(2), held.nth(4)),
            (Some(Duration::ZERO), Some(2 * SECOND), Some(8 * SECOND))
        );
        for never in [uniform("0/s", &[(3.0, "0/s")]), uniform("1/s", &[]), uniform("1/s", &[(0.0, "5/s")])] {
            assert_eq!((never.count(), never.nth(0), all(&never).len()), (0, None, 0));
        }
    }

    #[test]
    fn areas_that_are_whole_stay_so_over_fractional_rates() {
        // 100/m in ten stages are 1000 before the pause, none of them at its start.
        let mut stages = vec![(60.0, "100/m"); 10];
        stages.extend([(0.0, "0/s"), (60.0, "0/s"), (0.0, "1/h"), (3600.0, "1/h")]);
        let schedule = uniform("100/m", &stages);
        assert_eq!((schedule.count(), schedule.expected()), (1_001, 1_001.0));
        assert_eq!(schedule.nth(1_000), Some(660 * SECOND));
    }

    #[test]
    fn a_jump_at_the_start_takes_the_rate_that_it_leads_to() {
        let jump = uniform("0/s", &[(0.0, "10/s"), (1.0, "10/s")]);
        assert_eq!(jump, uniform("10/s", &[(1.0, "10/s")]));
        assert_eq!(jump.count(), 10);
    }

    #[test]
    fn a_later_begin_moves_everything() {
        let stages = [(10 * SECOND, rate("5/s")), (10 * SECOND, rate("1/s"))];
        let make = |begin| ArrivalSchedule::new(begin, rate("1/s"), stages, Spacing::Uniform);
        let (now, later) = (make(Duration::ZERO), make(7 * SECOND));
        assert_eq!((later.begin(), later.end(), later.count()), (7 * SECOND, 27 * SECOND, now.count()));
        assert!((0..now.count()).all(|n| later.nth(n) == now.nth(n).map(|at| at + 7 * SECOND)));
        let rates = [6, 7, 12, 17, 22, 26, 27].map(|at| later.rate_at(at * SECOND));
        assert_eq!(rates, [0.0, 1.0, 3.0, 5.0, 3.0, 1.4, 0.0]);
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_variance_of_their_rate() {
        // 2000 windows of 10 expected arrivals.
        let schedule = poisson("10/s", 2_000.0, 7);
        let mut counts = vec![0.0f64; 2_000];
        all(&schedule).iter().for_each(|arrival| counts[arrival.at.as_secs() as usize] += 1.0);
        let mean = counts.iter().sum::<f64>() / 2_000.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 1_999.0;
        // Standard errors: √(10/2000) = 0.071 of the mean, √((10 + 2·10²)/2000) = 0.32 of the variance.
        assert!((mean - 10.0).abs() < 0.3, "{mean}");
        assert!((variance - 10.0).abs() < 1.3, "{variance}");
        // Neighbouring windows know nothing of each other; standard error of the covariance 10/√2000 = 0.22.
        let covariance =
            counts.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>() / 1_999.0;
        assert!(covariance.abs() < 0.9, "{covariance}");
    }

    #[test]
    fn the_totals_of_many_seeds_have_mean_and_variance_of_a_ramps_area() {
        let total = |seed| {
            let schedule = curve("0/s", &[(10.0, "20/s"), (5.0, "0/s")], Spacing::Poisson { seed });
            assert_eq!(schedule.expected(), 150.0);
            schedule.count() as f64
        };
        let totals: Vec<f64> = (0..400).map(total).collect();
        let mean = totals.iter().sum::<f64>() / 400.0;
        let variance = totals.iter().map(|total| (total - mean).powi(2)).sum::<f64>() / 399.0;
        // Standard errors: √(150/400) = 0.61 of the mean, 150·√(2/400) = 10.6 of the variance.
        assert!((mean - 150.0).abs() < 2.5, "{mean}");
        assert!((variance - 150.0).abs() < 43.0, "{variance}");
    }

    #[test]
    fn poisson_gaps_are_exponential() {
        let at = seconds(&poisson("1/s", 20_000.0, 3));
        let gaps: Vec<f64> =
            std::iter::once(at[0]).chain(at.windows(2).map(|pair| pair[1] - pair[0])).collect();
        let count = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / count;
        let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count).sqrt();
        // About 20000 gaps. Standard errors: 1/√20000 = 0.0071 of the mean, √(2/20000) = 0.01 of the deviation.
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        assert!((deviation - 1.0).abs() < 0.045, "{deviation}");
        for longer in [0.1, 0.5, 1.0, 2.0, 4.0] {
            let share = gaps.iter().filter(|gap| **gap > longer).count() as f64 / count;
            // Standard error at most 0.5/√20000 = 0.0035.
            assert!((share - (-longer).exp()).abs() < 0.015, "{longer}: {share}");
        }
    }

    #[test]
    fn a_poisson_schedule_follows_from_its_seed() {
        assert_eq!(all(&poisson("50/s", 10.0, 1)), all(&poisson("50/s", 10.0, 1)));
        assert_ne!(all(&poisson("50/s", 10.0, 1)), all(&poisson("50/s", 10.0, 2)));
        let schedule = poisson("50/s", 10.0, 1);
        let whole = all(&schedule);
        assert_eq!(schedule.count(), whole.len() as u64);
        for n in [0, 1, 100, whole.len() - 1] {
            assert_eq!(schedule.nth(n as u64), Some(whole[n].at));
        }
        assert_eq!(schedule.nth(whole.len() as u64), None);
    }

    fn some_rate() -> impl Strategy<Value = f64> {
        prop_oneof![
            Just(0.0),
            Just(1.0 / 3600.0),
            Just(100.0 / 60.0),
            Just(1e6),
            0.0f64..1.0,
            0.0f64..1_000.0,
            1_000.0f64..1e6,
        ]
    }

    fn some_length() -> impl Strategy<Value = Duration> {
        prop_oneof![
            Just(Duration::ZERO),
            (1u64..600).prop_map(Duration::from_secs),
            (1u64..1_000_000_000).prop_map(Duration::from_nanos),
        ]
    }

    /// Begin, rates and lengths.
    type Curve = (Duration, Rate, Vec<(Duration, Rate)>);

    fn some_curve() -> impl Strategy<Value = Curve> {
        let per_second = |per_second| Rate { per_second };
        let stage = (some_length(), some_rate().prop_map(per_second));
        // Half of the stages hold: that makes plateaus, also of zero.
        let stages = prop::collection::vec((stage, any::<bool>()), 1..8);
        ((0u64..100).prop_map(Duration::from_secs), some_rate().prop_map(per_second), stages).prop_map(
            |(begin, start, stages)| {
                let mut from = start;
                let hold = |((length, to), hold): ((Duration, Rate), bool)| {
                    from = if hold { from } else { to };
                    (length, from)
                };
                (begin, start, stages.into_iter().map(hold).collect())
            },
        )
    }

    fn made((begin, start, stages): &Curve, spacing: Spacing) -> ArrivalSchedule {
        ArrivalSchedule::new(*begin, *start, stages.iter().copied(), spacing)
    }

    /// Area under the rates up to a moment, by trapezia.
    fn area_until(schedule: &ArrivalSchedule, at: Duration) -> f64 {
        let part = |line: &Line| {
            let since = at.saturating_sub(line.start).min(line.length);
            (line.from + line.rate_at(since)) / 2.0 * since.as_secs_f64()
        };
        schedule.lines.iter().map(part).sum()
    }

    /// Numbers at random places, at both ends and around the ends of all lines, each with those that follow.
    fn numbers(schedule: &ArrivalSchedule, shares: &[f64]) -> Vec<u64> {
        let at_lines = schedule.lines.iter().map(|line| line.before);
        let places = shares.iter().map(|share| schedule.area * share).chain(at_lines).chain([schedule.area]);
        let mut numbers: Vec<u64> = places
            .flat_map(|place| {
                let first = (place as u64).saturating_sub(3);
                first..first + 8
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    proptest! {
        #[test]
        fn times_never_fall_and_each_is_where_the_area_reaches_its_number(
            curve in some_curve(), shares in prop::collection::vec(0.0f64..1.0, 10),
        ) {
            let schedule = made(&curve, Spacing::Uniform);
            let steepest = schedule.lines.iter().map(|line| line.from.max(line.to)).fold(0.0, f64::max);
            let mut last = schedule.begin();
            for n in numbers(&schedule, &shares) {
                let Some(at) = schedule.nth(n) else {
                    prop_assert!(n >= schedule.count());
                    continue;
                };
                prop_assert!(n < schedule.count());
                prop_assert!(last <= at && at < schedule.end(), "{n}: {last:?} {at:?}");
                last = at;
                // A nanosecond of rounding, and what 10¹² allows.
                let error = (area_until(&schedule, at) - n as f64).abs();
                prop_assert!(error <= steepest * 1e-9 + n as f64 * 2e-12 + 1e-9, "{n} at {at:?}: {error}");
                let soon = at + Duration::from_nanos(2);
                prop_assert!(soon >= schedule.end() || schedule.rate_at(soon) > 0.0, "{n} at {at:?} in a pause");
            }
        }

        #[test]
        fn the_count_is_the_area_within_one(curve in some_curve()) {
            let schedule = made(&curve, Spacing::Uniform);
            prop_assert!((schedule.count() as f64 - schedule.expected()).abs() <= 1.0);
            prop_assert!(schedule.expected() > 0.0 || schedule.count() == 0);
            prop_assert!((area_until(&schedule, schedule.end()) - schedule.expected()).abs() <= schedule.expected() * 1e-11);
        }

        #[test]
        fn the_parts_make_the_whole(curve in some_curve(), of in 1u64..6, seed: Option<u64>) {
            let spacing = seed.map_or(Spacing::Uniform, |seed| Spacing::Poisson { seed });
            let schedule = made(&curve, spacing);
            let whole: Vec<Arrival> = schedule.part(Part::WHOLE).take(2_000).collect();
            prop_assert!(whole.windows(2).all(|pair| pair[0].at <= pair[1].at));
            prop_assert!(whole.iter().zip(0..).all(|(arrival, n)| arrival.number == n));
            prop_assert!(whole.iter().all(|arrival| arrival.at >= schedule.begin() && arrival.at < schedule.end()));
            let mut merged = Vec::new();
            for part in (0..of).map(|index| Part::new(index, of)) {
                let own = schedule.part(part).take_while(|arrival| arrival.number < 2_000);
                merged.extend(own.inspect(|arrival| assert!(part.has(arrival.number))));
            }
            merged.sort_by_key(|arrival| arrival.number);
            prop_assert_eq!(&merged, &whole);
            if seed.is_none() {
                prop_assert!(whole.iter().all(|arrival| schedule.nth(arrival.number) == Some(arrival.at)));
            }
        }
    }
}
