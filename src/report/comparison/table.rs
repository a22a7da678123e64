//! A comparison in columns, for terminals.

use super::shown::{is_told, shown, subject};
use crate::report::{
    comparison_v1::{ChangeV1, ComparisonV1, FindingV1, RowV1, RunRefV1, SubjectV1},
    format::counted,
    paint::{Mark, Paint},
    table::{Column, Row, Table},
    text::{inert, wrap},
};

/// Narrower than this no table makes sense.
const NARROWEST: usize = 60;
/// Sentences about changes that are printed.
const MOST_HEADLINES: usize = 8;

/// The comparison as plain text of several lines, none wider than `width` where words allow it. What is unchanged is
/// left out but for each row's p95, unless `all`.
pub fn comparison_text(document: &ComparisonV1, all: bool, width: usize, color: bool) -> String {
    let (paint, width) = (Paint { color }, width.max(NARROWEST));
    let parts = [
        verdict(document, width, paint),
        headlines(document, width),
        circumstances(document, width),
        table(document, all).render(width, paint),
        if all { String::new() } else { left_out(document, width, paint) },
        one_sided(document, width),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// What it amounts to in one line.
pub(super) fn outcome(document: &ComparisonV1) -> String {
    let outcome = &document.outcome;
    let rest = format!(
        "{} improved, {} unchanged, {} unclear",
        outcome.improved, outcome.unchanged, outcome.unclear
    );
    match outcome.regressed {
        0 => format!("nothing regressed; {rest}"),
        number => format!("{} regressed; {rest}", counted(number as u64, "number")),
    }
}

fn verdict(document: &ComparisonV1, width: usize, paint: Paint) -> String {
    const INDENT: usize = "PASSED  ".len();
    let code = if document.outcome.passed { "" } else { " (exit code 99)" };
    let lines = wrap(&format!("{}{code}", outcome(document)), width - INDENT);
    let mut text = paint.verdict(document.outcome.passed) + "  ";
    for (index, line) in lines.iter().enumerate() {
        let indent = if index == 0 { 0 } else { INDENT };
        text += &format!("{:indent$}{}\n", "", paint.strong(line));
    }
    text
}

fn headlines(document: &ComparisonV1, width: usize) -> String {
    let all = &document.outcome.headlines;
    let mut text: String = all.iter().take(MOST_HEADLINES).map(|line| item(&inert(line), width)).collect();
    if let Some(more @ 1..) = all.len().checked_sub(MOST_HEADLINES) {
        text += &item(&format!("and {more} more below"), width);
    }
    text
}

/// A line of a list, with what does not fit below it.
pub(super) fn item(text: &str, width: usize) -> String {
    let lines = wrap(text, width - 4);
    let line = |(index, line): (usize, &String)| format!("  {} {line}\n", if index == 0 { "•" } else { " " });
    lines.iter().enumerate().map(line).collect()
}

fn circumstances(document: &ComparisonV1, width: usize) -> String {
    let mut text = String::new();
    for (name, runs) in [("Base", &document.base), ("New", &document.new)] {
        text += &paragraph(&format!("{name}: {}", places(runs)), width);
    }
    text += &paragraph(&document.method.statement, width);
    for forced in &document.forced {
        text += &paragraph(&format!("compared by force: {}", inert(forced)), width);
    }
    for warning in &document.warnings {
        text += &paragraph(&format!("note: {}", inert(warning)), width);
    }
    text
}

/// Where runs are, all on one line.
pub(super) fn places(runs: &[RunRefV1]) -> String {
    runs.iter().map(|run| inert(&run.place)).collect::<Vec<_>>().join(", ")
}

fn paragraph(text: &str, width: usize) -> String {
    wrap(text, width).iter().map(|line| format!("{line}\n")).collect()
}

fn table(document: &ComparisonV1, all: bool) -> Table {
    let sure = if document.method.tests.is_some() { "p" } else { "bounds" };
    let columns = vec![
        Column::kept("base"),
        Column::kept("new"),
        Column::kept("change"),
        Column::spared(sure, 1),
        Column::words("verdict"),
    ];
    let rows = document.rows.iter().flat_map(|row| lines(row, all)).collect();
    let title = match document.method.time {
        crate::report::comparison_v1::TimeV1::ServiceTime => "Service time",
        crate::report::comparison_v1::TimeV1::ResponseTime => "Response time",
    };
    Table { title, columns, rows }
}

fn lines(row: &RowV1, all: bool) -> Vec<Row> {
    let heading = Row { name: inert(&subject(&row.subject)), is_strong: true, ..Row::default() };
    let findings = row.findings.iter().filter(|finding| all || is_told(finding));
    let lines: Vec<Row> = findings.map(line).collect();
    if lines.is_empty() { lines } else { [vec![heading], lines].concat() }
}

fn line(finding: &FindingV1) -> Row {
    let cells = shown(finding);
    let mark = match finding.verdict {
        ChangeV1::Improved => Some(Mark::Good),
        ChangeV1::Regressed => Some(Mark::Bad),
        ChangeV1::Unclear => Some(Mark::Unknown),
        ChangeV1::Unchanged => None,
    };
    let name = format!("  {}", cells.name);
    Row {
        mark,
        name,
        cells: vec![cells.base, cells.new, cells.change, cells.sure, cells.verdict],
        is_strong: false,
    }
}

fn left_out(document: &ComparisonV1, width: usize, paint: Paint) -> String {
    let findings = document.rows.iter().flat_map(|row| &row.findings);
    let hidden = findings.filter(|finding| !is_told(finding)).count();
    if hidden == 0 {
        return String::new();
    }
    let text = format!("{} unchanged not shown; --all shows them", counted(hidden as u64, "number"));
    wrap(&text, width).iter().map(|line| paint.dim(line) + "\n").collect()
}

fn one_sided(document: &ComparisonV1, width: usize) -> String {
    let list = |title: &str, subjects: &[SubjectV1]| {
        let names: Vec<String> = subjects.iter().map(|one| inert(&subject(one))).collect();
        if names.is_empty() {
            String::new()
        } else {
            paragraph(&format!("{title}: {}", names.join(", ")), width)
        }
    };
    list("Only in the new runs", &document.added) + &list("Only in the base", &document.gone)
}
