//! What rows of samples are written to: as they are, or compressed where the file's name says so. Where that is, is the
//! business of `run/places.rs`.

use crate::run::places::Writer;
use flate2::{Compression, write::GzEncoder};
use std::{
    io::{self, Write},
    path::Path,
};

/// What rows are written to.
#[derive(Debug)]
pub(super) enum Sink {
    Plain(Writer),
    Gzip(GzEncoder<Writer>),
}

impl Sink {
    /// For a file of this name.
    pub fn new(name: &Path, writer: Writer) -> Self {
        if is_gzip(name) {
            Self::Gzip(GzEncoder::new(writer, Compression::fast()))
        } else {
            Self::Plain(writer)
        }
    }

    /// Writes rows. Where not all of them can be written, half a row is cut off as far as it can be.
    ///
    /// # Errors
    /// The disk is full, or whoever read has gone. Nothing should be written any more then.
    pub fn write(&mut self, rows: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.append(rows),
            Self::Gzip(encoder) => encoder.write_all(rows),
        }
    }

    /// Ends it, and brings a file to the disk.
    ///
    /// # Errors
    /// What was still to be written cannot be.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.sync(),
            Self::Gzip(encoder) => encoder.finish()?.sync(),
        }
    }
}

/// Whether a file of this name is compressed.
pub(super) fn is_gzip(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::places::Place;
    use flate2::read::GzDecoder;
    use std::{fs, io::Read};

    #[test]
    fn one_whose_name_says_so_is_compressed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("samples.csv.GZ");
        let mut place = Place::of(&path).expect("a place");
        let writer = place.way().and_then(|way| way.open()).expect("a writer");
        let mut sink = Sink::new(&path, writer);
        (0..1_000).for_each(|_| sink.write(b"one\n").expect("room"));
        sink.finish().and_then(|()| place.put()).expect("written");
        let bytes = fs::read(&path).expect("there");
        let mut text = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!((text, bytes.len() < 100), ("one\n".repeat(1_000), true));
    }
}
