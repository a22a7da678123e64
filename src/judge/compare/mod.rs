//! Two sides of runs held against each other: what changed, and whether it is more than noise.
//!
//! Pure. Which runs may be compared is decided in `comparable`; `align` brings together what both sides measured, and
//! `verdicts` says of each number what became of it. With four runs a side or more that is a test (`rank`, `family`);
//! with fewer nothing is tested, and only a large change with a clear bound (`bounds`) counts.

mod align;
mod bounds;
mod comparable;
mod family;
mod measured;
mod quantity;
mod rank;
mod rules;
mod special;
mod verdicts;

#[cfg(test)]
mod tests;

pub use align::{Aligned, Row, align};
pub use comparable::{
    Allowed, Health, Objections, RunFacts, StageFacts, WorkloadFacts, is_whole, objections,
};
pub use family::Correction;
pub use measured::{MeasuredRun, Part, Subject, SubjectKind, TimeKind};
pub use quantity::Quantity;
pub use rules::{ALPHA, DESIGN_EFFECT, FEWEST_RUNS, Rules};
pub use verdicts::{Change, Comparison, Doubt, Finding, Method, RowChanges, compare};
