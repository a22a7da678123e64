//! Faults of this program while the load goes on, and the time that is left behind it.

use super::*;
use crate::{
    engine::{Arrived, Clock, Common, Failure, Outgoing, Trace, Transport, Transports},
    model::IterationEnd,
    plan::{Inputs, build},
    scenario::{Options, parse},
};
use bytes::Bytes;
use http::HeaderMap;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::time::sleep;

/// A way to a target that answers, and crashes once where it is told to.
#[derive(Clone, Default)]
struct Faulty {
    /// In the eleventh exchange.
    exchange: bool,
    /// Where a worker's thread begins.
    worker: Arc<AtomicBool>,
    exchanges: Arc<AtomicU64>,
}

impl Transports for Faulty {
    type Worker = Self;
    type User = Self;

    fn worker(&self, _: Clock) -> Self {
        assert!(!self.worker.swap(false, Ordering::SeqCst), "made to crash");
        self.clone()
    }

    fn user(worker: &Self, _: usize) -> Self {
        worker.clone()
    }
}

impl Transport for Faulty {
    async fn exchange(&self, request: &mut Outgoing, _: &Trace) -> Result<Arrived, Failure> {
        sleep(Duration::from_millis(2)).await;
        let before = self.exchanges.fetch_add(1, Ordering::SeqCst);
        assert!(!self.exchange || before != 10, "made to crash");
        let (headers, body, ended_at) = (HeaderMap::new(), Bytes::new(), request.ready_at);
        Ok(Arrived { status: 200, protocol: None, headers, body, body_bytes: 0, ended_at })
    }
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Watch for Notes {
    fn tick(&mut self, _: &Tick<'_>) {}

    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

fn plan(load: &str) -> Plan {
    let text = format!("target: http://127.0.0.1:8080\nload: {{ {load} }}\nflow: [ {{ get: / }} ]\n");
    let plan = parse(&text, &Options::default()).and_then(|file| build(&file, &Inputs::default()));
    plan.unwrap_or_else(|faults| panic!("{text}\n{faults:?}"))
}

/// A load of ten minutes, which ends all the same.
async fn crashed(faulty: &Faulty) -> (Loaded, Vec<String>) {
    let plan = Arc::new(plan("users: 2, duration: 10m"));
    let engine = Engine::start(&plan, &Common::new(&plan, Vec::new()), faulty, 2).expect("threads");
    let (mut signals, mut notes) = (Signals::listen().expect("signals"), Notes::default());
    let loaded = follow(engine, &plan, &mut signals, &mut notes, &mut Recipients::none()).await;
    (loaded, notes.0)
}

fn completed(loaded: &Loaded) -> u64 {
    let iterations = loaded.snapshot.total.iterations();
    iterations.filter(|(key, _)| key.end == IterationEnd::Completed).map(|(_, stats)| stats.count).sum()
}

#[tokio::test]
async fn a_user_that_crashes_ends_the_load_and_what_was_seen_is_kept() {
    let faulty = Faulty { exchange: true, ..Faulty::default() };
    let (loaded, notes) = crashed(&faulty).await;
    assert_eq!(loaded.panics, ["made to crash"]);
    assert!(completed(&loaded) >= 10, "{}", completed(&loaded));
    assert_eq!(notes, ["loadgen itself failed: made to crash; ending the run"]);
}

#[tokio::test]
async fn a_worker_that_crashes_ends_the_load_and_what_the_others_saw_is_kept() {
    let faulty = Faulty { worker: Arc::new(true.into()), ..Faulty::default() };
    let (loaded, notes) = crashed(&faulty).await;
    assert_eq!(loaded.panics.first().map(String::as_str), Some("a worker thread crashed"));
    assert_eq!(completed(&loaded), faulty.exchanges.load(Ordering::SeqCst));
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[test]
fn what_is_left_for_teardown_never_reaches_beyond_plan_and_grace_by_more_than_a_second() {
    let plan = plan("users: 2, duration: 60s, graceful_stop: 10s");
    let second = Duration::from_secs;
    for (stopped_at, ended, left) in [
        // The plan was carried out; users took a while to end.
        (None, 60, 11),
        (None, 64, 7),
        (None, 70, 1),
        // The machine was busy with other things.
        (None, 75, 1),
        // All iterations were done early.
        (None, 20, 11),
        // A signal.
        (Some(30), 30, 11),
        (Some(30), 36, 5),
        (Some(30), 40, 1),
        // A signal while the last iterations ended.
        (Some(65), 68, 3),
    ] {
        let told = time_left(&plan, stopped_at.map(second), second(ended));
        assert_eq!(told, second(left), "{stopped_at:?} {ended}");
    }
}
