//! A CSV file as records of bytes, each with the line it starts on. The one file that knows the CSV parser.
//!
//! Built on the parser's core, since the reader on top of it takes the end of a line of a CRLF file for part of
//! the record that follows, so that its line numbers are one short, and does not tell a quote that is never closed.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::{self, ErrorKind, Read};

const CHUNK: usize = 64 * 1024;
/// Rooms for text and ends of a record to begin with; they grow with the longest record.
const FIRST_TEXT: usize = 4096;
const FIRST_ENDS: usize = 64;

/// A record, unquoted.
#[derive(Debug)]
pub(super) struct Record<'i> {
    /// All its cells, one after the other.
    pub text: &'i [u8],
    /// Where each cell ends.
    pub ends: &'i [usize],
    /// The line it starts on, from 1.
    pub line: u64,
}

impl<'i> Record<'i> {
    pub fn cells(&self) -> impl Iterator<Item = &'i [u8]> {
        let (text, ends) = (self.text, self.ends);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(ends).map(move |(start, end)| text.get(start..*end).unwrap_or_default())
    }
}

/// Why reading came to an early end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file could not be read on.
    Failed(io::Error),
    /// It has more bytes than may be.
    TooLarge,
    /// A quote in the record that starts on this line is never closed.
    Unclosed(u64),
}

/// A CSV file being read.
pub(super) struct Input<R> {
    source: R,
    core: Reader,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    /// Bytes that may still come.
    left: u64,
    /// Ends of lines that the parser did not get to see.
    skipped: u64,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read> Input<R> {
    /// Reads up to `most` bytes.
    pub fn new(source: R, delimiter: u8, most: u64) -> Self {
        Self {
            source,
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            buffer: vec![0; CHUNK],
            at: 0,
            filled: 0,
            ended: false,
            left: most,
            skipped: 0,
            text: vec![0; FIRST_TEXT],
            ends: vec![0; FIRST_ENDS],
        }
    }

    /// The bytes the file begins with, a byte order mark left out.
    pub fn start(&mut self) -> Result<&[u8], Stop> {
        while self.filled < 3 && !self.ended {
            self.fill()?;
        }
        if self.buffer[..self.filled].starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    /// The next record that is not an empty line.
    pub fn record(&mut self) -> Result<Option<Record<'_>>, Stop> {
        if !self.skip_ends_of_lines()? {
            return Ok(None);
        }
        let line = self.core.line() + self.skipped;
        let (mut text, mut ends) = (0, 0);
        loop {
            self.more()?;
            let at_end = self.at == self.filled;
            // At the end of the file an end of a line is made up: whoever takes it for text is inside quotes.
            let input = if at_end { b"\n".as_slice() } else { &self.buffer[self.at..self.filled] };
            let (result, read, written, ended) =
                self.core.read_record(input, &mut self.text[text..], &mut self.ends[ends..]);
            self.at += if at_end { 0 } else { read };
            (text, ends) = (text + written, ends + ended);
            match result {
                ReadRecordResult::InputEmpty if at_end => return Err(Stop::Unclosed(line)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        Ok(Some(Record { text: &self.text[..text], ends: &self.ends[..ends], line }))
    }

    /// Goes to the start of the next record; whether there is one.
    fn skip_ends_of_lines(&mut self) -> Result<bool, Stop> {
        loop {
            self.more()?;
            let Some(byte) = self.buffer[self.at..self.filled].first() else { return Ok(false) };
            if !matches!(byte, b'\r' | b'\n') {
                return Ok(true);
            }
            self.skipped += u64::from(*byte == b'\n');
            self.at += 1;
        }
    }

    /// Sees to it that there are bytes to be read, if any are left.
    fn more(&mut self) -> Result<(), Stop> {
        if self.at == self.filled && !self.ended {
            (self.at, self.filled) = (0, 0);
            self.fill()?;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<(), Stop> {
        let read = loop {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(Stop::Failed)?,
            }
        };
        self.ended = read == 0;
        self.filled += read;
        self.left = self.left.checked_sub(read as u64).ok_or(Stop::TooLarge)?;
        Ok(())
    }
}
