//! Where a path leads, as far as one file's own imports and modules tell.
//!
//! Not a compiler's name resolution: a glob brings no names, and scopes inside functions count as their
//! module's. Both err towards noticing more.

use crate::survey::{Target, Written};
use std::collections::{HashMap, HashSet};

/// An import may go through another one of the same file; a chain longer than this is a cycle.
const LONGEST_CHAIN: usize = 8;

/// The names each inline module of a file has of its own.
#[derive(Debug, Default)]
pub struct Scopes {
    imports: HashMap<(Vec<String>, String), Written>,
    modules: HashSet<(Vec<String>, String)>,
}

impl Scopes {
    /// Notes that `name` stands for `written` in `module`.
    pub fn import(&mut self, module: &[String], name: String, written: &Written) {
        let says_nothing = name == "*" || name == "_" || written.segments == [name.as_str()];
        if !says_nothing {
            self.imports.insert((module.to_vec(), name), written.clone());
        }
    }

    /// Notes that `module` declares a child.
    pub fn declare(&mut self, module: &[String], name: &str) {
        self.modules.insert((module.to_vec(), name.to_owned()));
    }

    /// Where a path leads that is written in `module`.
    pub fn resolve(&self, module: &[String], written: &Written) -> Target {
        self.follow(module, written, LONGEST_CHAIN)
    }

    fn follow(&self, module: &[String], written: &Written, steps_left: usize) -> Target {
        let segments = &written.segments;
        let Some((first, rest)) = segments.split_first() else { return Target::Foreign(Vec::new()) };
        let own = |prefix: &[String], rest: &[String]| Target::Own([prefix, rest].concat());
        match first.as_str() {
            "loadgen" => return own(&[], rest),
            _ if written.is_global => return Target::Foreign(segments.clone()),
            "crate" => return own(&[], rest),
            "self" | "super" => {
                let climbs = rest.iter().take_while(|segment| *segment == "super").count();
                let levels = climbs + usize::from(first == "super");
                let parent = &module[..module.len().saturating_sub(levels)];
                return own(parent, &rest[climbs..]);
            }
            _ => {}
        }
        for depth in (0..=module.len()).rev() {
            let key = (module[..depth].to_vec(), first.clone());
            if self.modules.contains(&key) {
                return own(&key.0, segments);
            }
            if let Some(import) = self.imports.get(&key)
                && steps_left > 0
                && import.segments != *segments
            {
                return match self.follow(&key.0, import, steps_left - 1) {
                    Target::Own(prefix) => own(&prefix, rest),
                    Target::Foreign(prefix) => Target::Foreign([&prefix, rest].concat()),
                };
            }
        }
        Target::Foreign(segments.clone())
    }
}
