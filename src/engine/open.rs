//! The open model: iterations arrive, and a user carries out those that it is given.
//!
//! | state | until | then |
//! |---|---|---|
//! | starting | `on_start` passed | running the arrival it was made for; at the first failure that arrival is dropped, and the user tries again after 1 s, doubling to 30 s, until it is idle |
//! | running | the iteration ends | pausing; past the end of the load by `graceful_stop` it is cut: stopping |
//! | pausing | think time and pacing are over | idle |
//! | idle | it is given an arrival | running |
//! | stopping | `on_stop` is done | done; entered at the end of the load, at a stop, and by `stop: user` |
//!
//! An arrival is started or dropped, never both and never neither: whoever holds one when it can no longer be started
//! drops it, and that counts.

use super::{
    actor::Shared,
    crowd::Crowd,
    transport::Transports,
    user::{Life, Start, User},
};
use crate::{
    measure::Recorder,
    model::StageId,
    plan::{Arrival, Workload},
};
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Poll, Waker},
    time::Duration,
};

/// An arrival on its way to a user. Dropped before it was started, it counts as a dropped iteration.
pub(super) struct Ticket {
    arrival: Arrival,
    /// How late a user was at it.
    lag: Option<Duration>,
    stage: StageId,
    recorder: Rc<RefCell<Recorder>>,
    is_started: bool,
}

impl Ticket {
    pub fn new(arrival: Arrival, shared: &Shared, workload: &Workload) -> Self {
        let stage = workload.timeline.stage_at(arrival.at);
        Self { arrival, lag: None, stage, recorder: Rc::clone(&shared.recorder), is_started: false }
    }

    /// Drops it because no user was free for it.
    pub fn turn_away(self) {
        self.recorder.borrow_mut().without_user(self.stage, 1);
    }

    /// Drops it because nobody got round to it.
    pub fn give_up(self) {
        self.recorder.borrow_mut().overdue(self.stage, 1);
    }

    /// How long after it was due a user turned to it, first asked at `now`.
    fn lag(&mut self, now: Duration) -> Duration {
        *self.lag.get_or_insert(now.saturating_sub(self.arrival.at))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_started {
            self.recorder.borrow_mut().dropped(self.stage, 1);
        }
    }
}

/// Where an idle user waits.
#[derive(Default)]
pub(super) struct Seat {
    ticket: Cell<Option<Ticket>>,
    waker: Cell<Option<Waker>>,
}

impl Seat {
    fn give(&self, ticket: Ticket) {
        self.ticket.set(Some(ticket));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// The next arrival; nothing when there will be none.
    async fn next(&self, idle: &Idle) -> Option<Ticket> {
        poll_fn(|context| {
            if let Some(ticket) = self.ticket.take() {
                return Poll::Ready(Some(ticket));
            }
            if idle.is_closed.get() {
                return Poll::Ready(None);
            }
            self.waker.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The idle users of an open workload on one worker.
#[derive(Default)]
pub(super) struct Idle {
    /// The last one in is the first one out, so that no more connections are kept busy than are needed.
    seats: RefCell<Vec<Rc<Seat>>>,
    is_closed: Cell<bool>,
}

impl Idle {
    /// Gives the arrival to an idle user; it is dropped where there is none.
    pub fn give(&self, ticket: Ticket) {
        let seat = self.seats.borrow_mut().pop();
        if let Some(seat) = seat {
            seat.give(ticket);
        }
    }

    /// There will be no more arrivals: idle users end, and those who would become idle.
    pub fn close(&self) {
        self.is_closed.set(true);
        self.seats.borrow_mut().drain(..).for_each(|seat| seat.wake());
    }
}

/// A user's place among those that exist. Given up, another one may be made.
pub(super) struct Place {
    pub shared: Shared,
    pub workload: usize,
    pub worker: usize,
    pub idle: Rc<Idle>,
}

impl Place {
    fn crowd(&self) -> Option<&Crowd> {
        self.shared.crowds.of(self.workload)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(crowd) = self.crowd() {
            crowd.leave();
        }
    }
}

impl<F: Transports> User<F> {
    /// Lives from the arrival that it is made for to the end of the load, or a stop.
    pub async fn serve(mut self, first: Ticket, place: Place) {
        let shared = self.actor.shared.clone();
        let workload = &shared.plan.workloads[self.workload];
        let cut = workload.timeline.end() + workload.graceful_stop;
        {
            let work = pin!(self.attend(workload, first, &place));
            Self::until_cut(&shared, cut, workload.graceful_stop, work).await;
        }
        self.leave(workload).await;
    }

    async fn attend(&mut self, workload: &Workload, first: Ticket, place: &Place) -> Life {
        let seat = Rc::new(Seat::default());
        let Some(mut held) = self.start_for(workload, first).await else { return Life::Ends };
        loop {
            if let Some(ticket) = held.take() {
                if self.actor.shared.stop.is_requested() {
                    return Life::GoesOn;
                }
                let _running = self.run();
                if self.carry_out(workload, ticket).await == Life::Ends {
                    return Life::Ends;
                }
            }
            if place.idle.is_closed.get() {
                return Life::GoesOn;
            }
            place.idle.seats.borrow_mut().push(Rc::clone(&seat));
            if let Some(crowd) = place.crowd() {
                crowd.add_idle(place.worker);
            }
            held = seat.next(&place.idle).await;
            if held.is_none() {
                return Life::GoesOn;
            }
        }
    }

    /// Runs `on_start`, and gives back the arrival that the user was made for unless it could not wait; nothing
    /// where the user ends.
    async fn start_for(&mut self, workload: &Workload, mut ticket: Ticket) -> Option<Option<Ticket>> {
        let _running = self.run();
        // The first request is late by as much as the arrival is, whichever steps it stands in.
        self.actor.late.set(ticket.lag(self.actor.look_at_clock()));
        let mut held = Some(ticket);
        let end = workload.timeline.end();
        let stopped = self.start(workload, end, || held = None).await;
        if stopped.is_some() {
            return None;
        }
        self.started = true;
        Some(held)
    }

    async fn carry_out(&mut self, workload: &Workload, mut ticket: Ticket) -> Life {
        let task = workload.task_of(ticket.arrival.number);
        let began = self.actor.look_at_clock();
        if ticket.lag.is_none() {
            self.actor.late.set(ticket.lag(began));
        }
        let start = Start { at: began, lag: ticket.lag(began) };
        let life = self.iterate(task, start, || ticket.is_started = true).await;
        if life == Life::Ends {
            return life;
        }
        let rest = self.rest(workload, task, began);
        if rest.until > self.ended_at {
            self.wait_until(rest.until, false).await;
        }
        Life::GoesOn
    }
}
