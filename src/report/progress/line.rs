//! Where a run stands, in one line.

use crate::{
    measure::{Observations, Point},
    model::{Catalog, IterationEnd, Percent, StageMeta},
    report::{
        format::{count, number, per_second, percent, time},
        percentile::Percentile,
        text::{inert, shorten},
    },
};
use std::{collections::BTreeSet, time::Duration};

/// Columns that the names of stages may take.
const STAGE_WIDTH: usize = 16;

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// From the start of the load.
    pub elapsed: Duration,
    /// How long the load is to take.
    pub planned: Duration,
    /// The stage that the load is in; `None` where no workload has more than one.
    pub stage: Option<String>,
    /// Whether all of it is warm-up now: what is seen since the start does not count it.
    pub warm_up: bool,
    /// Iterations per second that are to start now; `None` where no workload has a rate.
    pub asked_per_s: Option<f64>,
    /// Users running.
    pub users: u64,
    /// Requests per second in the last interval.
    pub requests_per_s: f64,
    /// 95th percentile of the service time in the last interval; `None` without samples.
    pub p95: Option<Duration>,
    /// Samples that it is of.
    pub p95_samples: u64,
    /// Requests that failed since the start.
    pub failed: u64,
    /// Requests in the last interval.
    pub recent_requests: u64,
    /// Those of them that failed.
    pub recent_failed: u64,
    /// Iterations that ran to their end since the start.
    pub iterations: u64,
    /// Iterations that were meant to start since the start and did not.
    pub dropped: u64,
}

impl Progress {
    /// Where a run stands `elapsed` after its start: `point` is its last interval, `interval` long, and `total`
    /// what was seen since the start. What is asked for is not in it.
    pub fn new(
        elapsed: Duration,
        planned: Duration,
        interval: Duration,
        point: &Point,
        total: &Observations,
        catalog: &Catalog,
    ) -> Self {
        let failed = total.requests().filter(|(key, _)| key.failed).map(|(_, stats)| stats.count).sum();
        let completed = total.iterations().filter(|(key, _)| key.end == IterationEnd::Completed);
        Self {
            elapsed,
            planned,
            stage: stage_at(elapsed, catalog),
            warm_up: is_warm_up(elapsed, catalog),
            asked_per_s: None,
            users: point.vus,
            requests_per_s: per_second(point.requests, interval).unwrap_or(0.0),
            p95: point.duration.percentile(Percent::whole(95)),
            p95_samples: point.duration.count(),
            failed,
            recent_requests: point.requests,
            recent_failed: point.failed_requests,
            iterations: completed.map(|(_, stats)| stats.count).sum(),
            dropped: total.all_dropped(),
        }
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

/// The view in one line without escapes and without a line end:
/// `12s/30s  10 users  843 req/s  p95 12.3ms  0 failed  2,104 iterations`.
pub fn plain_line(progress: &Progress) -> String {
    let clock = |time: Duration| crate::report::format::clock(Duration::from_secs(time.as_secs()));
    let mut parts = vec![format!("{}/{}", clock(progress.elapsed), clock(progress.planned))];
    if let Some(stage) = &progress.stage {
        parts.push(format!("stage {}", shorten(&inert(stage), STAGE_WIDTH)));
    }
    if progress.warm_up {
        parts.push("warm-up".to_owned());
    }
    parts.extend(progress.asked_per_s.map(|rate| format!("{}/s due", number(rate))));
    // Where the line is cut at its end, this must not be what goes.
    if progress.dropped > 0 {
        parts.push(format!("{} dropped", count(progress.dropped)));
    }
    let plural = |number: u64| if number == 1 { "" } else { "s" };
    parts.push(format!("{} user{}", count(progress.users), plural(progress.users)));
    parts.push(format!("{} req/s", number(progress.requests_per_s)));
    let doubt = if Percentile::P95.is_doubtful(progress.p95_samples) { "~" } else { "" };
    parts.push(format!("p95 {doubt}{}", progress.p95.map_or_else(|| "-".to_owned(), time)));
    parts.push(match progress.recent_failed {
        0 => format!("{} failed", count(progress.failed)),
        now => format!("{} failed ({} now)", count(progress.failed), percent(now, progress.recent_requests)),
    });
    parts.push(format!("{} iteration{}", count(progress.iterations), plural(progress.iterations)));
    parts.join("  ")
}
