//! The worker threads, one current-thread runtime each: half the CPU per request of tokio's shared one,
//! because no connection is woken from another thread.

use super::{
    actor::Common,
    alarm::Precision,
    clock::Clock,
    crowd::Crowds,
    transport::Transports,
    worker::{self, Setup},
};
use crate::{
    measure::{Delta, Recorded},
    plan::{Part, Plan},
};
use std::{
    cell::Cell,
    io,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    runtime::{Builder, LocalOptions},
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
};

/// What the run asks of the workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// Start nothing more; what runs may end within the graceful stop.
    Stop,
    /// End now.
    Cut,
}

/// What a worker tells.
#[derive(Debug)]
pub enum Event {
    /// What it saw in an interval.
    Seen(Delta),
    /// A user or a worker's thread panicked: a fault of this program.
    Panicked(String),
    /// A `log` step's line.
    Logged(String),
    /// A step asked for the end of the run; why.
    StopAsked(String),
}

/// Tells that a worker's thread crashed, so that the others need not go on to the planned end.
struct Crash(UnboundedSender<Event>);

impl Drop for Crash {
    fn drop(&mut self) {
        if thread::panicking() {
            // Where nobody listens any more, the end of the thread is noticed when it is joined.
            let _ = self.0.send(Event::Panicked("a worker thread crashed".to_owned()));
        }
    }
}

struct Worker {
    controls: UnboundedSender<Control>,
    spares: mpsc::Sender<Box<Recorded>>,
    thread: JoinHandle<()>,
}

/// The load under way.
pub struct Engine {
    workers: Vec<Worker>,
    events: UnboundedReceiver<Event>,
    clock: Clock,
    stopped_at: Cell<Option<Duration>>,
    was_cut: Cell<bool>,
}

impl Engine {
    /// How often workers hand over what they saw.
    pub const INTERVAL: Duration = worker::INTERVAL;

    /// Starts the load on this many threads.
    ///
    /// The clock starts when every thread is ready, so that their set-up is in nobody's latency.
    ///
    /// # Errors
    /// A thread or its runtime could not be made.
    pub fn start<F: Transports>(
        plan: &Arc<Plan>,
        common: &Common,
        transports: &F,
        workers: usize,
    ) -> io::Result<Self> {
        let workers = workers.clamp(1, plan.most_users().max(1) as usize);
        let (events, receiver) = unbounded_channel();
        let mut started = Vec::with_capacity(workers);
        let mut starts = Vec::with_capacity(workers);
        let (crowds, doors) = Crowds::new(plan, workers);
        for (index, doors) in doors.into_iter().enumerate() {
            let (plan, common, crowds) = (Arc::clone(plan), common.clone(), crowds.clone());
            let (transports, events, crash) = (transports.clone(), events.clone(), Crash(events.clone()));
            let (controls, control_receiver) = unbounded_channel();
            let (spares, spare_receiver) = mpsc::channel();
            let (ready, is_ready) = mpsc::channel();
            let (start, started_at) = oneshot::channel();
            let make = move |clock| Setup {
                part: Part::new(index as u64, workers as u64),
                plan,
                common,
                clock,
                precision: Precision::Fine,
                crowds,
                doors,
                transports,
                events,
                controls: control_receiver,
                spares: spare_receiver,
            };
            let body = move || run_thread(&ready, started_at, crash, make);
            let thread = thread::Builder::new().name(format!("worker-{index}")).spawn(body)?;
            is_ready.recv().map_err(|_| io::Error::other("a worker thread ended at once"))??;
            started.push(Worker { controls, spares, thread });
            starts.push(start);
        }
        let clock = Clock::start();
        for start in starts {
            // A worker that is gone is noticed when its events end.
            let _ = start.send(clock);
        }
        let (stopped_at, was_cut) = (Cell::default(), Cell::default());
        Ok(Self { workers: started, events: receiver, clock, stopped_at, was_cut })
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Number of worker threads.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// The next event; `None` when every worker is done.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Starts no further iterations; running ones may end within the graceful stop.
    pub fn stop(&self) {
        self.stopped_at.set(self.stopped_at.get().or_else(|| Some(self.clock.now())));
        self.send(Control::Stop);
    }

    /// When it was first asked to stop, on its clock.
    pub fn stopped_at(&self) -> Option<Duration> {
        self.stopped_at.get()
    }

    /// Cuts what is running.
    pub fn cut(&self) {
        self.was_cut.set(true);
        self.send(Control::Cut);
    }

    /// Whether it was asked to cut what was running.
    pub fn was_cut(&self) -> bool {
        self.was_cut.get()
    }

    fn send(&self, control: Control) {
        for worker in &self.workers {
            // One that is done needs no telling.
            let _ = worker.controls.send(control);
        }
    }

    /// Gives emptied observations back to their worker.
    pub fn reuse(&self, worker: usize, recorded: Box<Recorded>) {
        if let Some(worker) = self.workers.get(worker) {
            let _ = worker.spares.send(recorded);
        }
    }

    /// Waits for the threads to end; whether each ended well.
    pub fn join(self) -> bool {
        // Every one is waited for, also after one that ended badly.
        let ended: Vec<bool> = self.workers.into_iter().map(|worker| worker.thread.join().is_ok()).collect();
        ended.into_iter().all(|well| well)
    }
}

fn run_thread<F: Transports>(
    ready: &mpsc::Sender<io::Result<()>>,
    start: oneshot::Receiver<Clock>,
    crash: Crash,
    make: impl FnOnce(Clock) -> Setup<F>,
) {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    runtime.block_on(async move {
        let _crash = crash;
        if let Ok(clock) = start.await {
            worker::run(make(clock)).await;
        }
    });
    // Connections and look-ups that are still open must not keep the process.
    runtime.shutdown_background();
}
