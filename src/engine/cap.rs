//! `max_rate`: a cap on the iterations of a workload, over all workers.
//!
//! governor says whether one more may start; it is a limiter and no clock, so of a worker's users only the first in
//! the queue asks it, and sleeps until its turn.

use super::clock::Clock;
use crate::{model::Rate, plan::Plan};
use governor::{
    Quota, RateLimiter,
    clock::Clock as Now,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How much of its work a cap lets through at once, so that a late wake-up does not lower the rate.
const BURST: Duration = Duration::from_millis(5);

impl Now for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Clock::now(*self)
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<Duration>>;

/// The caps of a run's workloads, shared by all workers.
#[derive(Debug, Clone)]
pub(super) struct Caps {
    workloads: Arc<Vec<Cap>>,
}

#[derive(Debug, Default)]
struct Cap {
    quota: Option<Quota>,
    /// Made when the load begins: the run's clock is not there before.
    limiter: OnceLock<Limiter>,
}

impl Caps {
    pub fn new(plan: &Plan) -> Self {
        let cap = |rate: Option<Rate>| Cap { quota: rate.map(quota), ..Cap::default() };
        Self { workloads: Arc::new(plan.workloads.iter().map(|workload| cap(workload.max_rate)).collect()) }
    }

    /// Takes one iteration's turn in a workload; where it has to wait, until when.
    pub fn take(&self, workload: usize, clock: Clock) -> Result<(), Duration> {
        let cap = &self.workloads[workload];
        let Some(quota) = cap.quota else { return Ok(()) };
        let limiter = cap.limiter.get_or_init(|| RateLimiter::direct_with_clock(quota, clock));
        limiter.check().map_err(|not_yet| not_yet.earliest_possible())
    }
}

fn quota(rate: Rate) -> Quota {
    // A cap is above zero, and one of more than a billion a second is none.
    let period = Duration::from_secs_f64(1.0 / rate.per_second.max(1e-9)).max(Duration::from_nanos(1));
    let burst = NonZeroU32::new((rate.per_second * BURST.as_secs_f64()) as u32).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(period).unwrap_or(Quota::per_second(burst)).allow_burst(burst)
}
