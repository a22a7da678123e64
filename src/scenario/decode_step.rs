//! The steps of a flow, of a task and of whatever holds steps.

use super::{
    decode_check::checks,
    decode_request::{self, METHOD_KEYS},
    decode_vars::{assignments, variable_name},
    diagnostic::{Diagnostic, Faults},
    reader::{Keys, expression, items, literal, positive_number, text, whole_number, word},
    span::{Span, Spanned},
    step::{Branch, Step, StepKind, Times},
    suggest::{listed, nearest},
    think_time::think_time,
    yaml::{Node, NodeValue},
};
use crate::model::StopScope;

/// The keys that make a step what it is, besides those of a request.
pub(super) const KINDS: [&str; 12] = [
    "think", "set", "if", "repeat", "for_each", "while", "choose", "parallel", "group", "check", "log",
    "stop",
];
/// Most rounds of a `repeat` or `while`.
const MOST_ROUNDS: u64 = 1_000_000;
/// Rounds of a `while` that says nothing else.
const DEFAULT_ROUNDS: u64 = 100;
/// Most steps of a `parallel` at once.
const MOST_CONCURRENCY: u64 = 1_000;

/// A list of steps; an empty one is a fault.
pub(super) fn steps(node: &Node, what: &'static str, faults: &mut Faults) -> Vec<Step> {
    if let NodeValue::Map(entries) = &node.value {
        let fault = faults.report(node.span, format!("{what} is a list, this is a map"));
        match entries.first() {
            Some((key, _)) if key.value.starts_with('-') => {
                fault.label(format!("a blank is missing behind the dash: `- {}:`", &key.value[1..]));
            }
            Some((key, _)) if is_step_key(&key.value) => {
                fault.label(format!("write each step as an item: `- {}: …`", key.value));
            }
            _ => {
                fault.label("write each step as an item: `- get: /path`");
            }
        }
        return Vec::new();
    }
    let Some(list) = items(node, what, faults) else { return Vec::new() };
    if list.is_empty() {
        faults.report(node.span, format!("{what} has no steps")).label("nothing to do");
    }
    list.iter().filter_map(|node| step(node, faults)).collect()
}

fn step(node: &Node, faults: &mut Faults) -> Option<Step> {
    if let NodeValue::Scalar(scalar) = &node.value {
        let fault = faults.report(node.span, format!("a step is a map, this is {}", node.kind()));
        offer_request(&scalar.text, fault);
        return None;
    }
    let mut keys = Keys::open(node, "a step", faults)?;
    let is_request = METHOD_KEYS.iter().chain(&["request"]).any(|key| keys.has(key));
    // `stop` has an `if` of its own, and a request a `check`.
    let kind = match KINDS.into_iter().find(|kind| keys.has(kind)) {
        _ if is_request => "request",
        Some("if") if keys.has("stop") => "stop",
        Some(kind) => kind,
        None => "request",
    };
    keys.offer(&KINDS);
    let read = match kind {
        "think" => keys.get("think").and_then(|node| think_time(node, faults)).map(StepKind::Think),
        "set" => keys.get("set").map(|node| StepKind::Set(assignments(node, "`set`", faults))),
        "if" => branch_on(&mut keys, faults),
        "repeat" => repeat(&mut keys, faults),
        "for_each" => for_each(&mut keys, faults),
        "while" => while_loop(&mut keys, faults),
        "choose" => keys.get("choose").and_then(|node| choose(node, faults)),
        "parallel" => parallel(&mut keys, faults),
        "group" => group(&mut keys, faults),
        "check" => keys.get("check").map(|node| StepKind::Check(checks(node, "`check`", faults))),
        "log" => keys.get("log").and_then(|node| text(node, "`log`", faults)).map(StepKind::Log),
        "stop" => stop(&mut keys, faults),
        _ => decode_request::request(&mut keys, node.span, "a step", faults)
            .map(|request| StepKind::Request(Box::new(request))),
    };
    if kind == "request" && !is_request {
        // What was meant is told by the key that nobody knows, or by the request that is missing.
        keys.pass_over(&["steps", "then", "else"]);
    }
    finish(keys, kind, faults);
    read.map(|kind| Step { kind, span: node.span })
}

/// Whether a step can have the key.
fn is_step_key(key: &str) -> bool {
    METHOD_KEYS.contains(&key) || KINDS.contains(&key) || decode_request::KEYS.contains(&key)
}

/// Offers the request that somebody wrote as a text: `GET /health`, or only a path.
pub(super) fn offer_request(text: &str, fault: &mut Diagnostic) {
    let text = text.trim();
    let (first, rest) = text.split_at(text.find([' ', ':']).unwrap_or(text.len()));
    let method = METHOD_KEYS.into_iter().find(|method| first.eq_ignore_ascii_case(method));
    let url = rest.trim_start_matches([' ', ':']);
    match method {
        Some(method) if !url.is_empty() => fault.label(format!("did you mean `{method}: {url}`?")),
        None if text.starts_with('/') || text.contains("://") => {
            fault.label(format!("did you mean `get: {text}`?"))
        }
        _ => fault.label("for example `get: /path`"),
    };
}

/// Reports what else stands in a step.
fn finish(keys: Keys<'_>, kind: &'static str, faults: &mut Faults) {
    keys.finish_with(faults, |key, fault| {
        let own_step = KINDS.contains(&key) || METHOD_KEYS.contains(&key);
        if matches!(key, "weight" | "think_time") {
            fault.label(format!("`{key}` belongs to a task, not to a step in it"));
        } else if own_step && kind != "request" {
            fault.label(format!("a step is one thing, and this one is `{kind}`"));
            fault.help(format!("make `- {key}: …` a step of its own"));
        } else if own_step {
            fault.label("a step is one thing, and this one is a request");
            fault.help(format!("make `- {key}: …` a step of its own"));
        } else if key == "then" || key == "else" {
            fault
                .label(format!("`{key}` belongs to an `if`"))
                .help("for example `- if: ${ok}` with `then:` below it");
        } else if key == "steps" {
            fault
                .label(format!("`{kind}` has no `steps`"))
                .help(format!("steps stand in {}", listed(["if", "repeat", "for_each", "while", "group"])));
        } else {
            return false;
        }
        true
    });
}

fn branch_on(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let condition = keys.get("if").and_then(|node| expression(node, "`if`", faults));
    let then = keys.require("then", faults).map(|node| steps(node, "`then`", faults));
    let otherwise = keys.get("else").map_or_else(Vec::new, |node| steps(node, "`else`", faults));
    Some(StepKind::If { condition: condition?, then: then?, otherwise })
}

fn inner_steps(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Vec<Step>> {
    keys.require("steps", faults).map(|node| steps(node, "`steps`", faults))
}

fn repeat(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let times = keys.get("repeat").and_then(|node| times(node, faults));
    let steps = inner_steps(keys, faults);
    Some(StepKind::Repeat { times: times?, steps: steps? })
}

/// `3`, `1..5` or `${expression}`.
fn times(node: &Node, faults: &mut Faults) -> Option<Times> {
    let written = word(node, "`repeat`", faults)?;
    if written.value.contains("${") {
        return expression(node, "`repeat`", faults).map(Times::Expression);
    }
    let Some((least, most)) = written.value.split_once("..") else {
        return whole_number(node, "`repeat`", 0..=MOST_ROUNDS, faults).map(|n| Times::Between(n, n));
    };
    match (least.trim().parse::<u64>(), most.trim().parse::<u64>()) {
        (Ok(least), Ok(most)) if least > most => {
            let fault = faults.report(node.span, "this range ends before it starts");
            fault.label(format!("did you mean `{most}..{least}`?"));
            None
        }
        (Ok(_), Ok(most)) if most > MOST_ROUNDS => {
            let fault = faults.report(node.span, format!("`repeat` cannot be {most}"));
            fault.label(format!("it can be at most {MOST_ROUNDS}"));
            None
        }
        (Ok(least), Ok(most)) => Some(Times::Between(least, most)),
        _ => {
            let fault = faults.report(node.span, format!("`{}` is not a range", written.value));
            fault.label("two whole numbers, as in `1..5`");
            None
        }
    }
}

fn for_each(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let list = keys.get("for_each").and_then(|node| expression(node, "`for_each`", faults));
    let item = match keys.get("as") {
        Some(node) => literal(node, "`as`", faults).inspect(|name| variable_name(name, faults)),
        None => {
            let fault = faults.report(keys.key_span("for_each"), "`as` is missing: what is an item called?");
            fault
                .label("add `as`")
                .help("for example `for_each: ${items}` with `as: item`, and then `${item.id}` inside");
            None
        }
    };
    let steps = inner_steps(keys, faults);
    Some(StepKind::ForEach { list: list?, item: item?, steps: steps? })
}

fn while_loop(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let condition = keys.get("while").and_then(|node| expression(node, "`while`", faults));
    let max = keys
        .get("max")
        .map_or(Some(DEFAULT_ROUNDS), |node| whole_number(node, "`max`", 1..=MOST_ROUNDS, faults));
    let steps = inner_steps(keys, faults);
    Some(StepKind::While { condition: condition?, max: max?, steps: steps? })
}

fn choose(node: &Node, faults: &mut Faults) -> Option<StepKind> {
    let list = items(node, "`choose`", faults)?;
    if list.is_empty() {
        faults.report(node.span, "`choose` has no branches").label("nothing to choose from");
        return None;
    }
    let branches: Vec<Option<Branch>> = list.iter().map(|node| branch(node, faults)).collect();
    Some(StepKind::Choose(branches.into_iter().flatten().collect()))
}

fn branch(node: &Node, faults: &mut Faults) -> Option<Branch> {
    let mut keys = Keys::open(node, "a branch of `choose`", faults)?;
    let weight = keys.get("weight").map_or(Some(1.0), |node| positive_number(node, "`weight`", faults));
    let steps = inner_steps(&mut keys, faults);
    keys.finish_with(faults, |key, fault| {
        let is_step = METHOD_KEYS.contains(&key) || KINDS.contains(&key);
        if is_step {
            fault.label("a branch has `weight` and `steps`");
            fault.help(format!("write `- {{ weight: 1, steps: [ {{ {key}: … }} ] }}`"));
        }
        is_step
    });
    Some(Branch { weight: weight?, steps: steps? })
}

fn parallel(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let steps = keys.get("parallel").map(|node| steps(node, "`parallel`", faults));
    let most = keys
        .get("max_concurrency")
        .map(|node| whole_number(node, "`max_concurrency`", 1..=MOST_CONCURRENCY, faults));
    let max_concurrency = match most {
        Some(most) => Some(usize::try_from(most?).unwrap_or(usize::MAX)),
        None => None,
    };
    Some(StepKind::Parallel { steps: steps?, max_concurrency })
}

fn group(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let name = keys.get("group").and_then(|node| literal(node, "a group's name", faults));
    let steps = inner_steps(keys, faults);
    Some(StepKind::Group { name: name?.value, steps: steps? })
}

fn stop(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<StepKind> {
    let condition = keys.get("if").map(|node| expression(node, "`if`", faults));
    let scope = keys.get("stop").and_then(|node| stop_scope(node, faults));
    Some(StepKind::Stop {
        scope: scope?,
        condition: match condition {
            Some(condition) => Some(condition?),
            None => None,
        },
    })
}

fn stop_scope(node: &Node, faults: &mut Faults) -> Option<StopScope> {
    const SCOPES: [(&str, StopScope); 3] =
        [("iteration", StopScope::Iteration), ("user", StopScope::User), ("run", StopScope::Run)];
    one_of(node, "`stop`", &SCOPES, faults)
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(
    node: &Node,
    what: &str,
    known: &[(&str, T)],
    faults: &mut Faults,
) -> Option<T> {
    let written = word(node, what, faults)?;
    let found = known.iter().find(|(name, _)| *name == written.value);
    if found.is_none() {
        unknown_word(&written, what, known.iter().map(|(name, _)| *name), faults);
    }
    found.map(|(_, value)| *value)
}

fn unknown_word<'k>(
    written: &Spanned<&str>,
    what: &str,
    known: impl Iterator<Item = &'k str> + Clone,
    faults: &mut Faults,
) {
    let span: Span = written.span;
    let fault = faults.report(span, format!("{what} cannot be `{}`", written.value));
    match nearest(written.value, known.clone()) {
        Some(near) => fault.label(format!("did you mean `{near}`?")),
        None => fault.label(format!("it is {}", listed(known))),
    };
}
