//! The shape of k6's `--summary-export`, for dashboards and scripts that read it.
//!
//! Two things about it surprise: a threshold's `true` means that it failed, and a rate's share is its `value`. A number
//! is never null: what k6 has no samples of it leaves out, or writes as zeros where a threshold is on it, and so it is here.

mod document;
mod groups;
mod metrics;
mod submetrics;
mod thresholds;

pub(super) use document::json;
