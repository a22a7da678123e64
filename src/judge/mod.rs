//! What it amounts to: thresholds over the seconds of a run and its snapshot, the generator's own health, and the
//! verdict.
//!
//! Pure. A threshold that saw nothing has not held.

pub mod compare;
mod confidence;
mod gates;
mod health;
mod observe;
mod seen;
mod threshold;
mod verdict;
mod windows;

pub use confidence::Confidence;
pub use gates::Gates;
pub use health::{Health, HealthCode, HealthFinding, HealthStatus, health, health_now};
pub use threshold::{Outcome, ThresholdResult, WorstWindow, judge};
pub use verdict::{setup_cut, setup_failed, verdict};
