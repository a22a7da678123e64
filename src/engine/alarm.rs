//! Waking up on time.
//!
//! tokio's timers come a millisecond late, which would be charged to the target where a start was intended. On Linux
//! a kernel timer per worker (timerfd), read through tokio's own poll loop, comes 20 to 30 times closer. Elsewhere, and
//! where a test holds the clock, tokio's timers stand in.

use super::clock::Clock;
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::fine_timer::FineTimer;

/// Which timers wake a worker's arrivals and paced users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// The best that the system has.
    Fine,
    /// tokio's, which follow a held clock.
    Held,
}

/// A worker's alarm clock.
pub(super) struct Alarm {
    clock: Clock,
    #[cfg(target_os = "linux")]
    fine: Option<FineTimer>,
}

impl Alarm {
    /// To be made on the worker's thread, inside of its runtime.
    #[cfg(target_os = "linux")]
    pub fn new(clock: Clock, precision: Precision) -> Self {
        // Without a timer to be had, arrivals are a millisecond late, and `iteration_lag` says so.
        let fine = (precision == Precision::Fine).then(|| FineTimer::new(clock).ok()).flatten();
        Self { clock, fine }
    }

    /// To be made on the worker's thread, inside of its runtime.
    #[cfg(not(target_os = "linux"))]
    pub fn new(clock: Clock, _: Precision) -> Self {
        Self { clock }
    }

    /// Waits until so long after the start.
    #[cfg(target_os = "linux")]
    pub async fn sleep_until(&self, at: Duration) {
        match &self.fine {
            Some(fine) => fine.sleep_until(at).await,
            None => self.clock.sleep_until(at).await,
        }
    }

    /// Waits until so long after the start.
    #[cfg(not(target_os = "linux"))]
    pub async fn sleep_until(&self, at: Duration) {
        self.clock.sleep_until(at).await;
    }

    /// Wakes whoever is due, for ever. Nobody sleeps without it.
    #[cfg(target_os = "linux")]
    pub async fn ring(&self) {
        match &self.fine {
            Some(fine) => fine.ring().await,
            None => std::future::pending().await,
        }
    }

    /// Wakes whoever is due, for ever. Nobody sleeps without it.
    #[cfg(not(target_os = "linux"))]
    pub async fn ring(&self) {
        std::future::pending().await
    }
}
