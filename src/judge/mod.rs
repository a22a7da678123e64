//! What it amounts to: thresholds over a snapshot, and the verdict of a run.
//!
//! Pure. A threshold that saw nothing has not held.

mod observe;
mod threshold;
mod verdict;

pub use threshold::{Outcome, ThresholdResult, judge};
pub use verdict::{setup_failed, verdict};
