//! The file of the samples: a `.part` beside it until all of it is there, or a pipe or a device that takes what it is given.

use crate::run::places::is_stream;
use flate2::{Compression, write::GzEncoder};
use std::{
    fs::{self, File, OpenOptions, TryLockError, canonicalize},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// A file that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Place {
    path: PathBuf,
    /// What is written to until it is whole; nothing where there is no file to be put in its place.
    part: Option<PathBuf>,
}

impl Place {
    pub fn new(path: &Path) -> Self {
        let is_direct = is_stream(path) || (path.exists() && !path.is_file());
        // Of a link, what it leads to is replaced.
        let path =
            if is_direct { path.to_owned() } else { canonicalize(path).unwrap_or_else(|_| path.to_owned()) };
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        Self { path, part: (!is_direct).then(|| part.into()) }
    }

    /// Where it is when it is whole.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where what there is of it stays when it is not.
    pub fn part(&self) -> Option<&Path> {
        self.part.as_deref()
    }

    /// Its name without its folders.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Makes the `.part`, so that a wrong place is known before the time is spent. A pipe is opened by whoever writes to
    /// it, since that waits for a reader.
    ///
    /// # Errors
    /// It cannot be written to, or somebody else does that now.
    pub fn make(&self) -> io::Result<Option<File>> {
        let Some(part) = &self.part else {
            let is_folder = self.path.is_dir();
            return if is_folder { Err(ErrorKind::IsADirectory.into()) } else { Ok(None) };
        };
        if let Some(parent) = part.parent() {
            fs::create_dir_all(parent)?;
        }
        // Emptied only when it is known to be nobody else's.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(part)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(io::Error::new(ErrorKind::ResourceBusy, "another run is writing to it"));
        }
        file.set_len(0)?;
        Ok(Some(file))
    }

    /// Opens what takes what it is given.
    pub fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(&self.path)
    }

    /// Puts the `.part` in its place: it is whole.
    pub fn finish(&self) -> io::Result<()> {
        self.part.as_ref().map_or(Ok(()), |part| fs::rename(part, &self.path))
    }

    /// Removes the `.part`.
    pub fn remove(&self) {
        if let Some(part) = &self.part {
            // Where it is gone already, that is what is wanted.
            let _ = fs::remove_file(part);
        }
    }

    /// What is written to it, compressed where its name ends in `.gz`.
    pub fn sink(&self, file: File) -> Sink {
        let is_gzip = self.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        let output = match is_gzip {
            true => Output::Gzip(GzEncoder::new(file, Compression::fast())),
            false => Output::Plain(file),
        };
        Sink { output, whole: 0, is_file: self.part.is_some() }
    }
}

#[derive(Debug)]
enum Output {
    Plain(File),
    Gzip(GzEncoder<File>),
}

/// What rows are written to.
#[derive(Debug)]
pub(super) struct Sink {
    output: Output,
    /// Bytes of the rows that are whole.
    whole: u64,
    is_file: bool,
}

impl Sink {
    /// Writes rows. Where not all of them can be written, half a row is cut off as far as it can be.
    ///
    /// # Errors
    /// The disk is full, or whoever read has gone. Nothing should be written any more then.
    pub fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        let written = match &mut self.output {
            Output::Plain(file) => file.write_all(rows),
            Output::Gzip(encoder) => encoder.write_all(rows),
        };
        if written.is_err() {
            if let (Output::Plain(file), true) = (&self.output, self.is_file) {
                // The first error is the one that matters.
                let _ = file.set_len(self.whole);
            }
        } else {
            self.whole += rows.len() as u64;
        }
        written
    }

    /// Ends it, and brings a file to the disk.
    ///
    /// # Errors
    /// What was still to be written cannot be.
    pub fn finish(self) -> io::Result<()> {
        let file = match self.output {
            Output::Plain(file) => file,
            Output::Gzip(encoder) => encoder.finish()?,
        };
        // A pipe has no disk.
        if self.is_file { file.sync_all() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn a_file_is_there_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::new(&folder.path().join("a/b/samples.csv"));
        let file = place.make().expect("made").expect("a file");
        let mut sink = place.sink(file);
        sink.write(b"one\n").expect("room");
        assert!(!place.path().exists() && place.part().is_some_and(Path::exists));
        sink.finish().and_then(|()| place.finish()).expect("written");
        assert_eq!(fs::read(place.path()).expect("there"), b"one\n");
        assert!(!place.part().is_some_and(Path::exists));
    }

    #[test]
    fn one_that_is_written_to_is_left_alone_and_one_that_was_left_is_written_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::new(&folder.path().join("samples.csv"));
        let mut first = place.sink(place.make().expect("made").expect("a file"));
        first.write(b"one\n").expect("room");
        let told = place.make().expect_err("it is in use");
        assert!(told.to_string().contains("another run"), "{told}");
        assert_eq!(fs::read(place.part().expect("a file")).expect("there"), b"one\n");
        drop(first);
        let _again = place.make().expect("made");
        assert_eq!(fs::read(place.part().expect("a file")).expect("there"), b"");
    }

    #[test]
    fn one_whose_name_says_so_is_compressed() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::new(&folder.path().join("samples.csv.gz"));
        let mut sink = place.sink(place.make().expect("made").expect("a file"));
        (0..1_000).for_each(|_| sink.write(b"one\n").expect("room"));
        sink.finish().and_then(|()| place.finish()).expect("written");
        let bytes = fs::read(place.path()).expect("there");
        let mut text = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!((text, bytes.len() < 100), ("one\n".repeat(1_000), true));
    }

    #[test]
    fn a_device_is_written_to_and_a_folder_is_not() {
        let device = Place::new(Path::new("/dev/null"));
        assert!(device.part().is_none() && device.make().expect("nothing to make").is_none());
        let mut sink = device.sink(device.open().expect("it is there"));
        sink.write(b"one\n").and_then(|()| sink.finish()).and_then(|()| device.finish()).expect("written");
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Place::new(folder.path()).make().is_err());
    }
}
