//! A snapshot's series added up the ways that reports show them: per request, task, check and stage, and in all.

use crate::{
    measure::{
        Connections, FailureSample, IterationKey, IterationStats, Latency, Observations, PhaseLatencies,
        RequestKey, RequestStats, SlowRequest, Snapshot, Tally,
    },
    model::{
        Catalog, ErrorKind, FailureKind, FailureSite, IterationEnd, RequestId, RequestMeta, StageId, TaskMeta,
    },
};
use std::{cmp::Reverse, collections::BTreeMap, net::SocketAddr, time::Duration};

/// Slowest requests that results have.
const MOST_SLOWEST: usize = 50;

/// Requests that belong together.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestTotals {
    /// How many were sent.
    pub count: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Bytes sent on the wire.
    pub sent_bytes: u64,
    /// Bytes received on the wire.
    pub received_bytes: u64,
    /// Service time.
    pub duration: Latency,
    /// Response time.
    pub response_time: Latency,
    /// What the time went to.
    pub phases: PhaseLatencies,
    /// Those without an error, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Those with an error, by its kind.
    pub errors: BTreeMap<ErrorKind, u64>,
}

impl RequestTotals {
    fn add(&mut self, key: &RequestKey, stats: &RequestStats) {
        self.count += stats.count;
        self.failed += if key.failed { stats.count } else { 0 };
        self.sent_bytes += stats.sent_bytes;
        self.received_bytes += stats.received_bytes;
        self.duration.merge(&stats.duration);
        self.response_time.merge(&stats.response_time);
        self.phases.merge(&stats.phases);
        match key.error {
            Some(error) => *self.errors.entry(error).or_default() += stats.count,
            None => *self.statuses.entry(key.status).or_default() += stats.count,
        }
    }
}

/// Iterations that belong together.
#[derive(Debug, Clone, Default)]
pub(super) struct IterationTotals {
    /// Those that ran to their end.
    pub completed: u64,
    /// Those that a failure ended early.
    pub failed: u64,
    /// Those that the end of the run or of their user cut.
    pub interrupted: u64,
    /// How long those took that completed.
    pub duration: Latency,
    /// How long after they were meant to they began.
    pub lag: Latency,
}

impl IterationTotals {
    fn add(&mut self, key: &IterationKey, stats: &IterationStats) {
        match key.end {
            IterationEnd::Completed => self.completed += stats.count,
            IterationEnd::Failed => self.failed += stats.count,
            IterationEnd::Interrupted => self.interrupted += stats.count,
        }
        self.duration.merge(&stats.duration);
        self.lag.merge(&stats.lag);
    }
}

/// What started in one stage.
#[derive(Debug, Clone, Default)]
pub(super) struct StageTotals {
    /// Its requests.
    pub requests: RequestTotals,
    /// Its iterations.
    pub iterations: IterationTotals,
    /// Those that were meant to start in it and did not.
    pub dropped: u64,
    /// How much of it there was.
    pub lasted: Duration,
}

/// What began in the warm-up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WarmUpTotals {
    /// How much of the run was warm-up and nothing else.
    pub length: Duration,
    /// Requests sent.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Iterations that ran to their end.
    pub iterations: u64,
    /// Iterations that a failure ended early.
    pub failed_iterations: u64,
    /// Iterations that were cut.
    pub interrupted_iterations: u64,
    /// Iterations that were meant to start and did not.
    pub dropped: u64,
}

impl WarmUpTotals {
    fn new(seen: &Observations, length: Duration) -> Self {
        let mut sum = Self { length, dropped: seen.all_dropped(), ..Self::default() };
        for (key, stats) in seen.requests() {
            sum.requests += stats.count;
            sum.failed += if key.failed { stats.count } else { 0 };
        }
        for (key, stats) in seen.iterations() {
            match key.end {
                IterationEnd::Completed => sum.iterations += stats.count,
                IterationEnd::Failed => sum.failed_iterations += stats.count,
                IterationEnd::Interrupted => sum.interrupted_iterations += stats.count,
            }
        }
        sum
    }
}

/// A run's observations, added up. The vectors follow the catalogue, so that what was never sent has a zero.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// All requests.
    pub all: RequestTotals,
    /// Requests by `RequestId`.
    pub requests: Vec<RequestTotals>,
    /// All iterations.
    pub iterations: IterationTotals,
    /// Iterations by `TaskId`.
    pub tasks: Vec<IterationTotals>,
    /// Duration of all groups of steps that ran to their end.
    pub grouped: Latency,
    /// The same by `GroupId`.
    pub groups: Vec<Latency>,
    /// By `StageId`.
    pub stages: Vec<StageTotals>,
    /// All checks.
    pub checked: Tally,
    /// Checks by `CheckId`.
    pub checks: Vec<Tally>,
    /// Failed attempts at `on_start`.
    pub user_start_failures: u64,
    /// Iterations that were meant to start and did not.
    pub dropped_iterations: u64,
    /// What began in the warm-up, which is in nothing of the above; `None` where there is none.
    pub warm_up: Option<WarmUpTotals>,
}

impl Totals {
    /// Adds up what `snapshot` has on what `catalog` lists.
    pub fn new(snapshot: &Snapshot, catalog: &Catalog) -> Self {
        let mut totals = Self {
            requests: vec![RequestTotals::default(); catalog.requests.len()],
            tasks: vec![IterationTotals::default(); catalog.tasks.len()],
            stages: vec![StageTotals::default(); catalog.stages.len()],
            groups: vec![Latency::default(); catalog.groups.len()],
            checks: vec![Tally::default(); catalog.checks.len()],
            ..Self::default()
        };
        totals.add_requests(snapshot);
        totals.add_iterations(snapshot);
        totals.add_groups(snapshot);
        totals.add_checks(snapshot);
        totals.user_start_failures =
            catalog.workload_ids().map(|id| snapshot.total.user_start_failures(id)).sum();
        totals.dropped_iterations = snapshot.total.all_dropped();
        let length = catalog.warm_up_before(snapshot.elapsed);
        totals.warm_up = snapshot.warm_up.as_ref().map(|seen| WarmUpTotals::new(seen, length));
        for (stage, id) in totals.stages.iter_mut().zip(catalog.stage_ids()) {
            stage.dropped = snapshot.total.dropped(id);
            stage.lasted = lasted(id, snapshot, catalog);
        }
        totals
    }

    fn add_requests(&mut self, snapshot: &Snapshot) {
        for (key, stats) in snapshot.total.requests() {
            self.all.add(key, stats);
            self.requests[key.request.0 as usize].add(key, stats);
            self.stages[key.stage.0 as usize].requests.add(key, stats);
        }
    }

    fn add_iterations(&mut self, snapshot: &Snapshot) {
        for (key, stats) in snapshot.total.iterations() {
            self.iterations.add(key, stats);
            self.tasks[key.task.0 as usize].add(key, stats);
            self.stages[key.stage.0 as usize].iterations.add(key, stats);
        }
    }

    fn add_groups(&mut self, snapshot: &Snapshot) {
        for (key, stats) in snapshot.total.groups() {
            self.grouped.merge(&stats.duration);
            self.groups[key.group.0 as usize].merge(&stats.duration);
        }
    }

    fn add_checks(&mut self, snapshot: &Snapshot) {
        for (key, tally) in snapshot.total.checks() {
            for sum in [&mut self.checked, &mut self.checks[key.check.0 as usize]] {
                sum.passes += tally.passes;
                sum.fails += tally.fails;
            }
        }
    }
}

/// How much of a stage there was. The last stage goes on for as long as its iterations send requests.
fn lasted(id: StageId, snapshot: &Snapshot, catalog: &Catalog) -> Duration {
    let stage = catalog.stage(id);
    let (start, planned) = (Duration::from_millis(stage.start_ms), Duration::from_millis(stage.end_ms));
    let end = snapshot.load_end;
    let is_last = catalog.stages.iter().all(|other| other.end_ms <= stage.end_ms);
    let until = if is_last { end } else { end.min(planned) };
    until.saturating_sub(start)
}

/// The slowest requests that have a trace id, the slowest first.
pub(super) fn slowest(snapshot: &Snapshot) -> Vec<(RequestId, &SlowRequest)> {
    let mut all: Vec<(RequestId, &SlowRequest)> = snapshot.total.slowest().collect();
    all.sort_by_key(|(id, slow)| (*slow, *id));
    all.truncate(MOST_SLOWEST);
    all
}

/// The addresses told apart and how many requests went to each, the most first.
pub(super) fn addresses(seen: &Connections) -> Vec<(SocketAddr, u64)> {
    let mut all = seen.addresses().to_vec();
    all.sort_by_key(|(address, requests)| (Reverse(*requests), *address));
    all
}

/// One kind of failure at one place.
#[derive(Debug)]
pub(super) struct Failure<'s> {
    /// Where it was.
    pub site: FailureSite,
    /// What went wrong.
    pub kind: FailureKind,
    /// The same in results' words.
    pub error: String,
    /// The request that failed; `None` where it was another step.
    pub request: Option<&'s RequestMeta>,
    /// The task in which it was.
    pub task: &'s TaskMeta,
    /// How often, when first, and what it said.
    pub seen: &'s FailureSample,
}

/// The kinds of failure, the most frequent first, among equals the earliest.
pub(super) fn failures<'s>(snapshot: &'s Snapshot, catalog: &'s Catalog) -> Vec<Failure<'s>> {
    let all = snapshot.total.failures().map(|(site, kind, seen)| {
        let (request, task) = match site {
            FailureSite::Request(id) => (Some(catalog.request(id)), catalog.request(id).task),
            FailureSite::Task(id) => (None, id),
        };
        Failure { site, kind, error: failure_name(kind, catalog), request, task: catalog.task(task), seen }
    });
    let mut all: Vec<Failure<'s>> = all.collect();
    // Stable: the rest of the order is that of the catalogue.
    all.sort_by_key(|failure| (Reverse(failure.seen.count), failure.seen.first_at));
    all
}

fn failure_name(kind: FailureKind, catalog: &Catalog) -> String {
    match kind {
        FailureKind::NoResponse(error) => error.name().to_owned(),
        FailureKind::Status(status) => format!("status {status}"),
        FailureKind::Expectation(check) => format!("expect: {}", catalog.check(check).name),
        FailureKind::Extract => "extract".to_owned(),
        FailureKind::Template => "template".to_owned(),
        FailureKind::Feed => "data".to_owned(),
    }
}
