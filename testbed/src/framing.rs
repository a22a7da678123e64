//! Heads and bodies of HTTP/1 off a reader: by content-length, in chunks, or to the end.

use std::io::{self, ErrorKind, Read};

/// Heads longer than that are given up.
const LONGEST_HEAD: usize = 1 << 20;

/// A reader that can look ahead.
#[derive(Debug)]
pub(crate) struct Ahead<R> {
    pub inner: R,
    buffer: Vec<u8>,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Exactly(u64),
    Chunked,
    ToTheEnd,
}

impl<R: Read> Ahead<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, buffer: Vec::new() }
    }

    /// A head with its empty line; `None` where the connection ends before.
    pub fn head(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            let from = searched;
            let found = self.buffer[from..].windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(at) = found {
                return Some(self.buffer.drain(..from + at + 4).collect());
            }
            searched = self.buffer.len().saturating_sub(3);
            if self.buffer.len() > LONGEST_HEAD || !self.more().ok()? {
                return None;
            }
        }
    }

    /// A body, piece by piece; `None` where the connection ends before it.
    pub fn body(&mut self, length: Length, take: &mut dyn FnMut(&[u8])) -> Option<()> {
        match length {
            Length::Exactly(bytes) => self.exactly(bytes, take),
            Length::Chunked => self.chunks(take),
            Length::ToTheEnd => {
                while self.buffer_some().ok()? {
                    take(&self.take());
                }
                Some(())
            }
        }
    }

    /// Exactly so many bytes.
    pub fn exactly(&mut self, mut bytes: u64, take: &mut dyn FnMut(&[u8])) -> Option<()> {
        while bytes > 0 {
            if !self.buffer_some().ok()? {
                return None;
            }
            let count = self.buffer.len().min(usize::try_from(bytes).unwrap_or(usize::MAX));
            take(&self.buffer[..count]);
            self.buffer.drain(..count);
            bytes -= count as u64;
        }
        Some(())
    }

    /// Reads and forgets until the other side is done.
    pub fn drain(&mut self) {
        self.buffer.clear();
        while self.more().is_ok_and(|more| more) {
            self.buffer.clear();
        }
    }

    /// What has been read and not been used.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Waits until there is something to read; `Ok(false)` at the end.
    pub fn buffer_some(&mut self) -> io::Result<bool> {
        if self.buffer.is_empty() { self.more() } else { Ok(true) }
    }

    fn chunks(&mut self, take: &mut dyn FnMut(&[u8])) -> Option<()> {
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).ok()?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Some(());
            }
            self.exactly(size, take)?;
            self.line()?;
        }
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..at + 2).collect();
                return Some(String::from_utf8_lossy(&line[..at]).into_owned());
            }
            if self.buffer.len() > LONGEST_HEAD || !self.more().ok()? {
                return None;
            }
        }
    }

    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = loop {
            match self.inner.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.buffer.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }
}

/// How the body after these headers ends; without a word about it, as given.
pub(crate) fn length<'h>(header: impl Fn(&str) -> Option<&'h str>, otherwise: Length) -> Length {
    if header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked")) {
        return Length::Chunked;
    }
    header("content-length").and_then(|value| value.trim().parse().ok()).map_or(otherwise, Length::Exactly)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, so that every boundary falls somewhere.
    struct Drip(std::collections::VecDeque<u8>);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(self.0.pop_front().map_or(0, |byte| {
                buffer[0] = byte;
                1
            }))
        }
    }

    fn body(text: &str, length: Length) -> Option<String> {
        let mut ahead = Ahead::new(Drip(text.bytes().collect()));
        let mut body = Vec::new();
        ahead.body(length, &mut |bytes| body.extend_from_slice(bytes))?;
        Some(String::from_utf8(body).unwrap())
    }

    #[test]
    fn bodies_end_where_their_framing_says() {
        for (text, length, expected) in [
            ("hello", Length::Exactly(5), Some("hello")),
            ("hello there", Length::Exactly(5), Some("hello")),
            ("hell", Length::Exactly(5), None),
            ("", Length::Exactly(0), Some("")),
            ("2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", Length::Chunked, Some("hello")),
            ("2\r\nhe\r\n0\r\nTrailer: x\r\n\r\n", Length::Chunked, Some("he")),
            ("2\r\nhe\r\n", Length::Chunked, None),
            ("no\r\nhe\r\n", Length::Chunked, None),
            ("hello", Length::ToTheEnd, Some("hello")),
        ] {
            assert_eq!(body(text, length).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_head_leaves_what_comes_after_it() {
        let mut ahead = Ahead::new(Drip("GET / HTTP/1.1\r\na: b\r\n\r\nrest".bytes().collect()));
        assert_eq!(ahead.head().unwrap(), b"GET / HTTP/1.1\r\na: b\r\n\r\n");
        let mut rest = Vec::new();
        ahead.body(Length::ToTheEnd, &mut |bytes| rest.extend_from_slice(bytes)).unwrap();
        assert_eq!(rest, b"rest");
        assert!(Ahead::new(Drip("GET / HTTP/1.1\r\na: b\r\n".bytes().collect())).head().is_none());
    }
}
