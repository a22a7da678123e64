//! `http.max_rate`: a cap on the requests of the whole run, over all workers. Each hop of a redirect and each answer to
//! a challenge is a request, and takes a turn of its own.
//!
//! What waits here was asked to wait: the time counts for no response, and no timeout runs meanwhile.

use super::{alarm::Alarm, cap::Cap, clock::Clock};
use crate::model::Rate;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The cap, shared by all workers; none where no rate was given.
#[derive(Debug, Clone)]
pub(super) struct RequestCap {
    cap: Arc<Cap>,
}

impl RequestCap {
    /// A cap of this rate.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { cap: Arc::new(Cap::new(rate)) }
    }
}

/// Where the requests of one worker queue for the cap, in the order in which they came.
#[derive(Debug)]
pub(super) struct RequestGate {
    cap: RequestCap,
    queue: Mutex<()>,
}

impl RequestGate {
    /// A worker's gate at the run's cap.
    pub fn new(cap: RequestCap) -> Self {
        Self { cap, queue: Mutex::default() }
    }

    /// Takes a turn if there is one at once, or no cap; `false` where the request has to `wait`. Nobody is overtaken.
    pub fn pass(&self, clock: Clock) -> bool {
        if !self.cap.cap.limits() {
            return true;
        }
        // A lock that others wait for is never free.
        let Ok(_first) = self.queue.try_lock() else { return false };
        self.cap.cap.take(clock).is_ok()
    }

    /// Waits for a turn and takes it. Dropped before, it takes none and leaves the queue.
    pub async fn wait(&self, clock: Clock, alarm: &Alarm) {
        let _first = self.queue.lock().await;
        while let Err(at) = self.cap.cap.take(clock) {
            alarm.sleep_until(at).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::alarm::Precision;
    use std::{cell::RefCell, rc::Rc, time::Duration};
    use tokio::task::LocalSet;

    fn per_second(per_second: f64) -> Option<Rate> {
        Some(Rate { per_second })
    }

    /// Runs `test` under a held clock.
    fn held<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        LocalSet::new().block_on(&runtime.expect("a runtime"), test)
    }

    /// When each of so many requests of so many workers passed, in order, by worker and number.
    fn passes(rate: Option<Rate>, workers: usize, each: usize) -> Vec<(Duration, usize, usize)> {
        held(async {
            let (clock, cap) = (Clock::start(), RequestCap::new(rate));
            let passed = Rc::new(RefCell::new(Vec::new()));
            let mut tasks = Vec::new();
            for worker in 0..workers {
                let alarm = Rc::new(Alarm::new(clock, Precision::Held));
                let gate = Rc::new(RequestGate::new(cap.clone()));
                for number in 0..each {
                    let (passed, gate, alarm) = (Rc::clone(&passed), Rc::clone(&gate), Rc::clone(&alarm));
                    tasks.push(tokio::task::spawn_local(async move {
                        if !gate.pass(clock) {
                            gate.wait(clock, &alarm).await;
                        }
                        passed.borrow_mut().push((clock.now(), worker, number));
                    }));
                }
            }
            for task in tasks {
                task.await.expect("no panic");
            }
            passed.take()
        })
    }

    #[test]
    fn without_a_cap_nobody_waits() {
        assert!(passes(None, 2, 500).iter().all(|(at, ..)| at.is_zero()));
    }

    #[test]
    fn the_rate_is_kept_over_all_workers() {
        for (rate, workers, each) in [(10.0, 1, 50), (100.0, 4, 100), (500.0, 3, 500), (2_000.0, 2, 2_000)] {
            let passed = passes(per_second(rate), workers, each);
            let times: Vec<f64> = passed.iter().map(|(at, ..)| at.as_secs_f64()).collect();
            let expected = (workers * each) as f64 / rate;
            let last = times.last().copied().expect("some passed");
            // A timer that comes a millisecond late is made up for.
            assert!((last - expected).abs() <= 0.1 + 1.5 / rate, "{rate}/s: {last} s and not {expected} s");
            // At no time more than what the rate and the slack of 5 ms let through.
            let window = (rate / 10.0) as usize + 1;
            for (from, to) in times.iter().zip(&times[window..]) {
                assert!(window as f64 <= (to - from + 0.007) * rate + 1.0, "{rate}/s from {from} s");
            }
        }
    }

    #[test]
    fn a_workers_requests_pass_in_the_order_in_which_they_came() {
        for rate in [50.0, 5_000.0] {
            let passed = passes(per_second(rate), 3, 100);
            for worker in 0..3 {
                let numbers: Vec<usize> =
                    passed.iter().filter(|(_, of, _)| *of == worker).map(|(.., number)| *number).collect();
                assert_eq!(numbers, (0..100).collect::<Vec<_>>(), "{rate}/s");
            }
        }
    }

    #[test]
    fn nobody_overtakes_and_who_gives_up_takes_no_turn() {
        held(async {
            let clock = Clock::start();
            let alarm = Alarm::new(clock, Precision::Held);
            let gate = RequestGate::new(RequestCap::new(per_second(10.0)));
            assert!(gate.pass(clock), "the first");
            assert!(!gate.pass(clock), "a tenth of a second early");
            let mut given_up = Box::pin(gate.wait(clock, &alarm));
            tokio::select! {
                biased;
                () = &mut given_up => panic!("too early"),
                () = clock.sleep_until(Duration::from_millis(50)) => {}
            }
            assert!(!gate.pass(clock), "somebody waits");
            drop(given_up);
            gate.wait(clock, &alarm).await;
            let waited = clock.now();
            assert!((100..=103).contains(&waited.as_millis()), "{waited:?}: its turn was not used up");
        });
    }

    #[test]
    fn a_gate_without_a_cap_costs_no_allocation() {
        held(async {
            let (clock, gate) = (Clock::start(), RequestGate::new(RequestCap::new(None)));
            let cost = allocation_counter::measure(|| assert!(gate.pass(clock)));
            assert_eq!(cost.count_total, 0);
        });
    }
}
