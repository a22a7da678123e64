//! The files that a scenario names: those of its own folder, and of the folders that the command line allows.
//!
//! A scenario may come from somebody else. What it can make the program read, and send to a server, has limits
//! that whoever starts the program sets.

use crate::plan::Files;
use std::{
    collections::BTreeSet,
    fs::{File, Metadata},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The files below some folders.
#[derive(Debug)]
pub(super) struct ScenarioFiles {
    /// Where relative paths start.
    base: PathBuf,
    /// The folders in which a file may really be, without symbolic links: the scenario's own first.
    folders: Vec<PathBuf>,
    /// Those that were opened.
    opened: Mutex<BTreeSet<PathBuf>>,
}

impl ScenarioFiles {
    /// The files beside a scenario, and those of the allowed folders.
    ///
    /// # Errors
    /// An allowed folder is not there, or is none.
    pub fn new(scenario: &Path, allowed: &[PathBuf]) -> Result<Self, String> {
        let parent = scenario.parent().filter(|parent| !parent.as_os_str().is_empty());
        let base = parent.unwrap_or(Path::new(".")).to_owned();
        let mut folders = vec![folder(&base).map_err(|reason| format!("{}: {reason}", base.display()))?];
        for path in allowed {
            let problem = |reason| format!("`--allow-files {}`: {reason}", path.display());
            folders.push(folder(path).map_err(problem)?);
        }
        Ok(Self { base, folders, opened: Mutex::default() })
    }

    /// The file, if it may be read, and its size in bytes.
    fn open_file(&self, path: &str) -> Result<(File, u64), String> {
        let found = self.locate(path)?;
        // Looked at before it is opened: opening a FIFO would wait for a writer.
        check_kind(&found.metadata().map_err(|error| reason(&error))?)?;
        let file = File::open(&found).map_err(|error| reason(&error))?;
        let metadata = file.metadata().map_err(|error| reason(&error))?;
        check_kind(&metadata)?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(found);
        Ok((file, metadata.len()))
    }

    /// Where the file really is, if it may be read.
    fn locate(&self, path: &str) -> Result<PathBuf, String> {
        let found = self.base.join(path).canonicalize().map_err(|error| reason(&error))?;
        if self.folders.iter().any(|folder| found.starts_with(folder)) {
            return Ok(found);
        }
        let parent = found.parent().unwrap_or(&found).display();
        Err(format!("it is outside the scenario's folder; `--allow-files {parent}` allows it"))
    }
}

impl Files for ScenarioFiles {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        self.open_file(path).map(|(file, _)| -> Box<dyn Read + Send> { Box::new(file) })
    }

    /// The file is opened for it, so that one which cannot be is found at once.
    fn size(&self, path: &str) -> Result<u64, String> {
        self.open_file(path).map(|(_, bytes)| bytes)
    }

    fn opened(&self) -> Vec<PathBuf> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

fn folder(path: &Path) -> Result<PathBuf, String> {
    let found = path.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no such folder".to_owned(),
        _ => error.to_string(),
    })?;
    if found.is_dir() { Ok(found) } else { Err("it is not a folder".to_owned()) }
}

fn check_kind(kind: &Metadata) -> Result<(), String> {
    if kind.is_dir() {
        Err("it is a folder".to_owned())
    } else if !kind.is_file() {
        Err("it is not a regular file".to_owned())
    } else {
        Ok(())
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file; paths start at the scenario's folder".to_owned(),
        ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink, process::Command};

    /// A folder with a scenario, files beside and below it, and files outside.
    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("in/below")).unwrap();
        fs::create_dir_all(at("out/below")).unwrap();
        for file in ["in/here.csv", "in/below/there.csv", "out/secret.csv", "out/below/deep.csv"] {
            fs::write(at(file), file).unwrap();
        }
        symlink(at("out/secret.csv"), at("in/link.csv")).unwrap();
        symlink(at("out"), at("in/folder-link")).unwrap();
        symlink(at("in/here.csv"), at("in/own-link.csv")).unwrap();
        symlink(at("in/nowhere"), at("in/broken.csv")).unwrap();
        root
    }

    fn read(root: &Path, allowed: &[&str], path: &str) -> Result<String, String> {
        let allowed: Vec<PathBuf> = allowed.iter().map(|folder| root.join(folder)).collect();
        let files = ScenarioFiles::new(&root.join("in/test.yaml"), &allowed)?;
        let mut text = String::new();
        files.open(path)?.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn size(root: &Path, path: &str) -> Result<u64, String> {
        ScenarioFiles::new(&root.join("in/test.yaml"), &[])?.size(path)
    }

    #[test]
    fn files_of_the_scenarios_folder_are_read() {
        let root = tree();
        let absolute = root.path().join("in/here.csv").display().to_string();
        for (path, content) in [
            ("here.csv", "in/here.csv"),
            ("./below/../here.csv", "in/here.csv"),
            ("below/there.csv", "in/below/there.csv"),
            ("own-link.csv", "in/here.csv"),
            (absolute.as_str(), "in/here.csv"),
        ] {
            assert_eq!(read(root.path(), &[], path).as_deref(), Ok(content), "{path}");
            assert_eq!(size(root.path(), path), Ok(content.len() as u64), "{path}");
        }
    }

    #[test]
    fn files_outside_are_refused_unless_their_folder_is_allowed() {
        let root = tree();
        let absolute = root.path().join("out/secret.csv").display().to_string();
        for path in ["../out/secret.csv", "link.csv", "folder-link/secret.csv", absolute.as_str()] {
            let refused = read(root.path(), &[], path).expect_err("outside");
            assert!(refused.contains("outside the scenario's folder; `--allow-files "), "{path}: {refused}");
            assert!(read(root.path(), &["out/below"], path).is_err(), "{path}");
            assert_eq!(size(root.path(), path), Err(refused), "{path}");
            assert_eq!(
                read(root.path(), &["out/below", "out"], path).as_deref(),
                Ok("out/secret.csv"),
                "{path}"
            );
        }
        assert_eq!(read(root.path(), &["out"], "../out/below/deep.csv").as_deref(), Ok("out/below/deep.csv"));
        // A name that only begins like that of an allowed folder.
        fs::create_dir(root.path().join("outside")).unwrap();
        fs::write(root.path().join("outside/x.csv"), "").unwrap();
        assert!(read(root.path(), &["out"], "../outside/x.csv").is_err());
    }

    #[test]
    fn what_is_not_a_file_is_refused_without_waiting() {
        let root = tree();
        let fifo = root.path().join("in/pipe.csv");
        let made = Command::new("mkfifo").arg(&fifo).status().is_ok_and(|status| status.success());
        let cases = [
            ("below", "it is a folder"),
            (".", "it is a folder"),
            ("missing.csv", "there is no such file"),
            ("broken.csv", "there is no such file"),
            ("/dev/zero", "outside the scenario's folder"),
            ("pipe.csv", if made { "it is not a regular file" } else { "there is no such file" }),
        ];
        for (path, says) in cases {
            let refused = read(root.path(), &[], path).expect_err("refused");
            assert!(refused.contains(says), "{path}: {refused}");
            assert_eq!(size(root.path(), path), Err(refused), "{path}");
        }
        let refused = ScenarioFiles::new(&root.path().join("in/test.yaml"), &[PathBuf::from("/dev")])
            .and_then(|files| files.open("/dev/zero").map(drop));
        assert_eq!(refused, Err("it is not a regular file".to_owned()));
    }

    #[test]
    fn allowed_folders_must_exist() {
        let root = tree();
        for (folder, says) in [("nowhere", "there is no such folder"), ("in/here.csv", "it is not a folder")]
        {
            let refused = read(root.path(), &[folder], "here.csv").expect_err("no folder");
            assert!(refused.contains("--allow-files") && refused.ends_with(says), "{refused}");
        }
    }

    #[test]
    fn a_scenario_named_without_a_folder_is_in_this_one() {
        let files = ScenarioFiles::new(Path::new("test.yaml"), &[]).unwrap();
        assert!(files.open("Cargo.toml").is_ok());
    }
}
