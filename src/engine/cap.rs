//! `max_rate`: a cap on the iterations of a workload, over all workers; and what it shares with the cap on requests
//! (`request_cap`).
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

/// How late a wake-up may be without lowering the rate: what it missed may begin at once.
const SLACK: Duration = Duration::from_millis(5);
/// Below this rate per second the slack is less than some turns.
const FINE_BELOW: f64 = 1_000.0;
/// Cells of the limiter that a turn then takes, so that it can make up for a part of one. Above, where a period
/// of so few nanoseconds would be rounded too much, it takes one.
const FINE_CELLS: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

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

/// One cap, or none.
#[derive(Debug, Default)]
pub(super) struct Cap {
    pace: Option<Pace>,
    /// Made when the load begins: the run's clock is not there before.
    limiter: OnceLock<(Limiter, Clock)>,
}

impl Cap {
    pub fn new(rate: Option<Rate>) -> Self {
        Self { pace: rate.map(Pace::of), ..Self::default() }
    }

    /// Whether there is one.
    pub fn limits(&self) -> bool {
        self.pace.is_some()
    }

    /// Takes one turn; where it has to wait, until when.
    pub fn take(&self, clock: Clock) -> Result<(), Duration> {
        let Some(pace) = self.pace else { return Ok(()) };
        // It has the clock of whoever came first, and `teardown` has another one than the load.
        let (limiter, its) = self.limiter.get_or_init(|| (pace.limiter(clock), clock));
        // The limiter holds more than one turn's cells.
        let Ok(taken) = limiter.check_n(pace.cells) else { return Ok(()) };
        taken.map_err(|not_yet| clock.now() + not_yet.earliest_possible().saturating_sub(its.now()))
    }
}

impl Caps {
    pub fn new(plan: &Plan) -> Self {
        Self {
            workloads: Arc::new(plan.workloads.iter().map(|workload| Cap::new(workload.max_rate)).collect()),
        }
    }

    /// Takes one iteration's turn in a workload; where it has to wait, until when.
    pub fn take(&self, workload: usize, clock: Clock) -> Result<(), Duration> {
        self.workloads[workload].take(clock)
    }
}

/// A rate in the limiter's terms.
#[derive(Debug, Clone, Copy)]
struct Pace {
    quota: Quota,
    /// What a turn takes.
    cells: NonZeroU32,
    /// What comes in the slack.
    slack: Option<NonZeroU32>,
}

impl Pace {
    fn of(rate: Rate) -> Self {
        let cells = if rate.per_second < FINE_BELOW { FINE_CELLS } else { NonZeroU32::MIN };
        // A cap is above zero, and one of more than a billion a second is none.
        let per_second = (rate.per_second * f64::from(cells.get())).max(1e-9);
        let period = Duration::from_secs_f64(1.0 / per_second).max(Duration::from_nanos(1));
        let slack = (per_second * SLACK.as_secs_f64()) as u32;
        let most = cells.saturating_add(slack);
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(most)).allow_burst(most);
        Self { quota, cells, slack: NonZeroU32::new(slack) }
    }

    /// Without slack to begin with: nothing was missed yet.
    fn limiter(self, clock: Clock) -> Limiter {
        let limiter = RateLimiter::direct_with_clock(self.quota, clock);
        if let Some(slack) = self.slack {
            let _ = limiter.check_n(slack);
        }
        limiter
    }
}
