//! `summary.json`, version 1: the contract for dashboards and scripts.
//!
//! The types are the format: their field names are its keys, their documentation its schema. A key may be added;
//! one that is renamed, removed or given another meaning makes a version 2 beside this one.

mod breakdown;
mod build;
mod document;
mod exchanges;
mod head;
mod health;
mod metrics;
mod threshold;
mod trend;
mod words;

pub use breakdown::{BoundsV1, LevelV1, ModelV1, OutcomeV1, TagV1, WorkloadV1};
pub use build::summary;
pub use document::{
    CheckKindV1, CheckV1, ErrorSiteV1, ErrorV1, GroupV1, HostV1, OnceV1, PartV1, PointV1, RequestV1, RunV1,
    SCHEMA, SeriesV1, StageV1, SummaryV1, TaskKindV1, TaskV1, VerdictV1, WarmUpV1, json_schema,
};
pub use exchanges::{AddressV1, ConnectionsV1, PhaseV1, PhasesV1, SlowRequestV1};
pub use head::SummaryHead;
pub use health::{HealthReasonV1, HealthStatusV1, HealthV1, PointHealthV1};
pub use metrics::{CounterV1, GaugeV1, MetricV1, RateV1};
pub use threshold::{IntervalV1, LimitUnitV1, ThresholdV1, WorstWindowV1};
pub use trend::{PointTrendV1, TrendV1, UnitV1};
