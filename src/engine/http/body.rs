//! A request's body while it is sent: bytes as they are, files in pieces, never a whole file at once.

use super::meter::Meter;
use crate::plan::{BodyFile, Payload, Piece};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    io::{self, Read},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of a file that are held at once.
const CHUNK: usize = 64 * 1024;

/// A body that is sent.
#[derive(Debug)]
pub(super) struct OutBody {
    pieces: VecDeque<Piece>,
    /// The file that is being read.
    reading: Option<Reading>,
    /// Bytes that are left of all.
    left: u64,
    /// Who is told of the last byte.
    meter: Option<Rc<Meter>>,
}

/// Why a body could not be sent as announced: a fault of this side.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UnsendableBody(String);

impl OutBody {
    pub fn new(payload: Option<Payload>) -> Self {
        let left = payload.as_ref().map_or(0, Payload::len);
        let pieces = match payload {
            None => VecDeque::new(),
            Some(Payload::Whole(bytes)) => VecDeque::from([Piece::Bytes(bytes)]),
            Some(Payload::Pieces(pieces)) => pieces.into(),
        };
        Self { pieces, reading: None, left, meter: None }
    }

    /// Has the meter told of the last byte.
    pub fn telling(self, meter: &Rc<Meter>) -> Self {
        if self.left == 0 {
            meter.handed_over();
        }
        Self { meter: Some(Rc::clone(meter)), ..self }
    }

    fn took(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes as u64);
        if self.left == 0
            && let Some(meter) = &self.meter
        {
            meter.handed_over();
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, UnsendableBody>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                match ready!(reading.poll_chunk(context)) {
                    Ok(Some(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                    Ok(None) => self.reading = None,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            match self.pieces.pop_front() {
                None => return Poll::Ready(None),
                Some(Piece::Bytes(bytes)) if bytes.is_empty() => {}
                Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Piece::File(file)) => self.reading = Some(Reading::begin(file)),
            }
        }
    }
}

impl Body for OutBody {
    type Data = Bytes;
    type Error = UnsendableBody;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UnsendableBody>>> {
        let next = ready!(self.poll_next(context));
        if let Some(Ok(bytes)) = &next {
            self.took(bytes.len());
        }
        Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A file that is read a chunk at a time, where it holds up nobody else.
struct Reading {
    file: Arc<BodyFile>,
    left: u64,
    task: Option<JoinHandle<Result<(Reader, Bytes), io::Error>>>,
    /// A reader that waits for its next chunk to be asked for.
    reader: Option<Reader>,
}

type Reader = Box<dyn Read + Send>;

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("file", &self.file.path).field("left", &self.left).finish()
    }
}

impl Reading {
    fn begin(file: Arc<BodyFile>) -> Self {
        let opening = Arc::clone(&file);
        let left = file.bytes;
        let task = spawn_blocking(move || read_chunk(opening.open().map_err(io::Error::other)?, left));
        Self { file, left, task: Some(task), reader: None }
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, UnsendableBody>> {
        if self.left == 0 {
            return Poll::Ready(Ok(None));
        }
        if let (None, Some(reader)) = (&self.task, self.reader.take()) {
            let left = self.left;
            self.task = Some(spawn_blocking(move || read_chunk(reader, left)));
        }
        let Some(task) = &mut self.task else { return Poll::Ready(Ok(None)) };
        let ended = ready!(Pin::new(task).poll(context));
        self.task = None;
        let read = ended.unwrap_or_else(|error| Err(io::Error::other(error)));
        // One that was not opened says itself which it is.
        let (reader, chunk) = read.map_err(|error| match error.get_ref() {
            Some(reason) => UnsendableBody(reason.to_string()),
            None => self.unreadable(&error.to_string()),
        })?;
        if chunk.is_empty() {
            return Poll::Ready(Err(self.unreadable("it has become shorter since the run began")));
        }
        self.left -= chunk.len() as u64;
        self.reader = Some(reader);
        Poll::Ready(Ok(Some(chunk)))
    }

    fn unreadable(&self, reason: &str) -> UnsendableBody {
        UnsendableBody(format!("`{}` cannot be sent: {reason}", self.file.path))
    }
}

fn read_chunk(mut reader: Reader, left: u64) -> io::Result<(Reader, Bytes)> {
    let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
    let mut filled = 0;
    while filled < chunk.len() {
        match reader.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    chunk.truncate(filled);
    Ok((reader, Bytes::from(chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Files;
    use http_body_util::BodyExt;

    /// A file that holds fewer or more bytes than it said.
    #[derive(Debug)]
    struct Holding(usize);

    impl Files for Holding {
        fn open(&self, _path: &str) -> Result<Box<dyn Read + Send>, String> {
            Ok(Box::new(io::repeat(b'x').take(self.0 as u64)))
        }

        fn size(&self, _path: &str) -> Result<u64, String> {
            Ok(self.0 as u64)
        }
    }

    fn file(announced: u64, holds: usize) -> Piece {
        Piece::File(Arc::new(BodyFile {
            path: "big.bin".to_owned(),
            bytes: announced,
            files: Arc::new(Holding(holds)),
        }))
    }

    async fn sent(pieces: Vec<Piece>) -> Result<(u64, usize), String> {
        let body = OutBody::new(Some(Payload::Pieces(pieces)));
        let announced = body.size_hint().exact().unwrap();
        let collected = body.collect().await.map_err(|error| error.to_string())?;
        Ok((announced, collected.to_bytes().len()))
    }

    #[tokio::test]
    async fn files_are_sent_between_bytes_as_long_as_announced() {
        let text = || Piece::Bytes(Bytes::from_static(b"--abc"));
        for bytes in [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            let pieces = vec![text(), file(bytes as u64, bytes), text()];
            assert_eq!(sent(pieces).await, Ok((bytes as u64 + 10, bytes + 10)), "{bytes}");
        }
        // One that has grown since is sent as announced.
        assert_eq!(sent(vec![file(100, CHUNK * 2)]).await, Ok((100, 100)));
    }

    #[tokio::test]
    async fn a_file_that_has_become_shorter_says_so() {
        for holds in [0, 10, CHUNK] {
            let refused = sent(vec![file(CHUNK as u64 + 1, holds)]).await;
            let says = "`big.bin` cannot be sent: it has become shorter since the run began";
            assert_eq!(refused, Err(says.to_owned()), "{holds}");
        }
    }
}
