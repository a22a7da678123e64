//! The page: which parts, in which order, and how much room each may take.

use super::{
    against_baseline,
    page::{Page, Rows, Shown},
    sections,
    tables::{self, Time},
};
use crate::report::{exports::Exported, format::counted, summary_v1::SummaryV1};

/// Room of the parts in characters, so that none can leave another without: together less than a page.
const TARGETS: usize = 13_000;
const BASELINE: usize = 14_000;
const REQUESTS: usize = 10_000;
const CHECKS: usize = 6_000;
const ERRORS: usize = 9_000;

/// The run as GitHub-flavoured Markdown.
pub(in crate::report::exports) fn text(exported: &Exported<'_>) -> Vec<u8> {
    let summary = exported.summary;
    let mut page = Page::default();
    page.add(&sections::headline(summary));
    page.add(&sections::health(summary));
    page.add(&sections::around(summary));
    page.add_rows("Targets against results", &tables::targets(summary), Shown::Open, TARGETS);
    page.add(&sections::figures(summary));
    if let Some(baseline) = exported.baseline {
        page.add(&against_baseline::text(summary, baseline, BASELINE));
    }
    details(&mut page, summary);
    page.add(&sections::repeat(summary));
    page.add(&sections::origin(summary));
    page.into_text().into_bytes()
}

/// What is read by those who want to know more.
fn details(page: &mut Page, summary: &SummaryV1) {
    let requests = tables::requests(summary);
    let time = Time::of(summary).name();
    let order = if requests.rows.len() > requests.most { ", the most failing and slowest first" } else { "" };
    let title = format!("{} by {time}{order}", counted(requests.rows.len() as u64, "request"));
    page.add_rows(&title, &requests, Shown::Folded, REQUESTS);
    let folded = |page: &mut Page, noun: &str, what: &str, table: &Rows, room| {
        let title = format!("{} {what}", counted(table.rows.len() as u64, noun));
        page.add_rows(&title, table, Shown::Folded, room);
    };
    folded(page, "check", "that did not hold every time", &tables::broken_checks(summary), CHECKS);
    folded(page, "kind", "of errors, each with a sample", &tables::errors(summary), ERRORS);
}
