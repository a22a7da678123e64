//! What was seen: each worker records into its own histograms, a collector merges them once a second, and a
//! snapshot is what judge and report look at.
//!
//! It does no IO, asks no clock (times come in as durations) and knows no threshold.

mod collector;
mod connections;
mod key;
mod latency;
mod observations;
mod parts;
mod phases;
mod recorder;
mod sample;
mod series;
mod slowest;
mod snapshot;
mod so_far;
mod vitals;

pub use collector::{Collector, Delta, Interval};
pub use connections::Connections;
pub use key::{CheckKey, GroupKey, IterationKey, RequestKey};
pub use latency::{Contradiction, Latency, LatencyParts, NotALatency, Quantile};
pub use observations::{FailureSample, GroupStats, IterationStats, Observations, RequestStats, Tally};
pub use parts::ObservationsParts;
pub use phases::PhaseLatencies;
pub use recorder::{Recorded, Recorder, RequestObservation};
pub use sample::Sample;
pub use series::{Point, Series, SparseLatency};
pub use slowest::SlowRequest;
pub use snapshot::{Gauge, Snapshot};
pub use so_far::SoFar;
pub use vitals::{Gaps, ProcessorTime, Vitals, VitalsSecond};
