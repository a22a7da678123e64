//! What people see while a run goes on: a bar drawn in place on a terminal, a plain line every few seconds
//! elsewhere.

use super::world::World;
use crate::{
    engine::Engine,
    measure::Point,
    plan::Executor,
    report::progress::{Bar, Progress, plain_line},
    run::{Tick, Watch},
};
use std::time::Duration;

/// How often a plain line is printed.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// A watcher that prints to standard error.
pub(super) struct Watcher<'w> {
    world: &'w mut World,
    bar: Option<Bar>,
    next_line: Duration,
}

impl<'w> Watcher<'w> {
    pub fn new(world: &'w mut World) -> Self {
        Self { world, bar: None, next_line: PLAIN_EVERY }
    }

    /// Clears the bar, so that what follows starts on an empty line, and is ready for another run.
    pub fn finish(&mut self) {
        self.next_line = PLAIN_EVERY;
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }
}

impl Watch for Watcher<'_> {
    fn tick(&mut self, tick: &Tick<'_>) {
        let planned = tick.plan.duration();
        let nothing_yet = Point::default();
        let last = tick.last.unwrap_or(&nothing_yet);
        let catalog = &tick.plan.catalog;
        let progress = Progress {
            asked_per_s: asked(tick),
            ..Progress::new(tick.elapsed, planned, Engine::INTERVAL, last, tick.total, catalog)
        };
        if self.world.redraws() {
            let bar = self.bar.get_or_insert_with(|| Bar::new(World::drawing_board(), planned));
            bar.update(&progress);
        } else if tick.elapsed >= self.next_line {
            self.next_line += PLAIN_EVERY;
            self.world.complain(&format!("{}\n", plain_line(&progress)));
        }
    }

    fn note(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.note(text),
            None => self.world.complain(&format!("{text}\n")),
        }
    }
}

/// Iterations per second that are to start at this moment; nothing where no workload has a rate.
fn asked(tick: &Tick<'_>) -> Option<f64> {
    let rates = tick.plan.workloads.iter().filter_map(|workload| match &workload.executor {
        Executor::Open { arrivals, .. } => Some(arrivals.rate_at(tick.elapsed)),
        Executor::Closed { .. } => None,
    });
    rates.reduce(|sum, rate| sum + rate)
}
