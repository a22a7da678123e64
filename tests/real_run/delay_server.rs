//! A target that holds each request for a known time, and knows between which bounds the client can have waited for it.
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
    time::{Duration, Instant},
};

/// A request as the target saw it.
#[derive(Debug, Clone, Copy)]
struct Exchange {
    came: Instant,
    /// The last moment before it was answered.
    held_until: Instant,
}

/// The requests of a connection, one after the other.
#[derive(Debug, Default)]
struct Line {
    exchanges: Vec<Exchange>,
    /// When the client had gone.
    ended: Option<Instant>,
}

pub struct DelayServer {
    target: Target,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl DelayServer {
    /// Holds the n-th request for the n-th delay, over and over.
    pub fn start(delays: Vec<Duration>) -> Self {
        let lines: Arc<Mutex<Vec<Line>>> = Arc::default();
        let (next, its_lines) = (AtomicUsize::new(0), Arc::clone(&lines));
        let target = Target::start(move |connection| {
            let line = {
                let mut lines = its_lines.lock().unwrap();
                lines.push(Line::default());
                lines.len() - 1
            };
            while connection.request().is_some() {
                let came = now();
                thread::sleep(delays[next.fetch_add(1, Ordering::SeqCst) % delays.len()]);
                // Kept before it is answered: when the client is done, so is the log.
                its_lines.lock().unwrap()[line].exchanges.push(Exchange { came, held_until: now() });
                if !connection.send(OK) {
                    break;
                }
            }
            its_lines.lock().unwrap()[line].ended = Some(now());
        });
        Self { target, lines }
    }

    pub fn url(&self) -> String {
        self.target.url()
    }

    /// The times held: no client can have waited for less.
    pub fn held(&self) -> Held {
        let lines = self.lines.lock().unwrap();
        let held = lines.iter().flat_map(|line| &line.exchanges);
        Held::new(held.map(|exchange| exchange.held_until.duration_since(exchange.came)).collect())
    }

    /// For each request the longest that a client can have waited for it which asks again when it is answered, and asked
    /// nothing before `began`: until its next request came, since the one before it was answered. However long a machine
    /// keeps the client or this target waiting, it is not more.
    pub fn at_most(&self, began: Instant) -> Held {
        let lines = self.lines.lock().unwrap();
        Held::new(lines.iter().flat_map(|line| line.at_most(began)).collect())
    }
}

impl Line {
    fn at_most(&self, began: Instant) -> impl Iterator<Item = Duration> {
        let from = std::iter::once(began).chain(self.exchanges.iter().map(|exchange| exchange.held_until));
        let ended = self.ended.unwrap_or_else(now);
        let until = self.exchanges.iter().skip(1).map(|exchange| exchange.came).chain([ended]);
        from.zip(until).take(self.exchanges.len()).map(|(from, until)| until.duration_since(from))
    }
}

/// Exact figures of times, in milliseconds.
pub struct Held {
    sorted: Vec<Duration>,
}

impl Held {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self { sorted: times }
    }

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
    let held = Held::new((1..=200).rev().map(Duration::from_millis).collect());
    assert_eq!([50, 95, 99, 100].map(|percent| held.percentile(percent)), [100.0, 190.0, 198.0, 200.0]);
    assert_eq!((held.count(), held.mean(), held.max()), (200, 100.5, 200.0));
}

#[test]
fn a_client_waits_no_longer_than_between_its_requests() {
    let began = now();
    let at = |millis| began + Duration::from_millis(millis);
    let exchange = |came, until| Exchange { came: at(came), held_until: at(until) };
    let line = Line { exchanges: vec![exchange(5, 10), exchange(12, 40)], ended: Some(at(43)) };
    let (none, millis) = (Line { ended: Some(at(9)), ..Line::default() }, Duration::from_millis);
    assert_eq!(line.at_most(began).collect::<Vec<_>>(), [millis(12), millis(33)]);
    assert_eq!(none.at_most(began).count(), 0);
}
