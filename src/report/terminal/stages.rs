//! The table of stages: where in the load the target began to suffer.

use super::tables::{Doubts, NOTHING, failed};
use crate::{
    model::{Catalog, StageMeta},
    report::{
        format::{count, number, per_second},
        percentile::Percentile,
        table::{Column, Row, Table},
        text::inert,
        totals::{StageTotals, Totals},
    },
};
/// Stages that are printed; the results have them all.
const MOST_STAGES: usize = 20;

/// What began in each stage; `None` where no workload has two that count.
pub(super) fn table(catalog: &Catalog, totals: &Totals, doubts: &mut Doubts) -> Option<Table> {
    let counting = |workload| {
        catalog.stages.iter().filter(move |stage| stage.workload == workload && !stage.warm_up).count()
    };
    if catalog.workload_ids().all(|id| counting(id) < 2) {
        return None;
    }
    let has_dropped = totals.dropped_iterations > 0;
    let all = catalog.stages.iter().zip(&totals.stages);
    let mut rows: Vec<Row> = all
        .take(MOST_STAGES)
        .map(|(stage, seen)| {
            let name = name(stage, catalog);
            let cells = match stage.warm_up {
                true => Vec::new(),
                false => cells(seen, has_dropped, doubts),
            };
            Row { name, cells, ..Row::default() }
        })
        .collect();
    if let Some(more @ 1..) = catalog.stages.len().checked_sub(MOST_STAGES) {
        rows.push(Row { name: format!("and {more} more"), ..Row::default() });
    }
    let mut columns = vec![Column::kept("requests"), Column::kept("failed"), Column::spared("rate/s", 2)];
    if has_dropped {
        columns.push(Column::kept("dropped"));
    }
    columns.extend([Column::spared("service p95", 1), Column::kept("response p95")]);
    Some(Table { title: "Stages", columns, rows })
}

fn name(stage: &StageMeta, catalog: &Catalog) -> String {
    let mut name = inert(&stage.name);
    if catalog.workloads.len() > 1 {
        name = format!("{} / {name}", inert(&catalog.workload(stage.workload).name));
    }
    if stage.warm_up { name + " (not counted)" } else { name }
}

fn cells(seen: &StageTotals, has_dropped: bool, doubts: &mut Doubts) -> Vec<String> {
    let requests = &seen.requests;
    let rate = per_second(requests.count, seen.lasted).map_or_else(|| NOTHING.to_owned(), number);
    let mut cells = vec![count(requests.count), failed(requests), rate];
    if has_dropped {
        cells.push(count(seen.dropped));
    }
    cells.push(doubts.cell(&requests.duration, Percentile::P95));
    cells.push(doubts.cell(&requests.response_time, Percentile::P95));
    cells
}
