//! What the generator saw of itself: of a second, and of a whole run.
//!
//! It only adds up. Where the figures come from is the business of `run`, what they mean that of `judge`. A figure that
//! the system does not tell is `None`, never zero.

use std::time::Duration;

/// A core that did anything for more of a second than this was not to be had.
const FULL: f64 = 0.9;
/// Less processor time than this is too few of the system's ticks for a share.
const LEAST_FOR_A_SHARE: Duration = Duration::from_millis(100);

/// Stretches in which the generator stood still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gaps {
    /// How many.
    pub count: u64,
    /// How long they were together.
    pub sum: Duration,
    /// How long the longest was.
    pub longest: Duration,
}

impl Gaps {
    /// Adds one.
    pub fn add(&mut self, length: Duration) {
        self.absorb(&Self { count: 1, sum: length, longest: length });
    }

    fn absorb(&mut self, next: &Self) {
        self.count += next.count;
        self.sum += next.sum;
        self.longest = self.longest.max(next.longest);
    }
}

/// Time of processors, added up over those that the generator may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessorTime {
    /// All there was.
    pub all: Duration,
    /// Of it, what was not idle, whoever had it: what was stolen included.
    pub busy: Duration,
    /// Of it, what the hypervisor gave to other machines.
    pub stolen: Duration,
}

impl ProcessorTime {
    /// The share that was not idle, 0 to 1; `None` for too short a time.
    pub fn busy_share(&self) -> Option<f64> {
        self.share(self.busy)
    }

    /// The share that was stolen, 0 to 1; `None` for too short a time.
    pub fn stolen_share(&self) -> Option<f64> {
        self.share(self.stolen)
    }

    /// The share that `part` is of it, at most 1; `None` for too short a time.
    pub fn share(&self, part: Duration) -> Option<f64> {
        let long_enough = self.all >= LEAST_FOR_A_SHARE;
        long_enough.then(|| (part.as_secs_f64() / self.all.as_secs_f64()).min(1.0))
    }

    fn sum(self, other: Self) -> Self {
        Self { all: self.all + other.all, busy: self.busy + other.busy, stolen: self.stolen + other.stolen }
    }
}

/// What the generator saw of itself in a second; where it could not look in time, in several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VitalsSecond {
    /// The time that it is about.
    pub span: Duration,
    /// Processor time of this process, in user and system mode. A demo target in the process is part of it.
    pub process: Option<Duration>,
    /// Processors that the process may use.
    pub cores: Option<u32>,
    /// What the processors did, for whomever.
    pub machine: Option<ProcessorTime>,
    /// How busy the least busy of them was, in thousandths of its time.
    pub least_busy_permille: Option<u32>,
    /// Stretches in which a thread that does nothing but wake up was more than 100 ms late.
    pub gaps: Gaps,
    /// Open files at the end of it.
    pub open_files: Option<u64>,
    /// Open files that are allowed; `None` also where there is no limit.
    pub open_files_limit: Option<u64>,
    /// TCP sockets of the machine that hold a port, those that wait for their time to be over included. Both ends of a
    /// connection within the machine count, and those of other programs.
    pub ports: Option<u64>,
    /// Local ports that connections without one of their own are given, to one address and port of a target.
    pub ports_limit: Option<u64>,
    /// Resident memory of the process, in bytes.
    pub memory_bytes: Option<u64>,
    /// How long the machine slept in it. The monotonic clock knows nothing of that.
    pub suspended: Duration,
    /// The largest step of the civil clock in milliseconds, negative if it was set back; 0 where there was none worth
    /// noting.
    pub clock_step_ms: i64,
}

impl VitalsSecond {
    /// Appends what was seen in the time that followed. Levels become the highest of both, limits the lowest.
    pub fn absorb(&mut self, next: &Self) {
        self.span += next.span;
        self.process = joined(self.process, next.process, |a, b| a + b);
        self.machine = joined(self.machine, next.machine, ProcessorTime::sum);
        self.gaps.absorb(&next.gaps);
        self.suspended += next.suspended;
        self.take_levels(next);
    }

    /// Adds what another generator saw of itself in the same time. Times of processes and of processors add up; of
    /// everything else the worse is kept, since a run is as sound as the worst of its generators.
    pub fn join(&mut self, other: &Self) {
        let cores = joined(self.cores, other.cores, |a, b| a + b);
        self.span = self.span.max(other.span);
        self.process = joined(self.process, other.process, |a, b| a + b);
        self.machine = joined(self.machine, other.machine, ProcessorTime::sum);
        self.gaps = Gaps {
            count: self.gaps.count.max(other.gaps.count),
            sum: self.gaps.sum.max(other.gaps.sum),
            longest: self.gaps.longest.max(other.gaps.longest),
        };
        self.suspended = self.suspended.max(other.suspended);
        self.take_levels(other);
        self.cores = cores;
    }

    fn take_levels(&mut self, other: &Self) {
        self.cores = joined(self.cores, other.cores, u32::max);
        self.least_busy_permille = joined(self.least_busy_permille, other.least_busy_permille, u32::max);
        self.open_files = joined(self.open_files, other.open_files, u64::max);
        self.open_files_limit = joined(self.open_files_limit, other.open_files_limit, u64::min);
        self.ports = joined(self.ports, other.ports, u64::max);
        self.ports_limit = joined(self.ports_limit, other.ports_limit, u64::min);
        self.memory_bytes = joined(self.memory_bytes, other.memory_bytes, u64::max);
        // The sign decides between equal steps, so that the order of merging does not.
        let steps = [self.clock_step_ms, other.clock_step_ms];
        self.clock_step_ms = steps.into_iter().max_by_key(|step| (step.abs(), *step)).unwrap_or(0);
    }

    /// Processors that this process used on average.
    pub fn cores_used(&self) -> Option<f64> {
        let process = self.process.filter(|_| !self.span.is_zero())?;
        Some(process.as_secs_f64() / self.span.as_secs_f64())
    }

    /// Whether no processor had anything left; `None` where that is not known.
    fn is_full(&self) -> Option<bool> {
        self.least_busy_permille.map(|permille| f64::from(permille) > FULL * 1_000.0)
    }
}

fn joined<T>(mine: Option<T>, theirs: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) => Some(join(mine, theirs)),
        (mine, theirs) => mine.or(theirs),
    }
}

/// What the generator saw of itself over a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vitals {
    /// All seconds put together.
    pub whole: VitalsSecond,
    /// Those together in which every processor was more than 90 % busy.
    pub full: VitalsSecond,
    /// How long every processor was more than 90 % busy without a break, at the most.
    pub full_for: Duration,
    full_now: Duration,
    /// The share of the processors' time that was not idle, 0 to 1, in the second in which it was highest.
    pub machine_share_max: Option<f64>,
    /// The share that was stolen, in the second in which it was highest.
    pub steal_share_max: Option<f64>,
}

impl Vitals {
    /// Appends a second.
    pub fn add(&mut self, second: &VitalsSecond) {
        self.whole.absorb(second);
        match second.is_full() {
            Some(true) => {
                self.full.absorb(second);
                self.full_now += second.span;
                self.full_for = self.full_for.max(self.full_now);
            }
            Some(false) => self.full_now = Duration::ZERO,
            None => {}
        }
        let share = |of: fn(&ProcessorTime) -> Option<f64>| second.machine.as_ref().and_then(of);
        self.machine_share_max = joined(self.machine_share_max, share(ProcessorTime::busy_share), f64::max);
        self.steal_share_max = joined(self.steal_share_max, share(ProcessorTime::stolen_share), f64::max);
    }

    /// Adds what another generator saw of itself over the same time. Times of processes and of processors add up;
    /// of everything else the worse is kept, since a run is as sound as the worst of its generators.
    pub fn merge(&mut self, other: &Self) {
        self.whole.join(&other.whole);
        self.full.join(&other.full);
        self.full_for = self.full_for.max(other.full_for);
        self.full_now = self.full_now.max(other.full_now);
        self.machine_share_max = joined(self.machine_share_max, other.machine_share_max, f64::max);
        self.steal_share_max = joined(self.steal_share_max, other.steal_share_max, f64::max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn second(least_busy_permille: u32) -> VitalsSecond {
        let machine = Some(ProcessorTime { all: MS * 2_000, busy: MS * 1_900, stolen: MS * 100 });
        let least_busy_permille = Some(least_busy_permille);
        let process = Some(MS * 600);
        VitalsSecond { span: MS * 1_000, process, machine, least_busy_permille, ..VitalsSecond::default() }
    }

    #[test]
    fn full_seconds_count_together_as_long_as_nothing_comes_between() {
        let mut vitals = Vitals::default();
        for least_busy in [950, 901, 900, 990] {
            vitals.add(&second(least_busy));
        }
        assert_eq!((vitals.full_for, vitals.full.span), (MS * 2_000, MS * 3_000));
        vitals.add(&VitalsSecond { span: MS * 1_000, ..VitalsSecond::default() });
        vitals.add(&second(1_000));
        assert_eq!(vitals.full_for, MS * 2_000, "a second of which nothing is known counts for nothing");
        vitals.add(&second(1_000));
        assert_eq!(vitals.full_for, MS * 3_000);
        assert_eq!((vitals.machine_share_max, vitals.steal_share_max), (Some(0.95), Some(0.05)));
        assert_eq!(vitals.full.cores_used(), Some(0.6));
    }

    #[test]
    fn what_is_not_known_is_not_zero() {
        let mut vitals = Vitals::default();
        vitals.add(&VitalsSecond { span: MS * 1_000, ..VitalsSecond::default() });
        assert_eq!((vitals.whole.cores_used(), vitals.machine_share_max), (None, None));
        assert_eq!((vitals.whole.open_files, vitals.whole.least_busy_permille), (None, None));
        vitals.add(&VitalsSecond { open_files: Some(7), ..second(0) });
        assert_eq!((vitals.whole.open_files, vitals.whole.cores_used()), (Some(7), Some(0.3)));
    }

    #[test]
    fn a_few_ticks_are_no_share() {
        let short = ProcessorTime { all: MS * 20, busy: MS * 20, stolen: MS * 10 };
        assert_eq!((short.busy_share(), short.stolen_share()), (None, None));
    }

    #[test]
    fn the_largest_step_keeps_its_sign() {
        let mut steps = VitalsSecond { clock_step_ms: 200, ..VitalsSecond::default() };
        for (step, largest) in [(-150, 200), (-300, -300), (300, 300), (0, 300)] {
            steps.absorb(&VitalsSecond { clock_step_ms: step, ..VitalsSecond::default() });
            assert_eq!(steps.clock_step_ms, largest);
        }
    }

    fn maybe(range: std::ops::Range<u64>) -> impl Strategy<Value = Option<u64>> {
        proptest::option::of(range)
    }

    prop_compose! {
        fn any_second()(
            span in 0u64..5_000,
            numbers in proptest::array::uniform6(maybe(0..5_000)),
            machine in proptest::option::of((0u64..1_000, 0u64..1_000, 0u64..1_000)),
            cores in proptest::option::of(1u32..9),
            permille in proptest::option::of(0u32..=1_000),
            gaps in proptest::collection::vec(100u64..9_000, 0..3),
            step in -400i64..400,
        ) -> VitalsSecond {
            let mut second = VitalsSecond {
                span: MS * span as u32,
                process: numbers[0].map(Duration::from_millis),
                cores,
                machine: machine.map(|(idle, busy, stolen)| ProcessorTime {
                    all: MS * (idle + busy + stolen) as u32,
                    busy: MS * (busy + stolen) as u32,
                    stolen: MS * stolen as u32,
                }),
                least_busy_permille: permille,
                gaps: Gaps::default(),
                open_files: numbers[1],
                open_files_limit: numbers[2],
                ports: numbers[3],
                ports_limit: numbers[4],
                memory_bytes: numbers[5],
                suspended: MS * (span / 7) as u32,
                clock_step_ms: step,
            };
            gaps.iter().for_each(|gap| second.gaps.add(Duration::from_millis(*gap)));
            second
        }
    }

    fn of(seconds: &[VitalsSecond]) -> Vitals {
        let mut vitals = Vitals::default();
        seconds.iter().for_each(|second| vitals.add(second));
        vitals
    }

    fn merged(mut a: Vitals, b: &Vitals) -> Vitals {
        a.merge(b);
        a
    }

    proptest! {
        #[test]
        fn folding_seconds_in_any_grouping_is_the_same(a in any_second(), b in any_second(), c in any_second()) {
            let join = |mut a: VitalsSecond, b: &VitalsSecond| { a.absorb(b); a };
            let left = join(join(a.clone(), &b), &c);
            let right = join(a, &join(b, &c));
            prop_assert_eq!(left, right);
        }

        #[test]
        fn merging_generators_in_any_order_and_grouping_is_the_same(
            runs in proptest::array::uniform3(proptest::collection::vec(any_second(), 0..6))
        ) {
            let [a, b, c] = runs.map(|seconds| of(&seconds));
            let left = merged(merged(a.clone(), &b), &c);
            prop_assert_eq!(&left, &merged(a.clone(), &merged(b.clone(), &c)));
            prop_assert_eq!(&left, &merged(merged(c, &b), &a));
            prop_assert_eq!(merged(a.clone(), &Vitals::default()), a);
        }
    }
}
