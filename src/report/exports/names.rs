//! Names by which other tools tell series and test cases apart: the same in every run, and each only once.
//!
//! They can come from anywhere: what they hold is made inert here, once for all formats.

use crate::report::{
    summary_v1::{RequestV1, SummaryV1},
    text::{inert, shorten},
};
use std::collections::BTreeSet;

/// The most characters of a name. In UTF-8 that is below the 1024 bytes that the strictest of the tools takes.
const LONGEST: usize = 240;

/// The names that were given already.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: BTreeSet<String>,
}

impl Names {
    /// The name itself where it is new, else with the first number that makes it so: `list (2)`. What comes in the
    /// file's order has the same number in every run.
    pub fn unique(&mut self, name: &str) -> String {
        let numbers = 2_u64..;
        let further = numbers.map(|number| format!("{name} ({number})"));
        let mut names = std::iter::once(name.to_owned()).chain(further);
        let free = names.find(|name| !self.given.contains(name)).unwrap_or_default();
        self.given.insert(free.clone());
        free
    }
}

/// One line of at most [`LONGEST`] characters in which nothing steers, hides or reorders anything, and that every
/// format can hold.
pub(super) fn plain(text: &str) -> String {
    shorten(&writable(&inert(text)), LONGEST)
}

/// `text` without the two characters that JSON may hold and XML 1.0 may not, and that `inert` leaves.
pub(super) fn writable(text: &str) -> String {
    text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}

/// The name of a series. The tools show it in tables of Markdown and HTML: what could end a cell or a code span, or
/// begin a tag, is replaced.
pub(super) fn series(text: &str) -> String {
    let inert = plain(text);
    inert.replace('`', "'").replace('|', "¦").replace('<', "‹").replace('>', "›")
}

/// What stands for all requests of a run among those of [`of_request`].
pub(super) fn of_all(summary: &SummaryV1) -> String {
    format!("{} / all requests", summary.run.name)
}

/// A request among those of all scenarios: the scenario, the workload where it has a name, the task and the request.
pub(super) fn of_request(summary: &SummaryV1, request: &RequestV1) -> String {
    let RequestV1 { name, task, workload, .. } = request;
    let scenario = &summary.run.name;
    match workload.as_str() {
        // Where there is only one, it has no name of its own.
        "default" => format!("{scenario} / {task} / {name}"),
        workload => format!("{scenario} / {workload} / {task} / {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        let given = ["a", "a", "a (2)", "a", "b"].map(|name| names.unique(name));
        assert_eq!(given, ["a", "a (2)", "a (2) (2)", "a (3)", "b"]);
    }

    #[test]
    fn names_are_inert_and_bounded() {
        let hostile = "a\x1b[2J\nb\0\u{202e}\u{fffe}\u{ffff}";
        assert_eq!(plain(hostile), r"a\x1b[2J\nb\x00\u{202e}\u{fffe}\u{ffff}");
        assert_eq!(series("`a` | <b>"), "'a' ¦ ‹b›");
        let long = series(&"🐌".repeat(5_000));
        assert!(long.len() < 1_000 && long.chars().count() == LONGEST, "{}", long.len());
    }
}
