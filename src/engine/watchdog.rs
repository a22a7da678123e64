//! A thread that does nothing but wake up, and notices when it could not: what keeps it from running keeps the load
//! from running, too.
//!
//! A process that was stopped, a machine that slept, processor time that others had: each is a gap of its length. Why
//! it was is not its business.

use super::clock::Clock;
use crate::measure::Gaps;
use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often it wakes up.
const PERIOD: Duration = Duration::from_millis(20);
/// Being later than this is a gap.
const LATE: Duration = Duration::from_millis(100);

/// The thread and what it noticed.
pub struct Watchdog {
    clock: Clock,
    watch: Arc<Mutex<Wakes>>,
    ended: Arc<AtomicBool>,
    /// `None` where the system gave no thread.
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts it. Where the system gives no thread, no gap is noticed.
    pub fn start(clock: Clock) -> Self {
        let watch = Arc::new(Mutex::new(Wakes { last: clock.now(), gaps: Gaps::default() }));
        let ended = Arc::new(AtomicBool::new(false));
        let (its_watch, its_end) = (Arc::clone(&watch), Arc::clone(&ended));
        let body = move || {
            while !its_end.load(Ordering::Acquire) {
                thread::park_timeout(PERIOD);
                lock(&its_watch).wake(clock.now());
            }
        };
        let thread = thread::Builder::new().name("watchdog".to_owned()).spawn(body).ok();
        Self { clock, watch, ended, thread }
    }

    /// What was noticed since it was asked last, up to now: a gap that is not over counts as far as it goes.
    pub fn take(&self) -> Gaps {
        if self.thread.is_none() {
            return Gaps::default();
        }
        lock(&self.watch).take(self.clock.now())
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It does nothing that could fail.
            let _ = thread.join();
        }
    }
}

fn lock(watch: &Mutex<Wakes>) -> MutexGuard<'_, Wakes> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When it woke up last, and the gaps between wakes.
struct Wakes {
    last: Duration,
    gaps: Gaps,
}

impl Wakes {
    fn wake(&mut self, now: Duration) {
        let late = now.saturating_sub(self.last + PERIOD);
        if late > LATE {
            self.gaps.add(late);
        }
        self.last = self.last.max(now);
    }

    fn take(&mut self, now: Duration) -> Gaps {
        // In time, whoever asks is nothing to reckon from: the thread will still come.
        if now.saturating_sub(self.last + PERIOD) > LATE {
            self.wake(now);
        }
        mem::take(&mut self.gaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn gaps_of(wakes: &[u32]) -> Gaps {
        let mut watch = Wakes { last: Duration::ZERO, gaps: Gaps::default() };
        wakes.iter().for_each(|at| watch.wake(MS * *at));
        watch.gaps
    }

    #[test]
    fn being_late_by_more_than_a_tenth_of_a_second_is_a_gap() {
        for (wakes, count, sum, longest) in [
            (&[20, 40, 61][..], 0, 0, 0),
            (&[20, 140], 0, 0, 0),
            (&[20, 141], 1, 101, 101),
            (&[20, 4_040, 4_060], 1, 4_000, 4_000),
            (&[220, 240, 640], 2, 580, 380),
        ] {
            assert_eq!(gaps_of(wakes), Gaps { count, sum: MS * sum, longest: MS * longest }, "{wakes:?}");
        }
    }

    #[test]
    fn a_gap_that_is_not_over_is_told_once() {
        let mut watch = Wakes { last: MS * 1_000, gaps: Gaps::default() };
        assert_eq!(watch.take(MS * 1_119), Gaps::default());
        assert_eq!(watch.take(MS * 5_020), Gaps { count: 1, sum: MS * 4_000, longest: MS * 4_000 });
        watch.wake(MS * 5_021);
        assert_eq!(watch.take(MS * 5_030), Gaps::default());
    }

    #[test]
    fn the_thread_ends_when_nobody_wants_it_any_more() {
        let watchdog = Watchdog::start(Clock::start());
        assert!(watchdog.thread.is_some());
        let watch = Arc::downgrade(&watchdog.watch);
        drop(watchdog);
        assert!(watch.upgrade().is_none());
    }
}
