//! A virtual user's life: waiting for its time, `on_start`, iterations and pauses, `on_stop`, and the end.
//!
//! | state | until | then |
//! |---|---|---|
//! | waiting | its window starts | starting, or running if it has started before |
//! | starting | `on_start` passed | running; after a failure it waits 1 s, doubling to 30 s, and tries again |
//! | running | the iteration ends | pausing; after `graceful_ramp_down` past its window it is cut: waiting |
//! | pausing | think time and pacing are over | running, or waiting where its window has ended |
//! | stopping | `on_stop` is done | done; entered after the last window, on a stop and by `stop: user` |
//! | any | a stop is requested | stopping; a running iteration goes on until the worker cuts it |

use super::{
    actor::{Actor, Role, Shared},
    steps::{Flow, Stopped},
    transport::Transports,
};
use crate::model::StopScope;
use crate::{
    measure::Recorder,
    model::{FailureKind, FailureSite, IterationEnd, StageId, TaskId},
    plan::{FeedEnd, Stream, Task, UserRandom, Window, Workload},
};
use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// How many users of a worker there are.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// Within their window.
    pub running: Cell<u64>,
    /// Ever.
    pub made: Cell<u64>,
    /// Most that ran at once.
    pub most: Cell<u64>,
}

/// A virtual user.
pub(super) struct User<F: Transports> {
    actor: Actor<F>,
    workload: usize,
    windows: Vec<Window>,
    census: Rc<Census>,
    tasks: UserRandom,
    /// The next iteration: one that is cut has used up its number, too.
    next_iteration: u64,
    started: bool,
    /// Whether it has ever run.
    made: bool,
}

/// Whether a user goes on after a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    GoesOn,
    Ends,
}

impl<F: Transports> User<F> {
    /// User `vu` (1-based) of a workload.
    pub fn new(
        shared: Shared,
        census: Rc<Census>,
        workload: usize,
        vu: u64,
        windows: Vec<Window>,
        transports: F,
    ) -> Self {
        let tasks = UserRandom::new(shared.plan.seed, vu, Stream::Tasks);
        let actor = Actor::new(shared, Role::User(workload), vu, transports);
        Self { actor, workload, windows, census, tasks, next_iteration: 0, started: false, made: false }
    }

    /// Lives until its last window or a stop.
    pub async fn live(mut self) {
        let plan = Arc::clone(&self.actor.shared.plan);
        let workload = &plan.workloads[self.workload];
        let census = Rc::clone(&self.census);
        for window in std::mem::take(&mut self.windows) {
            if !self.wait_until(window.start).await {
                break;
            }
            if !self.made {
                self.made = true;
                census.made.set(census.made.get() + 1);
            }
            let _running = Running::new(&census);
            if self.run_window(workload, window).await == Life::Ends {
                break;
            }
        }
        if self.started && !workload.on_stop.is_empty() {
            self.take_rows(&workload.on_stop_feeds, workload.on_stop_task);
            self.actor.run_steps(&workload.on_stop, workload.on_stop_task).await;
        }
    }

    /// Runs within a window; what is still going on `graceful_ramp_down` after it, or `graceful_stop` after the
    /// workload's end, is cut.
    async fn run_window(&mut self, workload: &Workload, window: Window) -> Life {
        let plan = &self.actor.shared.plan;
        let is_last = window.end >= workload.schedule.end();
        let grace = if is_last { workload.graceful_stop } else { workload.graceful_ramp_down };
        let cut = window.end + grace;
        if is_last && cut >= plan.duration() + plan.graceful_stop() {
            // The end of the run is the worker's to enforce.
            return self.run_until(workload, window.end).await;
        }
        let cut = pin!(self.actor.shared.clock.timer(cut));
        tokio::select! {
            biased;
            life = self.run_until(workload, window.end) => life,
            () = cut => Life::GoesOn,
        }
    }

    async fn run_until(&mut self, workload: &Workload, end: Duration) -> Life {
        if !self.started {
            match self.start(workload, end).await {
                Some(life) => return life,
                None => self.started = true,
            }
        }
        // When the next iteration was meant to start, where `pacing` says so.
        let mut due = None;
        while self.may_go_on(end) {
            let began = self.actor.look_at_clock();
            self.actor.late.set(due.map_or(Duration::ZERO, |due| began.saturating_sub(due)));
            let task = workload.choose(&mut self.tasks);
            if self.iterate(task, began).await == Life::Ends {
                return Life::Ends;
            }
            // An iteration can end without having waited for anything; the other users want their turn.
            tokio::task::coop::consume_budget().await;
            let pause = self.actor.pause(task.think_time);
            let think = self.actor.shared.clock.now() + pause;
            let paced = workload.pacing.map_or(Duration::ZERO, |pacing| began + self.actor.pause(pacing));
            due = workload.pacing.is_some().then(|| if pause.is_zero() { paced } else { paced.max(think) });
            if !self.wait_until(think.max(paced).min(end)).await {
                return Life::Ends;
            }
        }
        Life::GoesOn
    }

    fn may_go_on(&self, end: Duration) -> bool {
        !self.actor.shared.stop.is_requested() && self.actor.shared.clock.now() < end
    }

    /// Waits; `false` where a stop was requested before.
    async fn wait_until(&self, at: Duration) -> bool {
        let shared = &self.actor.shared;
        if shared.stop.is_requested() {
            return false;
        }
        if at <= shared.clock.now() {
            return true;
        }
        tokio::select! {
            biased;
            () = shared.stop.requested() => false,
            () = shared.clock.sleep_until(at) => true,
        }
    }

    /// Runs `on_start` until it passes; what follows where it does not.
    async fn start(&mut self, workload: &Workload, end: Duration) -> Option<Life> {
        if workload.on_start.is_empty() {
            return None;
        }
        if self.take_rows(&workload.on_start_feeds, workload.on_start_task) == Life::Ends {
            return Some(Life::Ends);
        }
        let mut retry = FIRST_RETRY;
        while self.may_go_on(end) {
            self.actor.failures.set(false);
            let flow = self.actor.run_steps(&workload.on_start, workload.on_start_task).await;
            let failed = self.actor.failures.get();
            if failed {
                self.actor.shared.recorder.borrow_mut().user_start_failure(workload.id);
            }
            match flow {
                Flow::Stop(Stopped { scope: StopScope::User | StopScope::Run, .. }) => {
                    return Some(Life::Ends);
                }
                _ if !failed => return None,
                _ => {}
            }
            if !self.wait_until((self.actor.shared.clock.now() + retry).min(end)).await {
                return Some(Life::Ends);
            }
            retry = (retry * 2).min(LONGEST_RETRY);
        }
        Some(Life::GoesOn)
    }

    /// Takes a row of each of these feeds; a user for which one has none ends.
    fn take_rows(&self, feeds: &[usize], task: TaskId) -> Life {
        let Err((feed, end)) = self.actor.take_rows(feeds) else { return Life::GoesOn };
        let shared = &self.actor.shared;
        let name = shared.plan.feeds.get(feed).map_or("", |feed| feed.name());
        match end {
            FeedEnd::StopUser => {
                let line = format!("the feed `{name}` has no more rows: user {} stops", self.actor.vu);
                shared.outlet.log(line);
            }
            FeedEnd::Fail => {
                let reason = format!("the feed `{name}` has no more rows");
                let (site, now) = (FailureSite::Task(task), shared.clock.now());
                shared.recorder.borrow_mut().failure(site, FailureKind::Feed, now, || reason.clone());
                shared.outlet.stop_run(format!("{reason}, which stopped the run"));
            }
        }
        Life::Ends
    }

    async fn iterate(&mut self, task: &Task, began: Duration) -> Life {
        if self.take_rows(&task.feeds, task.id) == Life::Ends {
            return Life::Ends;
        }
        self.actor.begin_iteration(self.next_iteration);
        self.next_iteration += 1;
        let clock = self.actor.shared.clock;
        let recorder = Rc::clone(&self.actor.shared.recorder);
        let mut in_flight = InFlight { recorder, task: task.id, stage: self.actor.stage(), ended: false };
        let flow = self.actor.run_steps(&task.steps, task.id).await;
        let failed = matches!(flow, Flow::Stop(Stopped { failed: true, .. }));
        let end = if failed { IterationEnd::Failed } else { IterationEnd::Completed };
        in_flight.end(end, clock.now().saturating_sub(began));
        match flow {
            Flow::Stop(Stopped { scope: StopScope::User | StopScope::Run, .. }) => Life::Ends,
            _ => Life::GoesOn,
        }
    }
}

/// Counts a user as running for as long as it lives.
struct Running {
    census: Rc<Census>,
}

impl Running {
    fn new(census: &Rc<Census>) -> Self {
        let running = census.running.get() + 1;
        census.running.set(running);
        census.most.set(census.most.get().max(running));
        Self { census: Rc::clone(census) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.census.running.set(self.census.running.get().saturating_sub(1));
    }
}

/// An iteration under way. Dropped before its end, by whatever cut it, it counts as interrupted.
struct InFlight {
    recorder: Rc<RefCell<Recorder>>,
    task: TaskId,
    stage: StageId,
    ended: bool,
}

impl InFlight {
    fn end(&mut self, end: IterationEnd, duration: Duration) {
        self.ended = true;
        self.recorder.borrow_mut().iteration(self.task, self.stage, end, duration);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.ended {
            self.end(IterationEnd::Interrupted, Duration::ZERO);
        }
    }
}
