//! The users of an open workload over all workers: how many may still be made, and who has one to spare.
//!
//! Users belong to one worker each. An arrival is carried out by the worker whose turn it is; only where that has no
//! idle user and none may be made any more does it hand the arrival to one that has.

use crate::plan::{Arrival, Executor, Plan};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Arrivals that other workers hand over, by workload; nothing for those of the closed model.
pub(super) type Doors = Vec<Option<UnboundedReceiver<Arrival>>>;

/// What all workers know of the users of the open workloads.
#[derive(Debug, Clone)]
pub(super) struct Crowds {
    workloads: Arc<Vec<Option<Crowd>>>,
}

impl Crowds {
    /// For so many workers, with the doors of each of them.
    pub fn new(plan: &Plan, workers: usize) -> (Self, Vec<Doors>) {
        let mut doors: Vec<Doors> = (0..workers).map(|_| Vec::with_capacity(plan.workloads.len())).collect();
        let mut before = 0;
        // Users beyond those that exist at once have numbers behind all others.
        let beyond = Arc::new(AtomicU64::new(plan.most_users()));
        let mut workloads = Vec::with_capacity(plan.workloads.len());
        for workload in &plan.workloads {
            let Executor::Open { max_users, .. } = workload.executor else {
                doors.iter_mut().for_each(|doors| doors.push(None));
                workloads.push(None);
                before += workload.most_users();
                continue;
            };
            let mut peers = Vec::with_capacity(workers);
            for doors in &mut doors {
                let (peer, door) = Peer::new();
                doors.push(Some(door));
                peers.push(peer);
            }
            workloads.push(Some(Crowd::new(max_users, before, &beyond, peers)));
            before += max_users;
        }
        (Self { workloads: Arc::new(workloads) }, doors)
    }

    /// The crowd of a workload; nothing for one of the closed model.
    pub fn of(&self, workload: usize) -> Option<&Crowd> {
        self.workloads.get(workload)?.as_ref()
    }
}

/// A counter on a cache line of its own: each worker counts its own idle users.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Padded(AtomicU64);

#[derive(Debug)]
struct Peer {
    /// Its idle users that nobody has taken yet.
    idle: Padded,
    door: UnboundedSender<Arrival>,
}

impl Peer {
    fn new() -> (Self, UnboundedReceiver<Arrival>) {
        let (door, receiver) = unbounded_channel();
        (Self { idle: Padded::default(), door }, receiver)
    }
}

/// The users of one open workload.
#[derive(Debug)]
pub(super) struct Crowd {
    max_users: u64,
    /// Users of the workloads before this one.
    before: u64,
    beyond: Arc<AtomicU64>,
    /// Users that exist.
    alive: AtomicU64,
    /// Users that were ever made.
    made: AtomicU64,
    peers: Vec<Peer>,
}

impl Crowd {
    fn new(max_users: u64, before: u64, beyond: &Arc<AtomicU64>, peers: Vec<Peer>) -> Self {
        let (alive, made) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { max_users, before, beyond: Arc::clone(beyond), alive, made, peers }
    }

    /// Takes one of this worker's idle users; `false` where it has none.
    pub fn take_idle(&self, worker: usize) -> bool {
        let less = |idle: u64| idle.checked_sub(1);
        self.peers[worker].idle.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok()
    }

    /// One more of this worker's users is idle.
    pub fn add_idle(&self, worker: usize) {
        self.peers[worker].idle.0.fetch_add(1, Ordering::AcqRel);
    }

    /// The number of a further user, from 1; nothing where there are as many as there may be.
    pub fn make(&self) -> Option<u64> {
        let more = |alive: u64| (alive < self.max_users).then_some(alive + 1);
        self.alive.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        let ordinal = self.made.fetch_add(1, Ordering::AcqRel);
        Some(match ordinal < self.max_users {
            true => self.before + ordinal + 1,
            false => self.beyond.fetch_add(1, Ordering::AcqRel) + 1,
        })
    }

    /// A user is gone.
    pub fn leave(&self) {
        self.alive.fetch_sub(1, Ordering::AcqRel);
    }

    /// Hands an arrival to another worker that has an idle user; gives it back where none has.
    pub fn hand_over(&self, worker: usize, arrival: Arrival) -> Result<(), Arrival> {
        let count = self.peers.len();
        let others = (1..count).map(|step| (worker + step) % count);
        match others.into_iter().find(|other| self.take_idle(*other)) {
            Some(other) => self.peers[other].door.send(arrival).map_err(|unsent| unsent.0),
            None => Err(arrival),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn crowd(max_users: u64, workers: usize) -> (Crowd, Vec<UnboundedReceiver<Arrival>>) {
        let (peers, doors) = (0..workers).map(|_| Peer::new()).unzip();
        // Three users of another workload stand before it, and nobody behind.
        (Crowd::new(max_users, 3, &Arc::new(AtomicU64::new(3 + max_users)), peers), doors)
    }

    #[test]
    fn users_are_made_up_to_the_most_and_numbered_apart_for_ever() {
        let (crowd, _doors) = crowd(2, 1);
        assert_eq!([crowd.make(), crowd.make(), crowd.make()], [Some(4), Some(5), None]);
        crowd.leave();
        // One that takes the place of another is somebody else.
        assert_eq!([crowd.make(), crowd.make()], [Some(6), None]);
    }

    #[test]
    fn an_arrival_goes_to_a_worker_that_has_an_idle_user_and_takes_that_user() {
        let (crowd, mut doors) = crowd(9, 3);
        let arrival = Arrival { number: 7, at: Duration::from_secs(1) };
        assert_eq!(crowd.hand_over(0, arrival), Err(arrival));
        crowd.add_idle(0);
        assert_eq!(crowd.hand_over(0, arrival), Err(arrival), "one's own is no other's");
        crowd.add_idle(2);
        assert_eq!(crowd.hand_over(0, arrival), Ok(()));
        assert_eq!(crowd.hand_over(0, arrival), Err(arrival), "it is taken");
        assert_eq!(doors[2].try_recv(), Ok(arrival));
        assert!(crowd.take_idle(0) && !crowd.take_idle(0));
    }
}
