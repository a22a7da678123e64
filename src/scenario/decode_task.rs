//! `tasks`, `flow` and the steps in them.

use super::{
    decode::tags,
    decode_load::think_time,
    decode_request::{self, METHOD_KEYS},
    diagnostic::Faults,
    reader::{Keys, items, literal, positive_number},
    span::Spanned,
    types::{Step, Task, Work},
    yaml::Node,
};
use std::collections::HashMap;

const LATER_STEPS: [&str; 12] = [
    "set", "if", "repeat", "for_each", "while", "choose", "parallel", "group", "log", "stop", "sql", "steps",
];

pub(super) fn work(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Work> {
    match (keys.get("tasks"), keys.get("flow")) {
        (Some(_), Some(flow)) => {
            let fault = faults.report(flow.span, "`tasks` and `flow` cannot stand together");
            fault.label("an iteration either picks a task or runs the flow");
            None
        }
        (Some(node), None) => tasks(node, faults).map(Work::Tasks),
        (None, Some(node)) => {
            let steps = steps(node, "`flow`", faults);
            (!steps.is_empty()).then_some(Work::Flow(steps))
        }
        (None, None) => {
            let fault = faults.report(keys.span(), "`tasks` is missing: what should a user do?");
            fault.help("for example `tasks: [ { get: /health } ]`, or a `flow:` of steps");
            None
        }
    }
}

fn tasks(node: &Node, faults: &mut Faults) -> Option<Vec<Task>> {
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
    let mut keys = Keys::open(node, "a task", faults)?;
    let name = keys.get("name").and_then(|node| literal(node, "a task's name", faults));
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
        keys.finish(faults);
        (vec![Step::Request(Box::new(request?))], Vec::new())
    };
    let name = match name {
        Some(name) => name,
        None => match first_request_name(&steps) {
            Some(name) => Spanned::new(name, node.span),
            None => {
                let message = "this task needs a `name`, because it has no request to take it from";
                faults.report(node.span, message);
                return None;
            }
        },
    };
    Some(Task { name, weight: weight?, steps, think_time: think_time.unwrap_or(None), tags: task_tags })
}

fn first_request_name(steps: &[Step]) -> Option<String> {
    steps.iter().find_map(|step| match step {
        Step::Request(request) => Some(request.name.clone()),
        Step::Think(_) => None,
    })
}

pub(super) fn steps(node: &Node, what: &'static str, faults: &mut Faults) -> Vec<Step> {
    let Some(list) = items(node, what, faults) else { return Vec::new() };
    if list.is_empty() {
        faults.report(node.span, format!("{what} has no steps")).label("nothing to do");
    }
    list.iter().filter_map(|node| step(node, faults)).collect()
}

fn step(node: &Node, faults: &mut Faults) -> Option<Step> {
    let mut keys = Keys::open(node, "a step", faults)?;
    if let Some(later) = LATER_STEPS.iter().find(|key| keys.has(key)) {
        faults.not_yet(keys.key_span(later), &format!("the step `{later}`"));
        return None;
    }
    let is_request = METHOD_KEYS.iter().chain(&["request"]).any(|key| keys.has(key));
    if keys.has("check") && !is_request {
        faults.not_yet(keys.key_span("check"), "the step `check`");
        return None;
    }
    if keys.has("think") && !is_request {
        let pause = keys.get("think").and_then(|node| think_time(node, faults));
        keys.finish(faults);
        return pause.map(Step::Think);
    }
    keys.offer(&["think"]);
    let request = decode_request::request(&mut keys, node.span, "a step", faults);
    keys.finish_with(faults, |key, fault| {
        let misplaced = matches!(key, "weight" | "think_time");
        if misplaced {
            fault.label(format!("`{key}` belongs to a task, not to a request in it"));
        }
        misplaced
    });
    request.map(|request| Step::Request(Box::new(request)))
}
