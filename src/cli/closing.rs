//! What the final text says besides the results: where they are, and what to do next.

use super::{told::ResultFormat, world::World};
use crate::{
    report::{
        Baseline, Results,
        terminal::{AgainstBaseline, Earlier, ResultFile, TerminalOptions},
    },
    run::{Asked, REPORT, SUMMARY, can_be_forced, compare_command, previous},
};
use std::path::{Path, PathBuf};

/// What of a run was written, and what for.
pub(super) struct Ended<'e> {
    /// The folder of its results, if there is one.
    pub folder: Option<&'e Path>,
    /// The files that were written, those in the folder among them.
    pub files: &'e [PathBuf],
    /// What `--out` asked for.
    pub asked: &'e [Asked],
    /// The run that it is held against.
    pub baseline: Option<&'e Baseline>,
}

/// How the final text is to look.
pub(super) fn closing(
    world: &World,
    results: &Results<'_>,
    format: ResultFormat,
    ended: &Ended<'_>,
) -> TerminalOptions {
    let Ended { folder, files, asked, baseline } = *ended;
    let no_load = results.snapshot.elapsed.is_zero();
    let file = |path: &PathBuf| ResultFile {
        what: what(path, folder, asked),
        path: path.display().to_string(),
        has_no_rows: no_load && asked.iter().any(|asked| asked.path() == path && asked.has_rows()),
    };
    // One run to compare with was named already.
    let earlier = folder.filter(|_| baseline.is_none()).and_then(|folder| previous(results, folder));
    TerminalOptions {
        width: format.width(world),
        color: format.colours(world),
        files: files.iter().map(file).collect(),
        earlier: earlier.map(|found| Earlier { command: found.command, differs: found.differs }),
        against: baseline.map(|baseline| against(results, baseline, ended)),
    }
}

/// The run against its baseline, and where that is in full: where there is no folder to compare, in the files that have it.
/// Two that are not compared have a command only where to force it tells something.
fn against(results: &Results<'_>, baseline: &Baseline, ended: &Ended<'_>) -> AgainstBaseline {
    let against = AgainstBaseline::new(results, baseline);
    let is_compared = against.is_compared();
    let full = match ended.folder {
        Some(folder) if is_compared || can_be_forced(results, baseline) => {
            vec![compare_command(&baseline.place, folder, !is_compared)]
        }
        None if is_compared => {
            // A page has a part of it only.
            let has_it = |path: &&PathBuf| what(path, None, ended.asked) == "markdown";
            ended.files.iter().filter(has_it).map(|path| path.display().to_string()).collect()
        }
        _ => Vec::new(),
    };
    against.in_full(full)
}

/// Whom a file is for or, where somebody asked for it, in which format.
fn what(path: &Path, folder: Option<&Path>, asked: &[Asked]) -> String {
    if let Some(asked) = asked.iter().find(|asked| asked.path() == path) {
        return asked.name().to_owned();
    }
    let is_own = |name: &str| folder.is_some_and(|folder| folder.join(name) == path);
    if is_own(REPORT) {
        "for people".to_owned()
    } else if is_own(SUMMARY) {
        "for programs".to_owned()
    } else {
        String::new()
    }
}
