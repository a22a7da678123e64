//! The clock. The one place that asks the time, so that tests can hold it (tokio's paused time).

use std::{
    pin::Pin,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, Sleep, sleep_until};

/// Monotonic time since the start of the run.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    wall: WallClock,
}

impl Clock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn start() -> Self {
        Self { start: Instant::now(), wall: WallClock::start() }
    }

    /// Time since the start.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(self) -> Duration {
        Instant::now().duration_since(self.start)
    }

    /// Civil time at the start, in nanoseconds since 1970 (UTC).
    pub fn wall_start_unix_nanos(self) -> i64 {
        self.wall.nanos() as i64
    }

    /// Waits until so long after the start.
    pub async fn sleep_until(self, at: Duration) {
        sleep_until(self.start + at).await;
    }

    /// A timer that can be polled many times.
    pub fn timer(self, at: Duration) -> Sleep {
        sleep_until(self.start + at)
    }

    /// Sets a timer to another time.
    pub fn set(self, timer: Pin<&mut Sleep>, at: Duration) {
        timer.reset(self.start + at);
    }
}

/// Civil time at the start of a run; later moments are computed from the monotonic clock, so that a step of
/// the system's clock cannot make a run end before it began.
#[derive(Debug, Clone, Copy)]
pub struct WallClock {
    start: jiff::Timestamp,
}

impl WallClock {
    /// The civil time now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn start() -> Self {
        let now = jiff::Timestamp::try_from(SystemTime::now());
        Self { start: now.unwrap_or(jiff::Timestamp::UNIX_EPOCH) }
    }

    /// The civil time that [`Self::rfc3339`] wrote; `None` where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|start| Self { start })
    }

    /// UTC so long after the start, RFC 3339 with milliseconds.
    pub fn rfc3339(self, after: Duration) -> String {
        let at = self.start.checked_add(after).unwrap_or(self.start);
        format!("{at:.3}")
    }

    /// UTC of the start for names of files, as `20261121T023100Z`.
    pub fn compact(self) -> String {
        self.start.strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Nanoseconds since 1970: different for every start.
    pub fn nanos(self) -> u64 {
        self.start.as_nanosecond() as u64
    }
}
