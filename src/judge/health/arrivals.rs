//! Arrivals that did not start, and whose limit that was.
//!
//! One that found no user, or whose user's `on_start` failed, is the target's: users are busy as long as it takes. One
//! that nobody got round to by the end is the generator's own. Where the generator was badly late, it kept its users busy
//! itself, and no drop is the target's any more. The rest is the scenario's: its data ran out, or its users were stopped.

use super::{HealthCode, HealthFinding, HealthStatus, counted, number, percent};
use crate::{
    measure::SoFar,
    model::{Catalog, StageId, WorkloadId},
};
use std::time::Duration;

/// The share of arrivals that may be dropped, and still the run counts.
const DROPPED: f64 = 0.01;
/// The share of them that must be delivered for the rate to be what was asked for.
const DELIVERED: f64 = 0.95;

/// The arrivals of workloads.
#[derive(Debug, Clone, Copy, Default)]
struct Due {
    started: u64,
    dropped: u64,
    overdue: u64,
    without_user: u64,
    start_failures: u64,
    /// The time in which they were due.
    length: Duration,
}

impl Due {
    fn of(workload: WorkloadId, snapshot: &SoFar<'_>, catalog: &Catalog) -> Self {
        let own = |stage: &StageId| catalog.stage(*stage).workload == workload;
        let mut due = Self::default();
        for id in catalog.stage_ids().filter(own) {
            due.dropped += snapshot.total.dropped(id);
            due.overdue += snapshot.total.overdue(id);
            due.without_user += snapshot.total.without_user(id);
            let stage = catalog.stage(id);
            if !stage.warm_up {
                let (start, end) =
                    (Duration::from_millis(stage.start_ms), Duration::from_millis(stage.end_ms));
                due.length += end.min(snapshot.elapsed).saturating_sub(start);
            }
        }
        let iterations = snapshot.total.iterations();
        let started = iterations.filter(|(key, _)| catalog.task(key.task).workload == workload);
        due.started = started.map(|(_, stats)| stats.count).sum();
        due.start_failures = snapshot.total.user_start_failures(workload);
        due
    }

    fn all(&self) -> u64 {
        self.started + self.dropped
    }

    /// Those that the target kept from starting.
    fn unserved(&self) -> u64 {
        match self.start_failures {
            0 => self.without_user,
            _ => self.dropped.saturating_sub(self.overdue),
        }
    }
}

fn open(catalog: &Catalog) -> impl Iterator<Item = WorkloadId> {
    catalog.workload_ids().filter(|id| catalog.workload(*id).is_open)
}

/// Arrivals that the generator dropped; where it `is_late`, all that were dropped.
pub(super) fn dropped(snapshot: &SoFar<'_>, catalog: &Catalog, is_late: bool) -> Option<HealthFinding> {
    let (mut all, mut own) = (0, 0);
    for id in open(catalog) {
        let due = Due::of(id, snapshot, catalog);
        all += due.all();
        own += if is_late { due.dropped } else { due.overdue };
    }
    if own == 0 {
        return None;
    }
    let share = own as f64 / all as f64;
    let (code, status) = match share {
        share if share > 1.0 - DELIVERED => (HealthCode::NotDelivered, HealthStatus::Saturated),
        share if share > DROPPED => (HealthCode::Dropped, HealthStatus::Saturated),
        _ => (HealthCode::Dropped, HealthStatus::Degraded),
    };
    let why = match is_late {
        true => "while the generator was late itself: whether the target would have taken them is not known",
        false => "because the generator did not get round to them before the load ended",
    };
    let text = format!("{own} of {all} arrivals ({}) were dropped {why}", percent(share));
    let remedy = "give it more cores, send from another machine, too, or lower the rate".to_owned();
    Some(HealthFinding { code, status, text, remedy })
}

/// Arrivals that had a user, who did not start them all the same.
pub(super) fn given_up(snapshot: &SoFar<'_>, catalog: &Catalog) -> Option<HealthFinding> {
    let (mut all, mut given_up) = (0, 0);
    for due in open(catalog).map(|id| Due::of(id, snapshot, catalog)) {
        all += due.all();
        given_up += due.dropped.saturating_sub(due.overdue + due.unserved());
    }
    let text = format!(
        "{given_up} of {all} arrivals were dropped by users who were stopped, or whose data had run out"
    );
    let remedy = "see `stop` steps, and `on_end` of data feeds: as the file is, it cannot deliver its rate";
    let (code, status) = (HealthCode::Dropped, HealthStatus::Degraded);
    (given_up > 0).then(|| HealthFinding { code, status, text, remedy: remedy.to_owned() })
}

/// Workloads whose rate the target did not take.
pub(super) fn target_limits(snapshot: &SoFar<'_>, catalog: &Catalog) -> Vec<HealthFinding> {
    open(catalog).filter_map(|id| target_limit(id, snapshot, catalog)).collect()
}

fn target_limit(id: WorkloadId, snapshot: &SoFar<'_>, catalog: &Catalog) -> Option<HealthFinding> {
    let due = Due::of(id, snapshot, catalog);
    let unserved = due.unserved();
    if unserved == 0 || due.length.is_zero() {
        return None;
    }
    let whose = match catalog.workloads.len() {
        1 => String::new(),
        _ => format!("{}: ", catalog.workload(id).name),
    };
    let rate = |count: u64| number(count as f64 / due.length.as_secs_f64());
    let mut text = format!(
        "{whose}asked {}/s, the target took {}/s: no user was free for {}",
        rate(due.all()),
        rate(due.started),
        counted(unserved, "arrival"),
    );
    if due.start_failures > 0 {
        text += &format!(", or its `on_start` had failed ({})", counted(due.start_failures, "time"));
    }
    let remedy = "the generator was in time, so the limit is the target's; if its users wait for something else, as \
                  think times, raise `max_users`";
    let (code, status) = (HealthCode::TargetLimit, HealthStatus::Degraded);
    Some(HealthFinding { code, status, text, remedy: remedy.to_owned() })
}
