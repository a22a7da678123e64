//! Where files that were asked for go. That it can be written is known before the load, when nothing is lost yet, and
//! a file is there whole or not at all: until then what there is of it stands beside it. What two of them have to do with
//! each other is the business of `claims`.

use std::{
    cell::Cell,
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    iter::successors,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Component, Path, PathBuf},
    thread,
    time::Duration,
};

/// Links that are followed from one to the next; no system follows more.
const MOST_LINKS: usize = 40;
/// How often, and how long apart, a file is tried that another run is just ending.
const TRIES: usize = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// Why nothing can be written to a place, and what would help.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPlace {
    #[error("it is a folder; name a file in it")]
    Folder,
    #[error("it is a socket, which cannot be opened; name a file or a pipe")]
    Socket,
    #[error("the stream leads into a file here, which is written by others, too; name that file")]
    StreamIntoFile,
    #[error("`{}` is no file, and in its way", .0.display())]
    InItsWay(PathBuf),
    #[error("`..` stands behind a folder that is not there; name the folder without `..`")]
    UpFromNowhere,
    #[error("another run, or another `--out`, is writing it; choose another file")]
    Taken,
    #[error("{0}; choose another place")]
    Failed(#[from] io::Error),
}

impl From<NoPlace> for io::Error {
    fn from(no_place: NoPlace) -> Self {
        match no_place {
            NoPlace::Failed(error) => error,
            other => Self::other(other.to_string()),
        }
    }
}

/// Where a file goes. Unless it is finished or kept nothing is left of it, but where the process is killed.
#[derive(Debug)]
pub(super) enum Place {
    /// A file of its own.
    Whole(PartFile),
    /// A device or a pipe, which takes what it is given as it is given.
    Direct(PathBuf),
}

impl Place {
    /// The place that somebody named, with the folders that it needs.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn of(path: &Path) -> Result<Self, NoPlace> {
        match fs::metadata(path).map(|found| found.file_type()) {
            Ok(found) if found.is_dir() => Err(NoPlace::Folder),
            Ok(found) if found.is_socket() => Err(NoPlace::Socket),
            Ok(found) if !found.is_file() => Ok(Self::Direct(path.to_owned())),
            Ok(_) if hops(path).any(|name| is_stream(&name)) => Err(NoPlace::StreamIntoFile),
            _ => {
                let path = led_to(path)?;
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                // Through folders that were not there before.
                if path.is_dir() {
                    return Err(NoPlace::Folder);
                }
                PartFile::create(path).map(Self::Whole)
            }
        }
    }

    /// The same for what is written in one go: where another run is just doing that, it is over soon.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn soon(path: &Path) -> Result<Self, NoPlace> {
        soon(|| Self::of(path))
    }

    /// Where it stands until it is whole; nothing where it is given what there is at once.
    pub fn part(&self) -> Option<&Path> {
        match self {
            Self::Whole(part) => Some(&part.part),
            Self::Direct(_) => None,
        }
    }

    /// The same where what was written still stands there.
    pub fn left(&self) -> Option<&Path> {
        match self {
            Self::Whole(part) => is_at(&part.file, &part.part).then_some(part.part.as_path()),
            Self::Direct(_) => None,
        }
    }

    /// The way to write to it, for whichever thread does that.
    ///
    /// # Errors
    /// There is no room for one more open file.
    pub fn way(&self) -> io::Result<Way> {
        match self {
            Self::Whole(part) => part.writer().map(Way::Open),
            Self::Direct(path) => Ok(Way::Direct(path.clone())),
        }
    }

    /// Brings what was written to the disk, and puts it where it belongs.
    ///
    /// # Errors
    /// The disk is full, or somebody has taken away what was written; nothing is left of it then. Where it only cannot be
    /// put in its place, as over a file that is a mount point, it stays where it is, which the error says.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Whole(part) => part.finish(),
            Self::Direct(_) => Ok(()),
        }
    }

    /// Puts what is on the disk already where it belongs.
    ///
    /// # Errors
    /// Somebody has taken away what was written, or the folder; or the place is one of a mount, and it stays where it is.
    pub fn put(&mut self) -> io::Result<()> {
        match self {
            Self::Whole(part) => part.put(),
            Self::Direct(_) => Ok(()),
        }
    }

    /// Leaves what there is where it stands, although it is not whole.
    pub fn keep(self) {
        if let Self::Whole(mut part) = self {
            part.stays = true;
        }
    }
}

/// Tries it again for a while where somebody else is at it.
fn soon<T>(mut attempt: impl FnMut() -> Result<T, NoPlace>) -> Result<T, NoPlace> {
    for _ in 1..TRIES {
        match attempt() {
            Err(NoPlace::Taken) => thread::sleep(PAUSE),
            other => return other,
        }
    }
    attempt()
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

/// What a path leads to: of a link the file that it names, whether that is there or not.
///
/// # Errors
/// Links lead to each other, or it goes up again from a folder that is not there: what that means would be known only when
/// there is one.
pub(super) fn led_to(path: &Path) -> Result<PathBuf, NoPlace> {
    let names: Vec<PathBuf> = hops(path).collect();
    match names.last() {
        Some(last) if names.len() <= MOST_LINKS => {
            if is_up_from_nowhere(last) {
                Err(NoPlace::UpFromNowhere)
            } else {
                Ok(last.clone())
            }
        }
        _ => Err(io::Error::other("its links lead to each other").into()),
    }
}

/// The path, what it names where it is a link, what that names, and so on.
fn hops(path: &Path) -> impl Iterator<Item = PathBuf> {
    let next = |path: &PathBuf| {
        let target = fs::read_link(path).ok()?;
        Some(path.parent().unwrap_or(Path::new("")).join(target))
    };
    successors(Some(path.to_owned()), next).take(MOST_LINKS + 1)
}

fn is_up_from_nowhere(path: &Path) -> bool {
    let mut folder = PathBuf::new();
    path.components().any(|component| {
        let is_up = component == Component::ParentDir && !folder.as_os_str().is_empty();
        let is_from_nowhere = is_up && !folder.is_dir();
        folder.push(component);
        is_from_nowhere
    })
}

/// Where a file stands until it is whole.
pub(super) fn part_of(path: &Path) -> PathBuf {
    let mut part = OsString::from(path);
    part.push(".part");
    part.into()
}

/// A file that is not whole yet, beside its place.
#[derive(Debug)]
pub(super) struct PartFile {
    file: File,
    part: PathBuf,
    path: PathBuf,
    /// Whether it is in its place, or is to be left where it is.
    stays: bool,
    /// Whether a run that was killed has left something in it.
    was_left: bool,
    /// Whether it is written to, so that nothing of what was left is in it.
    is_begun: Cell<bool>,
}

impl PartFile {
    /// One for this place, in a folder that is there.
    fn create(path: PathBuf) -> Result<Self, NoPlace> {
        let part = part_of(&path);
        // A link there would have something else written over.
        if fs::symlink_metadata(&part).is_ok_and(|found| !found.is_file()) {
            return Err(NoPlace::InItsWay(part));
        }
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&part)?;
        // Where a file system has no locks, nobody can tell.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !is_at(&file, &part) {
            return Err(NoPlace::Taken);
        }
        // It stays until something is written: the command may still be refused.
        let was_left = file.metadata()?.len() > 0;
        Ok(Self { file, part, path, stays: false, was_left, is_begun: Cell::new(false) })
    }

    /// One for a file in a folder that is there, or is not to be.
    ///
    /// # Errors
    /// It cannot be written, or somebody else does that for long.
    pub fn soon(path: &Path) -> Result<Self, NoPlace> {
        soon(|| Self::create(path.to_owned()))
    }

    /// What writes to it. It is locked for as long as there is one of these.
    pub fn writer(&self) -> io::Result<Writer> {
        self.begin()?;
        Ok(Writer { file: self.file.try_clone()?, whole: 0, is_file: true })
    }

    /// Takes away, once, what was left in it.
    fn begin(&self) -> io::Result<()> {
        if !self.is_begun.replace(true) {
            self.file.set_len(0)?;
        }
        Ok(())
    }

    /// Brings it to the disk, and puts it in its place.
    pub fn finish(mut self) -> io::Result<()> {
        self.begin()?;
        self.file.sync_all()?;
        self.put()
    }

    fn put(&mut self) -> io::Result<()> {
        if !is_at(&self.file, &self.part) {
            let text = format!("{} was taken away while it was written", self.part.display());
            return Err(io::Error::other(text));
        }
        self.begin()?;
        // In its place or not, it is whole.
        self.stays = true;
        fs::rename(&self.part, &self.path).map_err(|error| {
            let text = format!("{error}; all of it is in {}", self.part.display());
            io::Error::new(error.kind(), text)
        })
    }
}

/// Whether this file still has this name: between opening and locking it, another run may have finished it.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    file.metadata().map(identity).ok() == fs::symlink_metadata(path).map(identity).ok()
}

impl Drop for PartFile {
    fn drop(&mut self) {
        let is_others = self.was_left && !self.is_begun.get();
        if !self.stays && !is_others && is_at(&self.file, &self.part) {
            // There is nobody left to tell.
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// The way to a place.
#[derive(Debug)]
pub(super) enum Way {
    /// To a file, which is open.
    Open(Writer),
    /// To a device or a pipe.
    Direct(PathBuf),
}

impl Way {
    /// Goes it. A pipe is opened only now, since that waits for its reader.
    ///
    /// # Errors
    /// The device or the pipe cannot be opened.
    pub fn open(self) -> io::Result<Writer> {
        let path = match self {
            Self::Open(writer) => return Ok(writer),
            Self::Direct(path) => path,
        };
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Writer { file, whole: 0, is_file: false })
    }
}

/// What is written to.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    /// Bytes of what was written whole.
    whole: u64,
    is_file: bool,
}

impl Writer {
    /// Writes some more: of a file all of it or, as far as that can be had, nothing.
    ///
    /// # Errors
    /// The disk is full, or whoever read has gone. Nothing should be written any more then.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes);
        if written.is_ok() {
            self.whole += bytes.len() as u64;
        } else if self.is_file {
            // The first error is the one that matters.
            let _ = self.file.set_len(self.whole);
        }
        written
    }

    /// Brings it to the disk, which a pipe does not have.
    ///
    /// # Errors
    /// The disk is full.
    pub fn sync(&self) -> io::Result<()> {
        if self.is_file { self.file.sync_all() } else { Ok(()) }
    }
}

/// For whatever writes pieces that mean nothing alone.
impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Who closes a pipe has read enough.
pub(super) fn read_enough(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
