//! While the load goes on: workers' seconds put together, signals heeded, watchers told.

use super::{
    journal::Journal,
    signals::{Asked, Signals},
    vitals::Sampler,
};
use crate::{
    engine::{Engine, Event},
    judge::Gates,
    measure::{self, Collector, Observations, Point, Snapshot},
    model::Ending,
    plan::Plan,
};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often watchers are told.
const TICK: Duration = Duration::from_millis(250);

/// What watchers are told.
#[derive(Debug)]
pub struct Tick<'t> {
    /// Time since the start of the load.
    pub elapsed: Duration,
    /// The run, as planned.
    pub plan: &'t Plan,
    /// The last complete second.
    pub last: Option<&'t Point>,
    /// All that was seen so far.
    pub total: &'t Observations,
}

/// Somebody who watches a run. Nothing in the run waits for it longer than it takes.
pub trait Watch {
    /// The load goes on.
    fn tick(&mut self, tick: &Tick<'_>);

    /// Something that should be known now.
    fn note(&mut self, text: &str);
}

/// How the load went.
#[derive(Debug)]
pub(super) struct Loaded {
    pub snapshot: Snapshot,
    /// The thresholds, which have seen all of it.
    pub gates: Gates,
    pub ending: Ending,
    /// Faults of this program, while it went on.
    pub panics: Vec<String>,
    /// When it was ended, where that was before its time.
    pub stopped_at: Option<Duration>,
    /// How long what comes after it may take; nothing where a second signal asked to end at once.
    pub time_left: Option<Duration>,
}

/// What `teardown` may take at the least: after a load that took all of its grace.
const LEAST_TIME_LEFT: Duration = Duration::from_secs(1);

/// How long `teardown` may take: what is left of `graceful_stop`, and a second. The grace counts from the planned end, or
/// from when the load was stopped or was done before it, so that no run outlasts its plan by more.
fn time_left(plan: &Plan, stopped_at: Option<Duration>, now: Duration) -> Duration {
    let end = plan.duration().min(stopped_at.unwrap_or(now)).min(now);
    (end + plan.graceful_stop()).saturating_sub(now) + LEAST_TIME_LEFT
}

/// Follows the load to its end.
pub(super) async fn follow(
    mut engine: Engine,
    plan: &Plan,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
    journal: &Journal,
) -> Loaded {
    let mut collector = Collector::new(&plan.catalog, engine.workers(), Engine::INTERVAL);
    let mut gates = Gates::new(&plan.thresholds, &plan.catalog);
    let (mut ending, mut panics) = (Ending::Completed, Vec::new());
    let mut last: Option<Point> = None;
    let mut ticks = ticks();
    let clock = engine.clock();
    let mut sampler = Sampler::start(clock);
    loop {
        tokio::select! {
            event = engine.next() => match event {
                None => break,
                Some(Event::Seen(delta)) => {
                    if let Some(seen) = sampler.look_at_end_of(&delta) {
                        collector.accept_vitals(delta.interval, &seen);
                    }
                    let worker = delta.worker;
                    let (mut closed, spare) = collector.accept(delta);
                    engine.reuse(worker, spare);
                    if let Some(interval) = closed.last() {
                        last = Some(interval.point(Engine::INTERVAL));
                    }
                    let is_ending = ending != Ending::Completed || !panics.is_empty();
                    closed.iter_mut().for_each(|interval| interval.ending = is_ending);
                    judge(closed, &mut gates, &engine, &mut ending, journal, watcher);
                }
                Some(Event::Panicked(text)) => {
                    if panics.is_empty() {
                        watcher.note(&format!("loadgen itself failed: {text}; ending the run"));
                        engine.stop();
                    }
                    panics.push(text);
                }
                Some(Event::Logged(line)) => watcher.note(&line),
                Some(Event::StopAsked(reason)) => {
                    watcher.note(&format!("{reason}; ending"));
                    engine.stop();
                    if ending == Ending::Completed {
                        ending = Ending::StoppedByStep(reason);
                    }
                }
            },
            asked = signals.next() => heed(asked, &engine, &mut ending, plan, watcher),
            _ = ticks.tick() => {
                let tick = Tick { elapsed: clock.now(), plan, last: last.as_ref(), total: collector.total() };
                watcher.tick(&tick);
            }
        }
    }
    let elapsed = clock.now();
    let stopped_at = engine.stopped_at();
    let time_left = (!engine.was_cut()).then(|| time_left(plan, stopped_at, elapsed));
    judge(collector.finish(), &mut gates, &engine, &mut ending, journal, watcher);
    if !engine.join() {
        panics.push("a worker thread crashed".to_owned());
    }
    if let Some(at) = stopped_at {
        collector.end_load(at);
    }
    Loaded { snapshot: collector.snapshot(elapsed), gates, ending, panics, stopped_at, time_left }
}

/// Shows the seconds that are over to the thresholds, of which one may end the run, and to the journal.
fn judge(
    closed: Vec<measure::Interval>,
    gates: &mut Gates,
    engine: &Engine,
    ending: &mut Ending,
    journal: &Journal,
    watcher: &mut dyn Watch,
) {
    for interval in closed {
        if let Some(reason) = gates.look(&interval) {
            watcher.note(&format!("{reason}; ending"));
            engine.stop();
            if *ending == Ending::Completed {
                *ending = Ending::Aborted(reason);
            }
        }
        journal.push(interval, watcher);
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    // A late picture is not worth a burst of pictures.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// The first signal ends gently, the second at once.
fn heed(asked: Asked, engine: &Engine, ending: &mut Ending, plan: &Plan, watcher: &mut dyn Watch) {
    let Asked { name, again } = asked;
    if again {
        engine.cut();
        watcher.note(&format!("{name} again: cutting what is running"));
        return;
    }
    *ending = Ending::Signal(name);
    engine.stop();
    let grace = crate::model::format_duration(plan.graceful_stop());
    watcher.note(&format!("{name}: ending; running iterations have up to {grace} (again to cut them)"));
}

#[cfg(test)]
mod tests;
