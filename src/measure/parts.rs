//! Observations put together again from what their accessors told: the way back from a journal. What no run could
//! have observed is refused, so that whoever looks at the result need not.

use super::{
    connections::Connections,
    key::{CheckKey, GroupKey, IterationKey, RequestKey},
    latency::{Contradiction, Latency},
    observations::{
        BesideSeries, FailureSample, GroupStats, IterationStats, Observations, RequestStats, Tally,
    },
    slowest::SlowRequest,
};
use crate::model::{Catalog, ErrorKind, FailureKind, FailureSite, IterationEnd, Phase, RequestId};
use std::time::Duration;

/// All that [`Observations`] tell.
#[derive(Debug, Clone, Default)]
pub struct ObservationsParts {
    /// The series of requests.
    pub requests: Vec<(RequestKey, RequestStats)>,
    /// What the requests did with connections.
    pub connections: Connections,
    /// The slowest of the requests with a trace id.
    pub slowest: Vec<(RequestId, SlowRequest)>,
    /// The checks' results.
    pub checks: Vec<(CheckKey, Tally)>,
    /// The series of iterations.
    pub iterations: Vec<(IterationKey, IterationStats)>,
    /// The series of groups.
    pub groups: Vec<(GroupKey, GroupStats)>,
    /// A sample of each kind of failure at each place.
    pub failures: Vec<(FailureSite, FailureKind, FailureSample)>,
    /// Failed attempts at `on_start`, by workload.
    pub user_start_failures: Vec<u64>,
    /// Failures of kinds for which there was no room.
    pub unlisted_failures: u64,
    /// Iterations that did not start, by stage.
    pub dropped: Vec<u64>,
    /// Those of them that nobody had got round to.
    pub overdue: Vec<u64>,
    /// Those of them that found no user.
    pub without_user: Vec<u64>,
    /// When the last request began to be sent.
    pub last_began: Duration,
}

impl Observations {
    /// Puts observations of what `catalog` lists together.
    ///
    /// # Errors
    /// The parts name what the catalog does not list, or contradict each other.
    pub fn from_parts(parts: ObservationsParts, catalog: &Catalog) -> Result<Self, Contradiction> {
        parts.name_what_is_listed(&Listed(catalog))?;
        let mut seen = Self::new(catalog);
        // The folded ones last: they take what the bound on series leaves no room for.
        let is_folded = |(key, _): &(RequestKey, RequestStats)| key.status == RequestKey::OTHER_STATUS;
        let (folded, plain): (Vec<_>, Vec<_>) = parts.requests.into_iter().partition(is_folded);
        for (key, stats) in plain.into_iter().chain(folded) {
            requests_agree(&key, &stats)?;
            *fresh(seen.request_stats(key), |known| known.count == 0)? = stats;
        }
        for (key, stats) in parts.iterations {
            let samples = if key.end == IterationEnd::Completed { stats.count } else { 0 };
            ensure(stats.count > 0 && stats.lag.count() == stats.count && stats.duration.count() == samples)?;
            *fresh(seen.iteration_stats(key), |known| known.count == 0)? = stats;
        }
        for (key, stats) in parts.groups {
            ensure(stats.count > 0 && stats.duration.count() == stats.count)?;
            *fresh(seen.group_stats(key), |known| known.count == 0)? = stats;
        }
        for (key, tally) in parts.checks {
            *fresh(seen.check_tally(key), |known| *known == Tally::default())? = tally;
        }
        for (id, slow) in parts.slowest {
            seen.slowest_of(id).add(slow);
        }
        for (site, kind, sample) in &parts.failures {
            ensure(sample.count > 0)?;
            seen.merge_failure((*site, *kind), sample);
        }
        seen.set_beside_series(BesideSeries {
            last_began: parts.last_began,
            unlisted_failures: parts.unlisted_failures,
            connections: parts.connections,
            user_start_failures: parts.user_start_failures,
            dropped: parts.dropped,
            overdue: parts.overdue,
            without_user: parts.without_user,
        });
        Ok(seen)
    }
}

fn ensure(holds: bool) -> Result<(), Contradiction> {
    if holds { Ok(()) } else { Err(Contradiction("a series has another count than its samples")) }
}

/// The place of a series that was not there before.
fn fresh<T>(place: &mut T, is_new: impl Fn(&T) -> bool) -> Result<&mut T, Contradiction> {
    if is_new(place) { Ok(place) } else { Err(Contradiction("a series is there twice")) }
}

/// Whether samples and count are as recording leaves them.
fn requests_agree(key: &RequestKey, stats: &RequestStats) -> Result<(), Contradiction> {
    let timed = if matches!(key.error, None | Some(ErrorKind::Timeout)) { stats.count } else { 0 };
    let phases = Phase::ALL.iter().filter_map(|phase| stats.phases.get(*phase));
    let [duration, response_time] = [&stats.duration, &stats.response_time].map(Latency::count);
    let mut few_enough = phases.map(|samples| samples.count() <= stats.count);
    ensure(stats.count > 0 && duration == timed && response_time == timed && few_enough.all(|few| few))
}

/// What a catalogue lists.
struct Listed<'c>(&'c Catalog);

impl Listed<'_> {
    fn request(&self, id: RequestId) -> bool {
        (id.0 as usize) < self.0.requests.len()
    }

    fn site(&self, site: FailureSite) -> bool {
        match site {
            FailureSite::Request(id) => self.request(id),
            FailureSite::Task(id) => (id.0 as usize) < self.0.tasks.len(),
        }
    }

    fn kind(&self, kind: FailureKind) -> bool {
        match kind {
            FailureKind::Expectation(id) => (id.0 as usize) < self.0.checks.len(),
            _ => true,
        }
    }
}

impl ObservationsParts {
    fn name_what_is_listed(&self, listed: &Listed<'_>) -> Result<(), Contradiction> {
        let catalog = listed.0;
        let (stages, tasks) = (catalog.stages.len(), catalog.tasks.len());
        let mut stages_of = (self.requests.iter().map(|(key, _)| key.stage))
            .chain(self.iterations.iter().map(|(key, _)| key.stage))
            .chain(self.groups.iter().map(|(key, _)| key.stage))
            .chain(self.checks.iter().map(|(key, _)| key.stage));
        let known = stages_of.all(|stage| (stage.0 as usize) < stages)
            && self.requests.iter().all(|(key, _)| listed.request(key.request))
            && self.iterations.iter().all(|(key, _)| (key.task.0 as usize) < tasks)
            && self.groups.iter().all(|(key, _)| (key.group.0 as usize) < catalog.groups.len())
            && self.checks.iter().all(|(key, _)| (key.check.0 as usize) < catalog.checks.len())
            && self.slowest.iter().all(|(id, _)| listed.request(*id))
            && self.failures.iter().all(|(site, kind, _)| listed.site(*site) && listed.kind(*kind))
            && self.user_start_failures.len() == catalog.workloads.len()
            && [&self.dropped, &self.overdue, &self.without_user].iter().all(|counts| counts.len() == stages);
        if known { Ok(()) } else { Err(Contradiction("what was seen is not what the catalogue lists")) }
    }
}
