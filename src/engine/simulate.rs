//! The whole load on the caller's thread and clock: with a fake transport and tokio's paused time, a run of
//! an hour takes no time and is the same every time.

use super::{
    actor::Common,
    alarm::Precision,
    clock::Clock,
    crowd::Crowds,
    pool::{Control, Event},
    transport::Transports,
    worker::{self, Setup},
};
use crate::{
    measure::Delta,
    plan::{Part, Plan},
};
use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    sync::{Arc, mpsc},
    task::Poll,
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::LocalSet,
};

/// What was seen and said.
#[derive(Debug, Default)]
pub struct Simulated {
    /// What the workers handed over, in order.
    pub deltas: Vec<Delta>,
    /// The lines of `log` steps, and those about feeds, each with when it was said.
    pub lines: Vec<(Duration, String)>,
    /// Why steps asked for the end of the run, each with when. The first one ended it.
    pub stops: Vec<(Duration, String)>,
    /// When the last worker was done.
    pub took: Duration,
}

/// Runs a plan on so many workers to its end, or until a step or `stop_at` asks them to stop.
pub async fn simulate<F: Transports>(
    plan: &Arc<Plan>,
    common: &Common,
    transports: &F,
    workers: usize,
    stop_at: Option<Duration>,
) -> Simulated {
    let mut deltas = Vec::new();
    let simulated =
        simulate_into(plan, common, transports, workers, stop_at, |delta| deltas.push(delta)).await;
    Simulated { deltas, ..simulated }
}

/// The same; what the workers hand over goes to `take`, and nothing of it is kept.
pub async fn simulate_into<F: Transports>(
    plan: &Arc<Plan>,
    common: &Common,
    transports: &F,
    workers: usize,
    stop_at: Option<Duration>,
    take: impl FnMut(Delta),
) -> Simulated {
    let (events, seen) = unbounded_channel();
    let clock = Clock::start();
    let mut controls = Vec::with_capacity(workers);
    let local = LocalSet::new();
    let mut running = Vec::with_capacity(workers);
    let (crowds, doors) = Crowds::new(plan, workers);
    for (index, doors) in doors.into_iter().enumerate() {
        let (control, control_receiver) = unbounded_channel();
        controls.push(control);
        // Nobody gives observations back here: each interval has its own.
        let (_, spares) = mpsc::channel();
        let setup = Setup {
            part: Part::new(index as u64, workers as u64),
            plan: Arc::clone(plan),
            common: common.clone(),
            clock,
            precision: Precision::Held,
            crowds: crowds.clone(),
            doors,
            transports: transports.clone(),
            events: events.clone(),
            controls: control_receiver,
            spares,
        };
        running.push(Box::pin(worker::run(setup)));
    }
    drop(events);
    let simulated = RefCell::default();
    let working = poll_fn(|context| {
        running.retain_mut(|worker| worker.as_mut().poll(context).is_pending());
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    });
    let listening = listen(seen, &controls, clock, &simulated, take);
    let stopping = async {
        if let Some(at) = stop_at {
            clock.sleep_until(at).await;
            stop(&controls);
        }
        std::future::pending::<()>().await;
    };
    local
        .run_until(async {
            tokio::select! {
                biased;
                ((), ()) = async { tokio::join!(biased; working, listening) } => {}
                () = stopping => {}
            }
        })
        .await;
    Simulated { took: clock.now(), ..simulated.into_inner() }
}

async fn listen(
    mut seen: UnboundedReceiver<Event>,
    controls: &[UnboundedSender<Control>],
    clock: Clock,
    simulated: &RefCell<Simulated>,
    mut take: impl FnMut(Delta),
) {
    while let Some(event) = seen.recv().await {
        let mut simulated = simulated.borrow_mut();
        match event {
            Event::Seen(delta) => take(delta),
            Event::Panicked(text) => std::panic::panic_any(text),
            Event::Logged(line) => simulated.lines.push((clock.now(), line)),
            Event::StopAsked(reason) => {
                simulated.stops.push((clock.now(), reason));
                stop(controls);
            }
        }
    }
}

fn stop(controls: &[UnboundedSender<Control>]) {
    for control in controls {
        // Its worker may be done.
        let _ = control.send(Control::Stop);
    }
}
