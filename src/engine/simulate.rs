//! The whole load on the caller's thread and clock: with a fake transport and tokio's paused time, a run of
//! an hour takes no time and is the same every time.

use super::{
    actor::Common,
    clock::Clock,
    pool::{Control, Event},
    transport::Transports,
    worker::{self, Setup},
};
use crate::{measure::Delta, plan::Plan};
use std::{
    sync::{Arc, mpsc},
    time::Duration,
};
use tokio::{sync::mpsc::unbounded_channel, task::LocalSet};

/// Runs a plan to its end, or until `stop_at` asks it to; what was handed over, in order.
///
/// `worker` of `workers` runs its share of the users: all of them for (0, 1).
pub async fn simulate<F: Transports>(
    plan: &Arc<Plan>,
    transports: &F,
    (index, workers): (usize, usize),
    stop_at: Option<Duration>,
) -> Vec<Delta> {
    let (events, mut seen) = unbounded_channel();
    let (controls, control_receiver) = unbounded_channel();
    // Nobody gives observations back here: each interval has its own.
    let (_, spares) = mpsc::channel();
    let clock = Clock::start();
    let setup = Setup {
        index,
        workers,
        plan: Arc::clone(plan),
        common: Common::new(plan, Vec::new()),
        clock,
        transports: transports.clone(),
        events,
        controls: control_receiver,
        spares,
    };
    let local = LocalSet::new();
    if let Some(at) = stop_at {
        local.spawn_local(async move {
            clock.sleep_until(at).await;
            // The load may have ended before.
            let _ = controls.send(Control::Stop);
            std::future::pending::<()>().await;
        });
    }
    local.run_until(worker::run(setup)).await;
    let mut deltas = Vec::new();
    while let Ok(event) = seen.try_recv() {
        match event {
            Event::Seen(delta) => deltas.push(delta),
            Event::Panicked(text) => std::panic::panic_any(text),
            Event::Logged(_) | Event::StopAsked(_) => {}
        }
    }
    deltas
}
