//! An earlier run that a run is held against.

use super::{
    comparison_v1::{Unreadable, read_run},
    summary_v1::SummaryV1,
};
use crate::judge::compare::MeasuredRun;

/// An earlier run, as its summary has it.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Where it was read from.
    pub place: String,
    /// Its summary.
    pub summary: SummaryV1,
    /// The same as comparisons take it.
    pub measured: MeasuredRun,
}

impl Baseline {
    /// Reads the bytes of a summary from `place`.
    ///
    /// # Errors
    /// It is not a summary that this version reads.
    pub fn read(place: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        let measured = read_run(place, bytes)?;
        let summary =
            serde_json::from_slice(bytes).map_err(|error| Unreadable::Unsound(error.to_string()))?;
        Ok(Self { place: place.to_owned(), summary, measured })
    }
}
