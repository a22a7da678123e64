//! A comparison in Markdown, as a comment below a pull request has it.
//!
//! Names can come from anywhere: nothing in them may become markup, a link, or another cell.

use super::{
    shown::{is_told, shown, subject},
    table::{outcome, places},
};
use crate::report::{
    comparison_v1::{ChangeV1, ComparisonV1, FindingV1, RowV1, SubjectV1, TimeV1},
    inert_markdown::plain,
};

/// The comparison as GitHub-flavoured Markdown. What is unchanged is folded away.
pub fn comparison_markdown(document: &ComparisonV1) -> String {
    let sign = if document.outcome.passed { "✅" } else { "❌" };
    format!("### {sign} loadgen: {}\n\n{}", outcome(document), body(document))
}

/// The same as a part of a run's report, whose verdict stands above it: a tick of its own would be taken for that.
pub(in crate::report) fn markdown_section(document: &ComparisonV1) -> String {
    format!("### Against the baseline: {}\n\n{}", outcome(document), body(document))
}

fn body(document: &ComparisonV1) -> String {
    let mut text = String::new();
    for headline in &document.outcome.headlines {
        text += &format!("- {}\n", plain(headline));
    }
    if !document.outcome.headlines.is_empty() {
        text.push('\n');
    }
    for forced in &document.forced {
        text += &format!("> **Compared by force:** {}\n\n", plain(forced));
    }
    for warning in &document.warnings {
        text += &format!("> Note: {}\n\n", plain(warning));
    }
    text += &rows(document, is_told);
    text += &folded(document);
    for (title, subjects) in [("Only in the new runs", &document.added), ("Only in the base", &document.gone)]
    {
        if !subjects.is_empty() {
            text += &format!("{title}: {}\n\n", names(subjects));
        }
    }
    text += &format!("<sub>{}</sub>\n\n", plain(&document.method.statement));
    text += &format!(
        "<sub>Base: {}. New: {}.</sub>\n",
        plain(&places(&document.base)),
        plain(&places(&document.new))
    );
    text
}

fn names(subjects: &[SubjectV1]) -> String {
    subjects.iter().map(|one| plain(&subject(one))).collect::<Vec<_>>().join(", ")
}

/// A table of the findings that `which` wants; empty where it wants none.
fn rows(document: &ComparisonV1, which: impl Fn(&FindingV1) -> bool) -> String {
    let title = match document.method.time {
        TimeV1::ServiceTime => "service time",
        TimeV1::ResponseTime => "response time",
    };
    let sure = if document.method.tests.is_some() { "p" } else { "bounds" };
    let lines: String = document.rows.iter().flat_map(|row| lines(row, &which)).collect();
    if lines.is_empty() {
        return lines;
    }
    format!(
        "| {title} | | base | new | change | {sure} | verdict |\n|---|---|--:|--:|--:|--:|---|\n{lines}\n"
    )
}

fn lines(row: &RowV1, which: impl Fn(&FindingV1) -> bool) -> Vec<String> {
    let findings = row.findings.iter().filter(|finding| which(finding));
    let line = |(index, finding): (usize, &FindingV1)| {
        let name = if index == 0 { plain(&subject(&row.subject)) } else { String::new() };
        let cells = shown(finding);
        let verdict = match finding.verdict {
            ChangeV1::Regressed => format!("❌ **{}**", cells.verdict),
            ChangeV1::Improved => format!("✅ **{}**", cells.verdict),
            _ => cells.verdict,
        };
        format!(
            "| {name} | {} | {} | {} | {} | {} | {verdict} |\n",
            cells.name, cells.base, cells.new, cells.change, cells.sure
        )
    };
    findings.enumerate().map(line).collect()
}

fn folded(document: &ComparisonV1) -> String {
    let unchanged = rows(document, |finding| !is_told(finding));
    if unchanged.is_empty() {
        return unchanged;
    }
    format!("<details><summary>What is unchanged</summary>\n\n{unchanged}</details>\n\n")
}
