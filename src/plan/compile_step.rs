//! From the steps of a scenario to those of a plan.

use super::{
    build::Builder,
    check::Check,
    request::{self, Context, discards_bodies, report_discarded},
    scope::Scope,
    step::{Condition, Loop, Setting, Step, StepKind, Times},
    value_template::ValueTemplate,
    weights::Weights,
};
use crate::{
    model::{CheckId, CheckMeta, GroupId, GroupMeta, RequestId, RequestMeta, TaskId},
    scenario::{self, Branch, Faults, HttpDefaults, Span, Spanned},
};
use std::sync::Arc;

/// Where steps stand: what they are counted under.
#[derive(Clone)]
pub(super) struct Place<'p> {
    /// The task.
    pub task: TaskId,
    /// Tags of the file, the workload and the task, the later ones stronger.
    pub tags: Vec<(String, String)>,
    /// The group around them, as `outer::inner`.
    pub group: Option<String>,
    /// Defaults of requests, the strongest first.
    pub http: [&'p HttpDefaults; 2],
    /// The request before this place, in the file's order.
    pub last_request: Option<RequestId>,
}

impl Builder<'_> {
    /// Compiles steps; faults do not end it, so that all of them are reported.
    pub(super) fn steps(
        &mut self,
        steps: &[scenario::Step],
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Vec<Step>> {
        let built: Vec<Option<Step>> = steps
            .iter()
            .map(|step| {
                let kind = self.step(step, place, scope, faults)?;
                Some(Step { kind, line: step.span.line })
            })
            .collect();
        built.into_iter().collect()
    }

    fn step(
        &mut self,
        step: &scenario::Step,
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        use scenario::StepKind as Written;
        match &step.kind {
            Written::Think(pause) => Some(StepKind::Think(*pause)),
            Written::Request(request) => self.request(request, place, scope, faults),
            Written::Set(values) => set(values, scope, faults),
            Written::If { condition, then, otherwise } => {
                self.branch_on(condition, then, otherwise, place, scope, faults)
            }
            Written::Repeat { times, steps } => self.repeat(times, steps, place, scope, faults),
            Written::ForEach { list, item, steps } => {
                let list = ValueTemplate::expression(list, scope, faults).map(Setting);
                let (mut inner, slot) = scope.bind(&item.value);
                let rounds = self.rounds(steps, place, &mut inner, faults);
                Some(StepKind::ForEach { list: list?, item: slot, rounds: rounds?.0 })
            }
            Written::While { condition, max, steps } => {
                let (mut inner, slot) = scope.bind("loop");
                let condition = condition_of(condition, &inner, faults);
                let steps = self.steps(steps, place, &mut inner, faults);
                let rounds = Loop { slot, steps: steps? };
                Some(StepKind::While { condition: condition?, max: *max, rounds })
            }
            Written::Choose(branches) => self.choose(branches, place, scope, faults),
            Written::Parallel { steps, max_concurrency } => {
                let limit = max_concurrency.unwrap_or(steps.len()).max(1);
                self.parallel(steps, limit, place, scope, faults)
            }
            Written::Group { name, steps } => self.group(name, steps, place, scope, faults),
            Written::Check(checks) => self.checks(checks, step.span, place, scope, faults),
            Written::Log(text) => scope.template(text, faults).map(StepKind::Log),
            Written::Stop { scope: what, condition } => {
                let condition = match condition {
                    Some(condition) => Some(condition_of(condition, scope, faults)?),
                    None => None,
                };
                Some(StepKind::Stop { scope: *what, condition })
            }
        }
    }

    fn branch_on(
        &mut self,
        condition: &Spanned<String>,
        then: &[scenario::Step],
        otherwise: &[scenario::Step],
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        let condition = condition_of(condition, scope, faults);
        let mut ways = [scope.clone(), scope.clone()];
        let then = self.steps(then, place, &mut ways[0], faults);
        let otherwise = self.steps(otherwise, place, &mut ways[1], faults);
        scope.join(&ways);
        Some(StepKind::If { condition: condition?, then: then?, otherwise: otherwise? })
    }

    fn repeat(
        &mut self,
        times: &scenario::Times,
        steps: &[scenario::Step],
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        let certain = matches!(times, scenario::Times::Between(least, _) if *least > 0);
        let times = match times {
            scenario::Times::Between(least, most) => Some(Times::Between(*least, *most)),
            scenario::Times::Expression(source) => {
                ValueTemplate::expression(source, scope, faults).map(|value| Times::Computed(Setting(value)))
            }
        };
        let rounds = self.rounds(steps, place, scope, faults);
        let (rounds, inner) = rounds?;
        if certain {
            scope.join(&[inner]);
        }
        Some(StepKind::Repeat { times: times?, rounds })
    }

    /// A loop's steps, and what is known behind them.
    fn rounds<'e>(
        &mut self,
        steps: &[scenario::Step],
        place: &mut Place<'_>,
        scope: &mut Scope<'e>,
        faults: &mut Faults,
    ) -> Option<(Loop, Scope<'e>)> {
        let (mut inner, slot) = scope.bind("loop");
        let steps = self.steps(steps, place, &mut inner, faults)?;
        Some((Loop { slot, steps }, inner))
    }

    fn choose(
        &mut self,
        branches: &[Branch],
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        let mut ways = vec![scope.clone(); branches.len()];
        let built: Vec<Option<Vec<Step>>> = branches
            .iter()
            .zip(&mut ways)
            .map(|(branch, way)| self.steps(&branch.steps, place, way, faults))
            .collect();
        scope.join(&ways);
        let weights = Weights::new(branches.iter().map(|branch| branch.weight));
        Some(StepKind::Choose { weights, branches: built.into_iter().collect::<Option<_>>()? })
    }

    fn parallel(
        &mut self,
        steps: &[scenario::Step],
        max_concurrency: usize,
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        // None of them can count on what another one sets. Loops in them have slots of their own.
        let before = scope.clone();
        let mut ways: Vec<Scope<'_>> = Vec::with_capacity(steps.len());
        let mut built = Vec::with_capacity(steps.len());
        for step in steps {
            let mut way = before.clone();
            if let Some(last) = ways.last() {
                way.skip_slots_of(last);
            }
            built.push(self.steps(std::slice::from_ref(step), place, &mut way, faults));
            way.keep_slots();
            ways.push(way);
        }
        scope.unite(&ways);
        let steps = built.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        Some(StepKind::Parallel { steps, max_concurrency })
    }

    fn group(
        &mut self,
        name: &str,
        steps: &[scenario::Step],
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        let outer = place.group.take();
        let full = outer.as_ref().map_or_else(|| name.to_owned(), |outer| format!("{outer}::{name}"));
        let id = GroupId(self.catalog.groups.len() as u32);
        self.catalog.groups.push(GroupMeta { name: full.clone(), task: place.task });
        place.group = Some(full);
        let steps = self.steps(steps, place, scope, faults);
        place.group = outer;
        Some(StepKind::Group { id, steps: steps? })
    }

    fn checks(
        &mut self,
        checks: &[scenario::Check],
        span: Span,
        place: &Place<'_>,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        let Some(request) = place.last_request else {
            let fault = faults.report(span, "no request comes before this check");
            fault.label("it looks at the last response, and there is none");
            fault.help("put it behind a request, or write it below the request it belongs to");
            return None;
        };
        let built: Vec<Option<Check>> = checks
            .iter()
            .map(|check| {
                let id = self.check_id(check, request, false);
                let built = Check::compile(check, id, false, scope, faults)?;
                if built.reads_body() && discards_bodies(&place.http) {
                    report_discarded(check.span, faults);
                }
                Some(built)
            })
            .collect();
        Some(StepKind::Check(built.into_iter().collect::<Option<_>>()?))
    }

    fn check_id(&mut self, check: &scenario::Check, request: RequestId, is_expectation: bool) -> CheckId {
        let checks = &mut self.catalog.checks;
        checks.push(CheckMeta { name: check.name.clone(), request, is_expectation });
        CheckId(checks.len() as u32 - 1)
    }

    fn request(
        &mut self,
        request: &scenario::Request,
        place: &mut Place<'_>,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<StepKind> {
        let id = RequestId(self.catalog.requests.len() as u32);
        place.last_request = Some(id);
        let tags = merged_tags(&[&place.tags, &request.tags]);
        let (name, method) = (request.name.clone(), request.method.clone());
        let group = place.group.clone();
        self.catalog.requests.push(RequestMeta { name, method, task: place.task, tags, group });
        let (base, files) = (self.base.clone(), Arc::clone(&self.files));
        let context = Context { base: base.as_deref(), http: place.http, files: &files, seed: self.seed };
        let check_id = |check: &scenario::Check, is_expectation| self.check_id(check, id, is_expectation);
        let request = request::compile(request, id, &context, scope, check_id, faults)?;
        Some(StepKind::Request(Box::new(request)))
    }
}

fn set(
    values: &[(Spanned<String>, scenario::Value)],
    scope: &mut Scope<'_>,
    faults: &mut Faults,
) -> Option<StepKind> {
    let mut settings = Vec::with_capacity(values.len());
    for (name, value) in values {
        let value = ValueTemplate::compile(value, scope, faults);
        // Set even when the value is wrong, so that its uses are not reported, too.
        let slot = scope.assign(&name.value);
        settings.push(slot.zip(value.map(Setting)));
    }
    settings.into_iter().collect::<Option<_>>().map(StepKind::Set)
}

fn condition_of(source: &Spanned<String>, scope: &Scope<'_>, faults: &mut Faults) -> Option<Condition> {
    ValueTemplate::expression(source, scope, faults).map(Condition)
}

/// Later tags win over earlier ones of the same name.
pub(super) fn merged_tags(levels: &[&[(String, String)]]) -> Vec<(String, String)> {
    let mut merged: Vec<(String, String)> = Vec::new();
    for (tag, value) in levels.iter().copied().flatten() {
        merged.retain(|(known, _)| known != tag);
        merged.push((tag.clone(), value.clone()));
    }
    merged
}
