//! Checks in k6's tree of groups: a group for each task, in it one for each request that has checks, and the groups of
//! its steps.
//!
//! As in k6, what has the same path is the same: checks of one name at one place are added up. What was never reached
//! is not there.

use crate::report::{
    exports::names::plain,
    summary_v1::{CheckV1, SummaryV1},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What stands between the names of a path, and in front of the first.
const SEPARATOR: &str = "::";

/// A group, with those in it.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    name: String,
    path: String,
    id: String,
    groups: BTreeMap<String, Group>,
    checks: BTreeMap<String, Check>,
}

/// A check, and how often it held.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    path: String,
    id: String,
    passes: u64,
    fails: u64,
}

impl Group {
    /// The one that all others are in.
    pub fn root(summary: &SummaryV1) -> Self {
        let mut root = Self::new("", String::new());
        for check in summary.checks.iter().filter(|check| check.passes + check.fails > 0) {
            root.within(&check.task).within(&check.request).add(check);
        }
        for group in summary.groups.iter().filter(|group| group.count > 0) {
            let task = root.within(&group.task);
            group.name.split(SEPARATOR).fold(task, |outer, name| outer.within(name));
        }
        root
    }

    fn new(name: &str, path: String) -> Self {
        let (groups, checks) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name.to_owned(), id: id(&path), path, groups, checks }
    }

    /// The group of this name in it.
    fn within(&mut self, name: &str) -> &mut Self {
        let name = plain(name);
        let path = format!("{}{SEPARATOR}{name}", self.path);
        self.groups.entry(name.clone()).or_insert_with(|| Self::new(&name, path))
    }

    fn add(&mut self, check: &CheckV1) {
        let name = plain(&check.name);
        let path = format!("{}{SEPARATOR}{name}", self.path);
        let seen = self.checks.entry(name.clone());
        let seen = seen.or_insert_with(|| Check { name, id: id(&path), path, passes: 0, fails: 0 });
        seen.passes += check.passes;
        seen.fails += check.fails;
    }
}

/// k6's id of a path: its MD5.
fn id(path: &str) -> String {
    let digest = <md5::Md5 as md5::Digest>::digest(path);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_id_of_a_path_is_its_md5() {
        // RFC 1321, A.5.
        assert_eq!(super::id(""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(super::id("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
