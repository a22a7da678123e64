//! A plan as `loadgen plan` shows it to people: what would be sent, by whom and when. It reckons nothing.

use super::{
    chart::chart,
    format::{clock, count, counted, level, number},
    paint::Paint,
    table::{Column, Row, Table},
    text::{flow, inert, shorten, wrap},
};
use crate::model::{FileOutline, Outline, StageOutline, TaskOutline, WorkloadOutline, format_bytes};

/// Narrower than this no table makes sense: it is printed as if the terminal had so many columns.
const NARROWEST: usize = 60;
/// Stages that are listed; the chart has them all.
const MOST_STAGES: usize = 20;
/// What a think time may take of a table's width.
const THINK_TIME: usize = 24;

/// The text of a plan, in lines of at most `width` columns (60 where that is less).
///
/// As all texts for people it is inert: nothing of the scenario in it can steer a terminal.
pub fn outline_text(outline: &Outline, width: usize, color: bool) -> String {
    let (width, paint) = (width.max(NARROWEST), Paint { color });
    let mut parts = vec![head(outline, width, paint)];
    parts.extend(outline.workloads.iter().map(|workload| self::workload(workload, outline, width, paint)));
    parts.push(lines("Thresholds", &outline.thresholds, width, paint));
    parts.push(files(&outline.files).map(|table| table.render(width, paint)).unwrap_or_default());
    parts.push(hosts(&outline.hosts, width));
    parts.push(lines("Notes", &outline.notes, width, paint));
    parts.push(paragraph(&last_sentence(outline), width));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn head(outline: &Outline, width: usize, paint: Paint) -> String {
    let mut title = format!("{} ({})", inert(&outline.name), inert(&outline.file));
    if let Some(environment) = &outline.environment {
        title += &format!(" in the environment {}", inert(environment));
    }
    title += &format!(" against {}", inert(&outline.target));
    let mut facts = vec![
        clock(outline.duration),
        format!("up to {} more for what is running then", clock(outline.graceful_stop)),
        users(outline.peak_users, on_demand(outline)),
        memory(outline),
        format!("seed {}", outline.seed),
    ];
    for (requests, part) in [(outline.setup_requests, "setup"), (outline.teardown_requests, "teardown")] {
        if requests > 0 {
            facts.push(format!("{} in {part}", counted(requests, "request")));
        }
    }
    let title: Vec<String> = wrap(&title, width).iter().map(|line| paint.strong(line)).collect();
    format!("{}\n{}\n", title.join("\n"), flow(&facts, " · ", width))
}

/// Users that are made only when arrivals find none idle.
fn on_demand(outline: &Outline) -> u64 {
    outline.workloads.iter().filter(|workload| is_open(workload)).map(|workload| workload.max_users).sum()
}

fn is_open(workload: &WorkloadOutline) -> bool {
    workload.model == "open"
}

/// How many users there can be, so many of them only on demand.
fn users(most: u64, on_demand: u64) -> String {
    match on_demand {
        0 => format!("at most {}", counted(most, "user")),
        _ if on_demand >= most => format!("up to {}, made on demand", counted(most, "user")),
        _ => format!("at most {}, {} of them made on demand", counted(most, "user"), count(on_demand)),
    }
}

fn memory(outline: &Outline) -> String {
    let bytes = format_bytes(outline.memory_estimate_bytes);
    match on_demand(outline) {
        0 => format!("about {bytes} of memory"),
        _ => format!("about {bytes} of memory if all of them are needed"),
    }
}

fn workload(workload: &WorkloadOutline, outline: &Outline, width: usize, paint: Paint) -> String {
    let name = match outline.workloads.len() {
        1 => "Load".to_owned(),
        _ => format!("Workload {}", inert(&workload.name)),
    };
    let mut text = wrap(&name, width).iter().map(|line| paint.strong(line) + "\n").collect::<String>();
    text += &indented(&facts(workload, outline), width);
    let chart = chart(&workload.levels, outline.duration, 2, width);
    if !chart.is_empty() {
        text += &format!("\n  {}\n{chart}", workload.level_unit);
    }
    if workload.stages.len() > 1 {
        text += &format!("\n{}", stages(workload).render(width, paint));
    }
    text + &format!("\n{}", tasks(&workload.tasks).render(width, paint))
}

fn facts(workload: &WorkloadOutline, outline: &Outline) -> Vec<String> {
    let basis = inert(&workload.expected_basis);
    let mut facts = vec![format!("{}, {} model", workload.executor, workload.model)];
    // The whole run's time stands above already.
    if !workload.start.is_zero() || workload.end != outline.duration {
        facts.push(format!("from {} to {}", clock(workload.start), clock(workload.end)));
    }
    facts.push(users(workload.max_users, if is_open(workload) { workload.max_users } else { 0 }));
    facts.push(match workload.expected_iterations {
        Some(expected) => format!("{} iterations ({basis})", rounded(expected)),
        None if basis.is_empty() => "iterations: depends on the target".to_owned(),
        None => format!("iterations: {basis}"),
    });
    facts.extend(workload.pacing.iter().map(|pacing| format!("pacing {}", inert(pacing))));
    facts.extend(workload.max_rate.iter().map(|rate| format!("iterations capped at {}", inert(rate))));
    facts
}

fn rounded(expected: f64) -> String {
    if expected.fract() == 0.0 { count(expected as u64) } else { format!("about {}", number(expected)) }
}

fn stages(workload: &WorkloadOutline) -> Table {
    let mut rows: Vec<Row> = workload.stages.iter().take(MOST_STAGES).map(stage).collect();
    let left = workload.stages.len().saturating_sub(MOST_STAGES);
    if left > 0 {
        rows.push(Row { name: format!("and {left} more"), ..Row::default() });
    }
    let columns = vec![Column::kept("from"), Column::kept("to"), Column::kept(workload.level_unit)];
    Table { title: "Stages", columns, rows }
}

fn stage(stage: &StageOutline) -> Row {
    let (from, to) = (level(stage.from), level(stage.to));
    let levels = if from == to { to } else { format!("{from} → {to}") };
    let cells = vec![clock(stage.start), clock(stage.end), levels];
    let mark = if stage.warm_up { " (not counted)" } else { "" };
    Row { name: inert(&stage.name) + mark, cells, ..Row::default() }
}

/// Tasks with their shares, and under each its requests, unless it is the one request that it is named after.
fn tasks(tasks: &[TaskOutline]) -> Table {
    let mut rows = Vec::new();
    for task in tasks {
        let think_time = if task.think_time.is_empty() { "-" } else { task.think_time.as_str() };
        let cells = vec![share(task.share), count(task.steps), shorten(&inert(think_time), THINK_TIME)];
        rows.push(Row { name: inert(&task.name), cells, ..Row::default() });
        if task.requests.as_slice() != [task.name.as_str()] {
            let requests = task.requests.iter().map(|name| format!("  {}", inert(name)));
            rows.extend(requests.map(|name| Row { name, ..Row::default() }));
        }
    }
    let columns = vec![Column::kept("share"), Column::spared("steps", 1), Column::spared("think time", 2)];
    Table { title: "Tasks", columns, rows }
}

fn share(share: f64) -> String {
    let percent = share * 100.0;
    if (percent - percent.round()).abs() < 1e-9 { format!("{percent:.0}%") } else { format!("{percent:.1}%") }
}

fn files(files: &[FileOutline]) -> Option<Table> {
    let rows = files.iter().map(|file| Row {
        name: inert(&file.path),
        cells: vec![file.rows.map_or_else(|| "-".to_owned(), count), format_bytes(file.bytes)],
        ..Row::default()
    });
    let columns = vec![Column::kept("rows"), Column::kept("size")];
    (!files.is_empty()).then(|| Table { title: "Files", columns, rows: rows.collect() })
}

fn hosts(hosts: &[String], width: usize) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let hosts: Vec<String> = hosts.iter().map(|host| inert(host)).collect();
    paragraph(&format!("Hosts that may be reached: {}", hosts.join(", ")), width)
}

/// A title and what stands under it, each on its own line.
fn lines(title: &str, items: &[String], width: usize, paint: Paint) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| hanging(&inert(item), width)).collect();
    format!("{}\n{items}", paint.strong(title))
}

/// A text whose further lines stand in further.
fn hanging(text: &str, width: usize) -> String {
    let lines = wrap(text, width - 4).into_iter().enumerate();
    lines.map(|(at, line)| format!("{}{line}\n", if at == 0 { "  " } else { "    " })).collect()
}

fn indented(facts: &[String], width: usize) -> String {
    let flowed = flow(facts, " · ", width - 2);
    flowed.lines().flat_map(|line| wrap(line, width - 2)).map(|line| format!("  {line}\n")).collect()
}

fn paragraph(text: &str, width: usize) -> String {
    wrap(text, width).join("\n") + "\n"
}

fn last_sentence(outline: &Outline) -> String {
    format!("Nothing was sent: this is what `loadgen run {}` would do.", inert(&outline.file))
}
