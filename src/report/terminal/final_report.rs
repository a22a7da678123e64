//! The whole text: which parts, in which order.

use super::{
    around_load, arrivals,
    baseline::AgainstBaseline,
    distribution,
    files::{self, Earlier, ResultFile},
    health as own_health, lists, measured, slowest, stages,
    tables::{self, Doubts},
    thresholds, time_spent,
};
use crate::{
    measure::Snapshot,
    model::{Catalog, ExitCode, RunInfo, Verdict, format_bytes},
    report::{
        Results,
        format::{clock, counted, number, per_second, percent, time},
        paint::Paint,
        text::{flow, inert, wrap},
        totals::Totals,
    },
};
use std::time::Duration;

/// Narrower than this no table makes sense: it is printed as if the terminal had so many columns.
const NARROWEST: usize = 60;

/// How the text should look.
#[derive(Debug, Clone, PartialEq)]
pub struct TerminalOptions {
    /// Columns of the terminal; fewer than 60 are taken as 60.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
    /// The files that the results were written to.
    pub files: Vec<ResultFile>,
    /// The earlier run that this one can be held against, if there is one.
    pub earlier: Option<Earlier>,
    /// What it is against the baseline that was named, if one was.
    pub against: Option<AgainstBaseline>,
}

/// What a finished run says to people: plain text of several lines, the last one with a line end.
///
/// Text that can come from the target or the scenario is made inert: no control character but line ends, and the
/// escapes of colours if they are asked for, leaves this function.
pub fn final_report(results: &Results<'_>, options: &TerminalOptions) -> String {
    let Results { info: run, snapshot, catalog, verdict, health, thresholds: gates } = *results;
    let paint = Paint { color: options.color };
    let width = options.width.max(NARROWEST);
    let totals = &Totals::new(snapshot, catalog);
    let [mut generator, mut figures, mut checks, mut slow] = [const { String::new() }; 4];
    // Without load there are only zeros, which would bury the reason.
    if verdict.exit_code != ExitCode::SetupFailed {
        generator = own_health::lines(health, snapshot, width, paint);
        figures = numbers(snapshot, catalog, totals, width, paint);
        checks = lists::checks(catalog, totals).map(|table| table.render(width, paint)).unwrap_or_default();
        slow = slowest::table(snapshot, catalog).map(|table| table.render(width, paint)).unwrap_or_default();
    }
    let parts = [
        verdict_lines(verdict, width, paint),
        arrivals::dropped(snapshot, catalog, totals, health, width, paint),
        measured::bounds(snapshot, width, paint),
        outline(run, snapshot, verdict, totals, width),
        around_load::lines(run, width),
        generator,
        thresholds::lines(gates, width, paint),
        figures,
        checks,
        slow,
        lists::errors(run, snapshot, catalog, width, paint),
        options.against.as_ref().map(|against| against.lines(width, paint)).unwrap_or_default(),
        files::files(&options.files, paint),
        options.earlier.as_ref().map(|earlier| files::compare(earlier, width, paint)).unwrap_or_default(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

fn verdict_lines(verdict: &Verdict, width: usize, paint: Paint) -> String {
    const INDENT: usize = "PASSED  ".len();
    let code = verdict.exit_code.number();
    let reason = match code {
        0 => inert(&verdict.reason),
        code => format!("{} (exit code {code})", inert(&verdict.reason)),
    };
    let mut text = paint.verdict(verdict.passed) + "  ";
    for (index, line) in wrap(&reason, width - INDENT).iter().enumerate() {
        let indent = if index == 0 { 0 } else { INDENT };
        text += &format!("{:indent$}{}\n", "", paint.strong(line));
    }
    text
}

/// What ran, and the few numbers that everybody asks for first.
fn outline(run: &RunInfo, snapshot: &Snapshot, verdict: &Verdict, totals: &Totals, most: usize) -> String {
    let all = &totals.all;
    let users = snapshot.vus.map_or(0, |gauge| gauge.max);
    let mut facts = vec![
        length(snapshot.elapsed, Duration::from_millis(run.planned_duration_ms), verdict.incomplete),
        counted(users, "user"),
        counted(all.count, "request"),
    ];
    if verdict.incomplete {
        facts.insert(1, "incomplete".to_owned());
    }
    // A rate of no requests would look like something that was measured.
    if all.count > 0 {
        facts.extend(per_second(all.count, snapshot.counted).map(|rate| format!("{} req/s", number(rate))));
        facts.push(format!("{} failed", percent(all.failed, all.count)));
        facts.push(format!("{} received", format_bytes(all.received_bytes)));
    }
    if totals.user_start_failures > 0 {
        facts.push(format!("{} of on_start", counted(totals.user_start_failures, "failure")));
    }
    let title = wrap(&format!("{} against {}", inert(&run.name), inert(&run.target)), most).join("\n");
    format!("{title}\n{}\n{}", flow(&facts, " · ", most), arrivals::warm_up(totals, most))
}

fn length(ran: Duration, planned: Duration, incomplete: bool) -> String {
    let (clocked, whole) = (clock(ran), clock(planned));
    if clocked == whole {
        return clocked;
    }
    // With a number of iterations an early end is the rule, and nothing is missing.
    if ran < planned && !incomplete {
        format!("done in {}", time(ran))
    } else {
        format!("{clocked} of {whole}")
    }
}

/// What the time of requests went to, and their connections; empty where nothing is known of it.
fn time_spent(
    snapshot: &Snapshot,
    totals: &Totals,
    doubts: &mut Doubts,
    width: usize,
    paint: Paint,
) -> String {
    let table = time_spent::phases(&totals.all, doubts).map(|table| table.render(width, paint));
    let facts = time_spent::connections(snapshot.total.connections());
    let parts: String =
        table.into_iter().chain(facts.map(|facts| flow(&facts, "  ", width) + "\n")).collect();
    if parts.is_empty() { parts } else { format!("\n{parts}") }
}

/// Requests, their phases, iterations, stages and groups, with one footnote for all.
fn numbers(snapshot: &Snapshot, catalog: &Catalog, totals: &Totals, width: usize, paint: Paint) -> String {
    let mut doubts = Doubts::default();
    let mut text = String::new();
    if !catalog.requests.is_empty() {
        text += &tables::requests(snapshot, catalog, totals, &mut doubts).render(width, paint);
        if let Some(facts) = tables::response_time(&totals.all, &mut doubts) {
            text += &(flow(&facts, "  ", width) + "\n");
        }
        text += &measured::model(catalog, totals, width, paint);
    }
    let spread = distribution::chart(catalog, totals, &mut doubts, width, paint);
    if !spread.is_empty() {
        text.push('\n');
        text += &spread;
    }
    text += &time_spent(snapshot, totals, &mut doubts, width, paint);
    if !catalog.tasks.is_empty() {
        text.push('\n');
        text += &tables::iterations(snapshot, catalog, totals, &mut doubts).render(width, paint);
        if let Some(facts) = arrivals::line(catalog, totals, &mut doubts) {
            text += &(flow(&facts, "  ", width) + "\n");
        }
    }
    if let Some(table) = stages::table(catalog, totals, &mut doubts) {
        text.push('\n');
        text += &table.render(width, paint);
    }
    if let Some(table) = measured::by_tag(snapshot, catalog, &mut doubts) {
        text.push('\n');
        text += &table.render(width, paint);
    }
    if let Some(table) = tables::groups(catalog, totals, &mut doubts) {
        text.push('\n');
        text += &table.render(width, paint);
    }
    if let Some(footnote) = doubts.footnote() {
        let lines = wrap(&footnote, width);
        text += &(lines.iter().map(|line| paint.dim(line)).collect::<Vec<_>>().join("\n") + "\n");
    }
    text
}
