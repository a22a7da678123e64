//! `loadgen compare`: reading summaries back, and the document about two sides of them, version 1.
//!
//! The types are the format, as those of `summary_v1` are. Nothing is judged here.

mod build;
mod document;
mod read;

pub use build::{Compared, comparison};
pub use document::{
    AskedV1, ChangeV1, ComparisonV1, CorrectionV1, DoubtV1, FindingV1, MethodV1, OutcomeV1, RowV1, RunRefV1,
    SubjectKindV1, SubjectV1, TestsV1, TimeV1, json_schema,
};
pub use read::{Unreadable, read_run};
