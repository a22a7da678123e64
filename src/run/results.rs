//! The results folder. A file appears in it whole or not at all.

use super::places::{NoPlace, PartFile, Place, Way, read_enough};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a pipe that nobody reads is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longest part of the scenario's name in the folder's name.
const LONGEST_SLUG: usize = 60;

/// A run's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultsFolder {
    path: PathBuf,
}

impl ResultsFolder {
    /// Makes `parent/<name>-<start>`, with a number behind it if that is taken.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn create(parent: &Path, name: &str, start: &str) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let stem = format!("{}-{start}", slug(name));
        let mut path = parent.join(&stem);
        for number in 2.. {
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    path = parent.join(format!("{stem}-{number}"));
                }
                made => {
                    made?;
                    break;
                }
            }
        }
        Ok(Self { path })
    }

    /// A folder that is there already.
    pub fn existing(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's own name, which is the run's id.
    pub fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes a file of it.
    ///
    /// # Errors
    /// The disk is full, or the folder is gone or may not be written to.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        write_whole(PartFile::soon(&self.path.join(name))?, bytes)
    }

    /// Removes it where nothing could be written to it: an empty folder looks like results.
    pub fn remove_if_empty(&self) {
        // One that has files stays, which is the other thing that is wanted.
        let _ = fs::remove_dir(&self.path);
    }
}

fn write_whole(file: PartFile, bytes: &[u8]) -> io::Result<()> {
    file.writer()?.write_all(bytes)?;
    file.finish()
}

/// Writes a file that somebody named, over what is there, with the folders that it needs. A device or a pipe takes what it
/// is given: nothing can be put in its place.
///
/// # Errors
/// It cannot be written; what was there before is there then.
pub fn write_over(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match Place::soon(path) {
        Ok(Place::Whole(file)) => write_whole(file, bytes),
        Ok(Place::Direct(path)) => write_directly(path, bytes),
        // Written in one go, it stands there in one piece.
        Err(NoPlace::StreamIntoFile) => write_directly(path.to_owned(), bytes),
        Err(no_place) => Err(no_place.into()),
    }
}

/// Writes to a pipe or a device on a thread of its own: a pipe that nobody reads would hold everything up.
fn write_directly(path: PathBuf, bytes: &[u8]) -> io::Result<()> {
    let (tell, told) = mpsc::channel();
    let bytes = bytes.to_owned();
    thread::Builder::new().name("out".to_owned()).spawn(move || {
        let written = Way::Direct(path).open().and_then(|mut writer| writer.append(&bytes));
        // Where it took too long nobody listens any more.
        let _ = tell.send(written);
    })?;
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "nobody reads it");
    read_enough(told.recv_timeout(PATIENCE).map_err(late)?)
}

/// The run's id and the folder's name: letters, digits and dashes of the scenario's name.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST_SLUG);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "run".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_folder_names() {
        for (name, expected) in [
            ("DareZone API, 100 users", "darezone-api-100-users"),
            ("../../etc/passwd", "etc-passwd"),
            ("äöü", "run"),
            ("", "run"),
            ("a  b--c", "a-b-c"),
        ] {
            assert_eq!(slug(name), expected);
        }
        assert!(slug(&"x".repeat(500)).len() <= LONGEST_SLUG);
    }

    #[test]
    fn a_second_run_of_the_same_second_gets_its_own_folder() {
        let parent = tempfile::tempdir().expect("a folder");
        let first = ResultsFolder::create(parent.path(), "a", "t").expect("made");
        let second = ResultsFolder::create(parent.path(), "a", "t").expect("made");
        assert_eq!((first.id().as_str(), second.id().as_str()), ("a-t", "a-t-2"));
    }

    #[test]
    fn what_cannot_be_put_in_its_place_stays_beside_it() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = ResultsFolder::create(parent.path(), "a", "t").expect("made");
        fs::create_dir(folder.path().join("summary.json")).expect("made");
        assert!(folder.write("summary.json", b"{}").is_err());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("there")
            .map(|entry| entry.expect("one").file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["summary.json", "summary.json.part"]);
    }
}
