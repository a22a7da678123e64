//! A run at one moment, lent by who puts it together: what a snapshot has, without the copy, and without the series.
//!
//! For those who look once a second while the load goes on. Who is to keep something takes a `Snapshot`.

use super::{
    observations::Observations,
    snapshot::{Gauge, Snapshot},
    vitals::Vitals,
};
use std::time::Duration;

/// What is known of a run at one moment. The fields mean what they mean in [`Snapshot`].
#[derive(Debug, Clone, Copy)]
pub struct SoFar<'r> {
    /// From the start of the run to this moment.
    pub elapsed: Duration,
    /// When the load ended, or the moment itself.
    pub load_end: Duration,
    /// The part of it in which what begins counts.
    pub counted: Duration,
    /// All observations of all workers that count, merged.
    pub total: &'r Observations,
    /// Users running; `None` before the first interval ended.
    pub vus: Option<Gauge>,
    /// Users made so far.
    pub vus_max: u64,
    /// What the generator saw of itself.
    pub vitals: &'r Vitals,
}

impl<'r> From<&'r Snapshot> for SoFar<'r> {
    fn from(snapshot: &'r Snapshot) -> Self {
        let Snapshot { elapsed, load_end, counted, ref total, vus, vus_max, ref vitals, .. } = *snapshot;
        Self { elapsed, load_end, counted, total, vus, vus_max, vitals }
    }
}
