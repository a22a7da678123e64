//! One connection of a target: requests in, and whatever bytes, pauses and ends a test wants out.

use crate::{
    answer::Answer,
    clock::now,
    framing::{Ahead, Length, length},
    request::Request,
    stop::Stop,
    truth::ConnectionTruth,
    wire::Wire,
};
use rustls::{ServerConnection, StreamOwned};
use std::{
    io::{self, Read, Write},
    sync::Arc,
    time::Duration,
};

/// How long an end waits for the client to take notice.
const LINGER: Duration = Duration::from_secs(5);

/// One connection of a target.
pub struct Conversation {
    ahead: Ahead<Channel>,
    truth: Arc<ConnectionTruth>,
    stop: Arc<Stop>,
}

/// A socket, with TLS on it or not.
pub(crate) enum Channel {
    Plain(Wire),
    Tls(Box<StreamOwned<ServerConnection, Wire>>),
}

impl Conversation {
    pub(crate) fn new(channel: Channel, stop: Arc<Stop>) -> Self {
        let truth = Arc::clone(&channel.wire().truth);
        Self { ahead: Ahead::new(channel), truth, stop }
    }

    /// The next request with its body; `None` when the client has gone.
    pub fn request(&mut self) -> Option<Request> {
        let head = self.head()?;
        self.body(head)
    }

    /// The next request's head. It is in the truth log once its body has been read.
    pub fn head(&mut self) -> Option<Request> {
        self.ahead.head().map(|head| Request::parse(&head))
    }

    /// The body that belongs to this head.
    pub fn body(&mut self, mut request: Request) -> Option<Request> {
        let length = length(|name| request.header(name), Length::Exactly(0));
        self.ahead.body(length, &mut |bytes| request.add_to_body(bytes))?;
        request.ended_at = now();
        self.truth.note_request(request.clone());
        Some(request)
    }

    /// Notes a request that was read by other means.
    pub(crate) fn note(&self, request: Request) {
        self.truth.note_request(request);
    }

    /// Waits until something comes in, and leaves it unread; `false` where the client has gone.
    pub fn await_more(&mut self) -> bool {
        self.ahead.buffer_some().unwrap_or(false)
    }

    /// Waits for something to come in, no longer than so long.
    pub fn comes_within(&mut self, time: Duration) -> bool {
        let socket = Arc::clone(&self.ahead.inner.wire().socket);
        let _ = socket.set_read_timeout(Some(time.max(Duration::from_millis(1))));
        let came = self.await_more();
        let _ = socket.set_read_timeout(None);
        came
    }

    /// So many bytes as they come; `None` where there are fewer.
    pub fn bytes(&mut self, count: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.ahead.exactly(count, &mut |more| bytes.extend_from_slice(more))?;
        Some(bytes)
    }

    /// Sends; `false` where the client has gone.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let channel = &mut self.ahead.inner;
        channel.write_all(bytes.as_ref()).and_then(|()| channel.flush()).is_ok()
    }

    /// Sends the answer to this request: without its body where the request was a HEAD.
    pub fn answer(&mut self, request: &Request, answer: &Answer) -> bool {
        if request.method == "HEAD" { self.send(answer.head()) } else { self.send(answer.bytes()) }
    }

    /// Waits; `false` where the target has ended.
    pub fn pause(&self, time: Duration) -> bool {
        self.stop.sleep(time)
    }

    /// Hands on whatever comes in, until the client goes or `take` has had enough.
    pub(crate) fn each_piece(&mut self, take: &mut dyn FnMut(&[u8]) -> bool) {
        while self.ahead.buffer_some().unwrap_or(false) {
            if !take(&self.ahead.take()) {
                return;
            }
        }
    }

    /// The way to the client, for another thread. Without TLS only.
    pub(crate) fn sender(&self) -> Wire {
        let wire = self.ahead.inner.wire();
        Wire { socket: Arc::clone(&wire.socket), truth: Arc::clone(&wire.truth) }
    }

    /// Says nothing until the client goes.
    pub fn hang(&mut self) {
        self.ahead.drain();
    }

    /// Ends in order: TLS's own farewell, FIN, and then waits for the client to go.
    pub fn close(&mut self) {
        if let Channel::Tls(stream) = &mut self.ahead.inner {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        self.cut();
    }

    /// Ends with a FIN and nothing before it, and then waits for the client to go: closing with something unread would
    /// be a reset.
    pub fn cut(&mut self) {
        let wire = self.ahead.inner.wire();
        wire.fin();
        let _ = wire.socket.set_read_timeout(Some(LINGER));
        self.truth.close();
        self.ahead.drain();
    }

    /// Ends with a reset, once the client had the time to read what was sent.
    pub fn reset(&mut self) {
        self.pause(Duration::from_millis(20));
        self.ahead.inner.wire().close_by_reset();
    }
}

impl Channel {
    fn wire(&self) -> &Wire {
        match self {
            Self::Plain(wire) => wire,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

impl Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(wire) => wire.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
