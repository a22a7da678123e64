//! The generator was late: iterations that began after they were due, and stretches in which it stood still.

use super::{HealthCode, HealthFinding, HealthStatus, Shares, percent, shown};
use crate::{
    measure::{Latency, SoFar},
    model::{Catalog, Percent},
};
use std::time::Duration;

/// No lag below this matters, whatever the target's times.
const FLOOR: Duration = Duration::from_millis(5);
/// Shares of the p95 of the response time that the p99 of the lag may have.
const DEGRADED: f64 = 0.05;
const SATURATED: f64 = 0.25;
/// A p99 is to be relied on from 574 samples, of which six lie beyond it.
const LEAST_LATE: u64 = 6;
/// The share of a run that gaps may have.
const GAPS: f64 = 0.01;
/// Gaps that are shorter in all say nothing about a run of a few seconds, of which one is more than a hundredth.
const LEAST_SATURATING: Duration = Duration::from_millis(250);

/// Iterations that began late.
pub(super) fn lag(snapshot: &SoFar<'_>, catalog: &Catalog) -> Option<HealthFinding> {
    let p95 = response_p95(snapshot);
    // Users of the closed model start all at once, and their first iterations one after the other: those describe
    // nothing that is measured.
    let models =
        [Late::new(snapshot, catalog, true, 0), Late::new(snapshot, catalog, false, snapshot.vus_max)];
    let judged = models.into_iter().filter_map(|late| Some((late.status(p95)?, late.p99())));
    let (status, p99) = judged.max()?;
    let mut text = format!("1 iteration in 100 began {} after it was due, or later", shown(p99));
    if !p95.is_zero() {
        text += &format!("; the p95 of the response time is {}", shown(p95));
    }
    let shares = Shares::of(&snapshot.vitals.whole);
    if let Some(blame) = shares.and_then(|shares| shares.blame()) {
        text += &format!("; {blame}");
    }
    let remedy = shares.map_or("give it more cores, or lower the rate", |shares| shares.remedy());
    Some(HealthFinding { code: HealthCode::Lag, status, text, remedy: remedy.to_owned() })
}

fn response_p95(snapshot: &SoFar<'_>) -> Duration {
    let mut all = Latency::new();
    snapshot.total.requests().for_each(|(_, stats)| all.merge(&stats.response_time));
    all.percentile(Percent::whole(95)).unwrap_or_default()
}

/// How late the iterations of a model began, the latest few of which are excused.
struct Late {
    lag: Latency,
    excused: u64,
    is_open: bool,
}

impl Late {
    fn new(snapshot: &SoFar<'_>, catalog: &Catalog, is_open: bool, excused: u64) -> Self {
        let mut lag = Latency::new();
        let iterations = snapshot.total.iterations();
        iterations
            .filter(|(key, _)| catalog.workload(catalog.task(key.task).workload).is_open == is_open)
            .for_each(|(_, stats)| lag.merge(&stats.lag));
        Self { lag, excused, is_open }
    }

    /// What the lateness amounts to beside this p95 of the response time; nothing where it does not matter.
    fn status(&self, p95: Duration) -> Option<HealthStatus> {
        let exceeds = |share: f64| {
            let limit = FLOOR.max(p95.mul_f64(share));
            self.p99() > limit && self.later_than(limit) >= LEAST_LATE
        };
        // Without a rate lateness thins the load out; of the numbers it is in those of `pacing` alone.
        if self.is_open && exceeds(SATURATED) {
            return Some(HealthStatus::Saturated);
        }
        exceeds(DEGRADED).then_some(HealthStatus::Degraded)
    }

    fn p99(&self) -> Duration {
        let count = self.lag.count().saturating_sub(self.excused);
        if count == 0 {
            return Duration::ZERO;
        }
        if self.excused == 0 {
            return self.lag.percentile(Percent::whole(99)).unwrap_or_default();
        }
        let (rank, mut seen) = (Percent::whole(99).rank(count), 0);
        let bucket = self.lag.recorded().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        Duration::from_micros(bucket.map_or(0, |(micros, _)| micros))
    }

    fn later_than(&self, limit: Duration) -> u64 {
        let late = self.lag.recorded().filter(|(micros, _)| Duration::from_micros(*micros) > limit);
        late.map(|(_, count)| count).sum::<u64>().saturating_sub(self.excused)
    }
}

/// Stretches in which it stood still.
pub(super) fn gap(snapshot: &SoFar<'_>) -> Option<HealthFinding> {
    let gaps = snapshot.vitals.whole.gaps;
    if gaps.count == 0 {
        return None;
    }
    let elapsed = snapshot.elapsed.max(gaps.sum);
    let share = gaps.sum.as_secs_f64() / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let is_much = share > GAPS && gaps.sum >= LEAST_SATURATING;
    let status = if is_much { HealthStatus::Saturated } else { HealthStatus::Degraded };
    let mut text = match gaps.count {
        1 => format!("it stood still once, for {}", shown(gaps.sum)),
        count => format!(
            "it stood still {count} times, for {} in all and {} at the longest",
            shown(gaps.sum),
            shown(gaps.longest)
        ),
    };
    text += &format!(": {} of the run", percent(share));
    let shares = Shares::of(&snapshot.vitals.whole);
    if let Some(blame) = shares.and_then(|shares| shares.blame()) {
        text += &format!("; {blame}");
    }
    let remedy = match shares.is_some_and(|shares| shares.is_foreign()) {
        true => "run it on a machine that has its processors to itself",
        false => {
            "was it stopped (Ctrl-Z, a debugger, a frozen container), or its machine? Run it again without that"
        }
    };
    Some(HealthFinding { code: HealthCode::Gap, status, text, remedy: remedy.to_owned() })
}
