//! The run before this one: where its results are, and the command that holds this one against it.
//!
//! Only offered, never needed: whatever cannot be read is passed over.

use super::{command_line::typed, outputs::SUMMARY};
use crate::{
    judge::{HealthStatus, compare::is_whole},
    model::{Mask, RunInfo},
    report::{
        Baseline, Results,
        summary_v1::{HealthStatusV1, SummaryHead},
    },
};
use std::{
    cmp::Reverse,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// Summaries that are looked into, the latest first.
const MOST_OPENED: usize = 20;
/// As much of a summary as has what is asked of it.
const BEGINNING: u64 = 64 * 1024;

/// An earlier run of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// The folder of its results.
    pub folder: PathBuf,
    /// The command that compares this run with it.
    pub command: String,
    /// What was different about it, so that the two are compared by force; `None` where nothing is known to be.
    pub differs: Option<&'static str>,
}

/// The latest run before this one, beside it in the folder of results, that it can be held against: of the same scenario,
/// environment and target or, where there is none, of the same name at least. `None` where there is no such run, or this one
/// itself is not to be compared.
pub fn previous(results: &Results<'_>, folder: &Path) -> Option<Previous> {
    if !is_fit(results) {
        return None;
    }
    let info = results.info;
    let (found, differs) = choose(&folder.parent()?.join(""), &RunName::parse(&info.id)?, info)?;
    let command = compare_command(&shown(&found), folder, differs.is_some());
    Some(Previous { folder: found, command, differs })
}

/// Whether a run and its baseline tell something about the target, both of them: to compare others by force says that nothing
/// changed where nothing was measured.
pub fn can_be_forced(results: &Results<'_>, baseline: &Baseline) -> bool {
    let old = &baseline.summary;
    let is_saturated = old.health.as_ref().is_some_and(|health| health.status == HealthStatusV1::Saturated);
    is_fit(results) && is_whole(old.verdict.exit_code, old.verdict.incomplete) && !is_saturated
}

/// Whether this run tells something about the target.
fn is_fit(results: &Results<'_>) -> bool {
    let Results { verdict, health, .. } = results;
    is_whole(verdict.exit_code.number(), verdict.incomplete) && health.status != HealthStatus::Saturated
}

/// The command that compares the results in a folder with a base.
pub fn compare_command(base: &str, folder: &Path, by_force: bool) -> String {
    let words = ["loadgen".to_owned(), "compare".to_owned(), no_option(base), no_option(&shown(folder))];
    let force = by_force.then(|| "--force".to_owned());
    typed(&words.into_iter().chain(force).collect::<Vec<_>>(), &Mask::default())
}

/// A place that is not taken for an option.
fn no_option(place: &str) -> String {
    if place.starts_with('-') { format!("./{place}") } else { place.to_owned() }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The run to compare with, and what is different about it.
fn choose(parent: &Path, own: &RunName<'_>, info: &RunInfo) -> Option<(PathBuf, Option<&'static str>)> {
    let mut second = None;
    for name in earlier(parent, own).into_iter().take(MOST_OPENED) {
        let folder = parent.join(name);
        let Some(head) = head(&folder.join(SUMMARY)).filter(|head| is_comparable(head, info)) else {
            continue;
        };
        match difference(&head, info) {
            None => return Some((folder, None)),
            differs => second = second.or(Some((folder, differs))),
        }
    }
    second
}

fn is_comparable(head: &SummaryHead, info: &RunInfo) -> bool {
    head.name == info.name
        // A run that was put together of parts is not held against its own parts.
        && (head.parts == 0) == info.parts.is_empty()
        && is_whole(head.exit_code, head.incomplete)
        && !head.saturated
}

fn difference(head: &SummaryHead, info: &RunInfo) -> Option<&'static str> {
    if head.target != info.target {
        Some("another target")
    } else if head.environment != info.environment {
        Some("another environment")
    } else if head.scenario_sha256 != info.scenario_sha256 {
        Some("another version of the scenario's file")
    } else if options(&head.command) != options(&info.command) {
        Some("other options")
    } else {
        None
    }
}

/// A command without its seed, which is another one each time.
fn options(command: &str) -> &str {
    command.rsplit_once(" --seed ").map_or(command, |(options, _)| options)
}

/// Names of folders of earlier runs of this slug, the latest first.
fn earlier(parent: &Path, own: &RunName<'_>) -> Vec<String> {
    // The folder of a relative path of one part is the one that we are in.
    let place = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let names = fs::read_dir(place).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let is_before = |name: &String| {
        RunName::parse(name).is_some_and(|other| other.slug == own.slug && other.when() < own.when())
    };
    let mut names: Vec<String> = names.filter(is_before).collect();
    names.sort_by_cached_key(|name| {
        Reverse(RunName::parse(name).map(|run| (run.start.to_owned(), run.number)))
    });
    names
}

/// The first bytes of a regular file, as far as they are a summary's.
fn head(path: &Path) -> Option<SummaryHead> {
    // Looked at before it is opened: opening a FIFO would wait for a writer.
    fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut beginning = Vec::new();
    File::open(path).ok()?.take(BEGINNING).read_to_end(&mut beginning).ok()?;
    SummaryHead::read(&beginning)
}

/// The name of a run's folder, taken apart: `slug-20260301T120000Z`, and `-2` behind it for a second one of that moment.
#[derive(Debug, PartialEq, Eq)]
struct RunName<'n> {
    slug: &'n str,
    start: &'n str,
    number: u64,
}

impl<'n> RunName<'n> {
    fn parse(name: &'n str) -> Option<Self> {
        let (before, last) = name.rsplit_once('-')?;
        if is_start(last) {
            return Some(Self { slug: before, start: last, number: 1 });
        }
        let (slug, start) = before.rsplit_once('-')?;
        let number = last.bytes().all(|digit| digit.is_ascii_digit()).then(|| last.parse().ok()).flatten()?;
        is_start(start).then_some(Self { slug, start, number })
    }

    /// What tells which of two came first.
    fn when(&self) -> (&str, u64) {
        (self.start, self.number)
    }
}

/// Whether it is a moment as folders of results have it: `20260301T120000Z`.
fn is_start(text: &str) -> bool {
    let like = b"00000000T000000Z";
    text.len() == like.len()
        && text.bytes().zip(like).all(|(c, like)| if *like == b'0' { c.is_ascii_digit() } else { c == *like })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::Health,
        measure::Collector,
        model::{Catalog, ExitCode, Verdict},
        report::summary_v1::summary,
    };
    use std::time::Duration;

    const OWN: &str = "shop-20260301T120000Z";

    struct Folders {
        parent: tempfile::TempDir,
    }

    impl Folders {
        fn new() -> Self {
            Self { parent: tempfile::tempdir().expect("a folder") }
        }

        fn with(self, name: &str, change: impl FnOnce(&mut serde_json::Value)) -> Self {
            let mut run = serde_json::json!({
                "name": "Shop", "scenario_sha256": "aa", "target": "http://x", "exit_code": 0, "schema": "loadgen/summary/v1",
                "health": "ok",
            });
            change(&mut run);
            let text = format!(
                "{{ \"schema\": {}, \"run\": {run}, \"verdict\": {run}, \"health\": {{ \"status\": {} }}, \"metrics\": {{",
                run["schema"], run["health"]
            );
            self.holding(name, &text)
        }

        fn holding(self, name: &str, summary: &str) -> Self {
            let folder = self.parent.path().join(name);
            fs::create_dir(&folder).expect("made");
            fs::write(folder.join(SUMMARY), summary).expect("written");
            self
        }

        fn without_results(self, name: &str) -> Self {
            fs::create_dir(self.parent.path().join(name)).expect("made");
            self
        }

        fn found(&self, own: &str, exit_code: ExitCode) -> Option<Previous> {
            let info = RunInfo {
                id: own.to_owned(),
                name: "Shop".to_owned(),
                scenario_sha256: "aa".to_owned(),
                target: "http://x".to_owned(),
                ..RunInfo::default()
            };
            let verdict = Verdict { passed: true, exit_code, reason: String::new(), incomplete: false };
            with_results(&info, &verdict, &Health::default(), |results| {
                previous(results, &self.parent.path().join(own))
            })
        }

        /// Name and difference of what is found.
        fn name(&self) -> Option<(String, Option<&'static str>)> {
            let found = self.found(OWN, ExitCode::Passed)?;
            Some((found.folder.file_name()?.to_str()?.to_owned(), found.differs))
        }
    }

    fn with_results<T>(
        info: &RunInfo,
        verdict: &Verdict,
        health: &Health,
        ask: impl FnOnce(&Results<'_>) -> T,
    ) -> T {
        let catalog = Catalog::default();
        let snapshot = Collector::new(&catalog, 1, Duration::from_secs(1)).snapshot(Duration::ZERO);
        ask(&Results { info, snapshot: &snapshot, catalog: &catalog, verdict, health, thresholds: &[] })
    }

    #[test]
    fn only_two_that_tell_something_are_compared_by_force() {
        use HealthStatus::{Degraded, Ok, Saturated};
        let fit = (ExitCode::Passed, false, Ok);
        let cases = [
            (fit, fit, true),
            ((ExitCode::ThresholdFailed, false, Degraded), fit, true),
            ((ExitCode::SetupFailed, false, Ok), fit, false),
            ((ExitCode::Interrupted, true, Ok), fit, false),
            ((ExitCode::Passed, true, Ok), fit, false),
            // As with --allow-saturated.
            ((ExitCode::Passed, false, Saturated), fit, false),
        ];
        let asked = |own: (ExitCode, bool, HealthStatus), old: (ExitCode, bool, HealthStatus)| {
            let made = |(exit_code, incomplete, status)| {
                let verdict = Verdict { passed: true, exit_code, reason: String::new(), incomplete };
                (verdict, Health { status, ..Health::default() })
            };
            let ((verdict, health), (old_verdict, old_health)) = (made(own), made(old));
            let info = RunInfo::default();
            let old = with_results(&info, &old_verdict, &old_health, |old| summary(old).to_json());
            let baseline = Baseline::read("before", &old).expect("a summary");
            with_results(&info, &verdict, &health, |results| can_be_forced(results, &baseline))
        };
        for (one, other, expected) in cases {
            assert_eq!(asked(one, other), expected, "{one:?} against {other:?}");
            assert_eq!(asked(other, one), expected, "{other:?} against {one:?}");
        }
    }

    #[test]
    fn a_place_is_not_taken_for_an_option() {
        let command = |base, folder| compare_command(base, Path::new(folder), false);
        assert_eq!(command("-x", "-y/z"), "loadgen compare ./-x ./-y/z");
        assert_eq!(command("x-", "/-y"), "loadgen compare x- /-y");
    }

    fn same(name: &str) -> Option<(String, Option<&'static str>)> {
        Some((name.to_owned(), None))
    }

    #[test]
    fn the_latest_before_this_one_is_found_among_others() {
        let folders = Folders::new()
            .with("shop-20260228T120000Z", |_| {})
            .with("shop-20260301T090000Z", |_| {})
            .with("shop-20260301T090000Z-2", |_| {})
            .with("shop-20260301T090000Z-10", |_| {})
            .with(OWN, |_| {})
            .with("shop-20260301T120000Z-2", |_| {})
            .with("shop-20260302T120000Z", |_| {})
            .with("shop-window-20260301T110000Z", |_| {})
            .with("shopping-20260301T110000Z", |_| {})
            .with("shop-20260301", |_| {})
            .with("shop-20260301T110000Z-old", |_| {});
        assert_eq!(folders.name(), same("shop-20260301T090000Z-10"));
        let second =
            folders.found("shop-20260301T120000Z-2", ExitCode::Passed).expect("the first of its moment");
        assert!(second.folder.ends_with(OWN), "{second:?}");
    }

    #[test]
    fn a_first_run_has_none_and_neither_has_a_folder_that_is_gone() {
        assert_eq!(Folders::new().with(OWN, |_| {}).name(), None);
        assert_eq!(Folders::new().found("no-run", ExitCode::Passed), None);
        let folders = Folders::new();
        fs::remove_dir(folders.parent.path()).expect("removed");
        assert_eq!(folders.name(), None);
    }

    #[test]
    fn runs_that_cannot_be_compared_are_passed_over() {
        let folders = Folders::new()
            .with("shop-20260301T010000Z", |_| {})
            .with("shop-20260301T020000Z", |run| run["incomplete"] = true.into())
            .with("shop-20260301T030000Z", |run| run["exit_code"] = 107.into())
            .with("shop-20260301T040000Z", |run| run["health"] = "saturated".into())
            .with("shop-20260301T050000Z", |run| run["name"] = "shop".into())
            .with("shop-20260301T060000Z", |run| run["schema"] = "loadgen/summary/v2".into())
            .with("shop-20260301T070000Z", |run| run["parts"] = serde_json::json!([{}, {}]))
            .holding("shop-20260301T080000Z", "{ \"schema\":")
            .holding("shop-20260301T083000Z", "")
            .without_results("shop-20260301T090000Z");
        assert_eq!(folders.name(), same("shop-20260301T010000Z"));
        assert_eq!(folders.found(OWN, ExitCode::Interrupted), None, "this one is not to be compared itself");
        assert!(folders.found(OWN, ExitCode::ThresholdFailed).is_some());
    }

    #[test]
    fn one_that_is_alike_comes_before_a_later_one_that_is_not() {
        let folders =
            Folders::new().with("shop-20260301T020000Z", |run| run["scenario_sha256"] = "bb".into());
        let different = folders.found(OWN, ExitCode::Passed).expect("of the same name");
        assert_eq!(different.differs, Some("another version of the scenario's file"));
        assert!(different.command.ends_with(" --force"), "{}", different.command);
        let folders = folders.with("shop-20260301T010000Z", |_| {});
        assert_eq!(folders.name(), same("shop-20260301T010000Z"));
        for (key, value, expected) in
            [("environment", "ci", "another environment"), ("target", "http://y", "another target")]
        {
            let folders = Folders::new().with("shop-20260301T010000Z", |run| run[key] = value.into());
            assert_eq!(folders.name().and_then(|(_, differs)| differs), Some(expected));
        }
    }

    #[test]
    fn the_command_can_be_typed() {
        let parent = tempfile::Builder::new().prefix("it's a place ").tempdir().expect("a folder");
        let folders = Folders { parent }.with("shop-20260301T010000Z", |_| {});
        let found = folders.found(OWN, ExitCode::Passed).expect("one");
        let place = folders.parent.path().display().to_string().replace('\'', "'\\''");
        let expected = format!("loadgen compare '{place}/shop-20260301T010000Z' '{place}/{OWN}'");
        assert_eq!(found.command, expected);
    }

    #[test]
    fn names_are_taken_apart_from_their_end() {
        let parsed = |name| RunName::parse(name).map(|run| (run.slug, run.start, run.number));
        let start = "20260301T120000Z";
        assert_eq!(parsed("a-2-20260301T120000Z-3"), Some(("a-2", start, 3)));
        assert_eq!(parsed("a-20260301T120000Z"), Some(("a", start, 1)));
        for name in
            ["", "a", "20260301T120000Z", "a-20260301t120000z", "a-20260301T120000Z-", "a-20260301T120000Z-x"]
        {
            assert_eq!(parsed(name), None, "{name}");
        }
    }
}
