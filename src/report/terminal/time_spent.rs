//! What the time of requests went to, and what they did with connections.

use super::tables::Doubts;
use crate::{
    measure::{Connections, Latency},
    model::Phase,
    report::{
        format::{count, counted, time},
        percentile::Percentile,
        table::{Column, Row, Table},
        totals::{RequestTotals, addresses},
    },
};
use std::time::Duration;

/// A phase that was never as long as this is not worth a line.
const NOTICEABLE: Duration = Duration::from_micros(50);

/// The phases that took noticeable time; `None` where no request was measured so.
pub(super) fn phases(totals: &RequestTotals, doubts: &mut Doubts) -> Option<Table> {
    let seen = Phase::ALL.into_iter().filter_map(|phase| Some((phase, totals.phases.get(phase)?)));
    let told = seen.filter(|(phase, latency)| *phase == Phase::Waiting || latency.max() >= Some(NOTICEABLE));
    let rows: Vec<Row> = told.map(|(phase, latency)| row(phase, latency, doubts)).collect();
    let columns =
        vec![Column::spared("requests", 1), Column::kept("avg"), Column::kept("p95"), Column::kept("max")];
    (!rows.is_empty()).then_some(Table { title: "Where the time goes", columns, rows })
}

fn row(phase: Phase, latency: &Latency, doubts: &mut Doubts) -> Row {
    let shown = |time_taken: Option<Duration>| time_taken.map(time).unwrap_or_default();
    let cells = vec![
        count(latency.count()),
        shown(latency.mean()),
        doubts.cell(latency, Percentile::P95),
        shown(latency.max()),
    ];
    Row { name: in_words(phase).to_owned(), cells, ..Row::default() }
}

/// The phase as somebody reads it who knows no metric's name. What is part of the first line stands in.
fn in_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Blocked => "getting a connection",
        Phase::LookingUp => "  host name look-up",
        Phase::Connecting => "  connecting",
        Phase::TlsHandshaking => "  TLS handshake",
        Phase::Sending => "sending the request",
        Phase::Waiting => "waiting for an answer",
        Phase::Receiving => "receiving the answer",
    }
}

/// Connections in a line; nothing where nothing is known of them.
pub(super) fn connections(seen: &Connections) -> Option<Vec<String>> {
    if seen.opened() + seen.reused() == 0 {
        return None;
    }
    let mut facts = vec![
        format!("Connections:  {} opened", count(seen.opened())),
        format!("reused by {}", counted(seen.reused(), "request")),
    ];
    match (addresses(seen).as_slice(), seen.others()) {
        ([], _) => {}
        ([(address, _)], 0) => facts.push(format!("all to {address}")),
        (known, 0) => facts.push(format!("to {} addresses", count(known.len() as u64))),
        (known, _) => facts.push(format!("to more than {} addresses", count(known.len() as u64))),
    }
    Some(facts)
}
