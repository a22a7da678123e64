//! When a user's connector last finished. A layer around reqwest's connector writes it, so that connection
//! set-up can be left out of the service time.

use super::clock::Clock;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tower_layer::Layer;
use tower_service::Service;

/// No connection was made.
const NONE: u64 = u64::MAX;

/// Shared by a user and its connector. Both run on one thread; the atomic is for the compiler.
#[derive(Debug, Clone)]
pub(super) struct ConnectLog {
    clock: Clock,
    connected_ns: Arc<AtomicU64>,
}

impl ConnectLog {
    pub fn new(clock: Clock) -> Self {
        Self { clock, connected_ns: Arc::new(AtomicU64::new(NONE)) }
    }

    /// When a connection was made since the last call, if one was.
    pub fn take(&self) -> Option<Duration> {
        if self.connected_ns.load(Ordering::Relaxed) == NONE {
            return None;
        }
        Some(Duration::from_nanos(self.connected_ns.swap(NONE, Ordering::Relaxed)))
    }

    fn note(&self) {
        let nanos = u64::try_from(self.clock.now().as_nanos()).unwrap_or(NONE - 1);
        self.connected_ns.store(nanos, Ordering::Relaxed);
    }
}

impl<S> Layer<S> for ConnectLog {
    type Service = Logged<S>;

    fn layer(&self, inner: S) -> Logged<S> {
        Logged { inner, log: self.clone() }
    }
}

/// A connector whose successes are noted.
#[derive(Debug, Clone)]
pub(super) struct Logged<S> {
    inner: S,
    log: ConnectLog,
}

impl<S, R> Service<R> for Logged<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.inner.call(request);
        let log = self.log.clone();
        Box::pin(async move {
            let connected = connecting.await;
            if connected.is_ok() {
                log.note();
            }
            connected
        })
    }
}
