//! Where a run stands: built second by second from what was seen, for whoever shows it.
//!
//! It adds up and remembers a little. What it looks like is decided in `line`, `panel` and `progress_v1`.

use crate::{
    judge::{Health, ThresholdResult},
    measure::{Interval, SparseLatency, VitalsSecond},
    model::{Catalog, FailureKind, IterationEnd, Percent, StageMeta},
    report::format::per_second,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

/// Seconds that are remembered for sparklines.
const REMEMBERED: usize = 120;
/// Seconds that the percentiles of the panel are of.
const RECENT: usize = 10;

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// From the start of the load.
    pub elapsed: Duration,
    /// How long the load is to take.
    pub planned: Duration,
    /// Where stages begin, other than the first.
    pub bounds: Vec<Duration>,
    /// The stage that the load is in; `None` where no workload has more than one.
    pub stage: Option<String>,
    /// Whether all of it is warm-up now: what is seen since the start does not count it.
    pub warm_up: bool,
    /// Iterations per second that are to start now; `None` where no workload has a rate.
    pub asked_per_s: Option<f64>,
    /// Users that are to run now; `None` where no workload has a number of them.
    pub planned_users: Option<u64>,
    /// Iterations with which the load is done; `None` where it is done with its time.
    pub planned_iterations: Option<u64>,
    /// What was seen in the last second.
    pub last: LastSecond,
    /// What was seen in the last seconds, ten at most.
    pub recent: Recent,
    /// What was seen since the start, the warm-up apart.
    pub total: Total,
    /// How the thresholds stand, in the file's order.
    pub thresholds: Vec<ThresholdResult>,
    /// What the generator's numbers are worth so far.
    pub health: Health,
    /// The seconds before, oldest first.
    pub history: VecDeque<Past>,
}

/// A second that is over; where a run ends, a part of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LastSecond {
    /// How long it was.
    pub span: Duration,
    /// Users that ran at its end.
    pub users: u64,
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Iterations that ended by themselves.
    pub iterations: u64,
    /// Those of them that belong to a workload with a rate.
    pub arrived: u64,
    /// Iterations that were meant to start and did not.
    pub dropped: u64,
    /// Service times.
    pub duration: SparseLatency,
    /// How late 1 iteration in 100 began, or later; `None` without iterations.
    pub lag_p99: Option<Duration>,
    /// What the generator saw of itself.
    pub vitals: VitalsSecond,
}

impl LastSecond {
    /// Requests per second; 0 where no time passed.
    pub fn requests_per_s(&self) -> f64 {
        per_second(self.requests, self.span).unwrap_or(0.0)
    }
}

/// The percentiles of the last seconds' service times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recent {
    /// How many seconds.
    pub seconds: u64,
    /// Samples in them.
    pub samples: u64,
    /// `None` without samples, as the others.
    pub p50: Option<Duration>,
    /// 95 %.
    pub p95: Option<Duration>,
    /// 99 %.
    pub p99: Option<Duration>,
    seen: VecDeque<SparseLatency>,
}

impl Recent {
    fn take(&mut self, second: &SparseLatency) {
        self.seen.push_back(second.clone());
        if self.seen.len() > RECENT {
            self.seen.pop_front();
        }
        let mut all = SparseLatency::default();
        self.seen.iter().for_each(|second| all.merge(second));
        (self.seconds, self.samples) = (self.seen.len() as u64, all.count());
        [self.p50, self.p95, self.p99] = [50, 95, 99].map(|percent| all.percentile(Percent::whole(percent)));
    }
}

/// What was seen since the start and counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Total {
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Iterations that ran to their end.
    pub iterations: u64,
    /// Iterations that a failure ended early.
    pub failed_iterations: u64,
    /// Iterations that were meant to start and did not.
    pub dropped: u64,
    /// Failures by kind.
    pub failures: BTreeMap<String, u64>,
}

/// What of a second is remembered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Past {
    /// Requests per second.
    pub requests_per_s: f64,
    /// 95th percentile of the service time; `None` without samples.
    pub p95: Option<Duration>,
}

impl Progress {
    /// A run that is about to begin.
    pub fn new(planned: Duration, catalog: &Catalog) -> Self {
        let begins = catalog.stages.iter().map(|stage| Duration::from_millis(stage.start_ms));
        let within: BTreeSet<Duration> =
            begins.filter(|begin| !begin.is_zero() && *begin < planned).collect();
        Self { planned, bounds: within.into_iter().collect(), ..Self::default() }
    }

    /// Moves to this time after the start of the load.
    pub fn move_to(&mut self, elapsed: Duration, catalog: &Catalog) {
        self.elapsed = elapsed;
        self.stage = stage_at(elapsed, catalog);
        self.warm_up = is_warm_up(elapsed, catalog);
    }

    /// Takes the next second, which was so long: 1 s, but for the last one, and one in which the generator stood still.
    pub fn take(&mut self, interval: &Interval, span: Duration, catalog: &Catalog) {
        self.last = last_second(interval, span, catalog);
        self.total.add(interval);
        self.recent.take(&self.last.duration);
        if self.history.len() >= REMEMBERED {
            self.history.pop_front();
        }
        let p95 = self.last.duration.percentile(Percent::whole(95));
        self.history.push_back(Past { requests_per_s: self.last.requests_per_s(), p95 });
    }

    /// The share of the load that is done, 0 to 1.
    pub fn share_done(&self) -> f64 {
        let share = match self.planned_iterations {
            Some(planned) => self.total.ended() as f64 / planned.max(1) as f64,
            None => self.elapsed.as_secs_f64() / self.planned.as_secs_f64().max(f64::MIN_POSITIVE),
        };
        share.min(1.0)
    }
}

fn last_second(interval: &Interval, span: Duration, catalog: &Catalog) -> LastSecond {
    let point = interval.point(Duration::from_secs(1));
    let recorded = &interval.recorded;
    let parts = [Some(&recorded.counted), recorded.warm_up.as_ref()].into_iter().flatten();
    let open = parts.flat_map(|seen| seen.iterations()).filter(|(key, _)| {
        let task = catalog.tasks.get(key.task.0 as usize);
        task.is_some_and(|task| catalog.workload(task.workload).is_open)
    });
    let ended = open.filter(|(key, _)| key.end != IterationEnd::Interrupted);
    LastSecond {
        span,
        users: point.vus,
        requests: point.requests,
        failed: point.failed_requests,
        iterations: point.iterations + point.failed_iterations,
        arrived: ended.map(|(_, stats)| stats.count).sum(),
        dropped: point.dropped_iterations,
        lag_p99: point.lag.percentile(Percent::whole(99)),
        duration: point.duration,
        vitals: point.vitals,
    }
}

impl Total {
    /// Iterations that ended by themselves.
    pub fn ended(&self) -> u64 {
        self.iterations + self.failed_iterations
    }

    fn add(&mut self, interval: &Interval) {
        let seen = &interval.recorded.counted;
        for (key, stats) in seen.requests() {
            self.requests += stats.count;
            self.failed += if key.failed { stats.count } else { 0 };
        }
        for (key, stats) in seen.iterations() {
            match key.end {
                IterationEnd::Completed => self.iterations += stats.count,
                IterationEnd::Failed => self.failed_iterations += stats.count,
                IterationEnd::Interrupted => {}
            }
        }
        self.dropped += seen.all_dropped();
        for (_, kind, failures) in seen.failures() {
            *self.failures.entry(kind_name(kind)).or_default() += failures.count;
        }
    }
}

/// The word for a kind of failure: `timeout`, `status 503`, `expect`. It is one of a few hundred.
fn kind_name(kind: FailureKind) -> String {
    match kind {
        FailureKind::NoResponse(error) => error.name().to_owned(),
        FailureKind::Status(status) => format!("status {status}"),
        FailureKind::Expectation(_) => "expect".to_owned(),
        FailureKind::Extract => "extract".to_owned(),
        FailureKind::Template => "template".to_owned(),
        FailureKind::Feed => "feed".to_owned(),
    }
}

/// The stages at this moment.
fn stages_at(elapsed: Duration, catalog: &Catalog) -> impl Iterator<Item = &StageMeta> {
    let at_ms = elapsed.as_millis();
    let is_now =
        move |stage: &&StageMeta| (u128::from(stage.start_ms)..u128::from(stage.end_ms)).contains(&at_ms);
    catalog.stages.iter().filter(is_now)
}

fn is_warm_up(elapsed: Duration, catalog: &Catalog) -> bool {
    let mut stages = stages_at(elapsed, catalog).peekable();
    stages.peek().is_some() && stages.all(|stage| stage.warm_up)
}

/// The names of the stages at this moment, of the workloads that have several.
fn stage_at(elapsed: Duration, catalog: &Catalog) -> Option<String> {
    // A stage in which the warm-up ends is two of one name.
    let has_siblings = |stage: &&StageMeta| {
        let mut siblings = catalog.stages.iter().filter(|other| other.workload == stage.workload);
        siblings.any(|other| other.name != stage.name)
    };
    let names: BTreeSet<&str> =
        stages_at(elapsed, catalog).filter(has_siblings).map(|stage| stage.name.as_str()).collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join("+"))
}
