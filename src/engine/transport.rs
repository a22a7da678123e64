//! The seam to the network: exactly one exchange, one request out, one response or one typed failure back.
//!
//! Redirects, retries, cookies and timeouts are not its business.

use super::clock::Clock;
use crate::model::{ErrorKind, Protocol};
use ::http::{HeaderMap, Method};
use bytes::Bytes;
use std::{future::Future, time::Duration};
use url::Url;

/// A request ready to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The headers, without those that the protocol itself needs.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
    /// Bytes of the response's body to keep; the rest is read and counted.
    pub keep_body: usize,
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
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// What the system said, for the sample. It names no URL: that may hold a secret.
    pub cause: String,
}

/// One exchange and its times on the run's clock.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When a connection was there and the request began to be sent.
    pub sent_at: Duration,
    /// When the last byte had come, or the failure.
    pub ended_at: Duration,
    /// What came.
    pub result: Result<Arrived, Failure>,
}

/// One user's way to the target; it keeps the user's connections.
pub trait Transport: 'static {
    /// Performs one exchange. Dropping the future gives it up.
    fn exchange(&mut self, request: Outgoing) -> impl Future<Output = Exchange>;
}

/// Makes a transport for each user; shared by all workers.
pub trait Transports: Clone + Send + 'static {
    /// What it makes.
    type User: Transport;

    /// A transport for one more user.
    fn user(&self, clock: Clock) -> Self::User;
}
