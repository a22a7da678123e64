//! `tasks` and `flow`.

use super::{
    decode_request::{self, KEYS, METHOD_KEYS},
    decode_step::{KINDS, offer_request, steps},
    decode_vars::tags,
    diagnostic::{Diagnostic, Faults},
    reader::{Keys, items, literal, positive_number},
    span::Spanned,
    step::{Step, StepKind},
    suggest::nearest,
    think_time::think_time,
    types::{Task, Work},
    yaml::{Node, NodeValue},
};
use std::collections::HashMap;

/// What loadgen counts the steps outside of tasks under.
const OWN_TASKS: [&str; 5] = ["on_start", "on_stop", "setup", "teardown", "flow"];

pub(super) fn work(keys: &mut Keys<'_>, what: &str, faults: &mut Faults) -> Option<Work> {
    match (keys.get("tasks"), keys.get("flow")) {
        (Some(_), Some(_)) => {
            let fault = faults.report(keys.key_span("flow"), "`tasks` and `flow` cannot stand together");
            fault.label("an iteration either picks a task or runs the flow");
            None
        }
        (Some(node), None) => tasks(node, faults).map(Work::Tasks),
        (None, Some(node)) => {
            let steps = steps(node, "`flow`", faults);
            (!steps.is_empty()).then_some(Work::Flow(steps))
        }
        (None, None) => {
            let misspelt = keys.misspelt(&["tasks", "flow"]);
            if !misspelt {
                let message = format!("`tasks` is missing{what}: what should a user do?");
                let fault = faults.report(keys.place(), message);
                fault
                    .label("add `tasks` or `flow`")
                    .help("for example `tasks: [ { get: /health } ]`, or a `flow:` of steps");
            }
            None
        }
    }
}

fn tasks(node: &Node, faults: &mut Faults) -> Option<Vec<Task>> {
    if let NodeValue::Map(entries) = &node.value {
        let fault = faults.report(node.span, "`tasks` is a list, this is a map");
        fault.label("expected a list");
        match entries.first() {
            Some((key, _)) if key.value.starts_with('-') => {
                fault.label(format!("a blank is missing behind the dash: `- {}:`", &key.value[1..]));
            }
            Some((key, _)) if METHOD_KEYS.contains(&key.value.as_str()) => {
                fault.help(format!("write each task as an item: `- {}: …`", key.value));
            }
            Some((name, _)) => {
                fault.help(format!(
                    "write each task as an item: `- name: {}`, and its keys below `name`",
                    name.value
                ));
            }
            None => {}
        }
        return None;
    }
    let list = items(node, "`tasks`", faults)?;
    if list.is_empty() {
        faults.report(node.span, "there are no tasks").label("an iteration needs at least one");
        return None;
    }
    let tasks: Vec<Task> = list.iter().filter_map(|node| task(node, faults)).collect();
    let mut known: HashMap<&str, usize> = HashMap::with_capacity(tasks.len());
    for task in &tasks {
        let name = &task.name;
        if let Some(line) = known.insert(&name.value, name.span.line) {
            let fault = faults.report(name.span, format!("two tasks are called `{}`", name.value));
            fault.label(format!("give this one or that on line {line} another `name`"));
        }
    }
    Some(tasks)
}

fn task(node: &Node, faults: &mut Faults) -> Option<Task> {
    if let NodeValue::Scalar(scalar) = &node.value {
        let fault = faults.report(node.span, format!("a task is a map, this is {}", node.kind()));
        offer_request(&scalar.text, fault);
        return None;
    }
    let mut keys = Keys::open(node, "a task", faults)?;
    let name = keys.get("name").and_then(|node| task_name(node, faults));
    let weight = keys.get("weight").map_or(Some(1.0), |node| positive_number(node, "`weight`", faults));
    let think_time = keys.get("think_time").map(|node| think_time(node, faults));
    keys.offer(&["steps"]);
    let (steps, task_tags) = if keys.has("steps") {
        let task_tags = keys.get("tags").map_or_else(Vec::new, |node| tags(node, faults));
        let node = keys.get("steps")?;
        let steps = steps(node, "`steps`", faults);
        keys.finish_with(faults, |key, fault| {
            let request = METHOD_KEYS.contains(&key) || decode_request::KEYS.contains(&key);
            if request {
                fault.label("a task has either `steps` or one request's keys").help("move it under `steps`");
            }
            request
        });
        (steps, task_tags)
    } else {
        // A single request's keys stand in place of `steps`; its tags are then the task's.
        let request = decode_request::request(&mut keys, node.span, "a task", faults);
        keys.finish_with(faults, not_of_tasks);
        let kind = StepKind::Request(Box::new(request?));
        (vec![Step { kind, span: node.span }], Vec::new())
    };
    let name = match name {
        Some(name) => name,
        None => match first_request_name(&steps) {
            Some(name) => Spanned::new(name, node.span),
            None => {
                // Without a step that could be read there is nothing to take it from, either.
                if !steps.is_empty() {
                    let message = "this task needs a `name`, because it has no request to take it from";
                    faults.report(node.span, message).label("add `name`");
                }
                return None;
            }
        },
    };
    Some(Task { name, weight: weight?, steps, think_time: think_time.unwrap_or(None), tags: task_tags })
}

/// Says of a step's or a workload's key that a task cannot have it.
fn not_of_tasks(key: &str, fault: &mut Diagnostic) -> bool {
    if nearest(key, KEYS.into_iter().chain(METHOD_KEYS).chain(["think_time", "name", "weight", "steps"]))
        .is_some()
    {
        return false;
    }
    if let Some(step) = nearest(key, KINDS) {
        fault.label(format!("`{step}` is a step: it belongs under `steps`"));
        fault.help("a task of several steps is written `{ name: …, steps: [ … ] }`");
        return true;
    }
    let of_workload = nearest(key, ["pacing", "max_rate", "on_start", "on_stop", "start_after", "load"]);
    if let Some(ours) = of_workload {
        fault.label(format!("`{ours}` belongs to the workload, not to a task in it"));
    }
    of_workload.is_some()
}

fn task_name(node: &Node, faults: &mut Faults) -> Option<Spanned<String>> {
    let name = literal(node, "`name`", faults)?;
    if OWN_TASKS.contains(&name.value.as_str()) {
        let fault = faults.report(name.span, format!("`{}` is a name of loadgen's own", name.value));
        fault.label("choose another name");
    }
    Some(name)
}

/// The name of the first request, in the file's order, also inside of other steps.
fn first_request_name(steps: &[Step]) -> Option<String> {
    steps.iter().find_map(|step| match &step.kind {
        StepKind::Request(request) => Some(request.name.clone()),
        StepKind::If { then, otherwise, .. } => {
            first_request_name(then).or_else(|| first_request_name(otherwise))
        }
        StepKind::Repeat { steps, .. }
        | StepKind::ForEach { steps, .. }
        | StepKind::While { steps, .. }
        | StepKind::Parallel { steps, .. }
        | StepKind::Group { steps, .. } => first_request_name(steps),
        StepKind::Choose(branches) => branches.iter().find_map(|branch| first_request_name(&branch.steps)),
        _ => None,
    })
}
