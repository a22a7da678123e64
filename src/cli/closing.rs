//! What the final text says besides the results: where they are, and what to do next.

use super::world::World;
use crate::{
    report::{
        Results,
        terminal::{Earlier, ResultFile, TerminalOptions},
    },
    run::{Asked, REPORT, SUMMARY, previous},
};
use std::path::{Path, PathBuf};

/// How the final text is to look. `files` are those that were written, those in `folder` among them, and `asked` is what
/// `--out` asked for.
pub(super) fn closing(
    world: &World,
    results: &Results<'_>,
    folder: Option<&Path>,
    files: &[PathBuf],
    asked: &[Asked],
) -> TerminalOptions {
    let file =
        |path: &PathBuf| ResultFile { what: what(path, folder, asked), path: path.display().to_string() };
    let previous = folder.and_then(|folder| previous(results, folder));
    TerminalOptions {
        width: world.width(),
        color: world.colours(),
        files: files.iter().map(file).collect(),
        earlier: previous.map(|found| Earlier { command: found.command, differs: found.differs }),
    }
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
