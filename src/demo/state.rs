//! What all requests share, behind one lock, and the demo's only clock.
//!
//! Deliberately no HTTP. The lock is a plain one: the demo has one thread, and no lock is held across an
//! await.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    accounts::{Accounts, Session, User},
    cache::{Cache, CacheKey, CacheUse},
    config::Config,
    faults::Faults,
    latency::{Latency, slow_start_factor},
    route::Route,
    stats::Stats,
};

/// A handle on the shared state.
#[derive(Debug, Clone)]
pub(super) struct Api {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    started: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    latency: Latency,
    faults: Faults,
    accounts: Accounts,
    cache: Cache,
    check_ins: u64,
    stats: Stats,
}

/// What chance has in store for a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fate {
    /// How long the answer takes if it is not cached.
    pub(super) latency: Duration,
    /// Whether it fails for no reason.
    pub(super) fails: bool,
}

impl Api {
    /// A demo that starts now.
    pub(super) fn new(config: Config) -> Self {
        let inner = Inner {
            latency: Latency::new(&config),
            faults: Faults::new(&config),
            accounts: Accounts::new(config.seed),
            cache: Cache::new(config.cache_ttl),
            check_ins: 0,
            stats: Stats::default(),
        };
        Self { shared: Arc::new(Shared { config, started: now(), inner: Mutex::new(inner) }) }
    }

    /// Counts a request that has arrived, and draws its fate. Health probes have none, and take nothing
    /// from the generators: probing does not change what other requests meet.
    pub(super) fn receive(&self, route: Route) -> Fate {
        let factor = slow_start_factor(self.uptime(), self.shared.config.slow_start);
        let mut inner = self.inner();
        inner.stats.received(route);
        if route == Route::Health {
            return Fate { latency: Duration::ZERO, fails: false };
        }
        let latency = stretch(inner.latency.draw(), factor);
        Fate { latency, fails: inner.faults.strike() }
    }

    /// How long a request with this fate takes, given what its answer has to do with the cache.
    pub(super) fn delay(&self, fate: Fate, cache_use: Option<CacheUse>) -> Duration {
        match cache_use {
            Some(CacheUse::Hit) => stretch(fate.latency, self.shared.config.cached_fraction),
            _ => fate.latency,
        }
    }

    /// Counts an answer that goes out, and does what it does to the cache.
    pub(super) fn answer(&self, route: Route, status: StatusCode, cache_use: Option<CacheUse>) {
        let uptime = self.uptime();
        let mut inner = self.inner();
        inner.stats.answered(route, status, cache_use);
        if let Some(cache_use) = cache_use {
            inner.cache.apply(cache_use, uptime);
        }
    }

    /// Logs a user in: the token, and whose it is.
    pub(super) fn login(&self, email: &str) -> (String, User) {
        self.inner().accounts.login(email)
    }

    /// Whose token it is, if it is alive.
    pub(super) fn session(&self, token: &str) -> Option<Session> {
        self.inner().accounts.find(token)
    }

    /// Whether a read comes from the cache.
    pub(super) fn look_up(&self, route: Route, login: Option<u64>) -> CacheUse {
        self.inner().cache.look_up(CacheKey { route, login }, self.uptime())
    }

    /// The number of a new check-in, from 1.
    pub(super) fn check_in(&self) -> u64 {
        let mut inner = self.inner();
        inner.check_ins += 1;
        inner.check_ins
    }

    /// The body of `GET /stats`.
    pub(super) fn stats(&self) -> Value {
        self.inner().stats.to_json()
    }

    /// Time since the start.
    pub(super) fn uptime(&self) -> Duration {
        now().duration_since(self.shared.started)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // The counts stay true whatever panicked: no invariant spans two of the fields.
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `latency` times `factor`, without a panic for what no duration can hold.
fn stretch(latency: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(latency.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the demo is the system under test: it has a clock of its own, apart from the engine's"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(config: Config) -> Api {
        Api::new(Config { latency_sigma: 0.0, ..config })
    }

    #[test]
    fn probing_the_health_changes_no_fate() {
        let config = Config { error_rate: 0.5, ..Config::default() };
        let (probed, alone) = (Api::new(config.clone()), Api::new(config));
        for _ in 0..100 {
            assert_eq!(probed.receive(Route::Health), Fate { latency: Duration::ZERO, fails: false });
            assert_eq!(probed.receive(Route::Me), alone.receive(Route::Me));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_start_stretches_until_it_is_over() {
        let api = api(Config { slow_start: Duration::from_secs(10), ..Config::default() });
        let mut latencies_ms = Vec::new();
        for _ in 0..4 {
            latencies_ms.push(api.receive(Route::Me).latency.as_millis());
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert_eq!(latencies_ms, [40, 24, 8, 8]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cached_read_takes_its_fraction_until_the_entry_ends() {
        let api = api(Config::default());
        let fate = api.receive(Route::Me);
        let miss = api.look_up(Route::Me, Some(0));
        assert_eq!(api.delay(fate, Some(miss)), Duration::from_millis(8));
        api.answer(Route::Me, StatusCode::OK, Some(miss));
        let hit = api.look_up(Route::Me, Some(0));
        assert_eq!(api.delay(fate, Some(hit)), Duration::from_millis(2));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(api.look_up(Route::Me, Some(0)), miss);
    }
}
