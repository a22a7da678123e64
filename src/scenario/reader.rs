//! Reading a node as what the language wants there, reporting what it is not. Nothing stops at a fault: the
//! caller gets `None` and goes on with the next key.

use super::{
    diagnostic::{Diagnostic, Faults},
    span::{Span, Spanned},
    suggest::{absent, listed, nearest},
    text::{Part, Text},
    types::Pairs,
    yaml::{Node, NodeValue},
};
use crate::model::{QuantityError, parse_duration};
use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

/// Most unknown keys of a map that are compared with what was perhaps meant.
const MOST_STRANGERS: usize = 100;

/// The keys of a map, each asked for by name; what was not asked for is unknown.
pub struct Keys<'n> {
    what: &'static str,
    span: Span,
    entries: Vec<(&'n Spanned<String>, &'n Node)>,
    asked: Vec<&'static str>,
    /// Keys that exist, whether or not they were asked for; those of a later version are not offered.
    offered: Vec<&'static str>,
    /// Keys that are not taken for strangers.
    known: Vec<&'static str>,
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
        Some(Self {
            what,
            span: node.span,
            entries: unique,
            asked: Vec::new(),
            offered: Vec::new(),
            known: Vec::new(),
        })
    }

    /// Where the map stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The map's first key: the place for what is missing in it.
    pub fn place(&self) -> Span {
        self.entries.first().map_or(self.span, |(key, _)| key.span)
    }

    /// Whether a key that nobody asked for is probably one of these, so that it is not missing but misspelt.
    /// Call it when the other keys were asked for.
    pub fn misspelt(&self, keys: &[&'static str]) -> bool {
        let known = || self.asked.iter().chain(&self.offered).copied().chain(keys.iter().copied());
        self.strangers(keys).any(|key| nearest(key, known()).is_some_and(|near| keys.contains(&near)))
    }

    /// [`Self::misspelt`], or a key that is like none at all and so may have been meant as one of these.
    pub fn misspelt_or_strange(&self, keys: &[&'static str]) -> bool {
        let known = || self.asked.iter().chain(&self.offered).copied().chain(keys.iter().copied());
        self.strangers(keys).any(|key| nearest(key, known()).is_none_or(|near| keys.contains(&near)))
    }

    /// The keys that nobody asked for, but not endlessly many of them.
    fn strangers<'k>(&'k self, keys: &'k [&'static str]) -> impl Iterator<Item = &'n str> + 'k {
        let known = move |key: &str| {
            [keys, &self.asked, &self.offered, &self.known].iter().any(|known| known.contains(&key))
        };
        self.entries
            .iter()
            .map(|(key, _)| key.value.as_str())
            .filter(move |key| !known(key))
            .take(MOST_STRANGERS)
    }

    /// The value of a key.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        self.offer(&[key]);
        self.entries.iter().find(|(known, _)| known.value == key).map(|(_, value)| *value)
    }

    /// Takes keys for asked for: what is wrong with them follows from something else.
    pub fn pass_over(&mut self, keys: &[&'static str]) {
        self.asked.extend(keys);
    }

    /// Names keys that exist here, for whoever misspells one, without asking for them.
    pub fn offer(&mut self, keys: &[&'static str]) {
        for &key in keys {
            if !self.offered.contains(&key) {
                self.offered.push(key);
            }
        }
    }

    /// Knows keys that exist elsewhere too, so that they are not taken for strangers; they are not listed.
    pub fn know(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Whether the key is written, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.value == key)
    }

    /// The value of a key that must be there.
    pub fn require(&mut self, key: &'static str, faults: &mut Faults) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() && !self.misspelt(&[key]) {
            let fault = faults.report(self.place(), format!("`{key}` is missing in {}", self.what));
            fault.label(format!("add `{key}`"));
        }
        found
    }

    /// The entries with other keys than these.
    pub fn strange_entries(
        &self,
        keys: &'static [&'static str],
    ) -> impl Iterator<Item = (&'n str, &'n Node)> {
        let entries = self.entries.clone().into_iter();
        entries.map(|(key, node)| (key.value.as_str(), node)).filter(move |(key, _)| !keys.contains(key))
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
            let are_many = faults.are_many();
            let fault = faults.report(key.span, format!("unknown key `{}` in {}", key.value, self.what));
            if are_many || explain(&key.value, fault) {
                continue;
            }
            let near = nearest(&key.value, self.asked.iter().chain(&self.offered).copied());
            match (near, absent(&key.value)) {
                (Some(known), _) => fault.label(format!("did you mean `{known}`?")),
                (None, Some(instead)) => fault.label("loadgen has no such thing").help(instead),
                (None, None) => fault.label("unknown key").help(format!(
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
    let fault = faults.report(node.span, format!("{what} is a list, this is {}", node.kind()));
    fault
        .label("expected a list")
        .help("a list is written `[ a, b ]`, or one item a line with `- ` before each");
    None
}

/// A scalar's text as it is, without looking for expressions.
pub fn word<'n>(node: &'n Node, what: &str, faults: &mut Faults) -> Option<Spanned<&'n str>> {
    match &node.value {
        NodeValue::Scalar(scalar) if !scalar.is_null() => Some(Spanned::new(scalar.text.as_str(), node.span)),
        _ => {
            let fault = faults.report(node.span, format!("{what} is a text, this is {}", node.kind()));
            match node.value {
                NodeValue::Map(_) => fault
                    .label("expected a text")
                    .help("does the text contain `: ` or start with `{`? Then it needs quotes"),
                NodeValue::List(_) => fault
                    .label("expected a text")
                    .help("does the text start with `[` or `- `? Then it needs quotes"),
                NodeValue::Scalar(_) => fault.label("the value is missing; an empty text is `\"\"`"),
            };
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
            .label("it must be known before the run");
        return None;
    }
    Some(Spanned::new(word.value.replace("$${", "${"), node.span))
}

/// A text that is one whole `${…}`.
pub fn expression(node: &Node, what: &str, faults: &mut Faults) -> Option<Spanned<String>> {
    let is_text = matches!(&node.value, NodeValue::Scalar(scalar) if !scalar.is_null());
    if !is_text {
        let message = format!("{what} takes one expression in `${{…}}`, this is {}", node.kind());
        let is_list = matches!(node.value, NodeValue::List(_));
        faults.report(node.span, message).label(match what {
            "`for_each`" if is_list => "write the list inside of it, as in `${[1, 2]}`",
            "`for_each`" => "for example `${items}`",
            _ if is_list => "join them in one: `${a and b}`, or `${a or b}`",
            _ => "for example `${vu > 1}`",
        });
        return None;
    }
    let text = text(node, what, faults)?;
    if let Some(expression) = text.as_whole_expression() {
        return Some(expression.clone());
    }
    let fault = faults.report(node.span, format!("{what} takes one expression in `${{…}}`"));
    let around: String = text.parts.iter().filter_map(Part::literal).collect();
    if !text.source.contains("${") {
        fault.label(format!("did you mean `${{{}}}`?", text.source.trim()));
    } else if around.contains(['=', '<', '>', '+', '-', '*', '/', '%'])
        || [" and ", " or ", "not "].iter().any(|word| around.contains(word))
    {
        let inner: String = text.parts.iter().map(Part::source).collect();
        fault.label(format!("write all of it inside: `${{{}}}`", inner.trim()));
    } else {
        fault.label("nothing can stand before or behind it");
    }
    None
}

/// `true` or `false`.
pub fn boolean(node: &Node, what: &str, faults: &mut Faults) -> Option<bool> {
    let written = word(node, what, faults)?;
    match written.value {
        "true" | "True" | "TRUE" => return Some(true),
        "false" | "False" | "FALSE" => return Some(false),
        _ => {}
    }
    let fault = faults.report(node.span, format!("{what} is `true` or `false`, this is `{}`", written.value));
    match written.value.to_lowercase().as_str() {
        "yes" | "on" | "1" => fault.label("did you mean `true`?"),
        "no" | "off" | "0" => fault.label("did you mean `false`?"),
        _ => fault.label("expected `true` or `false`"),
    };
    None
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
    if number.is_some() && word.value.len() > 1 && word.value.starts_with('0') {
        let fault = faults.report(node.span, format!("`{}` begins with a zero", word.value));
        fault.label("some readers take it as octal; leave the zero out");
        return None;
    }
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
            let fault = faults.report(node.span, message);
            if word.value.starts_with('-') {
                fault.label(format!("it must be at least {}", limits.start()));
            } else {
                fault.label("expected a whole number");
            }
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

/// A positive duration with its unit.
pub fn positive_duration(node: &Node, what: &str, faults: &mut Faults) -> Option<Duration> {
    let duration = duration(node, what, faults)?;
    if duration.is_zero() {
        faults.report(node.span, format!("{what} must be longer than nothing")).label("for example `10s`");
        return None;
    }
    Some(duration)
}

/// Names and texts; a list stands for several texts of one name.
pub fn pairs(node: &Node, what: &'static str, faults: &mut Faults) -> Pairs {
    if let NodeValue::List(_) = node.value {
        let fault = faults.report(node.span, format!("{what} is a map, this is a list"));
        fault.label("expected a map").help("without the dashes: `name: value`");
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (name, value) in entries(node, what, faults) {
        let values = match &value.value {
            NodeValue::List(values) => values.iter().collect(),
            _ => vec![value],
        };
        for value in values {
            if let Some(value) = text(value, &format!("`{}`", name.value), faults) {
                pairs.push((name.clone(), value));
            }
        }
    }
    pairs
}

/// Reports a name that has no characters, or an expression in it.
pub fn literal_name(name: &Spanned<String>, what: &str, faults: &mut Faults) {
    if name.value.trim().is_empty() {
        faults.report(name.span, format!("{what} cannot be empty")).label("write a name");
    } else if name.value.contains("${") {
        faults
            .report(name.span, format!("{what} cannot contain `${{…}}`"))
            .label("it must be known before the run");
    }
}
