//! The lists that say what held and what went wrong: checks and errors.

use crate::{
    measure::{Snapshot, Tally},
    model::{Catalog, CheckId, ErrorKind, FailureKind},
    report::{
        format::{count, percent, time},
        paint::{Mark, Paint},
        remedy::remedy,
        table::{Column, Row, Table},
        text::{beginning, inert, shorten, wrap},
        totals::{Failure, Totals, failures},
    },
};

/// Kinds of failure that are printed; the results have them all.
const MOST_ERRORS: usize = 10;

/// Checks and expectations, and how often they held.
pub(super) fn checks(catalog: &Catalog, totals: &Totals) -> Option<Table> {
    let rows = catalog.check_ids().map(|id| {
        let Tally { passes, fails } = totals.checks[id.0 as usize];
        let all = passes + fails;
        let (mark, share) = match (all, fails) {
            (0, _) => (Mark::Unknown, "no data".to_owned()),
            (_, 0) => (Mark::Good, percent(passes, all)),
            _ => (Mark::Bad, percent(passes, all)),
        };
        let cells = vec![share, format!("{}/{}", count(passes), count(all))];
        Row { mark: Some(mark), name: check_name(id, catalog), cells, is_strong: false }
    });
    let columns = vec![Column::kept("held"), Column::kept("times")];
    (!catalog.checks.is_empty()).then(|| Table { title: "Checks", columns, rows: rows.collect() })
}

/// The check's name, with its request where another one has a check of the same name.
fn check_name(id: CheckId, catalog: &Catalog) -> String {
    let check = catalog.check(id);
    let namesakes = catalog.checks.iter().filter(|other| other.name == check.name);
    let name = inert(&check.name);
    match namesakes.count() {
        1 => name,
        _ => format!("{name} ({})", inert(&catalog.request(check.request).name)),
    }
}

/// The most frequent kinds of failure, each with what the first one said, and what helps against it where it
/// appears first; empty without failures.
pub(super) fn errors(snapshot: &Snapshot, catalog: &Catalog, width: usize, paint: Paint) -> String {
    let all = failures(snapshot, catalog);
    if all.is_empty() {
        return String::new();
    }
    let mut text = paint.strong("Errors") + "\n";
    let shown = &all[..all.len().min(MOST_ERRORS)];
    let widest = shown.iter().map(|failure| count(failure.seen.count).len()).max().unwrap_or(0);
    let mut helped: Vec<ErrorKind> = Vec::new();
    for failure in shown {
        text += &error(failure, widest, width, paint);
        if let FailureKind::NoResponse(kind) = failure.kind
            && !helped.contains(&kind)
        {
            helped.push(kind);
            text += &help(kind, widest + 4, width);
        }
    }
    match all.len() - shown.len() {
        0 => {}
        1 => text += "  and 1 more kind\n",
        more => text += &format!("  and {more} more kinds\n"),
    }
    text
}

/// What helps against errors of this kind, in lines that stand in as far as what was said.
fn help(kind: ErrorKind, indent: usize, width: usize) -> String {
    let Some(remedy) = remedy(kind) else { return String::new() };
    let lines = wrap(remedy, width.saturating_sub(indent + 2));
    let signs = ["→"].into_iter().chain(std::iter::repeat(" "));
    lines.iter().zip(signs).map(|(line, sign)| format!("{:indent$}{sign} {line}\n", "")).collect()
}

fn error(failure: &Failure<'_>, widest: usize, width: usize, paint: Paint) -> String {
    let number = format!("  {:>widest$}  ", count(failure.seen.count));
    let task = &failure.task.name;
    let place = match failure.request {
        Some(request) if request.name != *task => format!("{} ({})", inert(&request.name), inert(task)),
        _ => inert(task),
    };
    let first = format!(", first at {}", time(failure.seen.first_at));
    let left = width.saturating_sub(number.len() + first.len() + " in ".len());
    // The kind is what one searches for: it is shortened last.
    let kind = shorten(&inert(&failure.error), left.saturating_sub(8).max(8));
    let place = shorten(&place, left.saturating_sub(crate::report::text::width(&kind)));
    let mut text = format!("{number}{} in {place}{first}\n", paint.strong(&kind));
    if !failure.seen.sample.is_empty() {
        let indent = number.len();
        // A sample's beginning says more than its end.
        let most = width.saturating_sub(indent);
        let sample = beginning(&failure.seen.sample, most);
        text += &format!("{:indent$}{}\n", "", paint.dim(&sample));
    }
    text
}
