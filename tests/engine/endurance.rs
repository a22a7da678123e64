//! Two million iterations, and not a byte more for the last than for the first.

use super::run::{ms, plan, secs};
use bytes::Bytes;
use http::HeaderMap;
use loadgen::{
    engine::{Arrived, Clock, Common, Failure, Outgoing, Trace, Transport, Transports, simulate_into},
    measure::Collector,
    model::{IterationEnd, Protocol},
};
use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

const ITERATIONS: u64 = 2_000_000;
/// By then everything has its size.
const SETTLED: u64 = 400_000;

/// A target that answers at once, each user's two hundredth request after 100 ms, and only counts.
#[derive(Clone, Default)]
struct Instant {
    count: Arc<AtomicU64>,
}

impl Transports for Instant {
    type Worker = (Arc<AtomicU64>, Clock);
    type User = InstantUser;

    fn worker(&self, clock: Clock) -> Self::Worker {
        (Arc::clone(&self.count), clock)
    }

    fn user((count, clock): &Self::Worker, _client: usize) -> InstantUser {
        InstantUser { count: Arc::clone(count), own: Cell::new(0), clock: *clock }
    }
}

struct InstantUser {
    count: Arc<AtomicU64>,
    own: Cell<u64>,
    clock: Clock,
}

impl Transport for InstantUser {
    fn exchange(&self, _: &mut Outgoing, trace: &Trace) -> impl Future<Output = Result<Arrived, Failure>> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.own.set(self.own.get() + 1);
        let (clock, sent_at, is_slow) = (self.clock, self.clock.now(), self.own.get().is_multiple_of(200));
        if is_slow {
            // Phases are recorded for these: for all of them would take an unoptimised build minutes.
            trace.note(|moments| moments.sent_at = Some(sent_at));
        }
        async move {
            let mut ended_at = sent_at;
            if is_slow {
                clock.sleep_until(sent_at + ms(100)).await;
                ended_at = clock.now();
            }
            let (headers, body) = (HeaderMap::new(), Bytes::new());
            let protocol = Some(Protocol::Http11);
            Ok(Arrived { status: 200, protocol, headers, body, body_bytes: 0, ended_at })
        }
    }
}

#[test]
fn the_last_of_two_million_iterations_need_no_more_memory_than_the_first() {
    let yaml = format!(
        "target: http://target.test\nload: {{ users: 100, iterations: {ITERATIONS} }}\nflow: [ {{ get: /a }} ]"
    );
    let plan = plan(&yaml);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (target, common) = (Instant::default(), Common::new(&plan, Vec::new()));
    let collector = RefCell::new(Collector::new(&plan.catalog, 1, secs(1)));
    let took = Cell::new(None);
    let mut load = pin!(async {
        let take = |delta| drop(collector.borrow_mut().accept(delta));
        took.set(Some(simulate_into(&plan, &common, &target, 1, None, take).await.took));
    });
    let mut run_to = |count: u64| {
        runtime.block_on(poll_fn(|context| match load.as_mut().poll(context) {
            Poll::Pending if target.count.load(Ordering::Relaxed) < count => Poll::Pending,
            _ => Poll::Ready(()),
        }));
    };
    run_to(SETTLED);
    let memory = allocation_counter::measure(|| run_to(ITERATIONS - 1_000));
    run_to(u64::MAX);
    // A second's point in the course of the run, of which there are 8, and what tokio keeps for later.
    assert!(memory.bytes_current < 64 * 1024, "{memory:?}");
    assert!(memory.count_current < 1_000, "{memory:?}");
    let mut collector = collector.borrow_mut();
    collector.finish();
    let seen = collector.snapshot(took.get().unwrap());
    let completed = seen.total.iterations().filter(|(key, _)| key.end == IterationEnd::Completed);
    assert_eq!(completed.map(|(_, stats)| stats.count).sum::<u64>(), ITERATIONS);
    assert_eq!((target.count.load(Ordering::Relaxed), seen.total.all_dropped()), (ITERATIONS, 0));
    assert!(seen.series.points().len() >= 10, "{}", seen.series.points().len());
}
