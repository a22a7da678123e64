//! Which names the steps of a scenario give a value, and where: what scopes are made of.

use super::scope::Elsewhere;
use crate::scenario::{self, Scenario, StepKind, Work};
use std::collections::{BTreeMap, HashSet};

/// The variables that steps set, each with where, the first place for each.
pub(super) fn names(places: &[(&[scenario::Step], &str)]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for (steps, place) in places {
        set_in(steps, &mut |name| {
            if known.insert(name.to_owned()) {
                found.push((name.to_owned(), (*place).to_owned()));
            }
        });
    }
    found
}

/// Every name that has a value somewhere in the run, each with where, for those who use it at another place.
pub(super) fn elsewhere(scenario: &Scenario) -> BTreeMap<String, Elsewhere> {
    let mut found = BTreeMap::new();
    let mut add = |name: String, place: String| {
        found.entry(name).or_insert(Elsewhere::Steps(place));
    };
    for workload in &scenario.workloads {
        let place = match workload.name.value.as_str() {
            "default" => "the steps of users".to_owned(),
            name => format!("the workload `{name}`"),
        };
        for (name, _) in variables_of(workload) {
            add(name, place.clone());
        }
        workload.variables.iter().for_each(|(name, _)| add(name.value.clone(), place.clone()));
        for steps in steps_of(workload) {
            items_in(steps, &mut |name, line| add(name.to_owned(), format!("the `for_each` on line {line}")));
        }
    }
    for (steps, place) in [(&scenario.setup, "`setup`"), (&scenario.teardown, "`teardown`")] {
        set_in(steps, &mut |name| add(name.to_owned(), place.to_owned()));
        items_in(steps, &mut |name, line| add(name.to_owned(), format!("the `for_each` on line {line}")));
    }
    for (name, _) in &scenario.variables {
        found.entry(name.value.clone()).or_insert(Elsewhere::Constant(name.span.line));
    }
    found
}

fn steps_of(workload: &scenario::Workload) -> Vec<&[scenario::Step]> {
    let work: Vec<&[scenario::Step]> = match &workload.work {
        Work::Flow(steps) => vec![steps],
        Work::Tasks(tasks) => tasks.iter().map(|task| task.steps.as_slice()).collect(),
    };
    [workload.on_start.as_slice(), &workload.on_stop].into_iter().chain(work).collect()
}

/// What loops call their items, each with the loop's line.
fn items_in(steps: &[scenario::Step], add: &mut impl FnMut(&str, usize)) {
    for step in steps {
        if let StepKind::ForEach { item, .. } = &step.kind {
            add(&item.value, step.span.line);
        }
        for inner in inner_steps(step) {
            items_in(inner, add);
        }
    }
}

fn inner_steps(step: &scenario::Step) -> Vec<&[scenario::Step]> {
    match &step.kind {
        StepKind::If { then, otherwise, .. } => vec![then, otherwise],
        StepKind::Repeat { steps, .. }
        | StepKind::ForEach { steps, .. }
        | StepKind::While { steps, .. }
        | StepKind::Parallel { steps, .. }
        | StepKind::Group { steps, .. } => vec![steps],
        StepKind::Choose(branches) => branches.iter().map(|branch| branch.steps.as_slice()).collect(),
        _ => Vec::new(),
    }
}

fn set_in(steps: &[scenario::Step], add: &mut impl FnMut(&str)) {
    for step in steps {
        match &step.kind {
            StepKind::Request(request) => {
                request.extract.iter().for_each(|extract| add(&extract.variable.value));
            }
            StepKind::Set(values) => values.iter().for_each(|(name, _)| add(&name.value)),
            _ => inner_steps(step).into_iter().for_each(|steps| set_in(steps, add)),
        }
    }
}

/// The variables users of a workload set, each with where.
pub(super) fn variables_of(workload: &scenario::Workload) -> Vec<(String, String)> {
    let tasks: Vec<(&[scenario::Step], String)> = match &workload.work {
        Work::Flow(steps) => vec![(steps, "a later or a conditional step of the `flow`".to_owned())],
        Work::Tasks(tasks) => tasks
            .iter()
            .map(|task| (task.steps.as_slice(), format!("the task `{}`", task.name.value)))
            .collect(),
    };
    let mut places: Vec<(&[scenario::Step], &str)> = vec![(&workload.on_start, "`on_start`")];
    places.extend(tasks.iter().map(|(steps, place)| (*steps, place.as_str())));
    places.push((&workload.on_stop, "`on_stop`"));
    names(&places)
}
