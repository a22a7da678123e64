//! loadgen itself: a scenario compiled and run by the engine, its seconds merged as a run merges them.

use loadgen::{
    engine::{Common, Engine, Event, HttpTransports},
    measure::Collector,
    plan::{Inputs, Plan, TransportOptions, build},
    scenario::{Options, parse, render},
};
use std::{sync::Arc, time::Duration};
use tokio::runtime::Builder;

/// A plan of these steps for so long.
pub fn plan(target: &str, users: usize, time: Duration, steps: &str) -> Arc<Plan> {
    let load = format!("load: {{ users: {users}, duration: {}ms }}", time.as_millis());
    compiled(&format!("target: {target}\n{load}\nflow:\n{steps}\n"))
}

fn compiled(text: &str) -> Arc<Plan> {
    let options = Options::default();
    let plan = parse(text, &options).and_then(|scenario| build(&scenario, &Inputs::default()));
    Arc::new(plan.unwrap_or_else(|faults| panic!("{}", render(&options.sources("bench", text), &faults))))
}

/// Users that start within `ramp`, send a request where they are to be connected, and then pause once a second.
pub fn hold(target: &str, users: usize, connected: bool, ramp: Duration, time: Duration) {
    let first = if connected { "on_start: [ { get: /items/7 } ]\n" } else { "" };
    let lines = [(ramp, users), (time.saturating_sub(ramp), users)];
    let lines =
        lines.map(|(length, users)| format!("{{ duration: {}ms, users: {users} }}", length.as_millis()));
    let load = format!("load: {{ stages: [ {} ], graceful_stop: 0s }}", lines.join(", "));
    let plan = compiled(&format!("target: {target}\n{load}\n{first}flow: [ {{ think: 1s }} ]\n"));
    run(&plan, &HttpTransports::new([TransportOptions::default()]).unwrap(), 2);
}

/// Runs a plan, and returns how many requests were answered.
pub fn run(plan: &Arc<Plan>, transports: &HttpTransports, threads: usize) -> u64 {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut collector = Collector::new(&plan.catalog, threads, Engine::INTERVAL);
    runtime.block_on(async {
        let mut engine = Engine::start(plan, &Common::new(plan, Vec::new()), transports, threads).unwrap();
        while let Some(event) = engine.next().await {
            match event {
                Event::Seen(delta) => {
                    let worker = delta.worker;
                    let (_, spare) = collector.accept(delta);
                    engine.reuse(worker, spare);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(engine.join());
    });
    collector.finish();
    let total = collector.total();
    assert!(total.requests().all(|(key, _)| !key.failed), "{:?}", total.failures().next());
    assert!(total.checks().all(|(_, tally)| tally.fails == 0));
    total.requests().map(|(_, stats)| stats.count).sum()
}
