//! While the load goes on: workers' seconds put together, signals heeded, watchers told.

use super::{
    recipients::Recipients,
    signals::{Asked, Signals},
    standing::Standing,
    vitals::Sampler,
};
use crate::{
    engine::{Engine, Event},
    judge::{Gates, Health, ThresholdResult},
    measure::{self, Collector, Snapshot},
    model::Ending,
    plan::Plan,
};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often watchers are told.
const TICK: Duration = Duration::from_millis(250);

/// What watchers are told several times a second.
#[derive(Debug)]
pub struct Tick<'t> {
    /// Time since the start of the load.
    pub elapsed: Duration,
    /// The run, as planned.
    pub plan: &'t Plan,
}

/// What watchers are told of a second that is over.
#[derive(Debug)]
pub struct Second<'s> {
    /// The run, as planned.
    pub plan: &'s Plan,
    /// What was seen in it.
    pub interval: &'s measure::Interval,
    /// When it ended, from the start of the load: the last one of a run is shorter than a second.
    pub end: Duration,
    /// How the thresholds stand, in the file's order; with very many series, some as they did a little before. Empty
    /// where the watcher does not look at it.
    pub thresholds: &'s [ThresholdResult],
    /// What the generator's numbers are worth so far.
    pub health: &'s Health,
}

/// Somebody who watches a run. Nothing in the run waits for it longer than it takes.
pub trait Watch {
    /// The load goes on.
    fn tick(&mut self, tick: &Tick<'_>);

    /// A second is over. Each is told once, in order.
    fn second(&mut self, _: &Second<'_>) {}

    /// Whether it looks at how thresholds and the generator stand, which is work.
    fn looks_at_standing(&self) -> bool {
        false
    }

    /// Something that should be known now.
    fn note(&mut self, text: &str);

    /// Something that is wrong, and must be known whatever else is not.
    fn warn(&mut self, text: &str) {
        self.note(text);
    }
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
    recipients: &mut Recipients,
) -> Loaded {
    let mut collector = Collector::new(&plan.catalog, engine.workers(), Engine::INTERVAL);
    let mut gates = Gates::new(&plan.thresholds, &plan.catalog);
    let (mut ending, mut panics, mut over_at) = (Ending::Completed, Vec::new(), None);
    let mut standing = Standing::default();
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
                    let is_ending = ending != Ending::Completed || !panics.is_empty();
                    closed.iter_mut().for_each(|interval| interval.ending = is_ending);
                    over_at = collector.is_over().then(|| end_last(&mut closed, clock.now()));
                    judge(&closed, &mut gates, &engine, &mut ending, watcher);
                    end_load(&engine, &mut collector);
                    tell(&closed, &gates, &collector, &mut standing, (plan, clock.now()), watcher);
                    closed.into_iter().for_each(|interval| recipients.take(interval, watcher));
                }
                Some(Event::Panicked(text)) => {
                    if panics.is_empty() {
                        watcher.warn(&format!("loadgen itself failed: {text}; ending the run"));
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
                watcher.tick(&Tick { elapsed: clock.now(), plan });
            }
        }
    }
    let elapsed = over_at.unwrap_or_else(|| clock.now());
    let stopped_at = engine.stopped_at();
    let time_left = (!engine.was_cut()).then(|| time_left(plan, stopped_at, elapsed));
    let mut closed = collector.finish();
    end_last(&mut closed, elapsed);
    judge(&closed, &mut gates, &engine, &mut ending, watcher);
    end_load(&engine, &mut collector);
    tell(&closed, &gates, &collector, &mut standing, (plan, elapsed), watcher);
    closed.into_iter().for_each(|interval| recipients.take(interval, watcher));
    if !engine.join() {
        panics.push("a worker thread crashed".to_owned());
    }
    Loaded { snapshot: collector.snapshot(elapsed), gates, ending, panics, stopped_at, time_left }
}

/// Has the collector know where the load was ended before its time: rates are of the time until then.
fn end_load(engine: &Engine, collector: &mut Collector) {
    if let Some(at) = engine.stopped_at() {
        collector.end_load(at);
    }
}

/// Has the last second end with the load, at this time, which it gives back.
fn end_last(closed: &mut [measure::Interval], elapsed: Duration) -> Duration {
    if let Some(last) = closed.last_mut() {
        last.end_with_load(elapsed, Engine::INTERVAL);
    }
    elapsed
}

/// Tells the watcher of the seconds that are over.
fn tell(
    closed: &[measure::Interval],
    gates: &Gates,
    collector: &Collector,
    standing: &mut Standing,
    (plan, now): (&Plan, Duration),
    watcher: &mut dyn Watch,
) {
    if !closed.is_empty() && watcher.looks_at_standing() {
        standing.look(gates, &collector.so_far(now), &plan.catalog);
    }
    let Standing { thresholds, health, .. } = standing;
    for interval in closed {
        let end = interval.start(Engine::INTERVAL) + interval.span(Engine::INTERVAL);
        watcher.second(&Second { plan, interval, end, thresholds, health });
    }
}

/// Shows the seconds that are over to the thresholds, of which one may end the run.
fn judge(
    closed: &[measure::Interval],
    gates: &mut Gates,
    engine: &Engine,
    ending: &mut Ending,
    watcher: &mut dyn Watch,
) {
    for interval in closed {
        if let Some(reason) = gates.look(interval) {
            watcher.note(&format!("{reason}; ending"));
            engine.stop();
            if *ending == Ending::Completed {
                *ending = Ending::Aborted(reason);
            }
        }
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
        watcher.warn(&format!("{name} again: cutting what is running"));
        return;
    }
    *ending = Ending::Signal(name);
    engine.stop();
    let grace = crate::model::format_duration(plan.graceful_stop());
    // Also where notes are not wanted: whoever sees nothing happen asks again, and that would cut what is running.
    watcher.warn(&format!("{name}: ending; running iterations have up to {grace} (again to cut them)"));
}

#[cfg(test)]
mod tests;
