//! A target that holds each request for a known time, and keeps the times it really held them for.
//!
//! A thread per connection and `thread::sleep`: nothing between the clock's two readings but the sleep.

use super::{
    harness::now,
    target::{OK, Target},
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

pub struct DelayServer {
    target: Target,
    held: Arc<Mutex<Vec<Duration>>>,
}

impl DelayServer {
    /// Holds the n-th request for the n-th delay, over and over.
    pub fn start(delays: Vec<Duration>) -> Self {
        let held: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let (next, its_held) = (AtomicUsize::new(0), Arc::clone(&held));
        let target = Target::start(move |connection| {
            while connection.request().is_some() {
                let came = now();
                thread::sleep(delays[next.fetch_add(1, Ordering::SeqCst) % delays.len()]);
                // Kept before it is answered: when the client is done, so is the log.
                its_held.lock().unwrap().push(came.elapsed());
                if !connection.send(OK) {
                    return;
                }
            }
        });
        Self { target, held }
    }

    pub fn url(&self) -> String {
        self.target.url()
    }

    /// The times held, shortest first.
    pub fn held(&self) -> Held {
        let mut sorted = self.held.lock().unwrap().clone();
        sorted.sort();
        Held { sorted }
    }
}

/// Exact figures of the times held, in milliseconds.
pub struct Held {
    sorted: Vec<Duration>,
}

impl Held {
    pub fn count(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// Nearest rank: the smallest one that at least this share does not exceed.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (percent * self.sorted.len()).div_ceil(100).max(1);
        milliseconds(self.sorted[rank - 1])
    }

    pub fn mean(&self) -> f64 {
        milliseconds(self.sorted.iter().sum()) / self.sorted.len() as f64
    }

    pub fn max(&self) -> f64 {
        self.percentile(100)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Two modes: most take 2 ms, one in eight 40 ms.
pub fn bimodal(seed: u64) -> Vec<Duration> {
    drawn(seed, |share| if share < 0.875 { 2.0 } else { 40.0 })
}

/// A Pareto tail (α = 1.2) from 3 ms on, cut at 110 ms: percentiles far apart from each other.
pub fn long_tail(seed: u64) -> Vec<Duration> {
    drawn(seed, |share| (3.0 / (1.0 - share).powf(1.0 / 1.2)).min(110.0))
}

/// One request alone takes longest, so that the maximum is that one's and not the unluckiest of many.
fn drawn(seed: u64, millis: impl Fn(f64) -> f64) -> Vec<Duration> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut delays: Vec<f64> = (0..4096).map(|_| millis(random.random::<f64>())).collect();
    delays[100] = 150.0;
    delays.into_iter().map(|delay| Duration::from_secs_f64(delay / 1e3)).collect()
}

#[test]
fn percentiles_are_nearest_rank() {
    let held = Held { sorted: (1..=200).map(Duration::from_millis).collect() };
    assert_eq!([50, 95, 99, 100].map(|percent| held.percentile(percent)), [100.0, 190.0, 198.0, 200.0]);
    assert_eq!((held.count(), held.mean(), held.max()), (200, 100.5, 200.0));
}
