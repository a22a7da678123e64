//! Brings the arrivals of an open workload to users, on time: its schedule says when, and nothing here waits for the
//! target.

use super::{
    actor::Shared,
    open::{Idle, Place, Ticket},
    transport::Transports,
    user::{Census, User},
};
use crate::plan::{Arrival, ArrivalSchedule, Arrivals, Part, Workload};
use std::{cell::RefCell, iter::Peekable, rc::Rc};
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinSet};

/// Arrivals started in a row before those that were started get their turn.
const BATCH: usize = 32;

/// Arrivals that nobody has been given yet. However their dispatcher ends, those that are due by then were dropped.
struct Upcoming<'d> {
    arrivals: Peekable<Arrivals<'d>>,
    /// Those that other workers hand over.
    door: UnboundedReceiver<Arrival>,
    shared: &'d Shared,
    workload: &'d Workload,
}

impl Upcoming<'_> {
    /// Those that should have started by now.
    fn due(&mut self) -> impl Iterator<Item = Arrival> {
        let now = self.shared.clock.now();
        std::iter::from_fn(move || self.arrivals.next_if(|arrival| arrival.at <= now))
    }
}

impl Drop for Upcoming<'_> {
    fn drop(&mut self) {
        let (shared, workload) = (self.shared, self.workload);
        let too_late = |arrival| Ticket::new(arrival, shared, workload).give_up();
        self.door.close();
        while let Ok(arrival) = self.door.try_recv() {
            too_late(arrival);
        }
        self.due().for_each(too_late);
    }
}

/// Brings the arrivals of one workload to one worker's users.
pub(super) struct Dispatcher<F: Transports> {
    pub shared: Shared,
    pub census: Rc<Census>,
    pub workload: usize,
    pub worker: usize,
    pub transports: Rc<F::Worker>,
    pub crew: Rc<RefCell<JoinSet<()>>>,
}

impl<F: Transports> Dispatcher<F> {
    /// Brings this part of the arrivals, and those that other workers hand over.
    pub async fn run(self, schedule: ArrivalSchedule, part: Part, door: UnboundedReceiver<Arrival>) {
        let shared = self.shared.clone();
        let workload = &shared.plan.workloads[self.workload];
        let idle = Rc::new(Idle::default());
        let arrivals = schedule.part(part).peekable();
        let mut upcoming = Upcoming { arrivals, door, shared: &shared, workload };
        loop {
            let next = upcoming.arrivals.peek().map(|arrival| arrival.at);
            tokio::select! {
                biased;
                () = shared.stop.requested() => break,
                () = shared.alarm.sleep_until(next.unwrap_or(workload.timeline.end())) => {
                    // Those whose user is taken already come first, also where one's own are overdue.
                    while let Ok(arrival) = upcoming.door.try_recv() {
                        self.take_over(arrival, workload, &idle);
                    }
                    upcoming.due().take(BATCH).for_each(|arrival| self.admit(arrival, workload, &idle));
                    if next.is_none() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                Some(arrival) = upcoming.door.recv() => self.take_over(arrival, workload, &idle),
            }
        }
        idle.close();
    }

    fn ticket(&self, arrival: Arrival, workload: &Workload) -> Ticket {
        Ticket::new(arrival, &self.shared, workload)
    }

    /// Starts an arrival: with an idle user, a new one, another worker's idle one, or not at all.
    fn admit(&self, arrival: Arrival, workload: &Workload, idle: &Rc<Idle>) {
        let Some(crowd) = self.shared.crowds.of(self.workload) else { return };
        if crowd.take_idle(self.worker) {
            idle.give(self.ticket(arrival, workload));
        } else if let Some(vu) = crowd.make() {
            self.make_user(vu, self.ticket(arrival, workload), idle);
        } else if let Err(arrival) = crowd.hand_over(self.worker, arrival) {
            self.ticket(arrival, workload).turn_away();
        }
    }

    /// Starts an arrival for which another worker has taken one of this one's idle users.
    fn take_over(&self, arrival: Arrival, workload: &Workload, idle: &Rc<Idle>) {
        idle.give(self.ticket(arrival, workload));
    }

    fn make_user(&self, vu: u64, ticket: Ticket, idle: &Rc<Idle>) {
        let (shared, census) = (self.shared.clone(), Rc::clone(&self.census));
        let (workload, worker, idle) = (self.workload, self.worker, Rc::clone(idle));
        let user = User::<F>::new(shared.clone(), census, workload, vu, &self.transports);
        let place = Place { shared, workload, worker, idle };
        self.crew.borrow_mut().spawn_local(user.serve(ticket, place));
    }
}
