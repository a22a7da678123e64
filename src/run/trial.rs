//! Each task once, with one user, for whoever writes a scenario: no load, no results, no thresholds.

use super::{
    once::told,
    session::{Job, Ready, RunError, prepare},
};
use crate::{
    engine::{Common, Done, HttpTransports, Phase, Trial, Witness, run_once, try_once},
    measure::Observations,
    model::{Catalog, ExchangeRecord, FailureSite, TaskResult},
    plan::{Once, Plan},
};
use std::{future::pending, rc::Rc, sync::Arc};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What became of the tasks.
#[derive(Debug)]
pub struct Tried {
    /// Each of them, in the file's order.
    pub tasks: Vec<(String, TaskResult)>,
    /// What `log` steps said.
    pub lines: Vec<String>,
}

struct Teller {
    records: UnboundedSender<ExchangeRecord>,
}

impl Witness for Teller {
    fn exchanged(&self, record: ExchangeRecord) {
        // Where nobody listens any more, nobody is told.
        let _ = self.records.send(record);
    }
}

/// Runs `setup`, each task once, and `teardown`, and shows every exchange of the tasks as it ends.
///
/// # Errors
/// The scenario is wrong, or something it needs could not be set up.
pub async fn try_tasks(job: Job, show: &mut dyn FnMut(&ExchangeRecord)) -> Result<Tried, RunError> {
    let ready = prepare(&job)?;
    let Ready { plan, transports, .. } = &ready;
    let nothing = Common::new(plan, Vec::new());
    let setup = run_once(plan, Phase::Setup, &nothing, transports, pending()).await;
    let mut tried = Tried { tasks: Vec::new(), lines: Vec::new() };
    let values = match setup {
        None => Vec::new(),
        Some(done) => {
            tried.add_once("setup", &plan.setup, &done);
            if !done.passed || done.stopped.is_some() {
                return Ok(tried);
            }
            done.values
        }
    };
    let common = Common::new(plan, values);
    follow(plan, &common, transports, show, &mut tried).await;
    if let Some(done) = run_once(plan, Phase::Teardown, &common, transports, pending()).await {
        tried.add_once("teardown", &plan.teardown, &done);
    }
    Ok(tried)
}

async fn follow(
    plan: &Arc<Plan>,
    common: &Common,
    transports: &HttpTransports,
    show: &mut dyn FnMut(&ExchangeRecord),
    tried: &mut Tried,
) {
    let (records, mut seen) = unbounded_channel();
    let witness: Rc<dyn Witness> = Rc::new(Teller { records });
    let mut work = std::pin::pin!(try_once(plan, common, transports, &witness));
    let (trials, observations, lines) = loop {
        tokio::select! {
            biased;
            Some(record) = seen.recv() => show(&record),
            done = &mut work => break done,
        }
    };
    while let Ok(record) = seen.try_recv() {
        show(&record);
    }
    tried.lines.extend(lines);
    let several = plan.workloads.len() > 1;
    tried.tasks.extend(trials.into_iter().map(|trial| {
        let name = if several { format!("{}: {}", trial.workload, trial.task) } else { trial.task.clone() };
        (name, result(&trial, &observations, &plan.catalog))
    }));
}

fn result(trial: &Trial, seen: &Observations, catalog: &Catalog) -> TaskResult {
    if trial.passed {
        return TaskResult::Passed;
    }
    let of_task = |site: &FailureSite| match site {
        FailureSite::Request(id) => catalog.request(*id).task == trial.id,
        FailureSite::Task(id) => *id == trial.id,
    };
    TaskResult::Failed(first_failure(seen, catalog, of_task))
}

fn first_failure(seen: &Observations, catalog: &Catalog, of_task: impl Fn(&FailureSite) -> bool) -> String {
    let failures = seen.failures().filter(|(site, _, _)| of_task(site));
    let first = failures.min_by_key(|(_, _, sample)| sample.first_at);
    first.map_or_else(
        || "a step stopped it".to_owned(),
        |(_, kind, sample)| told(kind, &sample.sample, catalog),
    )
}

impl Tried {
    /// Adds what ran once.
    fn add_once(&mut self, name: &str, once: &Option<Once>, done: &Done) {
        let result = match once {
            Some(once) if !done.passed => {
                TaskResult::Failed(first_failure(&done.observations, &once.catalog, |_| true))
            }
            _ => TaskResult::Passed,
        };
        self.tasks.push((name.to_owned(), result));
        self.lines.extend(done.lines.iter().cloned());
    }
}
