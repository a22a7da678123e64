//! What is wrong with scenarios, at their lines: for other programs, and for GitHub with paths as it has them.

use super::{scenario_input::ScenarioInput, world::World};
use crate::{
    model::Finding,
    report::{annotations::refusal, findings},
    run::RunError,
    scenario::{Diagnostic, Sources},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The faults of a file, for other programs.
pub(super) fn findings_of(sources: &Sources, faults: &[Diagnostic]) -> Vec<Finding> {
    faults.iter().map(|fault| finding(sources, fault)).collect()
}

fn finding(sources: &Sources, diagnostic: &Diagnostic) -> Finding {
    let (source, range) = sources.of(diagnostic);
    Finding {
        file: sources.file().to_owned(),
        place: source.name.clone(),
        line: diagnostic.span.line,
        column: diagnostic.span.column,
        text: source.text.get(range).unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
        message: diagnostic.message.clone(),
        label: diagnostic.label.clone(),
        help: diagnostic.help.clone(),
    }
}

/// The findings as GitHub's annotations.
pub(super) fn findings_for_github(mut found: Vec<Finding>, world: &World) -> String {
    for one in &mut found {
        one.file = from_repository(&one.file, world);
    }
    findings::github(&found)
}

/// Says as an annotation why there was no run.
pub(super) fn refused(input: &ScenarioInput, error: &RunError, world: &mut World) {
    let text = match error {
        RunError::Scenario(faults) => findings_for_github(findings_of(&input.sources(), faults), world),
        other => refusal(&from_repository(&input.file, world), &other.to_string()),
    };
    world.say(&text);
}

/// The file's path from the root of the repository, where GitHub's runner says where that is and the file is below it;
/// otherwise as it was named.
pub(super) fn from_repository(file: &str, world: &World) -> String {
    let Some(root) = world.env.get("GITHUB_WORKSPACE").filter(|root| !root.is_empty()) else {
        return file.to_owned();
    };
    let found = whole(file).and_then(|path| Ok((path, whole(root)?)));
    match found.as_ref().map(|(path, root)| path.strip_prefix(root)) {
        Ok(Ok(below)) => below.display().to_string(),
        _ => file.to_owned(),
    }
}

/// The path from the root of the file system, without links; with them where there is nothing.
fn whole(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    fs::canonicalize(path).or_else(|_| std::path::absolute(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Terminal;

    #[test]
    fn paths_count_from_the_repository_where_they_are_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("there").join("a repo");
        fs::create_dir_all(root.join("load tests")).expect("made");
        let file = root.join("load tests/shop.yaml");
        fs::write(&file, "").expect("written");
        let text = |path: &Path| path.display().to_string();
        let world = |workspace: Option<&Path>| World {
            stdout: Box::new(io::sink()),
            stderr: Box::new(io::sink()),
            env: workspace.map(|path| ("GITHUB_WORKSPACE".to_owned(), text(path))).into_iter().collect(),
            terminal: Terminal::default(),
        };
        let elsewhere = text(&outside.path().join("b.yaml"));
        for (workspace, file, expected) in [
            (Some(root.as_path()), text(&file), "load tests/shop.yaml".to_owned()),
            (Some(root.as_path()), text(&root.join("gone.yaml")), "gone.yaml".to_owned()),
            (Some(root.as_path()), elsewhere.clone(), elsewhere),
            (None, text(&file), text(&file)),
            (Some(Path::new("")), "shop.yaml".to_owned(), "shop.yaml".to_owned()),
        ] {
            assert_eq!(from_repository(&file, &world(workspace)), expected);
        }
    }
}
