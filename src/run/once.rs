//! `setup` before the load and `teardown` after it: run, followed by signals, and summed up.

use super::{
    load::Watch,
    signals::{Asked, Signals},
};
use crate::{
    engine::{Common, Done, Phase, Transports, run_once},
    model::{Catalog, FailureKind, FailureSite, OnceInfo},
    plan::{Once, Plan},
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// Most failures that are told.
const MOST_ERRORS: usize = 10;

/// What became of steps that run once.
pub(super) struct OnceEnd {
    /// What they did; nothing where there were none.
    pub done: Option<(Done, OnceInfo)>,
    /// The first signal that came meanwhile.
    pub signal: Option<&'static str>,
}

/// Runs `setup`, and cuts it at the first signal: what it was to make ready will not be needed.
pub(super) async fn set_up<F: Transports>(
    plan: &Arc<Plan>,
    common: &Common,
    transports: &F,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
) -> OnceEnd {
    let Some(steps) = &plan.setup else { return OnceEnd { done: None, signal: None } };
    let (mut signal, mut cut) = (None, None);
    let until = async {
        let Asked { name, .. } = signals.next().await;
        watcher.warn(&format!("{name}: `setup` was cut; no load is made"));
        (signal, cut) = (Some(name), Some(format!("cut by {name}")));
    };
    let done = run_once(plan, Phase::Setup, common, transports, until).await;
    OnceEnd { done: done.map(|done| told_of(steps, done, cut, watcher)), signal }
}

/// Runs `teardown`, for at most `limit`. The first signal of the run lets it end, the second one cuts it.
pub(super) async fn tear_down<F: Transports>(
    plan: &Arc<Plan>,
    common: &Common,
    transports: &F,
    limit: Duration,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
) -> OnceEnd {
    let Some(steps) = &plan.teardown else { return OnceEnd { done: None, signal: None } };
    let (mut signal, mut cut) = (None, None);
    let until = async {
        let by = tokio::select! {
            () = second(signals, &mut signal, watcher) => "a second signal".to_owned(),
            () = sleep(limit) => "the end of its time: what was left of `graceful_stop`, and 1s".to_owned(),
        };
        watcher.note(&format!("`teardown` was cut by {by}"));
        cut = Some(format!("cut by {by}"));
    };
    let done = run_once(plan, Phase::Teardown, common, transports, until).await;
    OnceEnd { done: done.map(|done| told_of(steps, done, cut, watcher)), signal }
}

/// Waits for a signal that is not the run's first one, and keeps that one's name in `first`.
async fn second(signals: &mut Signals, first: &mut Option<&'static str>, watcher: &mut dyn Watch) {
    loop {
        let Asked { name, again } = signals.next().await;
        if again {
            return;
        }
        watcher.warn(&format!("{name}: ending after `teardown` (again to cut it)"));
        *first = Some(name);
    }
}

/// Tells what the steps' log says, and sums up.
fn told_of(once: &Once, done: Done, cut: Option<String>, watcher: &mut dyn Watch) -> (Done, OnceInfo) {
    done.lines.iter().for_each(|line| watcher.note(line));
    let mut info = info(once, &done);
    info.errors.extend(cut.filter(|_| done.was_cut));
    (done, info)
}

fn info(once: &Once, done: &Done) -> OnceInfo {
    let seen = &done.observations;
    let count = |failed_only: bool| {
        let counted = seen.requests().filter(|(key, _)| key.failed || !failed_only);
        counted.map(|(_, stats)| stats.count).sum()
    };
    let mut failures: Vec<_> = seen.failures().collect();
    failures.sort_by_key(|(_, _, sample)| sample.first_at);
    let catalog = &once.catalog;
    let tell = |site, kind, sample: &str| format!("{}{}", place(site, catalog), told(kind, sample, catalog));
    let errors = failures.into_iter().take(MOST_ERRORS);
    OnceInfo {
        requests: count(false),
        failed: count(true),
        duration_ms: done.took.as_millis() as u64,
        errors: errors.map(|(site, kind, sample)| tell(site, kind, &sample.sample)).collect(),
    }
}

/// A failure's sample behind what failed, where the sample does not say that itself.
pub(super) fn told(kind: FailureKind, sample: &str, catalog: &Catalog) -> String {
    match kind {
        FailureKind::Status(status) => format!("status {status}: {sample}"),
        FailureKind::Expectation(check) => format!("`{}`: {sample}", catalog.check(check).name),
        _ => sample.to_owned(),
    }
}

fn place(site: FailureSite, catalog: &Catalog) -> String {
    match site {
        FailureSite::Request(id) => format!("{}: ", catalog.request(id).name),
        FailureSite::Task(_) => String::new(),
    }
}
