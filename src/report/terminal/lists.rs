//! The lists that say what held and what went wrong: checks and errors.

use super::moment::time_of_day;
use crate::{
    measure::{Snapshot, Tally},
    model::{Catalog, CheckId, FailureSite, RunInfo},
    report::{
        format::{count, percent, time},
        paint::{Mark, Paint},
        remedy::advice,
        table::{Column, Row, Table},
        text::{beginning, inert, shorten, width as columns, wrap},
        totals::{Failure, Totals, failures},
    },
};
use std::collections::BTreeMap;

/// Kinds of failure that are printed; the results have them all.
const MOST_ERRORS: usize = 10;

/// Lines of a sample that are printed.
const MOST_LINES: usize = 2;

/// Checks and expectations, and how often they held: those first that did not, then those that were never reached.
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
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| match row.mark {
        Some(Mark::Bad) => 0,
        Some(Mark::Unknown) | None => 1,
        Some(Mark::Good) => 2,
    });
    (!rows.is_empty()).then_some(Table { title: "Checks", columns, rows })
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
pub(super) fn errors(
    run: &RunInfo,
    snapshot: &Snapshot,
    catalog: &Catalog,
    width: usize,
    paint: Paint,
) -> String {
    let all = failures(snapshot, catalog);
    if all.is_empty() {
        return String::new();
    }
    let mut text = paint.strong("Errors") + "\n";
    let shown = &all[..all.len().min(MOST_ERRORS)];
    let widest = shown.iter().map(|failure| count(failure.seen.count).len()).max().unwrap_or(0);
    let mut helped: Vec<&'static str> = Vec::new();
    for failure in shown {
        text += &error(failure, run, widest, width, paint);
        let remedy = advice(failure.kind, status_of_failed(failure.site, snapshot));
        if let Some(remedy) = remedy.filter(|remedy| !helped.contains(remedy)) {
            helped.push(remedy);
            text += &help(remedy, widest + 4, width);
        }
    }
    match all.len() - shown.len() {
        0 => {}
        1 => text += "  and 1 more kind\n",
        more => text += &format!("  and {more} more kinds\n"),
    }
    text
}

/// The status that most of the failed responses at a place had, where it was an error.
fn status_of_failed(site: FailureSite, snapshot: &Snapshot) -> Option<u16> {
    let FailureSite::Request(request) = site else { return None };
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for (key, stats) in snapshot.total.requests() {
        if key.request == request && key.failed && key.error.is_none() {
            *statuses.entry(key.status).or_default() += stats.count;
        }
    }
    let (status, _) = statuses.into_iter().max_by_key(|(_, times)| *times)?;
    (status >= 400).then_some(status)
}

/// What helps, in lines that stand in as far as what was said.
fn help(remedy: &str, indent: usize, width: usize) -> String {
    let lines = wrap(remedy, width.saturating_sub(indent + 2));
    let signs = ["→"].into_iter().chain(std::iter::repeat(" "));
    lines.iter().zip(signs).map(|(line, sign)| format!("{:indent$}{sign} {line}\n", "")).collect()
}

fn error(failure: &Failure<'_>, run: &RunInfo, widest: usize, width: usize, paint: Paint) -> String {
    let number = format!("  {:>widest$}  ", count(failure.seen.count));
    let indent = number.len();
    let task = &failure.task.name;
    let place = match failure.request {
        Some(request) if request.name != *task => format!("{} ({})", inert(&request.name), inert(task)),
        _ => inert(task),
    };
    let (kind, first) = (inert(&failure.error), first(failure, run));
    let whole = indent + columns(&kind) + " in ".len() + columns(&place) + ", ".len() + first.len();
    let is_tight = whole > width;
    let left = width.saturating_sub(indent + " in ".len());
    // The kind is what one searches for: it is shortened last.
    let kind = shorten(&kind, left.saturating_sub(8).max(8));
    let place = shorten(&place, left.saturating_sub(columns(&kind)));
    let mut text = format!("{number}{} in {place}", paint.strong(&kind));
    text += &if is_tight { format!("\n{:indent$}{first}\n", "") } else { format!(", {first}\n") };
    if !failure.seen.sample.is_empty() {
        // A sample's beginning says more than its end.
        let most = width.saturating_sub(indent);
        for line in wrap(&beginning(&failure.seen.sample, most * MOST_LINES), most).iter().take(MOST_LINES) {
            text += &format!("{:indent$}{}\n", "", paint.dim(line));
        }
    }
    text
}

/// When it was first: from the start of the load, and by the clock.
fn first(failure: &Failure<'_>, run: &RunInfo) -> String {
    let after = format!("first after {}", time(failure.seen.first_at));
    match time_of_day(&run.started_at, failure.seen.first_at) {
        Some(clock) => format!("{after} at {clock} UTC"),
        None => after,
    }
}
