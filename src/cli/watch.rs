//! What people and programs see while a run goes on: lines drawn over in place on a terminal, a plain line every few
//! seconds elsewhere, JSON, or nothing.

use super::{
    progress_arguments::{ProgressArguments, ProgressMode},
    world::World,
};
use crate::{
    engine::Engine,
    plan::{Executor, Plan, Quota},
    report::{
        progress::{Bar, Progress, plain_line},
        progress_v1::{note_line, second_line},
    },
    run::{Second, Tick, Watch},
};
use std::time::Duration;

/// How often a plain line is printed.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// How the run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    InPlace,
    Plain,
    Json,
    NotesOnly,
    WarningsOnly,
}

impl View {
    fn of(arguments: ProgressArguments, world: &World) -> Self {
        match arguments.progress {
            _ if arguments.quiet => Self::WarningsOnly,
            ProgressMode::Auto | ProgressMode::Bar if world.redraws() => Self::InPlace,
            ProgressMode::Auto | ProgressMode::Bar | ProgressMode::Plain => Self::Plain,
            ProgressMode::Json => Self::Json,
            ProgressMode::None => Self::NotesOnly,
        }
    }

    /// Whether it shows anything of seconds.
    fn shows_seconds(self) -> bool {
        matches!(self, Self::InPlace | Self::Plain | Self::Json)
    }
}

/// A watcher that prints to standard error.
pub(super) struct Watcher<'w> {
    world: &'w mut World,
    view: View,
    progress: Option<Progress>,
    bar: Option<Bar>,
    next_line: Duration,
}

impl<'w> Watcher<'w> {
    pub fn new(arguments: ProgressArguments, world: &'w mut World) -> Self {
        let view = View::of(arguments, world);
        Self { world, view, progress: None, bar: None, next_line: PLAIN_EVERY }
    }

    /// Clears the view, so that what follows starts on an empty line, and is ready for another run.
    pub fn finish(&mut self) {
        (self.next_line, self.progress) = (PLAIN_EVERY, None);
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
    }

    /// Where the run stands at this time.
    fn progress_at(&mut self, elapsed: Duration, plan: &Plan) -> &mut Progress {
        let begun = || Progress::new(plan.duration(), &plan.catalog);
        let progress = self.progress.get_or_insert_with(begun);
        progress.move_to(elapsed, &plan.catalog);
        (progress.asked_per_s, progress.planned_users) = asked(plan, elapsed);
        progress.planned_iterations = planned_iterations(plan);
        progress
    }

    fn print(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.note(text),
            None if self.view == View::Json => self.world.complain(&note_line(text)),
            None => self.world.complain(&format!("{text}\n")),
        }
    }
}

impl Watch for Watcher<'_> {
    fn tick(&mut self, tick: &Tick<'_>) {
        match self.view {
            View::InPlace => {
                self.progress_at(tick.elapsed, tick.plan);
                let color = self.world.progress_colours();
                let bar = self.bar.get_or_insert_with(|| Bar::new(World::drawing_board(), color));
                if let Some(progress) = &self.progress {
                    bar.update(progress);
                }
            }
            View::Plain if tick.elapsed >= self.next_line => {
                self.next_line += PLAIN_EVERY;
                let line = plain_line(self.progress_at(tick.elapsed, tick.plan));
                self.world.complain(&format!("{line}\n"));
            }
            _ => {}
        }
    }

    fn second(&mut self, second: &Second<'_>) {
        if !self.view.shows_seconds() {
            return;
        }
        let is_json = self.view == View::Json;
        let Second { plan, interval, end, thresholds, health } = *second;
        let begun = interval.start(Engine::INTERVAL);
        // In the stage that it was in, and not in the one that begins with its end.
        let within = end.saturating_sub(Duration::from_millis(1));
        let progress = self.progress_at(within, plan);
        progress.take(interval, end.saturating_sub(begun), &plan.catalog);
        (progress.elapsed, progress.thresholds, progress.health) = (end, thresholds.to_vec(), health.clone());
        let line = is_json.then(|| second_line(progress));
        line.iter().for_each(|line| self.world.complain(line));
    }

    fn looks_at_standing(&self) -> bool {
        matches!(self.view, View::InPlace | View::Json)
    }

    fn note(&mut self, text: &str) {
        if self.view != View::WarningsOnly {
            self.print(text);
        }
    }

    fn warn(&mut self, text: &str) {
        self.print(text);
    }
}

/// So often a rate is looked at in a second, on the way of a ramp.
const LOOKS: u32 = 10;

/// Iterations per second that were to start in the second before this moment, as what was done is of a second; nothing
/// where no workload has a rate; else the users that are to run.
fn asked(plan: &Plan, elapsed: Duration) -> (Option<f64>, Option<u64>) {
    let (mut rate, mut users) = (None, None);
    for workload in &plan.workloads {
        match &workload.executor {
            Executor::Open { arrivals, .. } => {
                let looks = (0..LOOKS)
                    .map(|look| elapsed.saturating_sub(Engine::INTERVAL * (2 * look + 1) / (2 * LOOKS)));
                let mean = looks.map(|at| arrivals.rate_at(at)).sum::<f64>() / f64::from(LOOKS);
                rate = Some(rate.unwrap_or(0.0) + mean);
            }
            Executor::Closed { users: planned, .. } if elapsed < planned.end() => {
                users = Some(users.unwrap_or(0) + planned.users_at(elapsed));
            }
            Executor::Closed { .. } => users = users.or(Some(0)),
        }
    }
    // Users that arrivals take are made as they are needed.
    (rate, users.filter(|_| rate.is_none()))
}

/// The iterations with which all workloads are done; nothing where one of them goes on for as long as it has time.
fn planned_iterations(plan: &Plan) -> Option<u64> {
    let mut planned = plan.workloads.iter().map(|workload| match &workload.executor {
        Executor::Closed { quota: Quota::Shared(all), .. } => Some(*all),
        Executor::Closed { quota: Quota::PerUser(each), users } => each.checked_mul(users.most_users()),
        _ => None,
    });
    planned.try_fold(0_u64, |sum, planned| sum.checked_add(planned?))
}
