//! The nouns every room speaks of: quantities with units, metrics, outcomes, the catalogue of what a run
//! can observe, conditions and verdicts. No behaviour beyond parsing and printing them, and no IO.

mod catalog;
mod condition;
mod connection;
mod exchange_record;
mod finding;
mod flow;
mod glob;
mod mask;
mod metric;
mod outcome;
mod outline;
mod phase;
mod quantity;
mod run_info;
mod verdict;

pub use catalog::{
    Catalog, CheckId, CheckMeta, GroupId, GroupMeta, RequestId, RequestMeta, StageId, StageMeta, TaskId,
    TaskKind, TaskMeta, WorkloadId, WorkloadMeta,
};
pub use condition::{Aggregation, Condition, Limit, Operator, Selector, Threshold};
pub use connection::ConnectionUse;
pub use exchange_record::{CheckRecord, ExchangeRecord, ExtractRecord, ResponseRecord, TaskResult};
pub use finding::Finding;
pub use flow::{BYTES_PER_USER, OnFailure, StopScope, ThinkTime};
pub use glob::Glob;
pub use mask::{Mask, excerpt};
pub use metric::{Metric, MetricKind, Unit};
pub use outcome::{ErrorKind, FailureKind, FailureSite, IterationEnd, Protocol};
pub use outline::{
    ArrivalOutline, FileOutline, Outline, ScheduleOutline, StageOutline, TaskOutline, UserOutline,
    WindowOutline, WorkloadOutline,
};
pub use phase::{Phase, PhaseTimes};
pub use quantity::{
    Percent, QuantityError, Rate, format_bytes, format_duration, parse_bytes, parse_duration, parse_rate,
    parse_share,
};
pub use run_info::{HostInfo, LevelAt, OnceInfo, PartInfo, RunInfo, SamplesInfo, WorkloadInfo};
pub use verdict::{Ending, ExitCode, Verdict};
