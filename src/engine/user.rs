//! A virtual user's life: waiting for its time, `on_start`, iterations and pauses, and the end.
//!
//! | state | until | then |
//! |---|---|---|
//! | waiting | its window starts | starting, or running if it has started before |
//! | starting | `on_start` passed | running; after a failure it waits 1 s, doubling to 30 s, and tries again |
//! | running | the iteration ends | pausing; after `graceful_ramp_down` past its window it is cut: waiting |
//! | pausing | the think time is over | running, or waiting where its window has ended |
//! | any | stop is requested | done; a running iteration goes on until the worker cuts it |

use super::{
    clock::Clock,
    exchange::{Exchanger, RequestEnd},
    stop::Stop,
    transport::Transports,
};
use crate::{
    measure::Recorder,
    model::{IterationEnd, StageId, TaskId},
    plan::{Plan, Request, Step, Stream, Task, UserRandom, Window, Workload},
};
use serde_json::Value as Json;
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

/// What the users of a worker share.
#[derive(Clone)]
pub(super) struct Shared {
    pub plan: Arc<Plan>,
    pub clock: Clock,
    pub recorder: Rc<RefCell<Recorder>>,
    pub stop: Rc<Stop>,
    pub census: Rc<Census>,
}

/// A virtual user.
pub(super) struct User<F: Transports> {
    shared: Shared,
    workload: usize,
    vu: u64,
    windows: Vec<Window>,
    transports: F,
    /// Made when the user first runs, so that those of a ramp's end cost nothing at its start.
    transport: Option<F::User>,
    slots: Vec<Option<Json>>,
    tasks: UserRandom,
    pauses: UserRandom,
    /// The iteration under way, from 0.
    iteration: u64,
    /// The next one: an iteration that is cut has used up its number, too.
    next_iteration: u64,
    started: bool,
}

/// How a list of steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepsEnd {
    /// All ran; whether one of their requests failed.
    Ran { failures: bool },
    /// A failure ended them.
    Broken,
}

impl<F: Transports> User<F> {
    /// User `vu` (1-based) of a workload.
    pub fn new(shared: Shared, workload: usize, vu: u64, windows: Vec<Window>, transports: F) -> Self {
        let seed = shared.plan.seed;
        let slots = vec![None; shared.plan.workloads[workload].slots.len()];
        Self {
            shared,
            workload,
            vu,
            windows,
            transports,
            transport: None,
            slots,
            tasks: UserRandom::new(seed, vu, Stream::Tasks),
            pauses: UserRandom::new(seed, vu, Stream::Pauses),
            iteration: 0,
            next_iteration: 0,
            started: false,
        }
    }

    /// Lives until its last window or a stop.
    pub async fn live(mut self) {
        let plan = Arc::clone(&self.shared.plan);
        let workload = &plan.workloads[self.workload];
        let census = Rc::clone(&self.shared.census);
        for window in std::mem::take(&mut self.windows) {
            if !self.wait_until(window.start).await {
                return;
            }
            if self.transport.is_none() {
                self.transport = Some(self.transports.user(self.shared.clock));
                census.made.set(census.made.get() + 1);
            }
            let _running = Running::new(&census);
            self.run_window(workload, window).await;
        }
    }

    /// Runs within a window; what is still going on `graceful_ramp_down` after it is cut.
    async fn run_window(&mut self, workload: &Workload, window: Window) {
        if window.end >= workload.schedule.end() {
            // The end of the run is the worker's to enforce.
            return self.run_until(workload, window.end).await;
        }
        let cut = pin!(self.shared.clock.timer(window.end + workload.graceful_ramp_down));
        tokio::select! {
            biased;
            () = self.run_until(workload, window.end) => {}
            () = cut => {}
        }
    }

    async fn run_until(&mut self, workload: &Workload, end: Duration) {
        if !self.started && !self.start(workload, end).await {
            return;
        }
        while self.may_go_on(end) {
            let task = workload.choose(&mut self.tasks);
            self.iterate(workload, task).await;
            let pause = self.pauses.pause(task.think_time);
            if !pause.is_zero() && !self.wait_until((self.shared.clock.now() + pause).min(end)).await {
                return;
            }
        }
    }

    fn may_go_on(&self, end: Duration) -> bool {
        !self.shared.stop.is_requested() && self.shared.clock.now() < end
    }

    /// Waits; `false` where a stop was requested before.
    async fn wait_until(&self, at: Duration) -> bool {
        if self.shared.stop.is_requested() {
            return false;
        }
        if at <= self.shared.clock.now() {
            return true;
        }
        tokio::select! {
            biased;
            () = self.shared.stop.requested() => false,
            () = self.shared.clock.sleep_until(at) => true,
        }
    }

    /// Runs `on_start` until it passes; `false` where time ran out before.
    async fn start(&mut self, workload: &Workload, end: Duration) -> bool {
        let mut retry = FIRST_RETRY;
        while self.may_go_on(end) {
            if self.run_steps(workload, &workload.on_start).await == (StepsEnd::Ran { failures: false }) {
                self.started = true;
                return true;
            }
            self.shared.recorder.borrow_mut().user_start_failure(workload.id);
            if !self.wait_until((self.shared.clock.now() + retry).min(end)).await {
                return false;
            }
            retry = (retry * 2).min(LONGEST_RETRY);
        }
        false
    }

    async fn iterate(&mut self, workload: &Workload, task: &Task) {
        self.iteration = self.next_iteration;
        self.next_iteration += 1;
        let clock = self.shared.clock;
        let began = clock.now();
        let stage = workload.schedule.stage_at(began);
        let mut in_flight =
            InFlight { recorder: Rc::clone(&self.shared.recorder), task: task.id, stage, ended: false };
        let end = match self.run_steps(workload, &task.steps).await {
            StepsEnd::Ran { .. } => IterationEnd::Completed,
            StepsEnd::Broken => IterationEnd::Failed,
        };
        in_flight.end(end, clock.now().saturating_sub(began));
        if end == IterationEnd::Failed {
            // A failure can come without waiting for anything; the other users want their turn.
            tokio::task::yield_now().await;
        }
    }

    async fn run_steps(&mut self, workload: &Workload, steps: &[Step]) -> StepsEnd {
        let mut failures = false;
        for step in steps {
            match step {
                Step::Think(think_time) => {
                    let pause = self.pauses.pause(*think_time);
                    self.shared.clock.sleep_until(self.shared.clock.now() + pause).await;
                }
                Step::Request(request) => match self.perform(workload, request).await {
                    RequestEnd::Passed => {}
                    RequestEnd::Failed => failures = true,
                    RequestEnd::Broken => return StepsEnd::Broken,
                },
            }
        }
        StepsEnd::Ran { failures }
    }

    async fn perform(&mut self, workload: &Workload, request: &Request) -> RequestEnd {
        let clock = self.shared.clock;
        let transport = self.transport.get_or_insert_with(|| self.transports.user(clock));
        let mut exchanger = Exchanger {
            transport,
            clock,
            recorder: &self.shared.recorder,
            slots: &mut self.slots,
            vu: self.vu,
            iteration: self.iteration,
        };
        exchanger.perform(request, workload.schedule.stage_at(clock.now())).await
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
