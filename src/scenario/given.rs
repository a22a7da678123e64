//! Every name that a file gives to something, read or not: what could not be read is not undefined.

use super::{
    decode_request::METHOD_KEYS,
    suggest::nearest,
    yaml::{Node, NodeValue},
};
use std::collections::BTreeSet;

/// Keys whose values give names.
const GIVING: [&str; 9] =
    ["extract", "set", "variables", "data", "workloads", "tags", "check", "expect", "request"];

/// The names that a file gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// What is given to variables and feeds.
    pub variables: BTreeSet<String>,
    /// What thresholds can select by: names of workloads, stages, tasks, groups, requests and checks, methods, and tags
    /// with their values.
    pub selectable: BTreeSet<String>,
    /// Whether there is a check anywhere.
    pub has_checks: bool,
    /// Whether there is a group anywhere.
    pub has_groups: bool,
}

impl Given {
    /// The names that a file gives, wherever they stand.
    pub(super) fn of(root: &Node) -> Self {
        let mut given = Self::default();
        given.look(root, None);
        given
    }

    fn look(&mut self, node: &Node, group: Option<&str>) {
        match &node.value {
            NodeValue::Scalar(_) => {}
            NodeValue::List(items) => items.iter().for_each(|item| self.look(item, group)),
            NodeValue::Map(entries) => {
                let inner = node.entry("group").and_then(text).map(|name| match group {
                    Some(outer) => format!("{outer}::{name}"),
                    None => name.to_owned(),
                });
                if let Some(inner) = &inner {
                    self.has_groups = true;
                    self.select(inner);
                }
                let group = inner.as_deref().or(group);
                for (key, value) in entries {
                    self.entry(&key.value, value);
                    self.look(value, group);
                }
            }
        }
    }

    fn select(&mut self, name: &str) {
        self.selectable.insert(name.replace("$${", "${"));
    }

    fn entry(&mut self, key: &str, value: &Node) {
        // A key that is misspelt gives names all the same.
        let key = match &value.value {
            NodeValue::Map(_) if !GIVING.contains(&key) => nearest(key, GIVING).unwrap_or(key),
            _ => key,
        };
        match (key, &value.value) {
            ("extract" | "set" | "variables" | "data", NodeValue::Map(given)) => {
                self.variables.extend(given.iter().map(|(name, _)| name.value.clone()));
            }
            ("as", NodeValue::Scalar(name)) => drop(self.variables.insert(name.text.clone())),
            ("name", NodeValue::Scalar(name)) => self.select(&name.text),
            ("workloads", NodeValue::Map(given)) => {
                given.iter().for_each(|(name, _)| self.select(&name.value))
            }
            ("tags", NodeValue::Map(given)) => {
                for (tag, value) in given {
                    self.select(&tag.value);
                    text(value).into_iter().for_each(|value| self.select(value));
                }
            }
            ("stages", NodeValue::List(stages)) => {
                (1..=stages.len()).for_each(|number| self.select(&number.to_string()));
            }
            ("load", _) => self.select("1"),
            ("flow" | "on_start" | "on_stop", _) => self.select(key),
            ("check" | "expect", checks) => self.checks(checks),
            ("request", NodeValue::Map(_)) => {
                let part = |key| value.entry(key).and_then(text);
                let method = part("method").unwrap_or_default().to_uppercase();
                self.select(&format!("{method} {}", part("url").unwrap_or_default()));
                self.select(&method);
            }
            (method, NodeValue::Scalar(url)) if METHOD_KEYS.contains(&method) => {
                let method = method.to_uppercase();
                self.select(&format!("{method} {}", url.text));
                self.select(&method);
            }
            _ => {}
        }
    }

    fn checks(&mut self, checks: &NodeValue) {
        self.has_checks = true;
        match checks {
            NodeValue::Scalar(check) => self.select(&check.text),
            NodeValue::List(checks) => checks.iter().filter_map(text).for_each(|check| self.select(check)),
            NodeValue::Map(named) => named.iter().for_each(|(name, _)| self.select(&name.value)),
        }
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        NodeValue::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}
