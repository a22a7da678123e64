//! The nouns every room speaks of: quantities with units, metrics, outcomes, the catalogue of what a run
//! can observe, conditions and verdicts. No behaviour beyond parsing and printing them, and no IO.

mod catalog;
mod condition;
mod glob;
mod metric;
mod outcome;
mod quantity;
mod run_info;
mod verdict;

pub use catalog::{
    Catalog, CheckId, CheckMeta, RequestId, RequestMeta, StageId, StageMeta, TaskId, TaskKind, TaskMeta,
    WorkloadId, WorkloadMeta,
};
pub use condition::{Aggregation, Condition, Limit, Operator, Selector, Threshold};
pub use glob::Glob;
pub use metric::{Metric, MetricKind, Unit};
pub use outcome::{ErrorKind, FailureKind, IterationEnd, Protocol};
pub use quantity::{
    Percent, QuantityError, Rate, format_bytes, format_duration, parse_bytes, parse_duration, parse_rate,
    parse_share,
};
pub use run_info::{HostInfo, RunInfo};
pub use verdict::{Ending, ExitCode, Verdict};
