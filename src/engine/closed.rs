//! The closed model: a user starts its own iterations, in the windows of its schedule.
//!
//! | state | until | then |
//! |---|---|---|
//! | waiting | its window starts | starting, or running if it has started before |
//! | starting | `on_start` passed | running; after a failure it waits 1 s, doubling to 30 s, and tries again |
//! | running | the iteration ends | pausing; past its window by `graceful_ramp_down` it is cut: waiting |
//! | pausing | think time, pacing and the cap are over | running, or waiting where its window has ended |
//! | stopping | `on_stop` is done | done; entered after the last window, at a stop, by `stop: user`, and where the load has no iterations left |
//! | any | a stop is requested | stopping; a running iteration may go on for `graceful_stop` |
//!
//! A user whose next window starts before its grace is over is not cut: it goes on as if it had not been released.
//! `graceful_stop` counts from the end of the load, where a grace of ramping down ends, too.

use super::{
    actor::Shared,
    clock::Clock,
    stop::Stop,
    transport::Transports,
    user::{Life, Start, User},
};
use crate::{
    measure::Recorder,
    model::StageId,
    plan::{Quota, Stream, Task, UserRandom, Window, Workload},
};
use std::{
    cell::RefCell,
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What a user of the closed model still has to do.
pub(super) struct Agenda {
    quota: Quota,
    /// Iterations that all users of the workload have begun, where they share them.
    taken: Arc<AtomicU64>,
    /// Iterations that this user has begun.
    own: u64,
    tasks: UserRandom,
    /// Who counts what is left over; nothing where nothing can be.
    account: Option<Account>,
}

/// Counts what is left over when the time is.
struct Account {
    recorder: Rc<RefCell<Recorder>>,
    stop: Rc<Stop>,
    clock: Clock,
    end: Duration,
    stage: StageId,
}

impl Agenda {
    /// Of user `vu` of a workload whose iterations are counted in `taken`, where users share them.
    pub fn new(shared: &Shared, workload: &Workload, quota: Quota, vu: u64, taken: &Arc<AtomicU64>) -> Self {
        let end = workload.timeline.end();
        let account = (quota != Quota::Unlimited).then(|| Account {
            recorder: Rc::clone(&shared.recorder),
            stop: Rc::clone(&shared.stop),
            clock: shared.clock,
            end,
            stage: workload.timeline.stage_at(end),
        });
        let tasks = UserRandom::new(shared.plan.seed, vu, Stream::Tasks);
        Self { quota, taken: Arc::clone(taken), own: 0, tasks, account }
    }

    /// The task of one more iteration; nothing where there is none left.
    fn take<'w>(&mut self, workload: &'w Workload) -> Option<&'w Task> {
        let limit = match self.quota {
            Quota::Shared(limit) => {
                let number = self.taken.fetch_add(1, Ordering::Relaxed);
                return (number < limit).then(|| workload.task_of(number));
            }
            Quota::PerUser(limit) => limit,
            Quota::Unlimited => u64::MAX,
        };
        if self.own >= limit {
            return None;
        }
        self.own += 1;
        Some(workload.choose(&mut self.tasks))
    }

    /// Whether there is no iteration left to take.
    fn is_used_up(&self) -> bool {
        match self.quota {
            Quota::Unlimited => false,
            Quota::Shared(limit) => self.taken.load(Ordering::Relaxed) >= limit,
            Quota::PerUser(limit) => self.own >= limit,
        }
    }

    /// Iterations that nobody will begin any more. Of shared ones the first user to ask is told.
    fn left_over(&self) -> u64 {
        match self.quota {
            Quota::Unlimited => 0,
            Quota::Shared(limit) => limit.saturating_sub(self.taken.swap(limit, Ordering::Relaxed)),
            Quota::PerUser(limit) => limit.saturating_sub(self.own),
        }
    }
}

impl Drop for Agenda {
    /// However the user ended: iterations for which the time did not suffice are dropped ones.
    fn drop(&mut self) {
        let Some(account) = &self.account else { return };
        if account.stop.was_requested_before(account.end) || account.clock.now() < account.end {
            return;
        }
        let left_over = self.left_over();
        if left_over > 0 {
            account.recorder.borrow_mut().dropped(account.stage, left_over);
        }
    }
}

/// How long running iterations may go on.
#[derive(Debug, Clone, Copy)]
struct Grace {
    /// The end of the load.
    end: Duration,
    /// After the end of the load.
    stop: Duration,
    /// After the end of a window before that.
    ramp_down: Duration,
}

impl Grace {
    fn of(workload: &Workload) -> Self {
        let (stop, ramp_down) = (workload.graceful_stop, workload.graceful_ramp_down);
        Self { end: workload.timeline.end(), stop, ramp_down }
    }

    /// When what still runs after each window is cut.
    fn cuts(self, windows: &[Window]) -> Vec<Duration> {
        let last = self.end + self.stop;
        let mut cuts = vec![Duration::ZERO; windows.len()];
        for (index, window) in windows.iter().enumerate().rev() {
            let own = if window.end >= self.end { last } else { (window.end + self.ramp_down).min(last) };
            cuts[index] = match windows.get(index + 1) {
                Some(next) if next.start <= own => cuts[index + 1],
                _ => own,
            };
        }
        cuts
    }
}

impl<F: Transports> User<F> {
    /// Lives until its last window, a stop, or the last iteration that there is for it.
    pub async fn live(mut self, windows: Vec<Window>, mut agenda: Agenda) {
        let shared = self.actor.shared.clone();
        let workload = &shared.plan.workloads[self.workload];
        let cuts = Grace::of(workload).cuts(&windows);
        for (window, cut) in windows.into_iter().zip(cuts) {
            if !self.wait_until(window.start, false).await {
                break;
            }
            let _running = self.run();
            let work = pin!(self.run_window(workload, window, &mut agenda));
            if Self::until_cut(&shared, cut, workload.graceful_stop, work).await == Life::Ends {
                break;
            }
        }
        // What is left over is known now, however long the way out takes.
        drop(agenda);
        self.leave(workload).await;
    }

    async fn run_window(&mut self, workload: &Workload, window: Window, agenda: &mut Agenda) -> Life {
        let clock = self.actor.shared.clock;
        // When the next iteration is meant to start; what comes later than that is the generator's lateness.
        // An iteration of the window before may have taken until now.
        let mut ready = window.start.max(self.ended_at);
        if !self.started {
            if let Some(life) = self.start(workload, window.end, || {}).await {
                return life;
            }
            self.started = true;
            ready = if workload.on_start.is_empty() { ready } else { clock.now() };
        }
        // The same where `pacing` says so, which the target's response time counts from.
        let mut paced_for: Option<Duration> = None;
        while self.may_go_on(window.end) {
            if workload.max_rate.is_some() {
                let queued = clock.now();
                if !self.wait_for_turn(window.end, agenda).await {
                    continue;
                }
                ready = clock.now();
                // The cap is as it was asked for: what waits for it is not late.
                paced_for = paced_for.map(|due| due + ready.saturating_sub(queued));
            }
            let Some(task) = agenda.take(workload) else { return Life::Ends };
            let began = self.actor.look_at_clock();
            self.actor.late.set(paced_for.map_or(Duration::ZERO, |due| began.saturating_sub(due)));
            let start = Start { at: began, lag: began.saturating_sub(ready) };
            if self.iterate(task, start, || {}).await == Life::Ends {
                return Life::Ends;
            }
            let rest = self.rest(workload, task, began);
            paced_for = rest.paced_for;
            ready = rest.until;
            let is_over = rest.until <= self.ended_at;
            if !is_over && !self.wait_until(rest.until.min(window.end), rest.paced_for.is_some()).await {
                return Life::Ends;
            }
        }
        Life::GoesOn
    }

    /// Waits until the workload's cap lets one more iteration through, or there is none left that would need it;
    /// `false` where the time is over before.
    async fn wait_for_turn(&self, end: Duration, agenda: &Agenda) -> bool {
        let shared = &self.actor.shared;
        let _first = tokio::select! {
            biased;
            () = shared.stop.requested() => return false,
            first = shared.queues[self.workload].lock() => first,
        };
        // Whoever comes to the head of the queue may have waited there for long.
        while self.may_go_on(end) {
            if agenda.is_used_up() {
                return true;
            }
            match shared.common.caps.take(self.workload, shared.clock) {
                Ok(()) => return true,
                Err(at) => self.wait_until(at.min(end), at < end).await,
            };
        }
        false
    }
}

/// A pause between two iterations.
pub(super) struct Rest {
    /// When it is over.
    pub until: Duration,
    /// When the next iteration was meant to start, where `pacing` says so: it may be over already.
    paced_for: Option<Duration>,
}

impl<F: Transports> User<F> {
    /// The pause after the last iteration, which was of `task` and began at `began`.
    pub fn rest(&self, workload: &Workload, task: &Task, began: Duration) -> Rest {
        let pause = self.actor.pause(task.think_time);
        let think = self.ended_at + pause;
        let Some(pacing) = workload.pacing else { return Rest { until: think, paced_for: None } };
        let paced = began + self.actor.pause(pacing);
        let paced_for = if pause.is_zero() { paced } else { paced.max(think) };
        Rest { until: think.max(paced), paced_for: Some(paced_for) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::UserSchedule;

    const SECOND: Duration = Duration::from_secs(1);

    /// The cuts of each user's windows, in seconds.
    fn cuts(schedule: &UserSchedule, stop: u32, ramp_down: u32) -> Vec<Vec<u64>> {
        let grace = Grace { end: schedule.end(), stop: SECOND * stop, ramp_down: SECOND * ramp_down };
        let of = |user| grace.cuts(&schedule.windows(user)).iter().map(Duration::as_secs).collect();
        (1..=schedule.most_users()).map(of).collect()
    }

    #[test]
    fn a_released_user_is_cut_after_its_grace_and_at_the_latest_with_the_load() {
        let down = UserSchedule::new(Duration::ZERO, 2, [(SECOND * 10, 2), (SECOND * 10, 0)]);
        // User 2 is released at 15 s, user 1 at the end.
        assert_eq!(cuts(&down, 3, 4), [[23], [19]]);
        assert_eq!(cuts(&down, 3, 60), [[23], [23]]);
    }

    #[test]
    fn a_user_that_is_wanted_again_within_its_grace_is_not_cut() {
        let (jump, hold) = (Duration::ZERO, SECOND * 10);
        let stages = [(hold, 1), (jump, 0), (hold, 0), (jump, 1), (hold, 1)];
        let waves = UserSchedule::new(Duration::ZERO, 1, stages);
        assert_eq!(cuts(&waves, 5, 9), [[19, 35]]);
        assert_eq!(cuts(&waves, 5, 10), [[35, 35]]);
    }
}
