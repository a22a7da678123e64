//! Counts and distributions of everything observed, by series. One value of it is an interval of one worker,
//! or, merged, the whole run.

use super::{
    connections::Connections,
    key::{CheckKey, GroupKey, IterationKey, RequestKey},
    latency::Latency,
    phases::PhaseLatencies,
    recorder::RequestObservation,
    slowest::{SlowRequest, Slowest},
};
use crate::model::{Catalog, FailureKind, FailureSite, RequestId, StageId, WorkloadId};
use std::{collections::BTreeMap, time::Duration};

/// Most series of requests kept apart; further statuses are folded into one series per request and stage.
const MOST_SERIES: usize = 10_000;
/// Most kinds of failure for which a sample is kept.
const MOST_SAMPLES: usize = 1_000;
/// Bytes kept of a sample of a failure: what a target said may be long.
const LONGEST_SAMPLE: usize = 2_000;

/// The requests of one series.
#[derive(Debug, Clone, Default)]
pub struct RequestStats {
    /// How many were sent.
    pub count: u64,
    /// Service time of those that had a response or timed out.
    pub duration: Latency,
    /// Response time of the same.
    pub response_time: Latency,
    /// What their time went to.
    pub phases: PhaseLatencies,
    /// Bytes sent on the wire.
    pub sent_bytes: u64,
    /// Bytes received on the wire.
    pub received_bytes: u64,
}

/// How often a check held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Times it held.
    pub passes: u64,
    /// Times it did not.
    pub fails: u64,
}

/// The iterations of one series.
#[derive(Debug, Clone, Default)]
pub struct IterationStats {
    /// How many.
    pub count: u64,
    /// How long they took; recorded only for those that completed.
    pub duration: Latency,
    /// How long after they were meant to they began: the generator's own lateness.
    pub lag: Latency,
}

/// The groups of steps of one series, those that ran to their end.
#[derive(Debug, Clone, Default)]
pub struct GroupStats {
    /// How many.
    pub count: u64,
    /// How long they took.
    pub duration: Latency,
}

/// The first failure of its kind, and how many there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureSample {
    /// How many failures of this kind.
    pub count: u64,
    /// When the first one was seen, from the start of the run.
    pub first_at: Duration,
    /// What the first one said.
    pub sample: String,
}

/// What of observations belongs to no series.
#[derive(Debug, Default)]
pub(super) struct BesideSeries {
    pub last_began: Duration,
    pub unlisted_failures: u64,
    pub connections: Connections,
    pub user_start_failures: Vec<u64>,
    pub dropped: Vec<u64>,
    pub overdue: Vec<u64>,
    pub without_user: Vec<u64>,
}

/// Everything observed over some time by some workers.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    requests: Vec<Vec<(RequestKey, RequestStats)>>,
    series: usize,
    /// When the last request began to be sent.
    last_began: Duration,
    connections: Connections,
    /// By `RequestId`; shorter where the last of them have none.
    slowest: Vec<Slowest>,
    checks: BTreeMap<CheckKey, Tally>,
    iterations: Vec<(IterationKey, IterationStats)>,
    groups: Vec<(GroupKey, GroupStats)>,
    failures: BTreeMap<(FailureSite, FailureKind), FailureSample>,
    /// Failures of the kinds for which there was no room.
    unlisted_failures: u64,
    user_start_failures: Vec<u64>,
    dropped: Vec<u64>,
    overdue: Vec<u64>,
    without_user: Vec<u64>,
}

impl Observations {
    /// Nothing observed yet of what `catalog` lists.
    pub fn new(catalog: &Catalog) -> Self {
        Self {
            requests: vec![Vec::new(); catalog.requests.len()],
            user_start_failures: vec![0; catalog.workloads.len()],
            dropped: vec![0; catalog.stages.len()],
            overdue: vec![0; catalog.stages.len()],
            without_user: vec![0; catalog.stages.len()],
            ..Self::default()
        }
    }

    /// The series of requests, in no particular order; series without requests are left out.
    pub fn requests(&self) -> impl Iterator<Item = (&RequestKey, &RequestStats)> {
        self.requests.iter().flatten().filter(|(_, stats)| stats.count > 0).map(|(key, stats)| (key, stats))
    }

    /// Whether nothing was observed.
    pub fn is_empty(&self) -> bool {
        self.requests().next().is_none()
            && self.iterations().next().is_none()
            && self.groups().next().is_none()
            && self.failures.is_empty()
            && self.unlisted_failures == 0
            && self.user_start_failures.iter().chain(&self.dropped).all(|count| *count == 0)
    }

    /// The checks' results.
    pub fn checks(&self) -> impl Iterator<Item = (&CheckKey, &Tally)> {
        self.checks.iter()
    }

    /// The series of iterations; series without iterations are left out.
    pub fn iterations(&self) -> impl Iterator<Item = (&IterationKey, &IterationStats)> {
        self.iterations.iter().filter(|(_, stats)| stats.count > 0).map(|(key, stats)| (key, stats))
    }

    /// The series of groups; series without groups are left out.
    pub fn groups(&self) -> impl Iterator<Item = (&GroupKey, &GroupStats)> {
        self.groups.iter().filter(|(_, stats)| stats.count > 0).map(|(key, stats)| (key, stats))
    }

    /// A sample of each kind of failure at each place.
    pub fn failures(&self) -> impl Iterator<Item = (FailureSite, FailureKind, &FailureSample)> {
        self.failures.iter().map(|((site, kind), sample)| (*site, *kind, sample))
    }

    /// Failed attempts at `on_start` of a workload.
    pub fn user_start_failures(&self, workload: WorkloadId) -> u64 {
        self.user_start_failures.get(workload.0 as usize).copied().unwrap_or(0)
    }

    /// Iterations of a stage that were meant to start and did not, because there was no user or no time for
    /// them.
    pub fn dropped(&self, stage: StageId) -> u64 {
        self.dropped.get(stage.0 as usize).copied().unwrap_or(0)
    }

    /// Those of [`Self::dropped`] that nobody had got round to when the load ended: the generator's own fault.
    pub fn overdue(&self, stage: StageId) -> u64 {
        self.overdue.get(stage.0 as usize).copied().unwrap_or(0)
    }

    /// Those of [`Self::dropped`] that came when every user was busy, and no more might be made.
    pub fn without_user(&self, stage: StageId) -> u64 {
        self.without_user.get(stage.0 as usize).copied().unwrap_or(0)
    }

    /// Samples beyond what histograms hold, of service and response times, of iterations, their lag, and groups.
    pub fn clipped(&self) -> u64 {
        let requests =
            self.requests().map(|(_, seen)| seen.duration.clipped() + seen.response_time.clipped());
        let iterations = self.iterations().map(|(_, seen)| seen.duration.clipped() + seen.lag.clipped());
        let groups = self.groups().map(|(_, seen)| seen.duration.clipped());
        requests.chain(iterations).chain(groups).sum()
    }

    /// Dropped iterations of all stages.
    pub fn all_dropped(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Failures of kinds that have no sample because there were too many kinds.
    pub fn unlisted_failures(&self) -> u64 {
        self.unlisted_failures
    }

    /// Requests counted in a folded series because there were too many series.
    pub fn folded(&self) -> u64 {
        let folded = self.requests().filter(|(key, _)| key.status == RequestKey::OTHER_STATUS);
        folded.map(|(_, stats)| stats.count).sum()
    }

    /// When the last of the requests began to be sent, from the start of the run; zero without requests.
    pub fn last_began(&self) -> Duration {
        self.last_began
    }

    /// What the requests did with connections.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The slowest of the requests with a trace id: at most five of each request, the slowest first.
    pub fn slowest(&self) -> impl Iterator<Item = (RequestId, &SlowRequest)> {
        let by_request = (0..).map(RequestId).zip(&self.slowest);
        by_request.flat_map(|(id, slowest)| slowest.kept().iter().map(move |slow| (id, slow)))
    }

    /// Adds all that `other` observed.
    pub fn merge(&mut self, other: &Self) {
        for (key, stats) in other.requests() {
            let mine = self.request_stats(*key);
            mine.count += stats.count;
            mine.duration.merge(&stats.duration);
            mine.response_time.merge(&stats.response_time);
            mine.phases.merge(&stats.phases);
            mine.sent_bytes += stats.sent_bytes;
            mine.received_bytes += stats.received_bytes;
        }
        self.last_began = self.last_began.max(other.last_began);
        self.connections.merge(&other.connections);
        for (id, theirs) in (0..).map(RequestId).zip(&other.slowest) {
            self.slowest_of(id).merge(theirs);
        }
        for (key, tally) in &other.checks {
            let mine = self.checks.entry(*key).or_default();
            mine.passes += tally.passes;
            mine.fails += tally.fails;
        }
        for (key, stats) in other.iterations() {
            let mine = self.iteration_stats(*key);
            mine.count += stats.count;
            mine.duration.merge(&stats.duration);
            mine.lag.merge(&stats.lag);
        }
        for (key, stats) in other.groups() {
            let mine = self.group_stats(*key);
            mine.count += stats.count;
            mine.duration.merge(&stats.duration);
        }
        self.unlisted_failures += other.unlisted_failures;
        for (key, theirs) in &other.failures {
            self.merge_failure(*key, theirs);
        }
        for (mine, theirs) in self.user_start_failures.iter_mut().zip(&other.user_start_failures) {
            *mine += theirs;
        }
        for (mine, theirs) in self.dropped.iter_mut().zip(&other.dropped) {
            *mine += theirs;
        }
        for (mine, theirs) in self.overdue.iter_mut().zip(&other.overdue) {
            *mine += theirs;
        }
        for (mine, theirs) in self.without_user.iter_mut().zip(&other.without_user) {
            *mine += theirs;
        }
    }

    /// Forgets what was observed and keeps the memory for the next interval.
    pub fn clear(&mut self) {
        for (_, stats) in self.requests.iter_mut().flatten().filter(|(_, stats)| stats.count > 0) {
            stats.duration.clear();
            stats.response_time.clear();
            stats.phases.clear();
            (stats.count, stats.sent_bytes, stats.received_bytes) = (0, 0, 0);
        }
        for (_, stats) in &mut self.iterations {
            stats.count = 0;
            stats.duration.clear();
            stats.lag.clear();
        }
        for (_, stats) in &mut self.groups {
            stats.count = 0;
            stats.duration.clear();
        }
        self.last_began = Duration::ZERO;
        self.connections.clear();
        self.slowest.iter_mut().for_each(Slowest::clear);
        self.checks.clear();
        self.failures.clear();
        self.unlisted_failures = 0;
        self.user_start_failures.fill(0);
        self.dropped.fill(0);
        self.overdue.fill(0);
        self.without_user.fill(0);
    }

    /// Notes what of a request is not kept by series.
    pub(super) fn note_request(&mut self, seen: &RequestObservation) {
        self.connections.record(&seen.connection);
        self.last_began = self.last_began.max(seen.ended_at.saturating_sub(seen.service_time));
        if seen.trace_id.is_some() {
            self.slowest_of(seen.key.request).record(seen);
        }
    }

    /// The slowest of a request, made if there are none yet.
    pub(super) fn slowest_of(&mut self, id: RequestId) -> &mut Slowest {
        let index = id.0 as usize;
        if self.slowest.len() <= index {
            self.slowest.resize(index + 1, Slowest::default());
        }
        &mut self.slowest[index]
    }

    /// The series of this key, made if it is new; the folded one where there is no room for another.
    pub(super) fn request_stats(&mut self, key: RequestKey) -> &mut RequestStats {
        let full = self.series >= MOST_SERIES;
        let cells = &mut self.requests[key.request.0 as usize];
        // Few statuses occur per request, so a scan beats hashing.
        let position = cells.iter().position(|(known, _)| *known == key);
        let index = match position {
            Some(index) => index,
            None if full => {
                let folded = RequestKey { status: RequestKey::OTHER_STATUS, protocol: None, ..key };
                position_or_new(cells, folded)
            }
            None => {
                // A folded series takes no room: there is one for each that was there.
                self.series += usize::from(key.status != RequestKey::OTHER_STATUS);
                position_or_new(cells, key)
            }
        };
        &mut cells[index].1
    }

    /// The series of this key, made if it is new.
    pub(super) fn iteration_stats(&mut self, key: IterationKey) -> &mut IterationStats {
        let index = position_or_new(&mut self.iterations, key);
        &mut self.iterations[index].1
    }

    /// The series of this key, made if it is new.
    pub(super) fn group_stats(&mut self, key: GroupKey) -> &mut GroupStats {
        let index = position_or_new(&mut self.groups, key);
        &mut self.groups[index].1
    }

    /// The tally of this key, made if it is new.
    pub(super) fn check_tally(&mut self, key: CheckKey) -> &mut Tally {
        self.checks.entry(key).or_default()
    }

    /// Counts a failed attempt at `on_start`.
    pub(super) fn count_user_start_failure(&mut self, workload: WorkloadId) {
        if let Some(count) = self.user_start_failures.get_mut(workload.0 as usize) {
            *count += 1;
        }
    }

    /// Counts iterations that did not start.
    pub(super) fn count_dropped(&mut self, stage: StageId, count: u64) {
        if let Some(dropped) = self.dropped.get_mut(stage.0 as usize) {
            *dropped += count;
        }
    }

    /// Notes that nobody had got round to some of those that did not start.
    pub(super) fn count_overdue(&mut self, stage: StageId, count: u64) {
        if let Some(overdue) = self.overdue.get_mut(stage.0 as usize) {
            *overdue += count;
        }
    }

    /// Notes that some of those that did not start found no user.
    pub(super) fn count_without_user(&mut self, stage: StageId, count: u64) {
        if let Some(without_user) = self.without_user.get_mut(stage.0 as usize) {
            *without_user += count;
        }
    }

    /// Sets what no series of its own has: for observations that are put together again.
    pub(super) fn set_beside_series(&mut self, beside: BesideSeries) {
        self.last_began = beside.last_began;
        self.unlisted_failures = beside.unlisted_failures;
        self.connections = beside.connections;
        self.user_start_failures = beside.user_start_failures;
        self.dropped = beside.dropped;
        self.overdue = beside.overdue;
        self.without_user = beside.without_user;
    }

    /// Adds a kind of failure that was counted elsewhere.
    pub(super) fn merge_failure(&mut self, key: (FailureSite, FailureKind), theirs: &FailureSample) {
        if let Some(mine) = self.failures.get_mut(&key) {
            mine.count += theirs.count;
            // The text decides between equal times, so that the order of merging does not.
            if (theirs.first_at, &theirs.sample) < (mine.first_at, &mine.sample) {
                (mine.first_at, mine.sample) = (theirs.first_at, theirs.sample.clone());
            }
        } else if self.failures.len() < MOST_SAMPLES {
            self.failures.insert(key, theirs.clone());
        } else {
            self.unlisted_failures += theirs.count;
        }
    }

    /// Counts a failure; `sample` is called only for the first of its kind.
    pub(super) fn count_failure(
        &mut self,
        site: FailureSite,
        kind: FailureKind,
        at: Duration,
        sample: impl FnOnce() -> String,
    ) {
        if let Some(known) = self.failures.get_mut(&(site, kind)) {
            known.count += 1;
        } else if self.failures.len() < MOST_SAMPLES {
            let sample = FailureSample { count: 1, first_at: at, sample: beginning(sample()) };
            self.failures.insert((site, kind), sample);
        } else {
            self.unlisted_failures += 1;
        }
    }
}

/// The text, or as much of it as is kept.
fn beginning(mut text: String) -> String {
    if text.len() > LONGEST_SAMPLE {
        let end = (0..=LONGEST_SAMPLE).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

fn position_or_new<K: PartialEq, V: Default>(cells: &mut Vec<(K, V)>, key: K) -> usize {
    cells.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        cells.push((key, V::default()));
        cells.len() - 1
    })
}

#[cfg(test)]
mod tests;
