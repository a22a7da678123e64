//! What runs once, on the caller's thread: `setup`, `teardown`, and each task a single time for whoever writes
//! a scenario.

use super::{
    actor::{Actor, Common, Role, Shared},
    alarm::Precision,
    clock::Clock,
    crowd::Crowds,
    outlet::Outlet,
    pool::Event,
    steps::Flow,
    transport::Transports,
    witness::Witness,
};
use crate::{
    measure::Observations,
    model::{Catalog, FailureKind, FailureSite, TaskId},
    plan::{Once, Plan, Step, Workload},
};
use serde_json::Value as Json;
use std::{future::Future, rc::Rc, sync::Arc, time::Duration};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Which of the steps that run once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before the load.
    Setup,
    /// After the load.
    Teardown,
}

/// What became of them.
#[derive(Debug)]
pub struct Done {
    /// What was seen, under a catalogue of its own.
    pub observations: Observations,
    /// The values of the variables that it leaves, by position.
    pub values: Vec<Option<Json>>,
    /// Whether all steps ran and no request failed.
    pub passed: bool,
    /// Whether they were cut before their end; a request under way then is in no figure.
    pub was_cut: bool,
    /// How long it took.
    pub took: Duration,
    /// What `log` steps said, as far as it was kept.
    pub lines: Vec<String>,
    /// Why a step asked for the end of the run.
    pub stopped: Option<String>,
}

/// Runs `setup` or `teardown` to its end, or until `cut` is over; `None` where the plan has none.
pub async fn run_once<F: Transports>(
    plan: &Arc<Plan>,
    phase: Phase,
    common: &Common,
    transports: &F,
    cut: impl Future<Output = ()>,
) -> Option<Done> {
    let (once, role): (&Once, Role) = match phase {
        Phase::Setup => (plan.setup.as_ref()?, Role::Setup),
        Phase::Teardown => (plan.teardown.as_ref()?, Role::Teardown),
    };
    let (events, mut said) = unbounded_channel();
    let clock = Clock::start();
    let shared = shared(plan, &once.catalog, common, clock, events, None);
    let actor = Actor::<F>::new(shared, role, 0, &transports.worker(clock));
    let flow = tokio::select! {
        biased;
        flow = actor.run_steps(&once.steps, TaskId(0)) => Some(flow),
        () = cut => None,
    };
    let was_cut = flow.is_none();
    let has_failed = actor.failures.get() || matches!(flow, Some(Flow::Stop(stopped)) if stopped.failed);
    let passed = !was_cut && !has_failed;
    let mut values = actor.slots.take();
    values.truncate(once.variables);
    let observations = actor.shared.recorder.borrow_mut().swap(Box::default()).whole();
    let (lines, stopped) = said_in(&mut said);
    Some(Done { observations, values, passed, was_cut, took: clock.now(), lines, stopped })
}

/// A task's single run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The workload's name.
    pub workload: String,
    /// The task's name, or `on_start` and the like.
    pub task: String,
    /// Its number.
    pub id: TaskId,
    /// Whether all steps ran and no request failed.
    pub passed: bool,
}

/// Runs `on_start`, each task once and `on_stop` of every workload, a user each, and has `witness` look at it.
pub async fn try_once<F: Transports>(
    plan: &Arc<Plan>,
    common: &Common,
    transports: &F,
    witness: &Rc<dyn Witness>,
) -> (Vec<Trial>, Observations, Vec<String>) {
    let (events, mut said) = unbounded_channel();
    let shared = shared(plan, &plan.catalog, common, Clock::start(), events, Some(Rc::clone(witness)));
    let ways = transports.worker(shared.clock);
    let mut trials = Vec::new();
    for (index, workload) in plan.workloads.iter().enumerate() {
        let actor = Actor::<F>::new(shared.clone(), Role::User(index), index as u64 + 1, &ways);
        let before = [(workload.on_start.as_slice(), workload.on_start_task)];
        let tasks = workload.tasks.iter().map(|task| (task.steps.as_slice(), task.id));
        let after = [(workload.on_stop.as_slice(), workload.on_stop_task)];
        let parts = before.into_iter().chain(tasks).chain(after).filter(|(steps, _)| !steps.is_empty());
        for (number, (steps, task)) in parts.enumerate() {
            actor.begin_iteration(number as u64);
            let passed = try_steps(&actor, workload, steps, task).await;
            let name = plan.catalog.task(task).name.clone();
            let workload = plan.catalog.workload(workload.id).name.clone();
            trials.push(Trial { workload, task: name, id: task, passed });
        }
    }
    let seen = shared.recorder.borrow_mut().swap(Box::default()).whole();
    (trials, seen, said_in(&mut said).0)
}

/// The lines of the log, and why a step asked for the end of the run.
fn said_in(said: &mut UnboundedReceiver<Event>) -> (Vec<String>, Option<String>) {
    let (mut lines, mut stopped) = (Vec::new(), None);
    while let Ok(event) = said.try_recv() {
        match event {
            Event::Logged(line) => lines.push(line),
            Event::StopAsked(reason) => stopped = stopped.or(Some(reason)),
            Event::Seen(_) | Event::Panicked(_) => {}
        }
    }
    (lines, stopped)
}

async fn try_steps<F: Transports>(
    actor: &Actor<F>,
    workload: &Workload,
    steps: &[Step],
    task: TaskId,
) -> bool {
    actor.failures.set(false);
    let of_task = workload.tasks.iter().find(|known| known.id == task).map(|known| known.feeds.as_slice());
    let feeds = match of_task {
        Some(feeds) => feeds,
        None if task == workload.on_start_task => &workload.on_start_feeds,
        None => &workload.on_stop_feeds,
    };
    if let Err((feed, _)) = actor.take_rows(feeds) {
        let (now, name) = (actor.shared.clock.now(), actor.shared.plan.feeds[feed].name());
        let mut recorder = actor.shared.recorder.borrow_mut();
        let reason = || format!("the feed `{name}` has no more rows");
        recorder.failure(actor.stage(), FailureSite::Task(task), FailureKind::Feed, now, reason);
        return false;
    }
    let flow = actor.run_steps(steps, task).await;
    !actor.failures.get() && !matches!(flow, Flow::Stop(stopped) if stopped.failed)
}

fn shared(
    plan: &Arc<Plan>,
    catalog: &Catalog,
    common: &Common,
    clock: Clock,
    events: UnboundedSender<Event>,
    witness: Option<Rc<dyn Witness>>,
) -> Shared {
    let outlet = Outlet::new(events);
    let (crowds, _) = Crowds::new(plan, 1);
    let shared = Shared::new(plan, catalog, common, clock, Precision::Held, crowds, outlet);
    Shared { witness, ..shared }
}
