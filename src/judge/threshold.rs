//! Thresholds judged: held, broken, or without data, which counts as broken.

use super::observe::observe;
use crate::{
    measure::Snapshot,
    model::{Catalog, Limit, Operator, Threshold},
};

/// What became of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its condition held.
    Passed,
    /// Its condition did not hold.
    Failed,
    /// There was nothing to judge.
    NoData,
}

/// A threshold and what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdResult {
    /// The threshold.
    pub threshold: Threshold,
    /// What became of it.
    pub outcome: Outcome,
    /// The number that was compared, in the limit's unit.
    pub observed: Option<Limit>,
    /// Samples it was made of.
    pub samples: u64,
}

impl ThresholdResult {
    /// Whether the gate is open.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

/// Judges every threshold, in the file's order.
pub fn judge(thresholds: &[Threshold], snapshot: &Snapshot, catalog: &Catalog) -> Vec<ThresholdResult> {
    thresholds.iter().map(|threshold| judge_one(threshold, snapshot, catalog)).collect()
}

fn judge_one(threshold: &Threshold, snapshot: &Snapshot, catalog: &Catalog) -> ThresholdResult {
    let condition = &threshold.condition;
    let observed = observe(threshold.metric, &threshold.selector, condition, snapshot, catalog);
    let outcome = match observed.value {
        None => Outcome::NoData,
        Some(value) if holds(value, condition.operator, condition.limit) => Outcome::Passed,
        Some(_) => Outcome::Failed,
    };
    ThresholdResult {
        threshold: threshold.clone(),
        outcome,
        observed: observed.value,
        samples: observed.samples,
    }
}

fn holds(value: Limit, operator: Operator, limit: Limit) -> bool {
    match (value, limit) {
        (Limit::Time(value), Limit::Time(limit)) => operator.holds(&value, &limit),
        (Limit::Share(value), Limit::Share(limit))
        | (Limit::PerSecond(value), Limit::PerSecond(limit))
        | (Limit::Number(value), Limit::Number(limit)) => operator.holds(&value, &limit),
        _ => false,
    }
}
