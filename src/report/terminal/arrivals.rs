//! What was meant to start: how much of it did not, how late the rest was, and what the warm-up left out.

use super::tables::Doubts;
use crate::{
    judge::{Health, HealthCode, HealthFinding, HealthStatus},
    measure::{Latency, Snapshot},
    model::{Catalog, WorkloadId},
    report::{
        format::{clock, count, counted, percent, time},
        paint::Paint,
        percentile::Percentile,
        text::{flow, inert, wrap},
        totals::Totals,
    },
};

/// Iterations of a workload that were meant to start.
struct Due {
    started: u64,
    dropped: u64,
}

impl Due {
    fn of(workload: WorkloadId, catalog: &Catalog, totals: &Totals) -> Self {
        let own = catalog.stage_ids().filter(|id| catalog.stage(*id).workload == workload);
        own.map(|id| &totals.stages[id.0 as usize]).fold(Self { started: 0, dropped: 0 }, |due, stage| {
            let begun = &stage.iterations;
            Self {
                started: due.started + begun.completed + begun.failed + begun.interrupted,
                dropped: due.dropped + stage.dropped,
            }
        })
    }

    fn all(&self) -> u64 {
        self.started + self.dropped
    }
}

/// What did not start, a sentence for each workload, with what to do; empty where everything did.
pub(super) fn dropped(
    snapshot: &Snapshot,
    catalog: &Catalog,
    totals: &Totals,
    health: &Health,
    width: usize,
    paint: Paint,
) -> String {
    let mut text = String::new();
    // Where the generator itself was late, nobody knows what the target would have taken.
    let not_the_targets =
        |finding: &HealthFinding| matches!(finding.code, HealthCode::Dropped | HealthCode::NotDelivered);
    let is_ours = health.status == HealthStatus::Saturated || health.findings.iter().any(not_the_targets);
    for id in catalog.workload_ids() {
        let due = Due::of(id, catalog, totals);
        if due.dropped > 0 {
            let sentence = sentence(&due, snapshot.total.user_start_failures(id), is_ours, id, catalog);
            text.extend(wrap(&sentence, width).iter().map(|line| paint.strong(line) + "\n"));
        }
    }
    text
}

fn sentence(due: &Due, start_failures: u64, is_ours: bool, id: WorkloadId, catalog: &Catalog) -> String {
    let workload = catalog.workload(id);
    let whose = match catalog.workloads.len() {
        1 => String::new(),
        _ => format!("{}: ", inert(&workload.name)),
    };
    let share = percent(due.dropped, due.all());
    let (dropped, all) = (count(due.dropped), count(due.all()));
    if !workload.is_open {
        return format!(
            "{whose}{dropped} of {all} iterations ({share}) were dropped: `max_duration` was over before them."
        );
    }
    let why = match start_failures {
        0 => "no user was free".to_owned(),
        failures => format!("no user was free, or its `on_start` failed ({})", counted(failures, "time")),
    };
    let advice = if is_ours {
        "The generator itself had trouble: see there."
    } else {
        "The target is too slow for this rate, or `max_users` too low."
    };
    format!("{whose}{dropped} of {all} arrivals ({share}) were dropped: {why}. {advice}")
}

/// Arrivals in a line: how many, and how late they were; nothing where no workload has a rate.
pub(super) fn line(catalog: &Catalog, totals: &Totals, doubts: &mut Doubts) -> Option<Vec<String>> {
    let mut sum = Due { started: 0, dropped: 0 };
    let mut lag = Latency::default();
    for id in catalog.workload_ids().filter(|id| catalog.workload(*id).is_open) {
        let due = Due::of(id, catalog, totals);
        sum.started += due.started;
        sum.dropped += due.dropped;
        let own = catalog.task_ids().filter(|task| catalog.task(*task).workload == id);
        own.for_each(|task| lag.merge(&totals.tasks[task.0 as usize].lag));
    }
    (sum.all() > 0).then(|| {
        let mut facts = vec![format!("Arrivals:  {} due", count(sum.all()))];
        facts.push(format!("{} started", count(sum.started)));
        facts.push(format!("{} dropped", count(sum.dropped)));
        if let Some(most) = lag.max() {
            facts.push(format!("iteration lag p99 {}", doubts.cell(&lag, Percentile::P99)));
            facts.push(format!("max {}", time(most)));
        }
        facts
    })
}

/// What began in the warm-up, which is in no other number; empty where there was none.
pub(super) fn warm_up(totals: &Totals, most: usize) -> String {
    let Some(seen) = &totals.warm_up else { return String::new() };
    let mut facts = vec!["Warm-up, left out of all numbers here:".to_owned()];
    if !seen.length.is_zero() {
        facts.push(clock(seen.length));
    }
    facts.push(counted(seen.requests, "request"));
    facts.push(format!("{} failed", percent(seen.failed, seen.requests)));
    facts.push(counted(seen.iterations, "iteration"));
    if seen.dropped > 0 {
        facts.push(format!("{} dropped", count(seen.dropped)));
    }
    flow(&facts, "  ", most) + "\n"
}
