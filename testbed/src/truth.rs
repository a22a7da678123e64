//! The truth log: what a target really saw and sent. Written before the client can know of it, so that a client that has
//! its answer finds the log complete.

use crate::{clock::now, request::Request};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

/// What a target saw, connection by connection.
#[derive(Debug, Default)]
pub struct Truth {
    connections: Mutex<Vec<Arc<ConnectionTruth>>>,
}

/// What one connection saw.
#[derive(Debug)]
pub struct ConnectionTruth {
    peer: Option<SocketAddr>,
    opened_at: Instant,
    closed_at: Mutex<Option<Instant>>,
    received: AtomicU64,
    sent: AtomicU64,
    requests: Mutex<Vec<Request>>,
    server_name: Mutex<Option<String>>,
}

impl Truth {
    /// Notes a connection that was accepted.
    pub(crate) fn open(&self, peer: Option<SocketAddr>) -> Arc<ConnectionTruth> {
        let connection = Arc::new(ConnectionTruth {
            peer,
            opened_at: now(),
            closed_at: Mutex::default(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            requests: Mutex::default(),
            server_name: Mutex::default(),
        });
        lock(&self.connections).push(Arc::clone(&connection));
        connection
    }

    /// The connections that were accepted, in order.
    pub fn connections(&self) -> Vec<Arc<ConnectionTruth>> {
        lock(&self.connections).clone()
    }

    /// The requests that came in, connection by connection.
    pub fn requests(&self) -> Vec<Request> {
        self.connections().iter().flat_map(|connection| connection.requests()).collect()
    }

    /// Bytes read from all sockets: heads, bodies, TLS and HTTP/2 included.
    pub fn received_bytes(&self) -> u64 {
        self.connections().iter().map(|connection| connection.received_bytes()).sum()
    }

    /// Bytes written to all sockets.
    pub fn sent_bytes(&self) -> u64 {
        self.connections().iter().map(|connection| connection.sent_bytes()).sum()
    }

    /// Waits until every connection is closed on this side.
    ///
    /// # Panics
    /// One is still open after ten seconds.
    pub fn await_all_closed(&self) {
        self.await_that("all connections are closed", |truth| {
            truth.connections().iter().all(|connection| connection.closed_at().is_some())
        });
    }

    /// Waits until something holds.
    ///
    /// # Panics
    /// It does not within ten seconds.
    pub fn await_that(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(10), "not within ten seconds: {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl ConnectionTruth {
    /// Where the client connected from.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// When it was accepted.
    pub fn opened_at(&self) -> Instant {
        self.opened_at
    }

    /// When this side was done with it.
    pub fn closed_at(&self) -> Option<Instant> {
        *lock(&self.closed_at)
    }

    /// Bytes read from the socket.
    pub fn received_bytes(&self) -> u64 {
        self.received.load(SeqCst)
    }

    /// Bytes written to the socket.
    pub fn sent_bytes(&self) -> u64 {
        self.sent.load(SeqCst)
    }

    /// The requests that came in whole, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    /// The name that the client asked for in its TLS handshake.
    pub fn server_name(&self) -> Option<String> {
        lock(&self.server_name).clone()
    }

    pub(crate) fn close(&self) {
        lock(&self.closed_at).get_or_insert_with(now);
    }

    pub(crate) fn note_request(&self, request: Request) {
        lock(&self.requests).push(request);
    }

    pub(crate) fn note_server_name(&self, name: Option<&str>) {
        *lock(&self.server_name) = name.map(str::to_owned);
    }

    pub(crate) fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, SeqCst);
    }

    /// Counts what is about to be written. What then was not is given back.
    pub(crate) fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, SeqCst);
    }

    pub(crate) fn give_back_sent(&self, bytes: usize) {
        self.sent.fetch_sub(bytes as u64, SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
