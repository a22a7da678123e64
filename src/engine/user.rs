//! A virtual user: what it does whichever model starts its iterations. When it does what is said in `closed` and
//! `open`.

use super::{
    actor::{Actor, Role, Shared},
    steps::{Flow, Stopped},
    transport::Transports,
};
use crate::{
    measure::{IterationKey, Recorder},
    model::{FailureKind, FailureSite, IterationEnd, StageId, StopScope, TaskId},
    plan::{FeedEnd, Task, Workload},
};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::{Pin, pin},
    rc::Rc,
    time::Duration,
};

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// How many users of a worker there are.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// At work.
    pub running: Cell<u64>,
    /// Ever.
    pub made: Cell<u64>,
    /// Most that ran at once.
    pub most: Cell<u64>,
}

/// A virtual user.
pub(super) struct User<F: Transports> {
    pub actor: Actor<F>,
    pub workload: usize,
    pub census: Rc<Census>,
    /// The next iteration: one that is cut has used up its number, too.
    pub next_iteration: u64,
    /// When the last one ended.
    pub ended_at: Duration,
    /// Whether `on_start` has passed.
    pub started: bool,
    /// Whether it has ever run.
    made: bool,
}

/// Whether a user goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    GoesOn,
    Ends,
}

/// When an iteration began, and by how much after it was meant to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub at: Duration,
    pub lag: Duration,
}

impl<F: Transports> User<F> {
    /// User `vu` (1-based) of a workload.
    pub fn new(shared: Shared, census: Rc<Census>, workload: usize, vu: u64, transports: &F::Worker) -> Self {
        let actor = Actor::new(shared, Role::User(workload), vu, transports);
        let ended_at = Duration::ZERO;
        Self { actor, workload, census, next_iteration: 0, ended_at, started: false, made: false }
    }

    /// Begins to run.
    pub fn run(&mut self) -> Running {
        if !self.made {
            self.made = true;
            self.census.made.set(self.census.made.get() + 1);
        }
        Running::new(&self.census)
    }

    /// Does `work` until it ends or is cut: at `cut`, or so long after a stop was requested. It comes pinned, since
    /// handing it over would keep room for it twice in every user.
    pub async fn until_cut(
        shared: &Shared,
        cut: Duration,
        grace: Duration,
        mut work: Pin<&mut impl Future<Output = Life>>,
    ) -> Life {
        let end_of_run = shared.plan.duration() + shared.plan.graceful_stop();
        let mut timer = pin!(shared.clock.timer(cut));
        // The end of the run is the worker's to enforce.
        let (mut has_timer, mut stopping) = (cut < end_of_run, false);
        loop {
            tokio::select! {
                biased;
                life = work.as_mut() => return life,
                () = &mut timer, if has_timer => return Life::GoesOn,
                () = shared.stop.requested(), if !stopping => {
                    (stopping, has_timer) = (true, true);
                    timer.set(shared.clock.timer(cut.min(shared.clock.now() + grace)));
                }
            }
        }
    }

    pub fn may_go_on(&self, end: Duration) -> bool {
        !self.actor.shared.stop.is_requested() && self.actor.shared.clock.now() < end
    }

    /// Waits; `false` where a stop was requested before. On time where a start is meant to be then, and cheaply
    /// where it is not.
    pub async fn wait_until(&self, at: Duration, on_time: bool) -> bool {
        let shared = &self.actor.shared;
        if shared.stop.is_requested() {
            return false;
        }
        if at <= shared.clock.now() {
            return true;
        }
        if on_time {
            tokio::select! {
                biased;
                () = shared.stop.requested() => false,
                () = shared.alarm.sleep_until(at) => true,
            }
        } else {
            tokio::select! {
                biased;
                () = shared.stop.requested() => false,
                () = shared.clock.sleep_until(at) => true,
            }
        }
    }

    /// Runs `on_start` until it passes; what follows where it does not. Each failed attempt is told.
    pub async fn start(
        &mut self,
        workload: &Workload,
        end: Duration,
        mut failed: impl FnMut(),
    ) -> Option<Life> {
        if workload.on_start.is_empty() {
            return None;
        }
        if self.take_rows(&workload.on_start_feeds, workload.on_start_task) == Life::Ends {
            return Some(Life::Ends);
        }
        let mut retry = FIRST_RETRY;
        while self.may_go_on(end) {
            self.actor.look_at_clock();
            let stage = self.actor.stage();
            self.actor.failures.set(false);
            // Boxed, here and in `leave`: once in a user's life, and room for it would be kept all along.
            let flow = Box::pin(self.actor.run_steps(&workload.on_start, workload.on_start_task)).await;
            let has_failed = self.actor.failures.get();
            if has_failed {
                self.actor.shared.recorder.borrow_mut().user_start_failure(workload.id, stage);
                failed();
            }
            match flow {
                Flow::Stop(Stopped { scope: StopScope::User | StopScope::Run, .. }) => {
                    return Some(Life::Ends);
                }
                _ if !has_failed => return None,
                _ => {}
            }
            if !self.wait_until((self.actor.shared.clock.now() + retry).min(end), false).await {
                return Some(Life::Ends);
            }
            retry = (retry * 2).min(LONGEST_RETRY);
        }
        Some(Life::GoesOn)
    }

    /// Runs `on_stop`, where `on_start` has passed.
    pub async fn leave(self, workload: &Workload) {
        if self.started && !workload.on_stop.is_empty() {
            self.take_rows(&workload.on_stop_feeds, workload.on_stop_task);
            Box::pin(self.actor.run_steps(&workload.on_stop, workload.on_stop_task)).await;
        }
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
                let (site, now) = (FailureSite::Task(task), self.actor.look_at_clock());
                let mut recorder = shared.recorder.borrow_mut();
                recorder.failure(self.actor.stage(), site, FailureKind::Feed, now, || reason.clone());
                shared.outlet.stop_run(format!("{reason}, which stopped the run"));
            }
        }
        Life::Ends
    }

    /// Runs an iteration. `begun` is told when it is certain that there is one: its rows are there.
    pub async fn iterate(&mut self, task: &Task, start: Start, begun: impl FnOnce()) -> Life {
        if self.take_rows(&task.feeds, task.id) == Life::Ends {
            return Life::Ends;
        }
        begun();
        self.actor.begin_iteration(self.next_iteration);
        self.next_iteration += 1;
        let clock = self.actor.shared.clock;
        let recorder = Rc::clone(&self.actor.shared.recorder);
        let (task_id, stage) = (task.id, self.actor.stage());
        let mut in_flight = InFlight { recorder, task: task_id, stage, lag: start.lag, ended: false };
        let flow = self.actor.run_steps(&task.steps, task.id).await;
        let failed = matches!(flow, Flow::Stop(Stopped { failed: true, .. }));
        let end = if failed { IterationEnd::Failed } else { IterationEnd::Completed };
        let ended = clock.now();
        self.ended_at = ended;
        in_flight.end(end, ended.saturating_sub(start.at));
        // An iteration can end without having waited for anything; the other users want their turn.
        tokio::task::coop::consume_budget().await;
        match flow {
            Flow::Stop(Stopped { scope: StopScope::User | StopScope::Run, .. }) => Life::Ends,
            _ => Life::GoesOn,
        }
    }
}

/// Counts a user as running for as long as it lives.
pub(super) struct Running {
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
    lag: Duration,
    ended: bool,
}

impl InFlight {
    fn end(&mut self, end: IterationEnd, duration: Duration) {
        self.ended = true;
        let key = IterationKey { task: self.task, stage: self.stage, end };
        self.recorder.borrow_mut().iteration(key, self.lag, duration);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.ended {
            self.end(IterationEnd::Interrupted, Duration::ZERO);
        }
    }
}
