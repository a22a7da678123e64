//! The run held against an earlier one, or why it is not.

use crate::report::{
    Baseline,
    comparison::markdown_section,
    comparison_v1::{ChangeV1, ComparisonV1, RowV1, SubjectKindV1},
    inert_markdown::plain_within,
    summary_v1::SummaryV1,
};

/// Most reasons that are told.
const MOST: usize = 8;
/// Longest reason, in characters.
const LONGEST: usize = 300;

/// The comparison in at most `room` characters. Runs that should not be compared are not: the reasons are told instead.
pub(super) fn text(summary: &SummaryV1, baseline: &Baseline, room: usize) -> String {
    match baseline.compared(summary) {
        Ok(document) => fitting(document, room),
        Err(reasons) => not_compared(&reasons, baseline),
    }
}

fn not_compared(reasons: &[String], baseline: &Baseline) -> String {
    let mut text = format!("### ⚠️ Not compared with {}\n\n", plain_within(&baseline.place, LONGEST));
    for reason in reasons.iter().take(MOST) {
        text += &format!("- {}\n", plain_within(reason, LONGEST));
    }
    text + "\n"
}

/// The whole where it fits; otherwise as many rows as do, what regressed first.
fn fitting(mut document: ComparisonV1, room: usize) -> String {
    let all = document.rows.len();
    let whole = markdown_section(&document);
    if fits(&whole, room) {
        return whole + "\n";
    }
    document.rows.sort_by_key(importance);
    document.outcome.headlines.truncate(MOST);
    document.warnings.truncate(MOST);
    let (added, gone) = (document.added.len(), document.gone.len());
    document.added.truncate(MOST);
    document.gone.truncate(MOST);
    let mut rows = all.min(64);
    loop {
        document.rows.truncate(rows);
        let left_out = format!(
            "<sub>Of {all} rows {rows} are shown here, of {added} names that are only in the new run and {gone} that \
             are only in the base {MOST} each.</sub>\n\n"
        );
        let text = markdown_section(&document) + "\n" + &left_out;
        if fits(&text, room) {
            return text;
        }
        if rows == 0 {
            return format!("### Compared\n\n{left_out}");
        }
        rows /= 2;
    }
}

fn fits(text: &str, room: usize) -> bool {
    text.chars().count() < room
}

/// What regressed first, then what improved, then what is unclear; the first row, which is all requests, before them.
fn importance(row: &RowV1) -> (bool, u8) {
    let has = |change: ChangeV1| row.findings.iter().any(|finding| finding.verdict == change);
    let order = [ChangeV1::Regressed, ChangeV1::Improved, ChangeV1::Unclear];
    let place = order.into_iter().position(has).unwrap_or(order.len());
    (row.subject.kind != SubjectKindV1::All, place as u8)
}
