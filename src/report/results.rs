//! A run that is over, as every report is given it.

use crate::{
    judge::{Health, ThresholdResult},
    measure::Snapshot,
    model::{Catalog, RunInfo, Verdict},
};

/// What is known of a run that is over.
#[derive(Debug, Clone, Copy)]
pub struct Results<'r> {
    /// Which run.
    pub info: &'r RunInfo,
    /// What was seen.
    pub snapshot: &'r Snapshot,
    /// What there was to see.
    pub catalog: &'r Catalog,
    /// What it amounts to.
    pub verdict: &'r Verdict,
    /// What the generator's numbers are worth.
    pub health: &'r Health,
    /// The thresholds, in the file's order.
    pub thresholds: &'r [ThresholdResult],
}
