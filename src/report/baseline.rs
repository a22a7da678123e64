//! An earlier run that a run is held against: what speaks against that, and what comes of it. How it is told is the
//! business of whoever tells it.

use super::{
    comparison_v1::{Compared, ComparisonV1, Unreadable, comparison, read_run},
    summary_v1::SummaryV1,
};
use crate::judge::compare::{Allowed, MeasuredRun, Objections, Rules, compare, objections};
use std::slice::from_ref;

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

    /// What speaks against comparing a run with this one.
    pub(super) fn objections(&self, summary: &SummaryV1) -> Objections {
        match self.beside(summary) {
            Ok((_, objections)) => objections,
            Err(refusal) => Objections { refusals: vec![refusal], warnings: Vec::new() },
        }
    }

    /// A run compared with this one; why it is not where the two should not be compared.
    pub(super) fn compared(&self, summary: &SummaryV1) -> Result<ComparisonV1, Vec<String>> {
        let (run, objections) = self.beside(summary).map_err(|refusal| vec![refusal])?;
        if !objections.refusals.is_empty() {
            return Err(objections.refusals);
        }
        let rules = Rules::default();
        let (base, new) = (from_ref(&self.measured), from_ref(&run));
        let found = compare(base, new, &rules);
        Ok(comparison(&Compared { base, new, rules: &rules, objections: &objections, comparison: &found }))
    }

    /// A run as comparisons take it, and what speaks against comparing it with this one.
    fn beside(&self, summary: &SummaryV1) -> Result<(MeasuredRun, Objections), String> {
        // Not refused of a summary that this version made; an older one that was read back could be.
        let run = read_run(&summary.run.id, &summary.to_json())
            .map_err(|error| format!("the results are {error}"))?;
        let found = objections(from_ref(&self.measured.facts), from_ref(&run.facts), Allowed::default());
        Ok((run, found))
    }
}
