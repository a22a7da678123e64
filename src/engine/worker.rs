//! A worker: its users on one thread, their observations handed over once a second.

use super::{
    actor::{Common, Shared},
    clock::Clock,
    outlet::Outlet,
    pool::{Control, Event},
    stop::Stop,
    transport::Transports,
    user::{Census, User},
};
use crate::{
    measure::{Delta, Observations, Recorder},
    plan::Plan,
};
use std::{
    cell::RefCell,
    rc::Rc,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::{JoinError, JoinSet},
};

/// How often observations are handed over.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// What a worker is made of.
pub(super) struct Setup<F> {
    pub index: usize,
    pub workers: usize,
    pub plan: Arc<Plan>,
    pub common: Common,
    pub clock: Clock,
    pub transports: F,
    pub events: UnboundedSender<Event>,
    pub controls: UnboundedReceiver<Control>,
    pub spares: Receiver<Box<Observations>>,
}

/// Runs this worker's share of the users until the last one is done.
pub(super) async fn run<F: Transports>(setup: Setup<F>) {
    let Setup { index, workers, plan, common, clock, transports, events, mut controls, spares } = setup;
    let recorder = Rc::new(RefCell::new(Recorder::new(&plan.catalog)));
    let (stop, census) = (Rc::new(Stop::default()), Rc::new(Census::default()));
    let outlet = Rc::new(Outlet::new(events.clone()));
    let shared = Shared {
        plan: Arc::clone(&plan),
        common,
        clock,
        recorder: Rc::clone(&recorder),
        stop: Rc::clone(&stop),
        outlet: Rc::clone(&outlet),
        witness: None,
    };
    let mut users = spawn_users(&shared, &census, &transports, index, workers);
    let mut handover =
        Handover { index, plan: Arc::clone(&plan), recorder, census, outlet, events, spares, next: 0 };
    let mut cut_at = plan.duration() + plan.graceful_stop();
    loop {
        tokio::select! {
            biased;
            Some(control) = controls.recv() => match control {
                Control::Stop => {
                    stop.request();
                    cut_at = cut_at.min(clock.now() + plan.graceful_stop());
                }
                Control::Cut => cut_at = clock.now(),
            },
            () = clock.sleep_until(cut_at) => {
                users.abort_all();
                // From here on only the aborted tasks are waited for.
                cut_at = Duration::from_secs(u64::from(u32::MAX));
            }
            () = clock.sleep_until(INTERVAL * (handover.next as u32 + 1)) => handover.hand_over(clock.now()),
            ended = users.join_next() => match ended {
                None => break,
                Some(result) => handover.report_panic(result),
            },
        }
    }
    handover.finish();
}

fn spawn_users<F: Transports>(
    shared: &Shared,
    census: &Rc<Census>,
    transports: &F,
    index: usize,
    workers: usize,
) -> JoinSet<()> {
    let mut users = JoinSet::new();
    let mut vu = 0;
    for (workload, planned) in shared.plan.workloads.iter().enumerate() {
        for k in 1..=planned.schedule.most_users() {
            vu += 1;
            if (vu - 1) as usize % workers != index {
                continue;
            }
            let windows = planned.schedule.windows(k);
            let census = Rc::clone(census);
            let user = User::new(shared.clone(), census, workload, vu, windows, transports.clone());
            users.spawn_local(user.live());
        }
    }
    users
}

/// Hands the recorder's content over, an interval at a time.
struct Handover {
    index: usize,
    plan: Arc<Plan>,
    recorder: Rc<RefCell<Recorder>>,
    census: Rc<Census>,
    outlet: Rc<Outlet>,
    events: UnboundedSender<Event>,
    spares: Receiver<Box<Observations>>,
    /// The interval that is being recorded.
    next: u64,
}

impl Handover {
    fn hand_over(&mut self, now: Duration) {
        // Where the worker was late, the intervals it missed are part of this one.
        let current = now.as_secs() / INTERVAL.as_secs();
        // At the end of the load everybody goes home, some of them before this look.
        let ended = now >= self.plan.duration();
        let running = if ended { self.census.most.get() } else { self.census.running.get() };
        self.send(current.saturating_sub(1).max(self.next), running, false);
        self.next = current.max(self.next + 1);
    }

    fn finish(&mut self) {
        // What is left was seen in the interval that has not been handed over, even where it just ended.
        self.send(self.next, self.census.most.get(), true);
    }

    fn send(&self, interval: u64, running_users: u64, last: bool) {
        let spare =
            self.spares.try_recv().unwrap_or_else(|_| Box::new(Observations::new(&self.plan.catalog)));
        self.outlet.next_interval();
        let observations = self.recorder.borrow_mut().swap(spare);
        self.census.most.set(self.census.running.get());
        let made_users = self.census.made.get();
        let delta = Delta { worker: self.index, interval, observations, running_users, made_users, last };
        // Where nobody listens any more, the run is over and nothing is lost that anyone wants.
        let _ = self.events.send(Event::Seen(delta));
    }

    fn report_panic(&self, ended: Result<(), JoinError>) {
        if let Err(error) = ended
            && error.is_panic()
        {
            let _ = self.events.send(Event::Panicked(panic_text(error)));
        }
    }
}

fn panic_text(error: JoinError) -> String {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
