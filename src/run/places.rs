//! Where files that were asked for go. That it can be written is known before the load, when nothing is lost yet, and
//! a file is there whole or not at all: until then what there is of it stands beside it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Where a file goes.
#[derive(Debug)]
pub(super) enum Place {
    /// A file of its own.
    Whole(PartFile),
    /// A device or a pipe, which takes what it is given as it is given.
    Direct(PathBuf, Option<File>),
}

impl Place {
    /// The place that somebody named, with the folders that it needs.
    ///
    /// # Errors
    /// Nothing can be written there: why, and what would help.
    pub fn of(path: &Path) -> Result<Self, String> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err("it is a folder; name a file in it".to_owned()),
            Ok(found) if !found.is_file() => Ok(Self::Direct(path.to_owned(), None)),
            Ok(_) if is_stream(path) => {
                Err("the stream leads into a file here, which is written by others, too; name that file"
                    .into())
            }
            _ => PartFile::create(path).map(Self::Whole),
        }
    }

    /// Writes some more. A pipe is opened only now, since that waits for its reader. Who closes a pipe has read enough.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (path, open) = match self {
            Self::Whole(part) => return part.file.write_all(bytes),
            Self::Direct(path, open) => (path, open),
        };
        let file = match open {
            Some(file) => file,
            None => open.insert(OpenOptions::new().write(true).open(path)?),
        };
        match file.write_all(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Puts what was written where it belongs.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Whole(part) => part.finish(),
            Self::Direct(..) => Ok(()),
        }
    }
}

/// Whether this is a name of a stream of the process, such as `/dev/stdout`.
pub(super) fn is_stream(path: &Path) -> bool {
    let folder = folder_of(path).and_then(fs::canonicalize).unwrap_or_default();
    folder.starts_with("/proc") || (folder == Path::new("/dev") && path.is_symlink())
}

fn folder_of(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    Ok(path.parent().map_or_else(PathBuf::new, Path::to_owned))
}

/// A file that is not whole yet, beside its place. Unless it is finished nothing is left of it, but where the process is killed.
#[derive(Debug)]
pub(super) struct PartFile {
    file: File,
    part: PathBuf,
    path: PathBuf,
    finished: bool,
}

impl PartFile {
    fn create(path: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{error}; choose another place");
        // Of a link, what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        // Through folders that were not there before.
        if path.is_dir() {
            return Err("it is a folder; name a file in it".to_owned());
        }
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        if fs::metadata(&part).is_ok_and(|found| !found.is_file()) {
            return Err(format!("`{}` is no file, and in its way", part.display()));
        }
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&part);
        let file = open.map_err(failed)?;
        // Where a file system has no locks, nobody can tell.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !is_at(&file, &part) {
            return Err("another run, or another `--out`, is writing it; choose another file".to_owned());
        }
        // What a run that was killed has left.
        file.set_len(0).map_err(failed)?;
        Ok(Self { file, part, path, finished: false })
    }

    fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.part, &self.path)?;
        self.finished = true;
        Ok(())
    }
}

/// Whether this file still has this name: between opening and locking it, another run may have finished it.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    file.metadata().map(identity).ok() == fs::metadata(path).map(identity).ok()
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.finished {
            // There is nobody left to tell.
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn write(path: &Path, text: &str) -> io::Result<()> {
        let mut place = Place::of(path).map_err(io::Error::other)?;
        place.write(text.as_bytes())?;
        place.finish()
    }

    #[test]
    fn what_is_there_is_replaced_only_by_something_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, part) = (folder.path().join("new/rows.csv"), folder.path().join("new/rows.csv.part"));
        write(&path, "one\n").expect("written");
        let mut place = Place::of(&path).expect("a place");
        place.write(b"half").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "one\n");
        assert_eq!(fs::read_to_string(&part).expect("there"), "half");
        assert!(Place::of(&path).expect_err("taken").contains("another"));
        drop(place);
        assert!(!part.exists());
        // What a killed run has left is longer.
        fs::write(&part, "rubbish of a killed run").expect("written");
        write(&path, "two\n").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "two\n");
        assert!(!part.exists());
    }

    #[test]
    fn links_stay_and_what_they_lead_to_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("written");
        symlink(&file, &link).expect("made");
        write(&link, "new").expect("written");
        assert_eq!((fs::read_to_string(&file).expect("there").as_str(), link.is_symlink()), ("new", true));
    }

    #[test]
    fn places_that_cannot_be_written_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = |name: &str| folder.path().join(name);
        fs::write(there("file"), "").expect("written");
        fs::create_dir(there("rows.csv.part")).expect("made");
        // Another name of a file that a stream leads into, as `/dev/stdout` is where it was redirected.
        let held = File::create(there("held")).expect("made");
        let stream = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&held));
        for (path, says) in [
            (folder.path().to_owned(), "it is a folder"),
            (there("file/rows.csv"), "choose another place"),
            (there("rows.csv"), "in its way"),
            (PathBuf::from(stream), "name that file"),
        ] {
            let refused = Place::of(&path).expect_err("no place");
            assert!(refused.contains(says), "{}: {refused}", path.display());
        }
        assert!(matches!(Place::of(Path::new("/dev/null")), Ok(Place::Direct(..))));
    }
}
