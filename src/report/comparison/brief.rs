//! A comparison in a few lines, for a text that is about something else.

use super::{
    sentences::in_short,
    table::{item, outcome},
};
use crate::report::{
    comparison_v1::ComparisonV1,
    format::counted,
    text::{beginning, inert, wrap},
};

/// Sentences about changes that are told.
const MOST_HEADLINES: usize = 5;
/// Warnings that are told, and the columns of each.
const MOST_WARNINGS: usize = 3;
const LONGEST_WARNING: usize = 300;
/// How far the lines stand in.
const INDENT: usize = 2;

/// What changed most, what should be known about that, and what it is worth: lines that stand in. Names are inert.
pub(in crate::report) fn brief(document: &ComparisonV1, width: usize) -> String {
    let headlines = &document.outcome.headlines;
    let mut text: String =
        headlines.iter().take(MOST_HEADLINES).map(|line| item(&inert(line), width)).collect();
    if let Some(more @ 1..) = headlines.len().checked_sub(MOST_HEADLINES) {
        text += &item(&format!("and {more} more"), width);
    }
    for warning in document.warnings.iter().take(MOST_WARNINGS) {
        let warning = beginning(warning, LONGEST_WARNING);
        text += &indented(&format!("note: {warning}"), width);
    }
    if let Some(more @ 1..) = document.warnings.len().checked_sub(MOST_WARNINGS) {
        text += &indented(&format!("note: {} more about these runs", counted(more as u64, "remark")), width);
    }
    let sides = [(&document.added, "this run"), (&document.gone, "the baseline")];
    for (subjects, side) in sides.into_iter().filter(|(subjects, _)| !subjects.is_empty()) {
        let number = counted(subjects.len() as u64, "name");
        text += &indented(&format!("only in {side}: {number} of requests and tasks"), width);
    }
    text + &indented(&in_short(document), width)
}

/// What the comparison amounts to, in one line.
pub(in crate::report) fn in_one_line(document: &ComparisonV1) -> String {
    outcome(document)
}

/// A paragraph that stands in.
pub(in crate::report) fn indented(text: &str, width: usize) -> String {
    let lines = wrap(text, width.saturating_sub(INDENT));
    lines.iter().map(|line| format!("{:INDENT$}{line}\n", "")).collect()
}
