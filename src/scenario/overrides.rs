//! What the command line changes in a file before it is decoded: `--set`, `--users`, `--tag` and the like.
//!
//! Each is read as a small source of its own, so that a fault in it points into it and not into the file.

use super::{
    diagnostic::Faults,
    sources::Sources,
    span::{Span, Spanned},
    yaml::{self, Node, NodeValue},
};

/// A value of the command line and the place in the file that it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The flag as it was written, without the value: `--set load.users`.
    pub flag: String,
    /// The keys that lead to the place.
    pub path: Vec<String>,
    /// The value, as YAML.
    pub value: String,
    /// What kind of change it is.
    pub kind: OverrideKind,
}

/// What kind of change an override is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideKind {
    /// Sets what stands at the path.
    Set,
    /// Sets a key of the load, and drops what has no meaning beside it.
    Load,
}

impl Override {
    /// `--set a.b.c=VALUE`.
    ///
    /// # Errors
    /// There is no `=`, or nothing before it.
    pub fn set(text: &str) -> Result<Self, String> {
        let (path, value) =
            text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`: write `--set load.users=5`"))?;
        let path: Vec<String> = path.split('.').map(|key| key.trim().to_owned()).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("`{text}` names no key: write `--set load.users=5`"));
        }
        let flag = format!("--set {}", path.join("."));
        Ok(Self { flag, path, value: value.to_owned(), kind: OverrideKind::Set })
    }

    /// `--tag NAME=VALUE`, a tag on every sample.
    ///
    /// # Errors
    /// There is no `=`, or nothing before it.
    pub fn tag(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').filter(|(name, _)| !name.trim().is_empty());
        let (name, value) = named.ok_or_else(|| format!("`{text}` is not `NAME=VALUE`"))?;
        let path = vec!["tags".to_owned(), name.trim().to_owned()];
        // In quotes it stays a text, whatever it looks like.
        let value = format!("'{}'", value.replace('\'', "''"));
        Ok(Self { flag: format!("--tag {}", name.trim()), path, value, kind: OverrideKind::Set })
    }

    /// `--users`, `--duration` or `--rate`: a key of the load of the file's only workload.
    pub fn load(key: &str, value: &str) -> Self {
        let path = vec!["load".to_owned(), key.to_owned()];
        Self { flag: format!("--{key}"), path, value: value.to_owned(), kind: OverrideKind::Load }
    }

    /// What stands in messages in place of a file's text.
    pub(super) fn source(&self) -> String {
        let sign = if self.kind == OverrideKind::Load { ' ' } else { '=' };
        format!("{}{sign}{}", self.flag, self.value)
    }
}

/// Changes the file's tree.
pub(super) fn apply(root: &mut Node, overrides: &[Override], sources: &Sources, faults: &mut Faults) {
    let read: Vec<Option<Node>> = overrides
        .iter()
        .enumerate()
        .map(|(index, change)| value(change, sources.base_of_override(index), faults))
        .collect();
    let of_load: Vec<&str> = overrides
        .iter()
        .filter(|change| change.kind == OverrideKind::Load)
        .map(|change| change.path[1].as_str())
        .collect();
    let reshaped = of_load.is_empty() || reshape(root, &of_load, sources, overrides, faults).is_some();
    for (index, (change, node)) in overrides.iter().zip(read).enumerate() {
        let place = flag_place(change, sources.base_of_override(index));
        match (node, change.kind) {
            (None, _) => {}
            (Some(node), OverrideKind::Set) => put(root, &change.path, node, place, faults),
            (Some(node), OverrideKind::Load) if reshaped => {
                if let Some(workload) = only_workload(root) {
                    put(workload, &change.path, node, place, faults);
                }
            }
            (Some(_), OverrideKind::Load) => {}
        }
    }
}

/// The place of a flag in its own source.
fn flag_place(change: &Override, base: usize) -> Span {
    Span { start: base, end: base + change.flag.len(), line: 1, column: 1 }
}

fn value(change: &Override, base: usize, faults: &mut Faults) -> Option<Node> {
    let (before, columns) = (change.flag.len() + 1, change.flag.chars().count() + 1);
    if change.value.trim().is_empty() {
        let text = String::new();
        let span = Span { start: base + before, end: base + before, line: 1, column: columns + 1 };
        let scalar = yaml::Scalar { text, plain: false, verbatim_at: None };
        return Some(Node { span, value: NodeValue::Scalar(scalar) });
    }
    let mut own = Faults::default();
    let node = yaml::parse(&change.value, &mut own);
    for fault in own.into_sorted() {
        let span = shifted(fault.span, base + before, columns);
        let told = faults.report(span, fault.message);
        told.label = fault.label;
        told.help = fault.help;
    }
    let mut node = node?;
    shift(&mut node, base + before, columns);
    Some(node)
}

fn shifted(span: Span, bytes: usize, columns: usize) -> Span {
    let column = if span.line == 1 { span.column + columns } else { span.column };
    Span { start: span.start + bytes, end: span.end + bytes, column, ..span }
}

fn shift(node: &mut Node, bytes: usize, columns: usize) {
    node.span = shifted(node.span, bytes, columns);
    match &mut node.value {
        NodeValue::Scalar(scalar) => {
            scalar.verbatim_at = scalar.verbatim_at.map(|at| at + bytes);
        }
        NodeValue::List(items) => items.iter_mut().for_each(|item| shift(item, bytes, columns)),
        NodeValue::Map(entries) => {
            for (key, value) in entries {
                key.span = shifted(key.span, bytes, columns);
                shift(value, bytes, columns);
            }
        }
    }
}

/// Puts a value where the path leads, making maps on the way.
fn put(node: &mut Node, path: &[String], value: Node, place: Span, faults: &mut Faults) {
    let Some((key, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    match &mut node.value {
        NodeValue::List(items) => {
            let count = items.len();
            match key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => put(item, rest, value, place, faults),
                None => {
                    let fault = faults.report(place, format!("`{key}` leads nowhere: this is a list"));
                    fault.label(match count {
                        0 => "it is empty".to_owned(),
                        1 => "its only item is `0`".to_owned(),
                        _ => format!("an item's number from 0 to {}", count - 1),
                    });
                }
            }
        }
        NodeValue::Map(entries) => {
            if let Some((_, existing)) = entries.iter_mut().find(|(known, _)| known.value == *key) {
                return put(existing, rest, value, place, faults);
            }
            let mut made = Node { span: place, value: NodeValue::Map(Vec::new()) };
            put(&mut made, rest, value, place, faults);
            entries.push((Spanned::new(key.clone(), place), made));
        }
        NodeValue::Scalar(_) => {
            node.value = NodeValue::Map(Vec::new());
            node.span = place;
            put(node, path, value, place, faults);
        }
    }
}

/// The map that has the `load`, where there is only one.
fn only_workload(root: &mut Node) -> Option<&mut Node> {
    if root.entry("workloads").is_none() {
        return Some(root);
    }
    let NodeValue::Map(entries) = &mut root.entry_mut("workloads")?.value else { return None };
    if entries.len() == 1 { entries.first_mut().map(|(_, node)| node) } else { None }
}

/// Drops what has no meaning beside the keys that are set.
fn reshape(
    root: &mut Node,
    keys: &[&str],
    sources: &Sources,
    overrides: &[Override],
    faults: &mut Faults,
) -> Option<()> {
    let first = overrides.iter().position(|change| change.kind == OverrideKind::Load)?;
    let flag = overrides.get(first)?;
    let place = flag_place(flag, sources.base_of_override(first));
    let Some(workload) = only_workload(root) else {
        let fault = faults.report(place, format!("`{}` needs a file with one workload", flag.flag));
        fault.label(format!("say which: `--set workloads.NAME.load.{}=…`", flag.path[1]));
        return None;
    };
    let Some(load) = workload.entry_mut("load") else { return Some(()) };
    let has = |key: &str| keys.contains(&key);
    if load.entry("stages").is_some() && !(has("duration") && (has("users") || has("rate"))) {
        let fault = faults.report(place, format!("`{}` alone cannot change `stages`", flag.flag));
        fault.label("`--users` (or `--rate`) together with `--duration` replaces them");
        return None;
    }
    let mut drop = vec!["stages", "start_users", "start_rate"];
    if has("rate") {
        drop.extend(["users", "iterations", "iterations_per_user", "max_duration", "graceful_ramp_down"]);
    }
    if has("users") {
        drop.extend(["rate", "max_users", "arrivals"]);
    }
    if has("duration") {
        drop.extend(["iterations", "iterations_per_user", "max_duration"]);
    }
    if let NodeValue::Map(entries) = &mut load.value {
        entries.retain(|(key, _)| !drop.contains(&key.value.as_str()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_override_is_refused() {
        assert!(Override::set("load.users").is_err());
        assert!(Override::set("=5").is_err());
        assert!(Override::set("load..users=5").is_err());
        assert!(Override::tag("=x").is_err());
        assert_eq!(Override::tag("it's=a 'b'").map(|tag| tag.value), Ok("'a ''b'''".to_owned()));
        assert_eq!(
            Override::set("a.b=c=d").map(|set| (set.path, set.value)),
            Ok((vec!["a".to_owned(), "b".to_owned()], "c=d".to_owned()))
        );
    }
}
