//! What changed against the baseline, in a few lines, and where all of it is.

use crate::report::{
    Baseline, Results,
    comparison::{brief, in_one_line, indented},
    comparison_v1::ComparisonV1,
    paint::Paint,
    summary_v1::summary,
    text::{beginning, inert, wrap},
};

/// Most reasons that are told, and the columns of each.
const MOST_REASONS: usize = 5;
const LONGEST_REASON: usize = 300;

/// A run held against its baseline: the same judgement that Markdown gives.
#[derive(Debug, Clone, PartialEq)]
pub struct AgainstBaseline {
    /// Where the baseline is.
    place: String,
    /// What came of it; why the two are not compared where they should not be.
    found: Result<ComparisonV1, Vec<String>>,
    /// Where the comparison is in full: commands and files.
    full: Vec<String>,
}

impl AgainstBaseline {
    /// The results against a baseline.
    pub fn new(results: &Results<'_>, baseline: &Baseline) -> Self {
        let found = baseline.compared(&summary(results));
        Self { place: baseline.place.clone(), found, full: Vec::new() }
    }

    /// Whether the two can be compared without force.
    pub fn is_compared(&self) -> bool {
        self.found.is_ok()
    }

    /// The same with where the comparison is in full: commands that print it, or files that have it.
    pub fn in_full(self, full: Vec<String>) -> Self {
        Self { full, ..self }
    }

    /// The lines of the final text.
    pub(super) fn lines(&self, width: usize, paint: Paint) -> String {
        let title =
            |text: &str| wrap(text, width).iter().map(|line| paint.strong(line) + "\n").collect::<String>();
        let (heading, told, full) = match &self.found {
            Ok(document) => {
                let told = brief(document, width);
                (format!("Against the baseline: {}", in_one_line(document)), told, "All of the comparison")
            }
            Err(reasons) => {
                let heading = format!("Not compared with the baseline {}", inert(&self.place));
                (heading, refused(reasons, width), "Compare all the same")
            }
        };
        let mut text = title(&heading) + &told;
        if !self.full.is_empty() {
            text += &(paint.strong(full) + "\n");
            text.extend(self.full.iter().map(|full| format!("  {}\n", inert(full))));
        }
        text
    }

    /// The one line for logs.
    pub(super) fn line(&self) -> String {
        match &self.found {
            Ok(document) => format!("Against {}: {}\n", inert(&self.place), in_one_line(document)),
            Err(reasons) => {
                let reason =
                    reasons.first().map(|reason| beginning(reason, LONGEST_REASON)).unwrap_or_default();
                format!("Not compared with {}: {reason}\n", inert(&self.place))
            }
        }
    }
}

fn refused(reasons: &[String], width: usize) -> String {
    let shown = reasons.iter().take(MOST_REASONS);
    let mut text: String = shown.map(|reason| indented(&beginning(reason, LONGEST_REASON), width)).collect();
    if let Some(more @ 1..) = reasons.len().checked_sub(MOST_REASONS) {
        text += &indented(&format!("and {more} more"), width);
    }
    text
}
