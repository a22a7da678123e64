//! How long an exchange may take at most. A timer for every request would be put into the runtime's wheel and taken
//! out of it again each time, so each way to the target has one that stays.

use super::clock::Clock;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{task::coop::unconstrained, time::Sleep};

/// A timer that goes from one exchange to the next and usually is only looked at.
///
/// It is set to the deadline of the exchange that first waited. The deadlines behind that one are later, as a rule:
/// when the timer fires too early for the exchange that is waiting then, it is set anew, which is once in the
/// length of a timeout instead of once in a request.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    timer: Option<(Pin<Box<Sleep>>, Duration)>,
}

impl Deadline {
    /// What `future` gives; `None` where it has not by `at`, on the run's clock.
    pub async fn limit<T>(
        &mut self,
        clock: Clock,
        at: Duration,
        mut future: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.poll_passed(clock, at, context).map(|()| None),
        })
        .await
    }

    fn poll_passed(&mut self, clock: Clock, at: Duration, context: &mut Context<'_>) -> Poll<()> {
        let (timer, set_to) = self.timer.get_or_insert_with(|| (Box::pin(clock.timer(at)), at));
        if *set_to > at {
            clock.set(timer.as_mut(), at);
            *set_to = at;
        }
        loop {
            // An exchange that always has something to read must not keep the timer from being asked.
            ready!(pin!(unconstrained(timer.as_mut())).poll(context));
            if *set_to == at {
                return Poll::Ready(());
            }
            clock.set(timer.as_mut(), at);
            *set_to = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Waits until `begins`, then for something that takes so long, and at most for `limit`.
    async fn exchange(
        clock: Clock,
        deadline: &mut Deadline,
        [begins, limit, takes]: [u64; 3],
    ) -> (bool, Duration) {
        clock.sleep_until(ms(begins)).await;
        let waiting = pin!(clock.sleep_until(ms(begins + takes)));
        let in_time = deadline.limit(clock, ms(begins + limit), waiting).await.is_some();
        (in_time, clock.now())
    }

    #[tokio::test(start_paused = true)]
    async fn every_exchange_ends_at_its_own_deadline_whichever_came_before() {
        let (clock, mut deadline) = (Clock::start(), Deadline::default());
        for (times, in_time, ended) in [
            ([0, 100, 10], true, 10),
            // The timer is set to 100 still.
            ([50, 100, 500], false, 150),
            ([200, 100, 50], true, 250),
            // It is set to 300: too late for this one.
            ([260, 10, 50], false, 270),
            ([300, 100, 99], true, 399),
            ([400, 1_000, 2_000], false, 1_400),
            ([1_400, 100, 0], true, 1_400),
            // It went off long ago, and nobody listened.
            ([9_000, 100, 50], true, 9_050),
            ([9_050, 100, 500], false, 9_150),
        ] {
            assert_eq!(exchange(clock, &mut deadline, times).await, (in_time, ms(ended)), "{times:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_woken_and_not_who_waited_before() {
        let clock = Clock::start();
        let mut deadline = Deadline::default();
        let first = tokio::spawn(async move {
            exchange(clock, &mut deadline, [0, 100, 10]).await;
            deadline
        });
        let mut deadline = first.await.unwrap();
        assert_eq!(exchange(clock, &mut deadline, [20, 80, 500]).await, (false, ms(100)));
    }
}
