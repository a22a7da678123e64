//! A worker: its users on one thread, their observations handed over once a second.

use super::{
    actor::{Common, Shared},
    alarm::Precision,
    arrivals::Dispatcher,
    clock::Clock,
    closed::Agenda,
    crowd::{Crowds, Doors},
    outlet::Outlet,
    pool::{Control, Event},
    sampling::Sampler,
    transport::Transports,
    user::{Census, User},
};
use crate::{
    measure::{Delta, Recorded, Recorder},
    plan::{Arrival, ArrivalSchedule, Executor, Part, Plan, Quota, UserSchedule},
};
use std::{
    cell::RefCell,
    future::poll_fn,
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
    /// Which part of the load is this worker's.
    pub part: Part,
    pub plan: Arc<Plan>,
    pub common: Common,
    pub clock: Clock,
    pub precision: Precision,
    pub crowds: Crowds,
    pub doors: Doors,
    pub transports: F,
    pub events: UnboundedSender<Event>,
    pub controls: UnboundedReceiver<Control>,
    pub spares: Receiver<Box<Recorded>>,
}

/// Runs this worker's share of the load until the last user is done.
pub(super) async fn run<F: Transports>(setup: Setup<F>) {
    let Setup { part, plan, common, clock, precision, transports, events, mut controls, spares, .. } = setup;
    let outlet = Outlet::new(events.clone());
    let mut shared = Shared::new(&plan, &plan.catalog, &common, clock, precision, setup.crowds, outlet);
    shared.sampler = common.samples.as_ref().map(|queue| Rc::new(RefCell::new(Sampler::new(queue.clone()))));
    let transports = Rc::new(transports.worker(clock));
    let census = Rc::new(Census::default());
    let crew: Crew = Rc::default();
    let starting: Starting<'_, F> =
        Starting { shared: &shared, census: &census, crew: &crew, transports: &transports, part };
    starting.start(setup.doors);
    let (recorder, outlet) = (Rc::clone(&shared.recorder), Rc::clone(&shared.outlet));
    let sampler = shared.sampler.clone();
    let index = part.index() as usize;
    let mut handover = Handover {
        index,
        plan: Arc::clone(&plan),
        recorder,
        sampler,
        census,
        outlet,
        events,
        spares,
        next: 0,
    };
    let mut cut_at = plan.duration() + plan.graceful_stop();
    loop {
        tokio::select! {
            biased;
            Some(control) = controls.recv() => match control {
                Control::Stop => {
                    shared.stop.request(clock.now());
                    cut_at = cut_at.min(clock.now() + plan.graceful_stop());
                }
                Control::Cut => cut_at = clock.now(),
            },
            () = clock.sleep_until(cut_at) => {
                crew.borrow_mut().abort_all();
                // From here on only the aborted tasks are waited for.
                cut_at = Duration::from_secs(u64::from(u32::MAX));
            }
            () = clock.sleep_until(INTERVAL * (handover.next as u32 + 1)) => handover.hand_over(clock.now()),
            ended = poll_fn(|context| crew.borrow_mut().poll_join_next(context)) => match ended {
                None => break,
                Some(result) => handover.report_panic(result),
            },
            () = shared.alarm.ring() => {}
        }
    }
    handover.finish();
}

/// The tasks of a worker: its users, and what brings arrivals to them.
type Crew = Rc<RefCell<JoinSet<()>>>;

/// Starts a worker's share of the load.
struct Starting<'w, F: Transports> {
    shared: &'w Shared,
    census: &'w Rc<Census>,
    crew: &'w Crew,
    transports: &'w Rc<F::Worker>,
    part: Part,
}

impl<F: Transports> Starting<'_, F> {
    fn start(&self, doors: Doors) {
        let mut before = 0;
        for ((index, workload), door) in self.shared.plan.workloads.iter().enumerate().zip(doors) {
            match (&workload.executor, door) {
                (Executor::Closed { users, quota }, _) => self.spawn_users(index, before, users, *quota),
                (Executor::Open { arrivals, .. }, Some(door)) => {
                    self.spawn_dispatcher(index, arrivals.clone(), door);
                }
                (Executor::Open { .. }, None) => {}
            }
            before += workload.most_users();
        }
    }

    fn spawn_users(&self, index: usize, before: u64, users: &UserSchedule, quota: Quota) {
        let shared = self.shared;
        let workload = &shared.plan.workloads[index];
        let mine = (0..users.most_users()).filter(|k| self.part.has(before + k));
        for k in mine {
            let (windows, vu) = (users.windows(k + 1), before + k + 1);
            let agenda = Agenda::new(shared, workload, quota, vu, &shared.common.taken[index]);
            let census = Rc::clone(self.census);
            let user = User::<F>::new(shared.clone(), census, index, vu, self.transports);
            self.crew.borrow_mut().spawn_local(user.live(windows, agenda));
        }
    }

    fn spawn_dispatcher(&self, index: usize, arrivals: ArrivalSchedule, door: UnboundedReceiver<Arrival>) {
        let dispatcher: Dispatcher<F> = Dispatcher {
            shared: self.shared.clone(),
            census: Rc::clone(self.census),
            workload: index,
            worker: self.part.index() as usize,
            transports: Rc::clone(self.transports),
            crew: Rc::clone(self.crew),
        };
        self.crew.borrow_mut().spawn_local(dispatcher.run(arrivals, self.part, door));
    }
}

/// Hands the recorder's content over, an interval at a time.
struct Handover {
    index: usize,
    plan: Arc<Plan>,
    recorder: Rc<RefCell<Recorder>>,
    sampler: Option<Rc<RefCell<Sampler>>>,
    census: Rc<Census>,
    outlet: Rc<Outlet>,
    events: UnboundedSender<Event>,
    spares: Receiver<Box<Recorded>>,
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
        let spare = self.spares.try_recv().unwrap_or_else(|_| Box::new(Recorded::new(&self.plan.catalog)));
        self.outlet.next_interval();
        if let Some(sampler) = &self.sampler {
            sampler.borrow_mut().interval_ended(last, &self.outlet);
        }
        let recorded = self.recorder.borrow_mut().swap(spare);
        self.census.most.set(self.census.running.get());
        let made_users = self.census.made.get();
        let delta = Delta { worker: self.index, interval, recorded, running_users, made_users, last };
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
