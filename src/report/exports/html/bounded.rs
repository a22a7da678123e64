//! What goes into the page's data as it stands in the summary, but for texts and lists that have no bound there.

use super::{
    clip::clip,
    lists::{LONG, MOST_FACTS, MOST_PARTS},
};
use crate::report::summary_v1::{HealthV1, RunV1, ThresholdV1};

fn cut(text: &mut String) {
    *text = clip(text, LONG);
}

/// What is known of the run, with bounded texts.
pub(super) fn run(run: &RunV1) -> RunV1 {
    let mut shown = run.clone();
    for text in [&mut shown.name, &mut shown.target, &mut shown.scenario_file, &mut shown.command] {
        cut(text);
    }
    shown.description = run.description.as_ref().map(|text| clip(text, LONG));
    let tags = run.tags.iter().take(MOST_FACTS);
    shown.tags = tags.map(|(tag, value)| (clip(tag, LONG), clip(value, LONG))).collect();
    shown.parts.truncate(MOST_PARTS);
    for part in &mut shown.parts {
        cut(&mut part.target);
        cut(&mut part.command);
    }
    shown
}

/// Whether there is less of the command on the page than it takes to repeat the run.
pub(super) fn is_command_cut(run: &RunV1) -> bool {
    clip(&run.command, LONG) != run.command
}

/// A threshold, with bounded texts.
pub(super) fn threshold(threshold: &ThresholdV1) -> ThresholdV1 {
    let mut shown = threshold.clone();
    cut(&mut shown.metric);
    cut(&mut shown.condition);
    shown
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
