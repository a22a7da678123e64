//! While the load goes on: workers' seconds put together, signals heeded, watchers told.

use super::signals::Signals;
use crate::{
    engine::{Engine, Event},
    measure::{Collector, Observations, Point, Snapshot},
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
    pub ending: Ending,
    /// Faults of this program, while it went on.
    pub panics: Vec<String>,
}

/// Follows the load to its end.
pub(super) async fn follow(
    mut engine: Engine,
    plan: &Plan,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
) -> Loaded {
    let mut collector = Collector::new(&plan.catalog, engine.workers(), Engine::INTERVAL);
    let (mut ending, mut panics) = (Ending::Completed, Vec::new());
    let mut last: Option<Point> = None;
    let mut ticks = ticks();
    let clock = engine.clock();
    loop {
        tokio::select! {
            event = engine.next() => match event {
                None => break,
                Some(Event::Seen(delta)) => {
                    let worker = delta.worker;
                    let (point, spare) = collector.accept(delta);
                    engine.reuse(worker, spare);
                    last = point.or(last);
                }
                Some(Event::Panicked(text)) => {
                    if panics.is_empty() {
                        watcher.note("a virtual user crashed, which is a fault of loadgen; ending the run");
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
            name = signals.next() => heed(name, &engine, &mut ending, plan, watcher),
            _ = ticks.tick() => {
                let tick = Tick { elapsed: clock.now(), plan, last: last.as_ref(), total: collector.total() };
                watcher.tick(&tick);
            }
        }
    }
    let elapsed = clock.now();
    collector.finish();
    if !engine.join() {
        panics.push("a worker thread crashed".to_owned());
    }
    Loaded { snapshot: collector.snapshot(elapsed), ending, panics }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    // A late picture is not worth a burst of pictures.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// The first signal ends gently, the second at once.
fn heed(name: &'static str, engine: &Engine, ending: &mut Ending, plan: &Plan, watcher: &mut dyn Watch) {
    if matches!(ending, Ending::Signal(_)) {
        engine.cut();
        watcher.note(&format!("{name} again: cutting what is running"));
        return;
    }
    *ending = Ending::Signal(name);
    engine.stop();
    let grace = crate::model::format_duration(plan.graceful_stop());
    watcher.note(&format!("{name}: ending; running iterations have up to {grace} (again to cut them)"));
}
