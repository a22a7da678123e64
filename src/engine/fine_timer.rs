//! One kernel timer for all of a worker's sleepers who must be on time.

use super::clock::Clock;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    io,
    os::fd::OwnedFd,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::io::{Interest, unix::AsyncFd};

/// Least time between two rings: what is due in between is woken together. It bounds what waking up costs at rates of
/// tens of thousands a second, where a wake-up costs more than what it is for.
const LEAST_GAP: Duration = Duration::from_micros(200);
/// Nothing is armed.
const NEVER: Duration = Duration::MAX;

/// Who sleeps, in the order in which they are woken: the number tells equal times apart.
type Sleepers = BTreeMap<(Duration, u64), Waker>;

/// The timer.
pub(super) struct FineTimer {
    clock: Clock,
    timer: AsyncFd<OwnedFd>,
    sleepers: RefCell<Sleepers>,
    armed: Cell<Duration>,
    numbers: Cell<u64>,
}

impl FineTimer {
    /// A timer of this thread's runtime.
    ///
    /// # Errors
    /// The system gave none, as where no file can be opened any more.
    pub fn new(clock: Clock) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe for types that may change their file; this one does not"
        )]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        let (sleepers, armed, numbers) = (RefCell::default(), Cell::new(NEVER), Cell::new(0));
        Ok(Self { clock, timer, sleepers, armed, numbers })
    }

    /// Waits until so long after the start.
    pub fn sleep_until(&self, at: Duration) -> FineSleep<'_> {
        let number = self.numbers.get();
        self.numbers.set(number + 1);
        FineSleep { timer: self, key: (at, number), registered: false }
    }

    /// Wakes whoever is due, for ever.
    pub async fn ring(&self) {
        loop {
            let Ok(mut ready) = self.timer.readable().await else { return };
            // Arming the timer again takes back that it went off, so that nothing needs to be read.
            ready.clear_ready();
            self.armed.set(NEVER);
            let now = self.clock.now();
            self.wake_due(now);
            if let Some(at) = self.next() {
                self.arm(at.max(now + LEAST_GAP));
            }
        }
    }

    fn wake_due(&self, now: Duration) {
        // Those who are woken do not run before the borrow ends.
        let mut sleepers = self.sleepers.borrow_mut();
        while let Some(first) = sleepers.first_entry()
            && first.key().0 <= now
        {
            first.remove().wake();
        }
    }

    fn next(&self) -> Option<Duration> {
        self.sleepers.borrow().first_key_value().map(|((at, _), _)| *at)
    }

    fn arm(&self, at: Duration) {
        if at >= self.armed.get() {
            return;
        }
        self.armed.set(at);
        // Zero would take the timer off.
        let left = at.saturating_sub(self.clock.now()).max(Duration::from_nanos(1));
        let it_value = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let spec = Itimerspec { it_interval: Timespec::default(), it_value };
        // It cannot fail with a valid timer and time; if it did, sleepers would still be woken by the next one.
        let _ = timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::empty(), &spec);
    }
}

/// A sleeper.
pub(super) struct FineSleep<'t> {
    timer: &'t FineTimer,
    key: (Duration, u64),
    registered: bool,
}

impl Future for FineSleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer;
        if self.key.0 <= timer.clock.now() {
            return Poll::Ready(());
        }
        timer.sleepers.borrow_mut().insert(self.key, context.waker().clone());
        self.registered = true;
        timer.arm(self.key.0);
        Poll::Pending
    }
}

impl Drop for FineSleep<'_> {
    fn drop(&mut self) {
        if self.registered {
            self.timer.sleepers.borrow_mut().remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    const MS: Duration = Duration::from_millis(1);

    /// Those who slept, in the order in which they woke, each with how early it was.
    async fn woken(sleepers: &[u32], gone: u32) -> Vec<(u32, Duration)> {
        let clock = Clock::start();
        let timer = FineTimer::new(clock).expect("a timer");
        let woken = Rc::new(RefCell::new(Vec::new()));
        let begin = clock.now();
        let sleep = |ms: u32| {
            let (timer, woken) = (&timer, Rc::clone(&woken));
            async move {
                let at = begin + MS * ms;
                timer.sleep_until(at).await;
                woken.borrow_mut().push((ms, at.saturating_sub(clock.now())));
            }
        };
        let all = futures_util::future::join_all(sleepers.iter().map(|ms| sleep(*ms)));
        tokio::select! {
            biased;
            _ = all => {}
            () = sleep(gone) => {}
            () = timer.ring() => {}
        }
        assert!(timer.sleepers.borrow().is_empty(), "whoever is gone does not sleep");
        woken.take()
    }

    #[tokio::test]
    async fn sleepers_wake_in_order_and_never_early() {
        let mut seen = Vec::new();
        // A machine that stands still for longer than their distance wakes several at once, in any order.
        for _ in 0..20 {
            let woken = woken(&[30, 10, 0, 20, 10, 31], 10_000).await;
            assert!(woken.iter().all(|(_, early)| early.is_zero()), "{woken:?}");
            let order: Vec<u32> = woken.iter().map(|(ms, _)| *ms).collect();
            if order == [0, 10, 10, 20, 30, 31] {
                return;
            }
            seen.push(order);
        }
        panic!("{seen:?}");
    }

    #[tokio::test]
    async fn one_that_is_asked_for_later_may_be_due_earlier() {
        let clock = Clock::start();
        let timer = FineTimer::new(clock).expect("a timer");
        let begin = clock.now();
        let second = async {
            tokio::task::yield_now().await;
            timer.sleep_until(begin + MS * 5).await;
        };
        tokio::select! {
            biased;
            () = timer.sleep_until(begin + MS * 10_000) => panic!("the later one was due first"),
            () = second => {}
            () = timer.ring() => {}
        }
    }
}
