//! When a user's connector last finished. A layer around reqwest's connector writes it, so that a new connection can be
//! told from one that was kept.

use loadgen::engine::Clock;
use std::{
    future::{Future, poll_fn},
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
pub struct ConnectLog {
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
        Logged { shared: Arc::new((inner, self.clone())) }
    }
}

/// A connector whose successes are noted.
///
/// reqwest clones its connector six times for each request, whether it connects or not. So a clone of this one
/// shares what is inside, which is cloned to connect.
#[derive(Debug)]
pub struct Logged<S> {
    shared: Arc<(S, ConnectLog)>,
}

impl<S> Clone for Logged<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S, R> Service<R> for Logged<S>
where
    R: Send + 'static,
    S: Service<R> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        // The one inside is asked when it is there.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (mut inner, log) = (*self.shared).clone();
        Box::pin(async move {
            poll_fn(|context| inner.poll_ready(context)).await?;
            let connected = inner.call(request).await;
            if connected.is_ok() {
                log.note();
            }
            connected
        })
    }
}
