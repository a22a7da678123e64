//! A target that can be made to stop answering, and that keeps when each request came and when it was answered: what
//! every response time truly was, whatever the machine did meanwhile.

use super::{
    harness::{now, wait_for},
    target::{OK, Target},
};
use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A request as the target saw it.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// When it had come in whole.
    pub came: Instant,
    /// When it was answered.
    pub answered: Instant,
}

#[derive(Default)]
struct Gate {
    is_shut: Mutex<bool>,
    opened: Condvar,
}

/// The target.
pub struct GatedServer {
    target: Target,
    gate: Arc<Gate>,
    first: Arc<Mutex<Option<Instant>>>,
    log: Arc<Mutex<Vec<Served>>>,
}

impl GatedServer {
    /// Answers each request when `hold` returns, which is told how long ago the first one came.
    pub fn start(hold: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        let (gate, log): (Arc<Gate>, Arc<Mutex<Vec<Served>>>) = Default::default();
        let first: Arc<Mutex<Option<Instant>>> = Arc::default();
        let (its_gate, its_log, its_first) = (Arc::clone(&gate), Arc::clone(&log), Arc::clone(&first));
        let target = Target::start(move |connection| {
            while connection.request().is_some() {
                let came = now();
                let first = *its_first.lock().unwrap().get_or_insert(came);
                hold(came.duration_since(first));
                let is_shut = its_gate.is_shut.lock().unwrap();
                drop(its_gate.opened.wait_while(is_shut, |is_shut| *is_shut).unwrap());
                // Kept before it is answered: when the client is done, so is the log.
                its_log.lock().unwrap().push(Served { came, answered: now() });
                if !connection.send(OK) {
                    return;
                }
            }
        });
        Self { target, gate, first, log }
    }

    pub fn url(&self) -> String {
        self.target.url()
    }

    /// Waits until this long after the first request came.
    pub fn await_after_first(&self, time: Duration) {
        let first = wait_for("the first request", || *self.first.lock().unwrap());
        thread::sleep(time.saturating_sub(first.elapsed()));
    }

    /// Answers nothing for this long; how long it really was.
    pub fn stall(&self, time: Duration) -> Duration {
        *self.gate.is_shut.lock().unwrap() = true;
        let shut = now();
        thread::sleep(time);
        *self.gate.is_shut.lock().unwrap() = false;
        self.gate.opened.notify_all();
        shut.elapsed()
    }

    /// All that it answered, in the order in which it came.
    pub fn served(&self) -> Vec<Served> {
        let mut served = self.log.lock().unwrap().clone();
        served.sort_by_key(|one| one.came);
        served
    }

    /// From when each request was to start to when it was answered, in milliseconds and sorted: `intended` are the starts,
    /// in seconds after one another. The two clocks' distance is that of the request that was the least late.
    pub fn true_response_times(&self, intended: &[f64]) -> Vec<f64> {
        let served = self.served();
        assert_eq!(served.len(), intended.len(), "requests that came, and that were to");
        let Some(first) = served.first().map(|one| one.came) else { return Vec::new() };
        let since = |at: Instant| at.duration_since(first).as_secs_f64();
        let late = served.iter().zip(intended).map(|(one, due)| since(one.came) - due);
        let zero = late.fold(f64::INFINITY, f64::min);
        let mut times: Vec<f64> =
            served.iter().zip(intended).map(|(one, due)| (since(one.answered) - zero - due) * 1e3).collect();
        times.sort_by(f64::total_cmp);
        times
    }
}

/// A thread that sleeps and sleeps, and knows the most that the machine has held it up: what is not the doing of
/// whom one measures.
pub struct Canary {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Canary {
    pub fn start() -> Self {
        const NAP: Duration = Duration::from_millis(5);
        let ended: Arc<AtomicBool> = Arc::default();
        let its_ended = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let mut most = Duration::ZERO;
            while !its_ended.load(Ordering::Relaxed) {
                let began = now();
                thread::sleep(NAP);
                most = most.max(began.elapsed().saturating_sub(NAP));
            }
            most
        });
        Self { ended, thread }
    }

    /// Ends it; in milliseconds.
    pub fn held_up(self) -> f64 {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().as_secs_f64() * 1e3
    }
}

/// Nearest rank: the smallest of the sorted values that at least this share does not exceed.
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(percent * sorted.len()).div_ceil(100).max(1) - 1]
}
