//! The lines of the panel: a function of where the run stands and of the room there is.
//!
//! It knows no terminal. How the lines get onto one, and stay in place there, is the business of `bar`.

use super::{
    fit::{Look, Part, columns, cut, line, padded},
    gates,
    line::{plain_line, quantile, stage_names, whole_seconds},
    sparkline::sparkline,
    stage_bar::stage_bar,
    state::Progress,
};
use crate::{
    judge::HealthStatus,
    report::{
        format::{count, counted, number, per_second, percent, time},
        paint::{Mark, Paint},
        percentile::Percentile,
    },
};
use std::time::Duration;

/// With fewer rows or columns than this there is the single line only.
const LEAST_ROWS: usize = 4;
const LEAST_COLUMNS: usize = 24;
/// What the names of lines take where there is room for a column of them.
const LABEL: usize = 12;
/// Where what the sparklines belong to ends: they share their seconds, so they stand below each other.
const BESIDE: usize = 50;
/// What says of what a sparkline is.
const OF: usize = 6;
/// A shorter sparkline shows nothing, a longer one no more.
const SPARKLINE: std::ops::RangeInclusive<usize> = 8..=60;

/// Columns that the names of stages may take.
const STAGE: std::ops::RangeInclusive<usize> = 16..=40;

/// The room there is, and whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Columns that a line may take.
    pub columns: usize,
    /// Lines that there may be.
    pub rows: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
}

/// The panel in at most so many lines, none of which takes more columns than there are. Where the room is too small for
/// it, the plain line behind a short bar, cut at its end.
///
/// Names that come from the scenario are inert: no escapes but those of colours leave this function, and those only
/// where they are asked for.
pub fn panel(progress: &Progress, room: Room) -> Vec<String> {
    let paint = Paint { color: room.color };
    if room.rows < LEAST_ROWS || room.columns < LEAST_COLUMNS {
        let bar = format!("[{}] ", stage_bar(&Progress { bounds: Vec::new(), ..progress.clone() }, 6));
        return vec![cut(&(bar + &plain_line(progress)), room.columns)];
    }
    // What goes first where there are few rows has the highest number.
    let mut lines = vec![
        (0, overall(progress, room.columns, paint)),
        (4, line(load(progress, room), room.columns, paint)),
        (0, line(requests(progress, room), room.columns, paint)),
        (1, line(latency(progress, room), room.columns, paint)),
        (2, line(failures(progress, room), room.columns, paint)),
    ];
    if !progress.thresholds.is_empty() {
        lines.push((3, line(gates::summary(progress, room), room.columns, paint)));
    }
    let below = lines.len();
    lines.push((5, line(generator(progress, room), room.columns, paint)));
    let spare = room.rows.saturating_sub(lines.len());
    let gates = gates::rows(progress, spare, room);
    let gates: Vec<String> = gates.into_iter().map(|parts| line(parts, room.columns, paint)).collect();
    lines.splice(below..below, gates.into_iter().map(|row| (3, row)));
    while lines.len() > room.rows {
        let least = (0..lines.len()).max_by_key(|at| lines[*at].0).unwrap_or(0);
        lines.remove(least);
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The name of a line: in a column of its own where there is room for one.
pub(super) fn label(name: &str, room: Room) -> Part {
    let name = if room.columns < BESIDE { name.to_owned() } else { padded(name, LABEL - 2) };
    Part::kept(name).looking(Look::Dim)
}

/// How much of the load is done, in which stage it is, and what is left.
fn overall(progress: &Progress, most: usize, paint: Paint) -> String {
    let clock = format!("{} of {}", whole_seconds(progress.elapsed), whole_seconds(progress.planned));
    let room = (most / 4).clamp(*STAGE.start(), *STAGE.end());
    let stage = progress.stage.as_ref().map(|stage| stage_names(stage, room));
    let mut parts = vec![Part::kept(clock).looking(Look::Strong)];
    parts.extend(stage.map(|stage| Part::spared(format!("stage {stage}"), 2)));
    if progress.warm_up {
        parts.push(Part::spared("warm-up", 1));
    }
    parts.push(Part::spared(left(progress), 3));
    let facts = line(parts.clone(), most.saturating_sub(8), Paint { color: false });
    let bar = stage_bar(progress, most.saturating_sub(columns(&facts) + 2).clamp(6, 40));
    parts.insert(0, Part::kept(bar));
    line(parts, most, paint)
}

/// What is left of the load, in what its end is planned by.
fn left(progress: &Progress) -> String {
    if let Some(planned) = progress.planned_iterations {
        return format!("{} of {}", count(progress.total.ended()), counted(planned, "iteration"));
    }
    if progress.elapsed >= progress.planned {
        return "ending".to_owned();
    }
    // In whole seconds, as the time that has passed: the two add up to the plan.
    let passed = Duration::from_secs(progress.elapsed.as_secs());
    format!("{} left", whole_seconds(progress.planned.saturating_sub(passed)))
}

/// What is asked of the target, and what of it was done.
fn load(progress: &Progress, room: Room) -> Vec<Part> {
    let users = match progress.planned_users {
        Some(planned) if planned > 0 && planned != progress.last.users => {
            format!("{} of {}", count(progress.last.users), counted(planned, "user"))
        }
        _ => counted(progress.last.users, "user"),
    };
    // Users that arrivals take say least.
    let spare = u8::from(progress.asked_per_s.is_some());
    let mut parts = vec![label("Load", room), Part::spared(users, spare)];
    if let Some(asked) = progress.asked_per_s {
        let done = per_second(progress.last.arrived, progress.last.span).unwrap_or(0.0);
        parts.push(Part::kept(format!("{}/s due", number(asked))));
        parts.push(Part::kept(format!("{}/s done", number(done))));
    }
    if progress.total.dropped > 0 {
        let dropped = format!("{} dropped", count(progress.total.dropped));
        parts.push(Part::kept(dropped).looking(Look::Bad));
    }
    parts.push(Part::spared(counted(progress.total.iterations, "iteration"), 2));
    parts
}

/// Facts, and beside them a sparkline of the last seconds where there is room for one.
fn beside(
    facts: Vec<Part>,
    of: &str,
    values: impl DoubleEndedIterator<Item = Option<f64>>,
    room: Room,
) -> Vec<Part> {
    let wide = room.columns.saturating_sub(BESIDE + 2 + OF).min(*SPARKLINE.end());
    if !SPARKLINE.contains(&wide) {
        return facts;
    }
    let mut facts = facts.into_iter();
    let name = facts.next();
    let text = line(facts.collect(), BESIDE - LABEL, Paint { color: false });
    let text = Part::kept(padded(&text, BESIDE - LABEL));
    let of = Part::kept(format!("{of:>0$}", OF - 1)).looking(Look::Dim);
    name.into_iter().chain([text, of, Part::kept(sparkline(values, wide)).close()]).collect()
}

fn requests(progress: &Progress, room: Room) -> Vec<Part> {
    let facts = vec![
        label("Requests", room),
        Part::kept(format!("{}/s", number(progress.last.requests_per_s()))),
        Part::spared(format!("{} in all", count(progress.total.requests)), 1),
    ];
    beside(facts, "req/s", progress.history.iter().map(|past| Some(past.requests_per_s)), room)
}

/// The percentiles of the last seconds.
fn latency(progress: &Progress, room: Room) -> Vec<Part> {
    let recent = &progress.recent;
    let shown =
        |value, which: Percentile| format!("{} {}", which.name, quantile(value, which, recent.samples));
    let facts = vec![
        label("Latency", room),
        Part::spared(shown(recent.p50, Percentile::P50), 2),
        Part::kept(shown(recent.p95, Percentile::P95)),
        Part::spared(shown(recent.p99, Percentile::P99), 1),
    ];
    let values = progress.history.iter().map(|past| past.p95.map(|p95| p95.as_secs_f64()));
    beside(facts, "p95", values, room)
}

/// How many requests failed, how many do now, and of what.
fn failures(progress: &Progress, room: Room) -> Vec<Part> {
    let (total, last) = (&progress.total, &progress.last);
    let all = match (total.failed, total.requests) {
        // Those of a warm-up are seen, and do not count.
        (0, _) if last.failed > 0 => "none counted".to_owned(),
        (0, _) => "none".to_owned(),
        (failed, all) => format!("{} ({})", count(failed), percent(failed, all)),
    };
    let look = |failed: u64| if failed > 0 { Look::Bad } else { Look::Plain };
    let mut parts = vec![label("Failures", room), Part::kept(all).looking(look(total.failed))];
    if last.failed > 0 {
        parts.push(Part::kept(format!("now {}", percent(last.failed, last.requests))).looking(Look::Bad));
    } else if total.failed > 0 {
        parts.push(Part::spared("none now", 1));
    }
    let mut kinds: Vec<(&String, &u64)> = total.failures.iter().collect();
    kinds.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    for (at, (kind, number)) in kinds.into_iter().take(MOST_KINDS).enumerate() {
        parts.push(Part::spared(format!("{kind}: {}", count(*number)), 2 + at as u8));
    }
    parts
}

/// Kinds of failure that are named.
const MOST_KINDS: usize = 4;

/// What the generator's numbers are worth so far, and what it sees of itself now.
fn generator(progress: &Progress, room: Room) -> Vec<Part> {
    let (health, last) = (&progress.health, &progress.last);
    let mut codes: Vec<&str> = health.findings.iter().map(|finding| finding.code.name()).collect();
    codes.dedup();
    let status = match health.status {
        HealthStatus::Ok => Part::kept("ok"),
        HealthStatus::Degraded => {
            Part::kept(format!("degraded ({})", codes.join(", "))).looking(Look::Strong)
        }
        HealthStatus::Saturated => Part::kept(format!("SATURATED ({})", codes.join(", "))).looking(Look::Bad),
    };
    let mut parts = vec![label("Generator", room)];
    parts.extend(match health.status {
        HealthStatus::Ok => None,
        _ => Some(Part::kept("!").looking(Look::Sign(Mark::Unknown))),
    });
    parts.push(if parts.len() > 1 { status.close() } else { status });
    let vitals = &last.vitals;
    if vitals.gaps.count > 0 {
        parts.push(Part::spared(format!("gap {} now", time(vitals.gaps.longest)), 1).looking(Look::Bad));
    }
    if let (Some(used), Some(cores)) = (vitals.cores_used(), vitals.cores) {
        parts.push(Part::spared(format!("{} of {cores} cores", number(used)), 4));
    }
    if let Some(machine) = vitals.machine.filter(|machine| !machine.stolen.is_zero()) {
        let (stolen, all) = (machine.stolen.as_millis() as u64, machine.all.as_millis() as u64);
        parts.push(Part::spared(format!("{} stolen", percent(stolen, all)), 2));
    }
    parts.extend(last.lag_p99.map(|lag| Part::spared(format!("lag p99 {}", time(lag)), 3)));
    parts
}
