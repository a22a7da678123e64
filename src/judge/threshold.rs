//! What became of thresholds: held, broken, or without the data to tell, which counts as broken.

use super::{confidence::Confidence, gates::Gates};
use crate::{
    measure::Snapshot,
    model::{Catalog, Limit, Threshold},
};
use std::time::Duration;

/// What became of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its condition held.
    Passed,
    /// Its condition did not hold.
    Failed,
    /// There was nothing to judge.
    NoData,
    /// There was less than its `min_samples`.
    TooFewSamples,
}

/// The window of a threshold with `over` that was farthest on the wrong side of the limit, or nearest to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstWindow {
    /// Where it began, from the start of the run. It is as long as the threshold says.
    pub start: Duration,
    /// Its number, in the limit's unit.
    pub observed: Limit,
    /// Samples it was made of.
    pub samples: u64,
    /// Whether the condition held in it.
    pub held: bool,
    /// Whether its number was clear of the limit, by the 95 % interval.
    pub sure: bool,
}

/// A threshold and what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdResult {
    /// The threshold.
    pub threshold: Threshold,
    /// What became of it.
    pub outcome: Outcome,
    /// The number that was compared, in the limit's unit: over the whole run from `after` on. Of a count with `over`
    /// it is that of the worst window, since only windows are compared.
    pub observed: Option<Limit>,
    /// Samples it was made of. Where windows had too few, the most that one of them had.
    pub samples: u64,
    /// The worst of its windows, where it has `over` and one could be judged.
    pub worst_window: Option<WorstWindow>,
    /// Whether it ended the run.
    pub aborted_run: bool,
    /// The 95 % interval of `observed`; nothing where chance has no part in it.
    pub interval: Option<Confidence>,
    /// Whether the number that decided, of the run or of the window, is clear of the limit. Without data it is not.
    pub sure: bool,
}

impl ThresholdResult {
    /// Whether the gate is open.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// What was seen, in words that follow the condition: `was 480ms`, `had no data`.
    pub fn seen(&self) -> String {
        let broken = self.worst_window.filter(|window| !window.held);
        match (self.outcome, self.observed) {
            (Outcome::TooFewSamples, _) => {
                let needed = self.threshold.min_samples.unwrap_or_default();
                format!("had {} of the {needed} samples it needs", self.samples)
            }
            (Outcome::NoData, _) | (_, None) => "had no data".to_owned(),
            (Outcome::Failed, Some(observed)) => match broken {
                Some(window) if self.threshold.condition.holds(observed) || observed == window.observed => {
                    format!("was {} in the window from {}", window.observed, start(window))
                }
                _ => format!("was {observed}"),
            },
            (_, Some(observed)) => format!("was {observed}"),
        }
    }
}

fn start(window: WorstWindow) -> String {
    crate::model::format_duration(window.start)
}

/// Judges every threshold, in the file's order, over a run of which only the end is known: one with `over` or `after`
/// has no data then.
pub fn judge(thresholds: &[Threshold], snapshot: &Snapshot, catalog: &Catalog) -> Vec<ThresholdResult> {
    Gates::new(thresholds, catalog).judge(snapshot, catalog)
}
