//! The tables of numbers: requests, iterations and groups by task, and which of the percentiles not to rely on.

use crate::{
    measure::{Latency, Snapshot},
    model::{Catalog, GroupId, RequestId, TaskId, TaskKind},
    report::{
        format::{count, number, per_second, percent, time},
        percentile::Percentile,
        table::{Column, Row, Table},
        text::inert,
        totals::{IterationTotals, RequestTotals, Totals},
    },
};
use std::{collections::BTreeMap, time::Duration};

/// Stands where there is no number.
pub(super) const NOTHING: &str = "-";

/// The percentiles that were shown although their samples are too few, by how many they would need.
#[derive(Debug, Default)]
pub(super) struct Doubts(BTreeMap<u64, &'static str>);

impl Doubts {
    /// A percentile's cell, marked if it is not to be relied on.
    pub fn cell(&mut self, latency: &Latency, percentile: Percentile) -> String {
        if !percentile.is_doubtful(latency.count()) {
            return cell(latency.percentile(percentile.percent));
        }
        self.0.insert(percentile.needs, percentile.name);
        format!("~{}", cell(latency.percentile(percentile.percent)))
    }

    /// A percentile's name, marked likewise.
    pub fn name(&mut self, latency: &Latency, percentile: Percentile) -> String {
        if !percentile.is_doubtful(latency.count()) {
            return percentile.name.to_owned();
        }
        self.0.insert(percentile.needs, percentile.name);
        format!("~{}", percentile.name)
    }

    /// What the mark means; `None` if nothing was marked.
    pub fn footnote(&self) -> Option<String> {
        let needs: Vec<String> =
            self.0.iter().map(|(needs, name)| format!("{name} needs {}", count(*needs))).collect();
        (!needs.is_empty()).then(|| format!("~ too few samples to rely on: {}", needs.join(", ")))
    }
}

fn cell(shown: Option<Duration>) -> String {
    shown.map_or_else(|| NOTHING.to_owned(), time)
}

/// Requests, grouped by task, with their service times.
pub(super) fn requests(
    snapshot: &Snapshot,
    catalog: &Catalog,
    totals: &Totals,
    doubts: &mut Doubts,
) -> Table {
    let mut columns = vec![
        Column::kept("count"),
        Column::kept("failed"),
        Column::spared("rate/s", 4),
        Column::spared("avg", 2),
        Column::spared("p50", 6),
        Column::spared("p90", 1),
        Column::kept("p95"),
        Column::kept("p99"),
        Column::spared("max", 5),
    ];
    let with_response = totals.requests.iter().any(waited);
    if with_response {
        // With a rate it is what counts; otherwise there is a line about it below.
        let is_open = catalog.workloads.iter().any(|workload| workload.is_open);
        columns.push(Column::spared("response p95", if is_open { 7 } else { 3 }));
    }
    let mut rows = Vec::new();
    let mut row = |name: String, seen: &RequestTotals, is_strong| Row {
        mark: None,
        name,
        cells: request_cells(seen, snapshot.counted, with_response, doubts),
        is_strong,
    };
    for task in catalog.task_ids() {
        let own: Vec<RequestId> =
            catalog.request_ids().filter(|id| catalog.request(*id).task == task).collect();
        let is_alone = own.len() == 1 && own.iter().all(|id| is_named_as_its_task(*id, catalog));
        if !own.is_empty() && !is_alone {
            rows.push(Row { name: task_name(task, catalog), ..Row::default() });
        }
        for id in own {
            let name = match is_alone {
                true => task_name(task, catalog),
                false => format!("  {}", inert(&catalog.request(id).name)),
            };
            rows.push(row(name, &totals.requests[id.0 as usize], false));
        }
    }
    rows.push(row("all requests".to_owned(), &totals.all, true));
    Table { title: "Service time", columns, rows }
}

fn is_named_as_its_task(id: RequestId, catalog: &Catalog) -> bool {
    let request = catalog.request(id);
    request.name == catalog.task(request.task).name
}

/// A task's name, with its workload where there are several, and told from iterations where it is none.
fn task_name(id: TaskId, catalog: &Catalog) -> String {
    let task = catalog.task(id);
    let mut name = inert(&task.name);
    let kind = match task.kind {
        TaskKind::Iteration => None,
        TaskKind::OnStart => Some("on_start"),
        TaskKind::OnStop => Some("on_stop"),
    };
    if let Some(kind) = kind.filter(|kind| *kind != task.name) {
        name += &format!(" ({kind})");
    }
    if catalog.workloads.len() > 1 {
        name = format!("{} / {name}", inert(&catalog.workload(task.workload).name));
    }
    name
}

fn request_cells(
    seen: &RequestTotals,
    elapsed: Duration,
    with_response: bool,
    doubts: &mut Doubts,
) -> Vec<String> {
    let latency = &seen.duration;
    let mut at = |percentile| doubts.cell(latency, percentile);
    let mut cells = vec![
        count(seen.count),
        failed(seen),
        per_second(seen.count, elapsed).map_or_else(|| NOTHING.to_owned(), number),
        cell(latency.mean()),
        at(Percentile::P50),
        at(Percentile::P90),
        at(Percentile::P95),
        at(Percentile::P99),
        cell(latency.max()),
    ];
    if with_response {
        cells.push(doubts.cell(&seen.response_time, Percentile::P95));
    }
    cells
}

/// How many failed, with their share where there are any.
pub(super) fn failed(seen: &RequestTotals) -> String {
    part(seen.failed, seen.count)
}

/// How many of them, with their share where there are any.
fn part(some: u64, all: u64) -> String {
    match some {
        0 => "0".to_owned(),
        some => format!("{} ({})", count(some), percent(some, all)),
    }
}

/// The percentiles by which service time and response time are compared.
const COMPARED: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// Whether a user of the target waited noticeably longer than the service time says: more than 5 % and more than 1 ms.
fn waited(totals: &RequestTotals) -> bool {
    let (service, response) = (&totals.duration, &totals.response_time);
    let pairs = COMPARED.iter().map(|p| (service.percentile(p.percent), response.percentile(p.percent)));
    pairs.chain([(service.max(), response.max())]).any(|pair| match pair {
        (Some(service), Some(response)) => {
            response > service.mul_f64(1.05) && response - service > Duration::from_millis(1)
        }
        _ => false,
    })
}

/// Response time in a line, where it is noticeably longer than the service time.
pub(super) fn response_time(totals: &RequestTotals, doubts: &mut Doubts) -> Option<Vec<String>> {
    let response = &totals.response_time;
    waited(totals).then(|| {
        let mut facts = vec!["Response time, waiting to start included:".to_owned()];
        facts.extend(COMPARED.map(|p| format!("{} {}", p.name, doubts.cell(response, p))));
        facts.push(format!("max {}", cell(response.max())));
        facts
    })
}

/// Iterations by task.
pub(super) fn iterations(
    snapshot: &Snapshot,
    catalog: &Catalog,
    totals: &Totals,
    doubts: &mut Doubts,
) -> Table {
    let were_cut = totals.iterations.interrupted > 0;
    let mut columns = vec![
        Column::kept("completed"),
        Column::kept("failed"),
        Column::spared("rate/s", 3),
        Column::spared("avg", 1),
        Column::spared("p50", 5),
        Column::kept("p95"),
        Column::kept("p99"),
        Column::spared("max", 4),
    ];
    if were_cut {
        columns.insert(2, Column::spared("interrupted", 2));
    }
    let mut row = |name: String, seen: &IterationTotals| {
        let latency = &seen.duration;
        let mut cells = vec![
            count(seen.completed),
            part(seen.failed, seen.completed + seen.failed),
            per_second(seen.completed, snapshot.counted).map_or_else(|| NOTHING.to_owned(), number),
            cell(latency.mean()),
            doubts.cell(latency, Percentile::P50),
            doubts.cell(latency, Percentile::P95),
            doubts.cell(latency, Percentile::P99),
            cell(latency.max()),
        ];
        if were_cut {
            cells.insert(2, count(seen.interrupted));
        }
        Row { name, cells, ..Row::default() }
    };
    let iterated = catalog.task_ids().filter(|id| catalog.task(*id).kind == TaskKind::Iteration);
    let rows = iterated.map(|id| row(task_name(id, catalog), &totals.tasks[id.0 as usize])).collect();
    Table { title: "Iterations", columns, rows }
}

/// Groups of steps by task; `None` where the scenario has none.
pub(super) fn groups(catalog: &Catalog, totals: &Totals, doubts: &mut Doubts) -> Option<Table> {
    let columns = [
        Column::kept("count"),
        Column::spared("avg", 1),
        Column::spared("p50", 2),
        Column::kept("p95"),
        Column::kept("p99"),
        Column::spared("max", 3),
    ];
    let mut rows = Vec::new();
    for task in catalog.task_ids() {
        let own: Vec<GroupId> = catalog.group_ids().filter(|id| catalog.group(*id).task == task).collect();
        if !own.is_empty() {
            rows.push(Row { name: task_name(task, catalog), ..Row::default() });
        }
        for id in own {
            let name = format!("  {}", inert(&catalog.group(id).name));
            let cells = group_cells(&totals.groups[id.0 as usize], doubts);
            rows.push(Row { name, cells, ..Row::default() });
        }
    }
    (!rows.is_empty()).then(|| Table { title: "Groups", columns: columns.to_vec(), rows })
}

fn group_cells(seen: &Latency, doubts: &mut Doubts) -> Vec<String> {
    let mut at = |percentile| doubts.cell(seen, percentile);
    vec![
        count(seen.count()),
        cell(seen.mean()),
        at(Percentile::P50),
        at(Percentile::P95),
        at(Percentile::P99),
        cell(seen.max()),
    ]
}
