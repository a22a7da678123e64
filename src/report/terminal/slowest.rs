//! The slowest requests with the ids to find them by in the target's own traces.

use crate::{
    measure::{SlowRequest, Snapshot},
    model::{Catalog, RequestId},
    report::{
        format::time,
        table::{Column, Row, Table},
        text::inert,
        totals::slowest,
    },
};

/// Requests that are printed; the results have more of them.
const MOST_SHOWN: usize = 10;

/// The slowest requests, the slowest first; `None` where none was sent with an id.
pub(super) fn table(snapshot: &Snapshot, catalog: &Catalog) -> Option<Table> {
    let all = slowest(snapshot);
    let rows: Vec<Row> = all.iter().take(MOST_SHOWN).map(|(id, slow)| row(*id, slow, catalog)).collect();
    let columns = vec![
        Column::kept("took"),
        Column { spare: Some(1), ..Column::words("status") },
        Column::words("trace id"),
    ];
    (!rows.is_empty()).then_some(Table { title: "Slowest requests", columns, rows })
}

fn row(id: RequestId, slow: &SlowRequest, catalog: &Catalog) -> Row {
    let status = match slow.error {
        Some(error) => error.name().to_owned(),
        None => slow.status.to_string(),
    };
    let cells = vec![time(slow.response_time), status, format!("{:032x}", slow.trace_id)];
    Row { name: inert(&catalog.request(id).name), cells, ..Row::default() }
}
