//! Real workers on the real clock: what a generator that is held up says of itself. Nothing here asserts that the
//! machine is quick, only that a delay which the test makes is told, and where.

#![expect(clippy::expect_used, reason = "the helpers of a test fail it by panicking")]

use loadgen::{
    engine::{Arrived, Clock, Common, Engine, Event, Failure, Outgoing, Trace, Transport, Transports},
    measure::{Collector, Latency, Snapshot},
    model::Protocol,
    plan::{Executor, Inputs, Plan, build},
    scenario::{Options, parse},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

const MS: Duration = Duration::from_millis(1);
const BLOCKED: Duration = Duration::from_millis(300);

/// Answers at once, but in its hundredth exchange keeps its worker from doing anything else for a while.
#[derive(Clone, Default)]
struct Blocking {
    asked: Arc<AtomicU64>,
}

struct BlockingUser {
    asked: Arc<AtomicU64>,
    clock: Clock,
}

impl Transports for Blocking {
    type Worker = (Arc<AtomicU64>, Clock);
    type User = BlockingUser;

    fn worker(&self, clock: Clock) -> Self::Worker {
        (Arc::clone(&self.asked), clock)
    }

    fn user((asked, clock): &Self::Worker, _client: usize) -> BlockingUser {
        BlockingUser { asked: Arc::clone(asked), clock: *clock }
    }
}

impl Transport for BlockingUser {
    async fn exchange(&self, _: &mut Outgoing, trace: &Trace) -> Result<Arrived, Failure> {
        let sent_at = self.clock.now();
        trace.note(|moments| moments.sent_at = Some(sent_at));
        let ended_at = sent_at + MS;
        if self.asked.fetch_add(1, Ordering::Relaxed) == 100 {
            thread::sleep(BLOCKED);
        }
        let (headers, body) = (http::HeaderMap::new(), bytes::Bytes::new());
        Ok(Arrived { status: 200, protocol: Some(Protocol::Http11), headers, body, body_bytes: 0, ended_at })
    }
}

fn plan(load: &str) -> Arc<Plan> {
    let source = format!("target: http://target.test\nload: {load}\nflow: [ {{ get: /a }} ]\n");
    let scenario = parse(&source, &Options::default()).expect("a scenario");
    Arc::new(build(&scenario, &Inputs::default()).expect("a plan"))
}

async fn seen(plan: &Arc<Plan>, workers: usize) -> Snapshot {
    let common = Common::new(plan, Vec::new());
    let mut engine = Engine::start(plan, &common, &Blocking::default(), workers).expect("threads");
    let mut collector = Collector::new(&plan.catalog, engine.workers(), Engine::INTERVAL);
    while let Some(event) = engine.next().await {
        match event {
            Event::Seen(delta) => drop(collector.accept(delta)),
            other => panic!("{other:?}"),
        }
    }
    let elapsed = engine.clock().now();
    assert!(engine.join());
    collector.finish();
    collector.snapshot(elapsed)
}

fn merged(parts: impl Iterator<Item = Latency>) -> Latency {
    let mut all = Latency::new();
    parts.for_each(|part| all.merge(&part));
    all
}

#[tokio::test]
async fn a_generator_that_is_held_up_charges_itself_and_not_the_target() {
    let plan = plan("{ rate: 1000/s, duration: 700ms, max_users: 1000 }");
    let snapshot = seen(&plan, 1).await;
    let lag = merged(snapshot.total.iterations().map(|(_, stats)| stats.lag.clone()));
    let service = merged(snapshot.total.requests().map(|(_, stats)| stats.duration.clone()));
    let response = merged(snapshot.total.requests().map(|(_, stats)| stats.response_time.clone()));
    // Nothing is lost, whatever the hold-up: all 700 started.
    assert_eq!((lag.count(), service.count(), snapshot.total.all_dropped()), (700, 700, 0));
    let longest = |latency: &Latency| latency.max().unwrap_or_default();
    assert!(longest(&lag) >= BLOCKED - 10 * MS, "{:?}", longest(&lag));
    assert!(longest(&response) >= longest(&lag), "{:?}", longest(&response));
    assert_eq!(longest(&service), MS);
}

#[tokio::test]
async fn every_arrival_is_carried_out_on_any_number_of_workers() {
    let plan = plan("{ rate: 2000/s, duration: 500ms, max_users: 1000, arrivals: poisson }");
    let Executor::Open { arrivals, .. } = &plan.workloads[0].executor else { panic!("a rate") };
    for workers in [1, 2, 3] {
        let snapshot = seen(&plan, workers).await;
        let started: u64 = snapshot.total.iterations().map(|(_, stats)| stats.count).sum();
        assert_eq!((started, snapshot.total.all_dropped()), (arrivals.count(), 0), "{workers}");
    }
}
