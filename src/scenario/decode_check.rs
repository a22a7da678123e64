//! `expect`, `check` and `extract`: which texts they hold. The texts' own grammar is in `check_grammar`.

use super::{
    check::{Check, Extract, ExtractPick, Subject},
    check_grammar::{parse_check, parse_subject},
    check_subject::is_subject,
    decode_vars::variable_name,
    diagnostic::Faults,
    reader::{Keys, entries, items},
    span::Spanned,
    suggest::nearest,
    value::Value,
    yaml::{Node, NodeValue},
};

const PICKS: [&str; 4] = ["first", "last", "random", "all"];

/// Reads one expression, a list of them, or a map of name and expression.
pub(super) fn checks(node: &Node, what: &'static str, faults: &mut Faults) -> Vec<Check> {
    match &node.value {
        NodeValue::Scalar(_) => unnamed_check(node, faults).into_iter().collect(),
        NodeValue::List(_) => {
            let list = items(node, what, faults).unwrap_or_default();
            list.iter().filter_map(|node| unnamed_check(node, faults)).collect()
        }
        NodeValue::Map(_) => {
            let named = entries(node, what, faults);
            named.into_iter().filter_map(|(name, node)| named_check(name, node, faults)).collect()
        }
    }
}

fn unnamed_check(node: &Node, faults: &mut Faults) -> Option<Check> {
    let text = check_text(node, faults)?;
    parse_check(node, text, text, faults)
}

fn named_check(name: &Spanned<String>, node: &Node, faults: &mut Faults) -> Option<Check> {
    let text = check_text(node, faults)?;
    if let Some(meant) = without_subject(&name.value, text) {
        faults
            .report(node.span, format!("the check `{}` is only `{text}`", name.value))
            .label(format!("did you mean `{meant}`?"))
            .help(format!("a map is of names and checks: `{{ ok: {meant} }}`"));
        return None;
    }
    parse_check(node, text, &name.value, faults)
}

/// Most bytes of a check or an extract.
const MOST_BYTES: usize = 10_000;

fn is_short(node: &Node, text: &str, faults: &mut Faults) -> bool {
    if text.len() > MOST_BYTES {
        let message = format!("this text has {} bytes, and is no check or extract", text.len());
        faults.report(node.span, message).label(format!("at most {MOST_BYTES}"));
    }
    text.len() <= MOST_BYTES
}

/// The text of a check that is one.
fn check_text<'n>(node: &'n Node, faults: &mut Faults) -> Option<&'n str> {
    match &node.value {
        NodeValue::Scalar(scalar) if !scalar.is_null() && !scalar.text.trim().is_empty() => {
            is_short(node, &scalar.text, faults).then_some(scalar.text.as_str())
        }
        NodeValue::Scalar(_) => {
            faults.report(node.span, "this check is empty").label("write one such as `status == 200`");
            None
        }
        NodeValue::List(_) => {
            faults
                .report(node.span, "a check is one text such as `status == 200`, this is a list")
                .label("give each of them a name of its own, or leave the names out");
            None
        }
        NodeValue::Map(entries) => {
            let message = "a check is one text such as `status == 200`, this is a map";
            let fault = faults.report(node.span, message);
            let meant = match entries.as_slice() {
                [(key, Node { value: NodeValue::Scalar(scalar), .. })] => {
                    without_subject(&key.value, &scalar.text)
                }
                _ => None,
            };
            match meant {
                Some(meant) => fault.label(format!("did you mean `{meant}`?")),
                None => fault.help("does the text contain `: ` or start with `{`? Then it needs quotes"),
            };
            None
        }
    }
}

/// `status: 200` as the check that was meant, where the subject was taken for a key.
fn without_subject(key: &str, text: &str) -> Option<String> {
    let first =
        |text: &str| text.split(|c: char| c.is_whitespace() || "=!<>".contains(c)).next().map(is_subject);
    if first(key) != Some(true) || first(text) == Some(true) {
        return None;
    }
    let operator = if text.starts_with(['=', '!', '<', '>']) { "" } else { "== " };
    // A name that only begins like a subject, such as `status is good`, is a name.
    let is_value = !operator.is_empty() && !text.contains(char::is_whitespace);
    (is_value || operator.is_empty()).then(|| format!("{key} {operator}{text}"))
}

/// Reads a map of variable to subject, or to a map with `from`.
pub(super) fn extracts(node: &Node, faults: &mut Faults) -> Vec<Extract> {
    let mut extracts = Vec::new();
    for (variable, node) in entries(node, "`extract`", faults) {
        variable_name(variable, faults);
        let read = match &node.value {
            NodeValue::Map(_) => extract_map(variable, node, faults),
            _ => subject_of(node, faults).map(|subject| Extract {
                variable: variable.clone(),
                pick: usual_pick(&subject),
                subject,
                default: None,
                span: node.span,
            }),
        };
        extracts.extend(read);
    }
    extracts
}

/// `{ from: SUBJECT, default: VALUE, pick: WHICH }`
fn extract_map(variable: &Spanned<String>, node: &Node, faults: &mut Faults) -> Option<Extract> {
    let mut keys = Keys::open(node, "an extract", faults)?;
    let from = keys.get("from");
    let default = keys.get("default").map(|node| Value::of_node(node, faults));
    let pick = keys.get("pick");
    let misplaced = SUBJECT_KEYS.iter().any(|key| keys.has(key));
    if from.is_none() && !misplaced {
        keys.require("from", faults);
    }
    keys.finish_with(faults, |key, fault| {
        let is_subject = SUBJECT_KEYS.contains(&key);
        if is_subject {
            fault.label(format!("did you mean `from: {key} …`?"));
        }
        is_subject
    });
    let subject = subject_of(from?, faults);
    let pick = match (pick, &subject) {
        (Some(node), Some(subject)) => pick_of(node, subject, faults)?,
        (None, Some(subject)) => usual_pick(subject),
        (_, None) => return None,
    };
    Some(Extract { variable: variable.clone(), subject: subject?, pick, default, span: from?.span })
}

/// The subjects that somebody might take for keys of an extract.
const SUBJECT_KEYS: [&str; 5] = ["json", "header", "cookie", "regex", "css"];

fn subject_of(node: &Node, faults: &mut Faults) -> Option<Subject> {
    match &node.value {
        NodeValue::Scalar(scalar) if !scalar.is_null() && !scalar.text.trim().is_empty() => {
            is_short(node, &scalar.text, faults).then(|| parse_subject(node, &scalar.text, faults))?
        }
        NodeValue::Scalar(_) => {
            faults
                .report(node.span, "this extract is empty")
                .label("write where its value is, such as `json $.id`");
            None
        }
        _ => {
            let message = format!("an extract is one text such as `json $.id`, this is {}", node.kind());
            faults.report(node.span, message).label("expected a text");
            None
        }
    }
}

/// The last cookie set under a name is the one that clients keep; of everything else the first is meant.
fn usual_pick(subject: &Subject) -> ExtractPick {
    if matches!(subject, Subject::Cookie(_)) { ExtractPick::Last } else { ExtractPick::First }
}

fn pick_of(node: &Node, subject: &Subject, faults: &mut Faults) -> Option<ExtractPick> {
    let written = match &node.value {
        NodeValue::Scalar(scalar) => scalar.text.trim(),
        _ => "",
    };
    let pick = match written {
        "first" => ExtractPick::First,
        "last" => ExtractPick::Last,
        "random" => ExtractPick::Random,
        "all" => ExtractPick::All,
        number if number.parse::<u32>().is_ok() => ExtractPick::Nth(number.parse().ok()?),
        other => {
            unknown_pick(node, other, faults);
            return None;
        }
    };
    if pick != ExtractPick::First && !subject.can_be_many() {
        faults
            .report(node.span, format!("there is one `{}` only, nothing to pick from", subject.keyword()))
            .label("leave `pick` out");
        return None;
    }
    Some(pick)
}

fn unknown_pick(node: &Node, written: &str, faults: &mut Faults) {
    const HELP: &str = "`pick` is `first`, `last`, `random`, `all`, or a number from 0";
    if written.strip_prefix('-').is_some_and(|digits| digits.parse::<u32>().is_ok()) {
        let fault =
            faults.report(node.span, format!("`pick` counts from the first, it cannot be `{written}`"));
        fault.label(if written == "-1" { "did you mean `last`?" } else { "a number from 0" }).help(HELP);
        return;
    }
    let message = match written {
        "" => format!("`pick` is a word or a number, this is {}", node.kind()),
        written => format!("`{written}` is no way to pick"),
    };
    let fault = faults.report(node.span, message);
    if let Some(near) = nearest(written, PICKS) {
        fault.label(format!("did you mean `{near}`?"));
    }
    fault.help(HELP);
}
