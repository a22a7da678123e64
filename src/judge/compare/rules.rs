//! What counts as a change: the least that matters, and the least that is believed of single runs.

use super::{measured::TimeKind, quantity::Quantity};

/// The share of comparisons in which chance alone may be called a change.
pub const ALPHA: f64 = 0.05;
/// The fewest runs a side with which a test can tell them apart: two sides of three never have p < 0.1.
pub const FEWEST_RUNS: usize = 4;
/// How much less the samples of a single run say than independent ones would. Requests of the same second meet the
/// same queue and the same pause, and how much so cannot be seen in a histogram: so only every fourth is believed,
/// which makes bounds twice as wide.
pub const DESIGN_EFFECT: u64 = 4;
/// The least change of a share of failures that matters: 0.1 percentage points.
const LEAST_FAILURES: f64 = 0.001;
/// The least change of a share of failures that is believed of single runs: one percentage point.
const MANY_FAILURES: f64 = 0.01;

/// What the user says about changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The least change of times and rates that matters: 0.05 is a factor of 1.05 in either direction.
    pub min_change: f64,
    /// The least change of times that matters, in ms; both have to be reached.
    pub min_difference_ms: f64,
    /// The least change that is believed where there are too few runs for a test.
    pub large_change: f64,
    /// Which time of requests to compare; where `None`, response time if a workload is open, and service time
    /// otherwise.
    pub time: Option<TimeKind>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { min_change: 0.05, min_difference_ms: 1.0, large_change: 0.2, time: None }
    }
}

impl Rules {
    /// Whether a change is large enough that anybody should care.
    pub(super) fn matters(&self, quantity: Quantity, base: f64, new: f64) -> bool {
        match quantity {
            Quantity::Failed => (new - base).abs() >= LEAST_FAILURES,
            Quantity::Rate => log_ratio(base, new).abs() >= self.min_change.ln_1p(),
            Quantity::P50 | Quantity::P95 | Quantity::P99 => {
                (new - base).abs() >= self.min_difference_ms
                    && log_ratio(base, new).abs() >= self.min_change.ln_1p()
            }
        }
    }

    /// Whether a change of single runs is large, and so is the end of its bounds that is nearer to no change.
    pub(super) fn is_large(&self, quantity: Quantity, change: f64, nearer_bound: f64) -> bool {
        if quantity == Quantity::Failed {
            return change.abs() >= MANY_FAILURES && nearer_bound != 0.0;
        }
        let large = self.large_change.ln_1p();
        change.ln_1p().abs() >= large && nearer_bound.ln_1p().abs() >= large / 2.0
    }
}

/// The logarithm of `new / base`, of which halving is as far from nothing as doubling.
pub(super) fn log_ratio(base: f64, new: f64) -> f64 {
    // Nothing is measured as zero but what was not there.
    new.max(f64::MIN_POSITIVE).ln() - base.max(f64::MIN_POSITIVE).ln()
}
