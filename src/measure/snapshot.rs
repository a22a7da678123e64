//! An immutable view of a run at one moment: what judge and report are given.

use super::{observations::Observations, series::Series, vitals::Vitals};
use std::time::Duration;

/// A level over the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauge {
    /// The last value seen.
    pub value: u64,
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
}

/// Everything known of a run at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// From the start of the run to this moment.
    pub elapsed: Duration,
    /// When the load ended: as planned or before, and with the last request where iterations went on after that.
    pub load_end: Duration,
    /// The part of it in which what begins counts: from the end of the warm-up to the end of the load, without the
    /// time for which the last answers were waited for. Rates are per this time.
    pub counted: Duration,
    /// All observations of all workers that count, merged.
    pub total: Observations,
    /// What began during the warm-up; nothing where there is none.
    pub warm_up: Option<Observations>,
    /// The run over time.
    pub series: Series,
    /// Users running; `None` before the first interval ended.
    pub vus: Option<Gauge>,
    /// Users made so far.
    pub vus_max: u64,
    /// What the generator saw of itself.
    pub vitals: Vitals,
}
