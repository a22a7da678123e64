//! Reading a node as what the language wants there, reporting what it is not. Nothing stops at a fault: the
//! caller gets `None` and goes on with the next key.

use super::{
    diagnostic::{Diagnostic, Faults},
    span::{Span, Spanned},
    suggest::{listed, nearest},
    text::Text,
    yaml::{Node, NodeValue},
};
use crate::model::{QuantityError, parse_duration};
use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

/// The keys of a map, each asked for by name; what was not asked for is unknown.
pub struct Keys<'n> {
    what: &'static str,
    span: Span,
    entries: Vec<(&'n Spanned<String>, &'n Node)>,
    asked: Vec<&'static str>,
    /// Keys that exist, whether or not they were asked for; those of a later version are not offered.
    offered: Vec<&'static str>,
}

impl<'n> Keys<'n> {
    /// Opens a map; `what` names it in messages ("a task").
    pub fn open(node: &'n Node, what: &'static str, faults: &mut Faults) -> Option<Self> {
        let NodeValue::Map(entries) = &node.value else {
            faults
                .report(node.span, format!("{what} is a map, this is {}", node.kind()))
                .label("expected a map");
            return None;
        };
        let mut unique: Vec<(&Spanned<String>, &Node)> = Vec::with_capacity(entries.len());
        let mut lines: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
        for (key, value) in entries {
            match lines.entry(&key.value) {
                Entry::Occupied(first) => {
                    let message = format!("`{}` is written twice in {what}", key.value);
                    faults.report(key.span, message).label(format!("first written on line {}", first.get()));
                }
                Entry::Vacant(new) => {
                    new.insert(key.span.line);
                    unique.push((key, value));
                }
            }
        }
        Some(Self { what, span: node.span, entries: unique, asked: Vec::new(), offered: Vec::new() })
    }

    /// Where the map stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The value of a key.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        self.offer(&[key]);
        self.entries.iter().find(|(known, _)| known.value == key).map(|(_, value)| *value)
    }

    /// Names keys that exist here, for whoever misspells one, without asking for them.
    pub fn offer(&mut self, keys: &[&'static str]) {
        for &key in keys {
            if !self.offered.contains(&key) {
                self.offered.push(key);
            }
        }
    }

    /// Whether the key is written, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.value == key)
    }

    /// The value of a key that must be there.
    pub fn require(&mut self, key: &'static str, faults: &mut Faults) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            faults.report(self.span, format!("`{key}` is missing in {}", self.what));
        }
        found
    }

    /// Refuses keys of the language that this version does not carry out.
    pub fn not_yet(&mut self, keys: &[&'static str], faults: &mut Faults) {
        for &key in keys {
            self.asked.push(key);
            if let Some((written, _)) = self.entries.iter().find(|(known, _)| known.value == key) {
                faults.not_yet(written.span, &format!("`{key}`"));
            }
        }
    }

    /// The keys that were asked for with `get`, as written, without their values.
    pub fn key_span(&self, key: &str) -> Span {
        self.entries.iter().find(|(known, _)| known.value == key).map_or(self.span, |(key, _)| key.span)
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self, faults: &mut Faults) {
        self.finish_with(faults, |_, _| false);
    }

    /// [`Self::finish`], where `explain` may say more about a key than that it is unknown.
    pub fn finish_with(self, faults: &mut Faults, explain: impl Fn(&str, &mut Diagnostic) -> bool) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.asked.contains(&key.value.as_str())) {
            let fault = faults.report(key.span, format!("unknown key `{}` in {}", key.value, self.what));
            if explain(&key.value, fault) {
                continue;
            }
            match nearest(&key.value, self.asked.iter().chain(&self.offered).copied()) {
                Some(known) => fault.label(format!("did you mean `{known}`?")),
                None => fault.label("unknown key").help(format!(
                    "{} takes {}",
                    self.what,
                    listed(self.offered.iter().copied())
                )),
            };
        }
    }
}

/// The entries of a map with free keys, duplicates reported.
pub fn entries<'n>(
    node: &'n Node,
    what: &'static str,
    faults: &mut Faults,
) -> Vec<(&'n Spanned<String>, &'n Node)> {
    Keys::open(node, what, faults).map_or_else(Vec::new, |keys| keys.entries)
}

/// The items of a list.
pub fn items<'n>(node: &'n Node, what: &'static str, faults: &mut Faults) -> Option<&'n [Node]> {
    if let NodeValue::List(items) = &node.value {
        return Some(items);
    }
    faults.report(node.span, format!("{what} is a list, this is {}", node.kind())).label("expected a list");
    None
}

/// A scalar's text as it is, without looking for expressions.
pub fn word<'n>(node: &'n Node, what: &str, faults: &mut Faults) -> Option<Spanned<&'n str>> {
    match &node.value {
        NodeValue::Scalar(scalar) if !scalar.is_null() => Some(Spanned::new(scalar.text.as_str(), node.span)),
        _ => {
            let fault = faults.report(node.span, format!("{what} is a text, this is {}", node.kind()));
            if matches!(node.value, NodeValue::Map(_)) {
                fault.help("does the text contain `: ` or start with `{`? Then it needs quotes");
            }
            None
        }
    }
}

/// A scalar's text with its expressions.
pub fn text(node: &Node, what: &str, faults: &mut Faults) -> Option<Text> {
    word(node, what, faults)?;
    Some(Text::of_node(node, faults))
}

/// A text that may not have expressions.
pub fn literal(node: &Node, what: &str, faults: &mut Faults) -> Option<Spanned<String>> {
    let word = word(node, what, faults)?;
    if word.value.replace("$${", "").contains("${") {
        faults
            .report(node.span, format!("{what} cannot contain `${{…}}`"))
            .label("must be known before the run");
        return None;
    }
    Some(Spanned::new(word.value.replace("$${", "${"), node.span))
}

/// A duration with its unit.
pub fn duration(node: &Node, what: &str, faults: &mut Faults) -> Option<Duration> {
    let word = word(node, what, faults)?;
    quantity(parse_duration(word.value), word.span, what, faults)
}

/// A quantity that was read, or its fault.
pub fn quantity<T>(read: Result<T, QuantityError>, span: Span, what: &str, faults: &mut Faults) -> Option<T> {
    read.map_err(|error| {
        faults.report(span, format!("{what}: {}", error.problem)).label(error.help.clone());
    })
    .ok()
}

/// A whole number within limits.
pub fn whole_number(
    node: &Node,
    what: &str,
    limits: std::ops::RangeInclusive<u64>,
    faults: &mut Faults,
) -> Option<u64> {
    let word = word(node, what, faults)?;
    let number: Option<u64> = word.value.replace('_', "").parse().ok();
    match number {
        Some(number) if limits.contains(&number) => Some(number),
        Some(number) => {
            let (least, most) = (*limits.start(), *limits.end());
            let wanted = match (number < least, least == most) {
                (_, true) => format!("it can only be {least}"),
                (true, _) => format!("it must be at least {least}"),
                (false, _) => format!("it can be at most {most}"),
            };
            faults.report(node.span, format!("{what} cannot be {number}")).label(wanted);
            None
        }
        None => {
            let message = format!("{what} is a whole number, this is `{}`", word.value);
            faults.report(node.span, message).label("expected a whole number");
            None
        }
    }
}

/// A positive decimal number.
pub fn positive_number(node: &Node, what: &str, faults: &mut Faults) -> Option<f64> {
    let word = word(node, what, faults)?;
    let number: Option<f64> =
        word.value.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    if number.is_none() {
        let message = format!("{what} is a number above zero, this is `{}`", word.value);
        faults.report(node.span, message).label("expected a number above zero");
    }
    number
}
