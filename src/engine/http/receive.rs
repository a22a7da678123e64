//! A response's body while it comes: kept up to a limit, counted beyond.

use super::failure::{Phase, classify};
use crate::{
    engine::transport::{Failure, Outgoing},
    model::{ErrorKind, Protocol, format_bytes},
};
use ::http::Version;
use bytes::{Bytes, BytesMut};
use hyper::body::Frame;

/// The part of a body that is kept: the usual single chunk as it is, several joined.
#[derive(Default)]
pub(super) struct Receiving {
    keep: usize,
    needs_whole: bool,
    first: Bytes,
    joined: BytesMut,
    total: u64,
}

impl Receiving {
    /// What a request wants of its response's body.
    pub fn of(request: &Outgoing) -> Self {
        Self { keep: request.keep_body, needs_whole: request.needs_whole_body, ..Self::default() }
    }

    /// Whether a body that announces so many bytes may come.
    ///
    /// # Errors
    /// It is larger than what is kept, and no part of it is of use.
    pub fn announced(&self, bytes: u64) -> Result<(), Failure> {
        if !self.needs_whole || bytes <= self.keep as u64 {
            return Ok(());
        }
        let most = format_bytes(self.keep as u64);
        let cause =
            format!("the body is larger than {most} (`max_body`), and a check or extract needs all of it");
        Err(Failure::new(ErrorKind::BodyTooLarge, cause))
    }

    /// The next part of it, or its trailers.
    ///
    /// # Errors
    /// It broke off, is malformed, or is larger than may be.
    pub fn next(&mut self, frame: Result<Frame<Bytes>, hyper::Error>) -> Result<(), Failure> {
        let frame = frame.map_err(|error| classify(&error, Phase::Body))?;
        if let Ok(chunk) = frame.into_data() {
            self.add(chunk);
        }
        self.announced(self.total)
    }

    fn add(&mut self, mut chunk: Bytes) {
        self.total += chunk.len() as u64;
        let kept = self.first.len().max(self.joined.len());
        let room = self.keep.saturating_sub(kept);
        if room < chunk.len() {
            // Copied: a part of it would keep all of what was read alive.
            chunk = Bytes::copy_from_slice(&chunk[..room]);
        }
        if kept == 0 {
            self.first = chunk;
        } else if !chunk.is_empty() {
            if self.joined.is_empty() {
                self.joined.extend_from_slice(&self.first);
            }
            self.joined.extend_from_slice(&chunk);
        }
    }

    /// What was kept, and how many bytes there were.
    pub fn finish(self) -> (Bytes, u64) {
        let body = if self.joined.is_empty() { self.first } else { self.joined.freeze() };
        (body, self.total)
    }
}

/// The protocol of a version.
pub(super) fn protocol(version: Version) -> Option<Protocol> {
    match version {
        Version::HTTP_10 => Some(Protocol::Http10),
        Version::HTTP_11 => Some(Protocol::Http11),
        Version::HTTP_2 => Some(Protocol::Http2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_kept_up_to_the_limit_and_counted_beyond() {
        for (keep, chunks, kept, total) in [
            (100, vec!["abc"], "abc", 3),
            (100, vec!["abc", "", "def"], "abcdef", 6),
            (4, vec!["abc", "def"], "abcd", 6),
            (0, vec!["abc", "def"], "", 6),
            (2, vec!["abc", "def"], "ab", 6),
            (100, vec![], "", 0),
        ] {
            let mut body = Receiving { keep, ..Receiving::default() };
            chunks.iter().for_each(|chunk| body.add(Bytes::from_static(chunk.as_bytes())));
            assert_eq!(body.finish(), (Bytes::from_static(kept.as_bytes()), total), "{keep} {chunks:?}");
        }
    }

    #[test]
    fn a_body_that_is_needed_as_a_whole_ends_at_the_limit() {
        let mut body = Receiving { keep: 4, needs_whole: true, ..Receiving::default() };
        assert_eq!(body.next(Ok(Frame::data(Bytes::from_static(b"abcd")))), Ok(()));
        let refused = body.next(Ok(Frame::data(Bytes::from_static(b"e")))).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::BodyTooLarge);
        assert!(refused.cause.contains("larger than 4 B (`max_body`)"), "{}", refused.cause);
    }
}
