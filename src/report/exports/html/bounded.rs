//! What goes into the page's data as it stands in the summary, but for texts and lists that have no bound there.

use super::{
    clip::clip,
    lists::{LONG, MOST_FACTS, MOST_LEVELS, MOST_PARTS, NAME},
};
use crate::report::{
    summary_v1::{AddressV1, HealthV1, HostV1, RunV1, ThresholdV1, VerdictV1, WorkloadV1},
    targets::{decided, distance},
};
use serde::Serialize;

fn cut(text: &mut String) {
    *text = clip(text, LONG);
}

/// What is known of the run, with bounded texts.
pub(super) fn run(run: &RunV1) -> RunV1 {
    let mut shown = run.clone();
    for text in
        [&mut shown.id, &mut shown.name, &mut shown.target, &mut shown.scenario_file, &mut shown.command]
    {
        cut(text);
    }
    for text in [&mut shown.description, &mut shown.environment].into_iter().flatten() {
        cut(text);
    }
    host(&mut shown.host);
    let tags = run.tags.iter().take(MOST_FACTS);
    shown.tags = tags.map(|(tag, value)| (clip(tag, LONG), clip(value, LONG))).collect();
    shown.parts.truncate(MOST_PARTS);
    for part in &mut shown.parts {
        for text in [&mut part.id, &mut part.target, &mut part.command] {
            cut(text);
        }
        host(&mut part.host);
    }
    shown
}

fn host(host: &mut HostV1) {
    (host.os, host.cpu) = (clip(&host.os, NAME), clip(&host.cpu, NAME));
}

/// What the run amounts to, with a bounded reason.
pub(super) fn verdict(verdict: &VerdictV1) -> VerdictV1 {
    VerdictV1 { reason: clip(&verdict.reason, LONG), ..verdict.clone() }
}

/// A workload with bounded names. Of a load with more corners than the page draws none are kept: some of them would be
/// another load.
pub(super) fn workload(workload: &WorkloadV1) -> WorkloadV1 {
    let mut shown = workload.clone();
    shown.name = clip(&workload.name, NAME);
    shown.executor = workload.executor.as_ref().map(|executor| clip(executor, NAME));
    if shown.levels.len() > MOST_LEVELS {
        shown.levels.clear();
    }
    shown
}

/// An address, with a bounded text.
pub(super) fn address(address: &AddressV1) -> AddressV1 {
    AddressV1 { address: clip(&address.address, NAME), ..address.clone() }
}

/// Whether there is less of the command on the page than it takes to repeat the run.
pub(super) fn is_command_cut(run: &RunV1) -> bool {
    clip(&run.command, LONG) != run.command
}

/// A threshold, with what is worked out of it in one place for all reports.
#[derive(Debug, Serialize)]
pub(super) struct Threshold {
    #[serde(flatten)]
    threshold: ThresholdV1,
    /// The number that decided.
    decided: Option<f64>,
    /// How far that is from the limit, in words.
    margin: Option<String>,
}

/// A threshold, with bounded texts.
pub(super) fn threshold(threshold: &ThresholdV1) -> Threshold {
    let mut shown = threshold.clone();
    cut(&mut shown.metric);
    cut(&mut shown.condition);
    Threshold { threshold: shown, decided: decided(threshold), margin: distance(threshold) }
}

/// The generator's health, with bounded texts.
pub(super) fn health(health: &HealthV1) -> HealthV1 {
    let mut shown = health.clone();
    for reason in &mut shown.reasons {
        cut(&mut reason.text);
        cut(&mut reason.remedy);
    }
    shown
}
