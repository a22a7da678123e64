//! From a scenario to a plan.

use super::{
    client::Client,
    compile_client,
    compile_step::{Place, merged_tags},
    feed::{self, Feed},
    files::Files,
    given::{elsewhere, names, variables_of},
    hosts::{allow_hosts, hosts},
    load,
    random::key_of,
    scope::Scope,
    secrets,
    step::{Step, each_request, looks_back},
    threshold_times, thresholds,
    types::{Inputs, Once, Plan, Task, Workload},
    url,
    weights::Weights,
};
use crate::model::ThinkTime;
use crate::{
    model::{
        Catalog, Mask, StageMeta, TaskId, TaskKind, TaskMeta, Threshold, WorkloadId, WorkloadMeta,
        format_duration,
    },
    scenario::{self, Diagnostic, Faults, HttpDefaults, Reading, Scenario, Spanned, Target, Value, Work},
};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const GRACEFUL_STOP: Duration = Duration::from_secs(30);
const GRACEFUL_RAMP_DOWN: Duration = Duration::from_secs(30);
/// The tasks under which steps outside of tasks are counted.
const ON_START: &str = "on_start";
const ON_STOP: &str = "on_stop";
const SETUP: &str = "setup";
const TEARDOWN: &str = "teardown";
/// The task that a `flow` is.
const FLOW: &str = "flow";
/// Stands for a `target` that is wrong, so that the paths joined to it are not reported, too.
const UNKNOWN_TARGET: &str = "http://target.invalid";

/// Works a scenario out.
///
/// # Errors
/// Every fault that shows only when the parts are put together, in the file's order.
pub fn build(scenario: &Scenario, inputs: &Inputs) -> Result<Plan, Vec<Diagnostic>> {
    let mut faults = Faults::default();
    finish(build_into(scenario, inputs, &mut faults), faults)
}

/// Works out what could be read of a file.
///
/// # Errors
/// Every fault of the file: those of reading it, and those that show when its parts are put together.
pub fn compile(reading: Reading, inputs: &Inputs) -> Result<(Scenario, Plan), Vec<Diagnostic>> {
    let Reading { scenario, mut faults } = reading;
    let Some(scenario) = scenario else { return Err(faults.into_sorted()) };
    let built = build_into(&scenario, inputs, &mut faults);
    finish(built, faults).map(|plan| (scenario, plan))
}

fn build_into(scenario: &Scenario, inputs: &Inputs, faults: &mut Faults) -> (Option<Plan>, Arc<Mask>) {
    let secrets = secrets::resolve(&scenario.secrets, inputs, faults);
    let mask = Arc::new(Mask::new(secrets::values(&secrets)));
    (Builder::new(scenario, inputs, secrets, faults).build(inputs, faults), mask)
}

fn finish((plan, mask): (Option<Plan>, Arc<Mask>), faults: Faults) -> Result<Plan, Vec<Diagnostic>> {
    match plan {
        Some(plan) if faults.is_empty() => {
            let (catalog, thresholds) = shown(plan.catalog, plan.thresholds, &mask);
            Ok(Plan { mask, catalog, thresholds, ..plan })
        }
        _ => Err(masked(faults.into_sorted(), &mask)),
    }
}

/// The catalogue with the user's tags as they may be printed, since results list requests by them, and the thresholds
/// that select by those tags.
fn shown(mut catalog: Catalog, mut thresholds: Vec<Threshold>, mask: &Mask) -> (Catalog, Vec<Threshold>) {
    for (_, value) in catalog.requests.iter_mut().flat_map(|request| &mut request.tags) {
        *value = mask.apply(value).into_owned();
    }
    for threshold in &mut thresholds {
        let metric = threshold.metric;
        let own =
            threshold.selector.tags.iter_mut().filter(|(tag, _)| !metric.tags().contains(&tag.as_str()));
        for (_, value) in own {
            *value = value.map(|text| mask.apply(text).into_owned());
        }
    }
    (catalog, thresholds)
}

/// Diagnostics as they may be printed.
fn masked(mut diagnostics: Vec<Diagnostic>, mask: &Mask) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        let Diagnostic { message, label, help, span: _ } = diagnostic;
        for text in [message, label].into_iter().chain(help) {
            *text = mask.apply(text).into_owned();
        }
    }
    diagnostics
}

/// Steps around the iterations, and the task that they are counted under.
struct Around {
    steps: Vec<Step>,
    task: TaskId,
    feeds: Vec<usize>,
}

pub(super) struct Builder<'s> {
    scenario: &'s Scenario,
    scope: Scope<'s>,
    pub seed: u64,
    pub base: Option<String>,
    pub catalog: Catalog,
    /// The data feeds in the file's order; `None` for one that could not be loaded.
    feeds: Vec<Option<Arc<Feed>>>,
    pub files: Arc<dyn Files>,
    /// The file's own client, and those of workloads that are others.
    clients: Vec<Client>,
}

impl<'s> Builder<'s> {
    fn new(
        scenario: &'s Scenario,
        inputs: &'s Inputs,
        secrets: Map<String, Json>,
        faults: &mut Faults,
    ) -> Self {
        let mut scope =
            Scope::constants(&inputs.env).with_lost(scenario.lost.as_ref()).with_files(&*inputs.files);
        scope.define("secrets", Json::Object(secrets));
        scope.name_feeds(scenario.data.iter().map(|data| data.name.value.clone()));
        let mut scope = scope.with_elsewhere(elsewhere(scenario));
        constants(&scenario.variables, &mut scope, faults);
        let base = match &scenario.target {
            None => None,
            Some(Target::Demo) => inputs.demo_url.clone().or_else(|| Some(UNKNOWN_TARGET.to_owned())),
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
        let feeds = feed::load_all(&scenario.data, &scope, &*inputs.files, faults);
        scope.add_feeds(feeds.clone());
        let client =
            compile_client::client(&Client::default(), &scenario.http, &scope, &*inputs.files, faults);
        Self {
            scenario,
            scope,
            feeds,
            seed: inputs.seed,
            base,
            catalog: Catalog::default(),
            files: Arc::clone(&inputs.files),
            clients: vec![client],
        }
    }

    fn build(mut self, inputs: &Inputs, faults: &mut Faults) -> Option<Plan> {
        let setup = self.once(SETUP, &self.scenario.setup, faults);
        self.scope.share(names(&[(&self.scenario.setup, "`setup`")]));
        let built: Vec<Option<Workload>> =
            self.scenario.workloads.iter().map(|workload| self.workload(workload, faults)).collect();
        let teardown = self.once(TEARDOWN, &self.scenario.teardown, faults);
        self.check_warm_up(faults);
        let (thresholds, left_out) = self.thresholds(faults);
        let mut workloads = built.into_iter().collect::<Option<Vec<_>>>()?;
        number_row_users(&mut workloads);
        let mut plan = Plan {
            catalog: self.catalog,
            setup: setup?,
            workloads,
            teardown: teardown?,
            feeds: self.feeds.into_iter().collect::<Option<_>>()?,
            thresholds,
            left_out,
            clients: self.clients,
            max_request_rate: self.scenario.http.max_rate,
            ignored_proxies: proxies_of(&inputs.env),
            target: self.base,
            hosts: Vec::new(),
            seed: inputs.seed,
            mask: Arc::default(),
        };
        plan.hosts = hosts(self.scenario, &plan);
        allow_hosts(&mut plan);
        Some(plan)
    }

    /// A run that is nothing but warm-up has no figure to judge.
    fn check_warm_up(&self, faults: &mut Faults) {
        let stages = &self.catalog.stages;
        if stages.is_empty() || !stages.iter().all(|stage| stage.warm_up) {
            return;
        }
        let place = self.scenario.warm_up.as_ref().map(|warm_up| warm_up.span);
        let place = place.or_else(|| self.scenario.workloads.first().map(|workload| workload.load.span));
        let end = stages.iter().map(|stage| stage.end_ms).max().unwrap_or(0);
        faults
            .report(place.unwrap_or_default(), "the whole run is warm-up: nothing of it would count")
            .label(format!("the load ends after {}", format_duration(Duration::from_millis(end))))
            .help("let the load go on after the warm-up, in a longer `duration` or a further stage");
    }

    /// The gates, and those that say something about tasks that the command line leaves out.
    fn thresholds(&self, faults: &mut Faults) -> (Vec<Threshold>, Vec<Threshold>) {
        let written = &self.scenario.thresholds;
        threshold_times::check(written, &self.catalog, faults);
        if self.scenario.only.is_none() {
            let lost = self.scenario.lost.as_ref();
            return (thresholds::bind(written, &self.catalog, lost, faults), Vec::new());
        }
        let can_hold = |threshold: &&Spanned<Threshold>| {
            let mut own = Faults::default();
            thresholds::bind(std::slice::from_ref(*threshold), &self.catalog, None, &mut own);
            own.is_empty()
        };
        let (kept, left_out): (Vec<_>, Vec<_>) = written.iter().partition(can_hold);
        let plain = |list: Vec<&Spanned<Threshold>>| list.into_iter().map(|one| one.value.clone()).collect();
        (plain(kept), plain(left_out))
    }

    /// Steps that run once per run; `Some(None)` where there are none.
    fn once(&mut self, name: &str, steps: &[scenario::Step], faults: &mut Faults) -> Option<Option<Once>> {
        if steps.is_empty() {
            return Some(None);
        }
        let load = std::mem::take(&mut self.catalog);
        let id = self.workload_id(name, false);
        self.catalog.stages.push(StageMeta {
            name: name.to_owned(),
            workload: id,
            start_ms: 0,
            end_ms: 0,
            warm_up: false,
        });
        let task = self.task_id(name, id, TaskKind::Iteration);
        let mut scope = self.scope.clone().with_variables(names(&[(steps, &format!("`{name}`"))]));
        scope.name_place("workload", name);
        scope.name_place("task", name);
        let mut place = self.place(task, &[], [&self.scenario.http, &self.scenario.http]);
        let built = self.steps(steps, &mut place, &mut scope, faults);
        let catalog = std::mem::replace(&mut self.catalog, load);
        let (slots, variables) = (scope.slots(), scope.variable_count());
        built.map(|steps| Some(Once { catalog, steps: looked_back(steps), slots, variables }))
    }

    fn place<'p>(
        &self,
        task: TaskId,
        tags: &[&[(String, String)]],
        http: [&'p HttpDefaults; 2],
    ) -> Place<'p> {
        let levels: Vec<&[(String, String)]> =
            std::iter::once(self.scenario.tags.as_slice()).chain(tags.iter().copied()).collect();
        Place { task, tags: merged_tags(&levels), group: None, http, last_request: None }
    }

    fn workload_id(&mut self, name: &str, is_open: bool) -> WorkloadId {
        let id = WorkloadId(self.catalog.workloads.len() as u32);
        self.catalog.workloads.push(WorkloadMeta { name: name.to_owned(), is_open });
        id
    }

    fn workload(&mut self, workload: &scenario::Workload, faults: &mut Faults) -> Option<Workload> {
        let id = self.workload_id(&workload.name.value, workload.load.shape.is_open());
        let warm_up = self.scenario.warm_up.as_ref().map_or(Duration::ZERO, |warm_up| warm_up.value);
        let timeline = load::timeline(workload, id, warm_up, &mut self.catalog);
        let seed = key_of(self.seed, &workload.name.value);
        let mut scope = self.scope.clone();
        constants(&workload.variables, &mut scope, faults);
        let client = self.client(workload, &scope, faults);
        let mut scope = scope.with_variables(variables_of(workload)).with_rows();
        scope.name_place("workload", &workload.name.value);
        let on_start =
            self.around(ON_START, TaskKind::OnStart, workload, &workload.on_start, id, &mut scope, faults);
        let (tasks, weights) = self.tasks(workload, id, &scope, faults);
        let mut after = scope.clone();
        let on_stop =
            self.around(ON_STOP, TaskKind::OnStop, workload, &workload.on_stop, id, &mut after, faults);
        let (on_start, on_stop) = (on_start?, on_stop?);
        Some(Workload {
            id,
            load: workload.load.clone(),
            timeline,
            executor: load::executor(workload, seed),
            seed,
            graceful_stop: workload.load.graceful_stop.unwrap_or(GRACEFUL_STOP),
            graceful_ramp_down: workload.load.graceful_ramp_down.unwrap_or(GRACEFUL_RAMP_DOWN),
            on_start: on_start.steps,
            on_start_task: on_start.task,
            on_start_feeds: on_start.feeds,
            on_stop: on_stop.steps,
            on_stop_task: on_stop.task,
            on_stop_feeds: on_stop.feeds,
            tasks: tasks?,
            weights,
            pacing: workload.pacing,
            max_rate: workload.max_rate,
            client,
            slots: scope.slots(),
            row_users_before: 0,
        })
    }

    /// The number of a workload's client.
    fn client(&mut self, workload: &scenario::Workload, scope: &Scope<'_>, faults: &mut Faults) -> usize {
        let files = Arc::clone(&self.files);
        let own = self.clients.first().cloned().unwrap_or_default();
        let client = compile_client::client(&own, &workload.http, scope, &*files, faults);
        let known = self.clients.iter().position(|known| *known == client);
        known.unwrap_or_else(|| {
            self.clients.push(client);
            self.clients.len() - 1
        })
    }

    /// The steps of `on_start` or `on_stop`, counted under a task of their own.
    #[expect(
        clippy::too_many_arguments,
        reason = "each comes from elsewhere, and a struct would only rename them"
    )]
    fn around(
        &mut self,
        name: &str,
        kind: TaskKind,
        workload: &scenario::Workload,
        steps: &[scenario::Step],
        id: WorkloadId,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Around> {
        if steps.is_empty() {
            // Never run, so never looked up.
            return Some(Around { steps: Vec::new(), task: TaskId(0), feeds: Vec::new() });
        }
        let task = self.task_id(name, id, kind);
        scope.name_place("task", name);
        scope.watch_feeds();
        let mut place = self.place(task, &[&workload.tags], [&workload.http, &self.scenario.http]);
        let steps = looked_back(self.steps(steps, &mut place, scope, faults)?);
        Some(Around { steps, task, feeds: scope.feeds_used() })
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
        let mut task =
            |name: &str, steps: &[scenario::Step], tags: &[(String, String)], think_time: ThinkTime| {
                let task = self.task_id(name, id, TaskKind::Iteration);
                // Each task starts with what `on_start` set: what another task set may not be there yet.
                let mut scope = scope.clone();
                scope.name_place("task", name);
                scope.watch_feeds();
                let mut place =
                    self.place(task, &[&workload.tags, tags], [&workload.http, &self.scenario.http]);
                let steps = self.steps(steps, &mut place, &mut scope, faults)?;
                let feeds = scope.feeds_used();
                Some(Task { id: task, steps: looked_back(steps), feeds, think_time })
            };
        match &workload.work {
            Work::Flow(steps) => {
                let task = task(FLOW, steps, &[], workload.think_time);
                (task.map(|task| vec![task]), Weights::new([1.0]))
            }
            Work::Tasks(tasks) => {
                let built: Vec<Option<Task>> = tasks
                    .iter()
                    .map(|written| {
                        let think_time = written.think_time.unwrap_or(workload.think_time);
                        task(&written.name.value, &written.steps, &written.tags, think_time)
                    })
                    .collect();
                (built.into_iter().collect(), Weights::new(tasks.iter().map(|task| task.weight)))
            }
        }
    }
}

/// The variables of the environment that other programs take a proxy from.
fn proxies_of(env: &BTreeMap<String, String>) -> Vec<String> {
    let names =
        |name: &str| ["http_proxy", "https_proxy", "all_proxy"].contains(&name.to_lowercase().as_str());
    env.iter()
        .filter(|(name, value)| names(name) && !value.is_empty())
        .map(|(name, _)| name.clone())
        .collect()
}

/// Gives the users that take rows numbers of their own, without gaps.
fn number_row_users(workloads: &mut [Workload]) {
    let mut before = 0;
    for workload in workloads {
        workload.row_users_before = before;
        if workload.takes_rows() {
            before += workload.most_users();
        }
    }
}

/// Makes constants of variables, each of which may use those before it.
fn constants(variables: &[(scenario::Spanned<String>, Value)], scope: &mut Scope<'_>, faults: &mut Faults) {
    for (name, value) in variables {
        // A wrong one is defined all the same, so that its uses are not reported, too.
        let value = scope.constant(value, faults).unwrap_or(Json::Null);
        scope.define(&name.value, value);
    }
}

/// Has requests keep their responses where a later step looks at them.
fn looked_back(mut steps: Vec<Step>) -> Vec<Step> {
    let (back, at_bodies) = looks_back(&steps);
    if back {
        each_request(&mut steps, &mut |request| {
            request.keeps_response = true;
            request.reads_body |= at_bodies;
        });
    }
    steps
}
