//! What the numbers are of: which model the load had, and what the bounds on memory left out; and requests by the
//! scenario's own tags.

use super::tables::{Doubts, NOTHING};
use crate::{
    measure::Snapshot,
    model::Catalog,
    report::{
        breakdown::{Part, tags},
        format::{count, counted, number, per_second, percent},
        paint::Paint,
        percentile::Percentile,
        table::{Column, Row, Table},
        text::{inert, wrap},
        totals::Totals,
    },
};
use std::collections::BTreeSet;

/// Values of tags that are printed; the results have them all.
const MOST_TAGS: usize = 20;

/// What somebody who reads response times must know of a closed model; empty where every workload has a rate, or there
/// are no times.
pub(super) fn model(catalog: &Catalog, totals: &Totals, width: usize, paint: Paint) -> String {
    if totals.all.count == 0 {
        return String::new();
    }
    let closed: Vec<String> = (catalog.workloads.iter())
        .filter(|workload| !workload.is_open)
        .map(|workload| inert(&workload.name))
        .collect();
    let whose = match (closed.len(), catalog.workloads.len()) {
        (0, _) => return String::new(),
        (all, known) if all == known => String::new(),
        _ => format!(" ({})", closed.join(", ")),
    };
    let sentence = format!(
        "Closed model{whose}: response time = service time + wait for a connection. A target that stalls is asked less \
         while it does; only a `rate` shows what would have waited."
    );
    wrap(&sentence, width).iter().map(|line| paint.dim(line) + "\n").collect()
}

/// What is not told apart, with what to do about it; empty where nothing is.
pub(super) fn bounds(snapshot: &Snapshot, width: usize, paint: Paint) -> String {
    let mut sentences = Vec::new();
    match snapshot.total.folded() {
        0 => {}
        folded => sentences.push(format!(
            "Warning: the status of {} is `(other)`: there were more than 10,000 different series. The totals are \
             exact; fewer stages, names or statuses would be told apart.",
            counted(folded, "request")
        )),
    }
    match snapshot.total.unlisted_failures() {
        0 => {}
        unlisted => sentences.push(format!(
            "Warning: {} not in the list of errors: there were more than 1000 different kinds.",
            match unlisted {
                1 => "1 failure is".to_owned(),
                more => format!("{} failures are", count(more)),
            }
        )),
    }
    let lines = sentences.iter().flat_map(|sentence| wrap(sentence, width));
    lines.map(|line| paint.strong(&line) + "\n").collect()
}

/// Requests by the tags that tell some of them from others; `None` where none does.
pub(super) fn by_tag(snapshot: &Snapshot, catalog: &Catalog, doubts: &mut Doubts) -> Option<Table> {
    let all = tags(snapshot, catalog);
    let told = telling(catalog);
    let shown: Vec<_> = all
        .iter()
        .filter_map(|(tag, part)| (*tag).filter(|(tag, _)| told.contains(tag)).zip(Some(part)))
        .collect();
    let mut rows = Vec::new();
    let mut heading = None;
    for ((tag, value), part) in shown.iter().take(MOST_TAGS) {
        if heading != Some(tag) {
            heading = Some(tag);
            rows.push(Row { name: inert(tag), ..Row::default() });
        }
        let cells = cells(part, snapshot, doubts);
        rows.push(Row { name: format!("  {}", inert(value)), cells, ..Row::default() });
    }
    if let Some(more @ 1..) = shown.len().checked_sub(MOST_TAGS) {
        rows.push(Row { name: format!("and {more} more"), ..Row::default() });
    }
    let columns = vec![
        Column::kept("requests"),
        Column::kept("failed"),
        Column::spared("rate/s", 2),
        Column::spared("service p95", 1),
        Column::kept("response p95"),
    ];
    (!rows.is_empty()).then_some(Table { title: "Tags", columns, rows })
}

/// The tags that not all requests have with the same value.
fn telling(catalog: &Catalog) -> BTreeSet<&str> {
    let all = catalog.requests.iter().flat_map(|request| &request.tags).map(|(tag, _)| tag.as_str());
    let first = catalog.request_ids().next();
    let tells = |tag: &&str| {
        let value = first.and_then(|id| catalog.request_tag(id, tag));
        catalog.request_ids().any(|id| catalog.request_tag(id, tag) != value)
    };
    all.collect::<BTreeSet<_>>().into_iter().filter(tells).collect()
}

fn cells(part: &Part, snapshot: &Snapshot, doubts: &mut Doubts) -> Vec<String> {
    let failed = match part.failed {
        0 => "0".to_owned(),
        failed => format!("{} ({})", count(failed), percent(failed, part.count)),
    };
    vec![
        count(part.count),
        failed,
        per_second(part.count, snapshot.counted).map_or_else(|| NOTHING.to_owned(), number),
        doubts.cell(&part.duration, Percentile::P95),
        doubts.cell(&part.response_time, Percentile::P95),
    ]
}
