//! From a scenario to a plan.

use super::{
    request::{self, Context},
    schedule::UserSchedule,
    scope::Scope,
    thresholds,
    types::{Inputs, Plan, Step, Task, Workload},
    url,
    weights::Weights,
};
use crate::{
    model::{
        Catalog, CheckId, CheckMeta, RequestId, RequestMeta, StageId, StageMeta, TaskId, TaskKind, TaskMeta,
        WorkloadId, WorkloadMeta,
    },
    scenario::{self, Diagnostic, Faults, Load, Scenario, Target, ThinkTime, Work},
};
use serde_json::Value as Json;
use std::time::Duration;

const GRACEFUL_STOP: Duration = Duration::from_secs(30);
const GRACEFUL_RAMP_DOWN: Duration = Duration::from_secs(30);
/// The task under which the requests of `on_start` are counted.
const ON_START: &str = "on_start";
/// Stands for a `target` that is wrong, so that the paths joined to it are not reported, too.
const UNKNOWN_TARGET: &str = "http://target.invalid";
/// The task that a `flow` is.
const FLOW: &str = "flow";

/// Works a scenario out.
///
/// # Errors
/// Every fault that shows only when the parts are put together, in the file's order.
pub fn build(scenario: &Scenario, inputs: &Inputs) -> Result<Plan, Vec<Diagnostic>> {
    let mut faults = Faults::default();
    let plan = Builder::new(scenario, inputs, &mut faults).build(inputs, &mut faults);
    match plan {
        Some(plan) if faults.is_empty() => Ok(plan),
        _ => Err(faults.into_sorted()),
    }
}

struct Builder<'s> {
    scenario: &'s Scenario,
    scope: Scope<'s>,
    base: Option<String>,
    catalog: Catalog,
}

impl<'s> Builder<'s> {
    fn new(scenario: &'s Scenario, inputs: &'s Inputs, faults: &mut Faults) -> Self {
        let mut scope = Scope::constants(&inputs.env);
        for (name, value) in &scenario.variables {
            // A wrong one is defined all the same, so that its uses are not reported, too.
            let value = scope.constant(value, faults).unwrap_or(Json::Null);
            scope.define(&name.value, value);
        }
        let base = match &scenario.target {
            None => None,
            Some(Target::Demo) => inputs.demo_url.clone(),
            Some(Target::Url(text)) => {
                let template = scope.template(text, faults);
                let fixed = template.as_ref().and_then(|template| template.as_fixed());
                let base = fixed.and_then(|fixed| url::base(fixed, text.span, faults));
                base.or_else(|| Some(UNKNOWN_TARGET.to_owned()))
            }
        };
        if let Some(base) = &base {
            scope.define("target", Json::String(base.clone()));
        }
        Self { scenario, scope, base, catalog: Catalog::default() }
    }

    fn build(mut self, inputs: &Inputs, faults: &mut Faults) -> Option<Plan> {
        let built: Vec<Option<Workload>> =
            self.scenario.workloads.iter().map(|workload| self.workload(workload, faults)).collect();
        let thresholds = thresholds::bind(&self.scenario.thresholds, &self.catalog, faults);
        let mut workloads = built.into_iter().collect::<Option<Vec<_>>>()?;
        let hosts = hosts(self.base.as_deref(), &workloads);
        for request in workloads.iter_mut().flat_map(requests_of) {
            request.url.allow(&hosts);
        }
        Some(Plan {
            catalog: self.catalog,
            workloads,
            thresholds,
            target: self.base,
            hosts,
            seed: inputs.seed,
        })
    }

    fn workload(&mut self, workload: &scenario::Workload, faults: &mut Faults) -> Option<Workload> {
        let id = WorkloadId(self.catalog.workloads.len() as u32);
        self.catalog.workloads.push(WorkloadMeta { name: workload.name.clone() });
        let schedule = self.schedule(id, &workload.load);
        let mut scope = self.scope.clone().with_slots(variables_of(workload));
        scope.define("workload", Json::String(workload.name.clone()));
        let on_start = self.on_start(workload, id, &mut scope, faults);
        let (tasks, weights) = self.tasks(workload, id, &scope, faults);
        Some(Workload {
            id,
            schedule,
            graceful_stop: workload.load.graceful_stop.unwrap_or(GRACEFUL_STOP),
            graceful_ramp_down: workload.load.graceful_ramp_down.unwrap_or(GRACEFUL_RAMP_DOWN),
            on_start: on_start?,
            tasks: tasks?,
            weights,
            slots: scope.slot_names().to_vec(),
        })
    }

    fn schedule(&mut self, workload: WorkloadId, load: &Load) -> UserSchedule {
        let mut start = Duration::ZERO;
        let mut lines = Vec::new();
        for (index, stage) in load.stages.iter().enumerate() {
            let id = StageId(self.catalog.stages.len() as u32);
            let name = stage.name.clone().unwrap_or_else(|| (index + 1).to_string());
            let millis = |time: Duration| time.as_millis() as u64;
            let (start_ms, end_ms) = (millis(start), millis(start + stage.duration));
            self.catalog.stages.push(StageMeta { name, workload, start_ms, end_ms });
            lines.push((id, stage.duration, stage.users));
            start += stage.duration;
        }
        UserSchedule::new(load.start_users, lines)
    }

    /// The steps of `on_start`, counted under a task of their own.
    fn on_start(
        &mut self,
        workload: &scenario::Workload,
        id: WorkloadId,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Vec<Step>> {
        if workload.on_start.is_empty() {
            return Some(Vec::new());
        }
        let task = self.task_id(ON_START, id, TaskKind::OnStart);
        scope.define("task", Json::String(ON_START.to_owned()));
        self.steps(&workload.on_start, task, &[], scope, faults)
    }

    fn task_id(&mut self, name: &str, workload: WorkloadId, kind: TaskKind) -> TaskId {
        let id = TaskId(self.catalog.tasks.len() as u32);
        self.catalog.tasks.push(TaskMeta { name: name.to_owned(), workload, kind });
        id
    }

    fn tasks(
        &mut self,
        workload: &scenario::Workload,
        id: WorkloadId,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> (Option<Vec<Task>>, Weights) {
        match &workload.work {
            Work::Flow(steps) => {
                let task = self.task(FLOW, id, steps, &[], workload.think_time, scope, faults);
                (task.map(|task| vec![task]), Weights::new([1.0]))
            }
            Work::Tasks(tasks) => {
                let built: Vec<Option<Task>> = tasks
                    .iter()
                    .map(|task| {
                        let think_time = task.think_time.unwrap_or(workload.think_time);
                        self.task(&task.name.value, id, &task.steps, &task.tags, think_time, scope, faults)
                    })
                    .collect();
                (built.into_iter().collect(), Weights::new(tasks.iter().map(|task| task.weight)))
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each comes from elsewhere, and a struct would only rename them"
    )]
    fn task(
        &mut self,
        name: &str,
        workload: WorkloadId,
        steps: &[scenario::Step],
        tags: &[(String, String)],
        think_time: ThinkTime,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Task> {
        let id = self.task_id(name, workload, TaskKind::Iteration);
        // Each task starts with what `on_start` set: what another task set may not be there yet.
        let mut scope = scope.clone();
        scope.define("task", Json::String(name.to_owned()));
        let steps = self.steps(steps, id, tags, &mut scope, faults)?;
        Some(Task { id, steps, think_time })
    }

    fn steps(
        &mut self,
        steps: &[scenario::Step],
        task: TaskId,
        tags: &[(String, String)],
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Vec<Step>> {
        let built: Vec<Option<Step>> = steps
            .iter()
            .map(|step| match step {
                scenario::Step::Think(pause) => Some(Step::Think(*pause)),
                scenario::Step::Request(request) => self.request(request, task, tags, scope, faults),
            })
            .collect();
        built.into_iter().collect()
    }

    fn request(
        &mut self,
        request: &scenario::Request,
        task: TaskId,
        task_tags: &[(String, String)],
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Step> {
        let id = RequestId(self.catalog.requests.len() as u32);
        let tags = merged_tags(&[&self.scenario.tags, task_tags, &request.tags]);
        let (name, method) = (request.name.clone(), request.method.clone());
        self.catalog.requests.push(RequestMeta { name, method, task, tags });
        let checks = &mut self.catalog.checks;
        let check_id = |check: &scenario::Check, is_expectation| {
            checks.push(CheckMeta { name: check.name.clone(), request: id, is_expectation });
            CheckId(checks.len() as u32 - 1)
        };
        let context = Context { base: self.base.as_deref(), http: &self.scenario.http };
        let request = request::compile(request, id, &context, scope, check_id, faults)?;
        Some(Step::Request(Box::new(request)))
    }
}

/// The variables users set, each with where.
fn variables_of(workload: &scenario::Workload) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |steps: &[scenario::Step], place: &str| {
        for step in steps {
            let scenario::Step::Request(request) = step else { continue };
            for extract in &request.extract {
                let name = &extract.variable.value;
                if !found.iter().any(|(known, _)| known == name) {
                    found.push((name.clone(), place.to_owned()));
                }
            }
        }
    };
    add(&workload.on_start, "`on_start`");
    match &workload.work {
        Work::Flow(steps) => add(steps, "a later step of the `flow`"),
        Work::Tasks(tasks) => {
            tasks.iter().for_each(|task| add(&task.steps, &format!("the task `{}`", task.name.value)));
        }
    }
    found
}

/// Later tags win over earlier ones of the same name.
fn merged_tags(levels: &[&[(String, String)]]) -> Vec<(String, String)> {
    let mut merged: Vec<(String, String)> = Vec::new();
    for (tag, value) in levels.iter().copied().flatten() {
        merged.retain(|(known, _)| known != tag);
        merged.push((tag.clone(), value.clone()));
    }
    merged
}

fn requests_of(workload: &mut Workload) -> impl Iterator<Item = &mut request::Request> {
    let steps = workload.tasks.iter_mut().flat_map(|task| &mut task.steps);
    workload.on_start.iter_mut().chain(steps).filter_map(|step| match step {
        Step::Request(request) => Some(&mut **request),
        Step::Think(_) => None,
    })
}

/// The hosts that the file names.
fn hosts(base: Option<&str>, workloads: &[Workload]) -> Vec<String> {
    let base = base.and_then(|base| ::url::Url::parse(base).ok()?.host_str().map(str::to_owned));
    let steps = workloads.iter().flat_map(|workload| {
        workload.on_start.iter().chain(workload.tasks.iter().flat_map(|task| &task.steps))
    });
    let written = steps.filter_map(|step| match step {
        Step::Request(request) => request.url.fixed_host().map(str::to_owned),
        Step::Think(_) => None,
    });
    let mut hosts: Vec<String> = base.into_iter().chain(written).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}
