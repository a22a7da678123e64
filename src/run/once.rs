//! `setup` before the load and `teardown` after it: run, followed by signals, and summed up.

use super::{load::Watch, signals::Signals};
use crate::{
    engine::{Common, Done, Phase, Transports, run_once},
    model::{Catalog, FailureKind, FailureSite, OnceInfo},
    plan::{Once, Plan},
};
use std::sync::Arc;

/// Most failures that are told.
const MOST_ERRORS: usize = 10;

/// What became of steps that run once.
pub(super) struct OnceEnd {
    /// What they did; nothing where there were none, or a signal cut them.
    pub done: Option<(Done, OnceInfo)>,
    /// The signal that cut them.
    pub signal: Option<&'static str>,
}

/// Runs `setup` or `teardown`, unless a signal comes.
pub(super) async fn once<F: Transports>(
    plan: &Arc<Plan>,
    phase: Phase,
    common: &Common,
    transports: &F,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
) -> OnceEnd {
    let (steps, name) = match phase {
        Phase::Setup => (&plan.setup, "setup"),
        Phase::Teardown => (&plan.teardown, "teardown"),
    };
    let Some(steps) = steps else { return OnceEnd { done: None, signal: None } };
    let done = tokio::select! {
        done = run_once(plan, phase, common, transports) => done,
        signal = signals.next() => {
            watcher.note(&format!("{signal}: `{name}` was cut"));
            return OnceEnd { done: None, signal: Some(signal) };
        }
    };
    let done = done.map(|done| {
        done.lines.iter().for_each(|line| watcher.note(line));
        let info = info(steps, &done);
        (done, info)
    });
    OnceEnd { done, signal: None }
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
