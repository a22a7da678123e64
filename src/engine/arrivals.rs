//! Brings the arrivals of an open workload to users, on time: its schedule says when, and nothing here waits for the
//! target.

use super::{
    actor::Shared,
    open::{Idle, Place, Ticket},
    transport::Transports,
    user::{Census, User},
};
use crate::plan::{Arrival, ArrivalSchedule, Part, Workload};
use std::{cell::RefCell, rc::Rc};
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinSet};

/// Arrivals started in a row before those that were started get their turn.
const BATCH: usize = 32;

/// Brings the arrivals of one workload to one worker's users.
pub(super) struct Dispatcher<F: Transports> {
    pub shared: Shared,
    pub census: Rc<Census>,
    pub workload: usize,
    pub worker: usize,
    pub transports: F,
    pub crew: Rc<RefCell<JoinSet<()>>>,
}

impl<F: Transports> Dispatcher<F> {
    /// Brings this part of the arrivals, and those that other workers hand over.
    pub async fn run(self, schedule: ArrivalSchedule, part: Part, mut door: UnboundedReceiver<Arrival>) {
        let shared = self.shared.clone();
        let workload = &shared.plan.workloads[self.workload];
        let idle = Rc::new(Idle::default());
        let mut arrivals = schedule.part(part).peekable();
        loop {
            let next = arrivals.peek().map(|arrival| arrival.at);
            tokio::select! {
                biased;
                () = shared.stop.requested() => break,
                () = shared.alarm.sleep_until(next.unwrap_or(workload.timeline.end())) => {
                    let now = shared.clock.now();
                    let due = std::iter::from_fn(|| arrivals.next_if(|arrival| arrival.at <= now));
                    due.take(BATCH).for_each(|arrival| self.admit(arrival, workload, &idle));
                    if next.is_none() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                Some(arrival) = door.recv() => self.take_over(arrival, workload, &idle),
            }
        }
        idle.close();
        door.close();
        // Those that were still on their way have come too late.
        while let Ok(arrival) = door.try_recv() {
            drop(self.ticket(arrival, workload));
        }
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
            drop(self.ticket(arrival, workload));
        }
    }

    /// Starts an arrival for which another worker has taken one of this one's idle users.
    fn take_over(&self, arrival: Arrival, workload: &Workload, idle: &Rc<Idle>) {
        idle.give(self.ticket(arrival, workload));
    }

    fn make_user(&self, vu: u64, ticket: Ticket, idle: &Rc<Idle>) {
        let (shared, census) = (self.shared.clone(), Rc::clone(&self.census));
        let (workload, worker, idle) = (self.workload, self.worker, Rc::clone(idle));
        let user = User::new(shared.clone(), census, workload, vu, self.transports.clone());
        let place = Place { shared, workload, worker, idle };
        self.crew.borrow_mut().spawn_local(user.serve(ticket, place));
    }
}
