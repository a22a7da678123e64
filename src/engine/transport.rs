//! The seam to the network: exactly one exchange, one request out, one response or one typed failure back, with what
//! is known of how it went.
//!
//! Redirects, cookies, authentication, decompression, timeouts and the question which hosts may be reached are not its
//! business: they are decided above it, so that every exchange is one that somebody asked for.

use super::clock::Clock;
use crate::{
    model::{ErrorKind, Protocol},
    plan::Payload,
};
use ::http::{HeaderMap, Method};
use bytes::Bytes;
use std::{cell::Cell, future::Future, net::SocketAddr, time::Duration};
use url::Url;

/// A request ready to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The headers, without those that the protocol itself needs. A transport may take them out.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Payload>,
    /// Bytes of the response's body to keep; the rest is read and counted.
    pub keep_body: usize,
    /// Whether a body of which more would have to be kept is a failure: nobody can use a part of it.
    pub needs_whole_body: bool,
    /// When it was ready, on the run's clock: the transport need not ask again.
    pub ready_at: Duration,
}

/// A response, completely read.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Status code.
    pub status: u16,
    /// Protocol it came over.
    pub protocol: Option<Protocol>,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as far as it was to be kept.
    pub body: Bytes,
    /// Size of the whole body in bytes.
    pub body_bytes: u64,
    /// When its last byte was there.
    pub ended_at: Duration,
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// What the system said, for the sample. It names no URL: that may hold a secret.
    pub cause: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: ErrorKind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into() }
    }
}

/// What is known of an exchange. Lengths where it says so, else moments on the run's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moments {
    /// How long the look-up of the host's name took, where there was one.
    pub looking_up: Option<Duration>,
    /// How long the TCP connection took, where one was made; with a proxy, its own part of it, too.
    pub connecting: Option<Duration>,
    /// How long the TLS handshake took, where there was one.
    pub tls_handshaking: Option<Duration>,
    /// When a connection was there and the request began to be sent.
    pub sent_at: Option<Duration>,
    /// When the request's last byte was written.
    pub sent_until: Option<Duration>,
    /// When the response's first byte was read.
    pub first_byte_at: Option<Duration>,
    /// Bytes written to the socket: heads, bodies and what TLS and HTTP/2 add.
    pub sent_bytes: u64,
    /// Bytes read from the socket.
    pub received_bytes: u64,
    /// The other end of the connection.
    pub remote: Option<SocketAddr>,
    /// Whether the connection was made for this exchange.
    pub is_new: bool,
}

/// What is known of an exchange while it goes on, and still is when nobody waits for it any longer.
#[derive(Debug, Default)]
pub struct Trace {
    moments: Cell<Moments>,
}

impl Trace {
    /// What is known so far.
    pub fn get(&self) -> Moments {
        self.moments.get()
    }

    /// Adds to it.
    pub fn note(&self, change: impl FnOnce(&mut Moments)) {
        let mut moments = self.moments.get();
        change(&mut moments);
        self.moments.set(moments);
    }
}

/// One user's way to the target.
pub trait Transport: 'static {
    /// Performs one exchange; dropping the future gives it up. Several may go on at once. What is known while it
    /// goes on is in `trace`.
    fn exchange(
        &self,
        request: &mut Outgoing,
        trace: &Trace,
    ) -> impl Future<Output = Result<Arrived, Failure>>;
}

/// Makes a transport for each user; shared by all workers.
pub trait Transports: Clone + Send + 'static {
    /// What the users of a worker share.
    type Worker: 'static;
    /// What it makes.
    type User: Transport;

    /// What the users of a worker share, made on the worker's own thread.
    fn worker(&self, clock: Clock) -> Self::Worker;

    /// A transport for one more user, with the options of this number of [`crate::plan::Plan`]'s clients.
    fn user(worker: &Self::Worker, client: usize) -> Self::User;
}
