//! A worker's own recorder: no lock, no message and, once a series exists, no allocation per sample.

use super::{
    key::{CheckKey, GroupKey, IterationKey, RequestKey},
    observations::Observations,
};
use crate::model::{
    Catalog, CheckId, ConnectionUse, ErrorKind, FailureKind, FailureSite, GroupId, IterationEnd, PhaseTimes,
    StageId, WorkloadId,
};
use std::{mem, time::Duration};

/// One finished request.
#[derive(Debug, Clone, Copy)]
pub struct RequestObservation {
    /// The series it belongs to.
    pub key: RequestKey,
    /// From the first byte sent to the last received; connection set-up left out.
    pub service_time: Duration,
    /// From the intended start to the last byte received.
    pub response_time: Duration,
    /// When it ended, from the start of the run.
    pub ended_at: Duration,
    /// Bytes sent on the wire.
    pub sent_bytes: u64,
    /// Bytes received on the wire.
    pub received_bytes: u64,
    /// What its time went to: the phases that were completed.
    pub phases: PhaseTimes,
    /// The connection it was sent on.
    pub connection: ConnectionUse,
    /// The trace id of its `traceparent`, where it had one.
    pub trace_id: Option<u128>,
}

impl RequestObservation {
    /// Whether it has a duration. One without a response has none, so that refusals cannot pull percentiles down, except
    /// a timeout: it counts with the time it waited.
    pub fn is_timed(&self) -> bool {
        matches!(self.key.error, None | Some(ErrorKind::Timeout))
    }
}

/// What one worker saw in an interval.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// What counts.
    pub counted: Observations,
    /// What began in a stage that is warm-up; nothing where no stage is.
    pub warm_up: Option<Observations>,
}

impl Recorded {
    /// Nothing seen yet of what `catalog` lists.
    pub fn new(catalog: &Catalog) -> Self {
        let warms_up = catalog.stages.iter().any(|stage| stage.warm_up);
        Self { counted: Observations::new(catalog), warm_up: warms_up.then(|| Observations::new(catalog)) }
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.warm_up.as_ref().is_none_or(Observations::is_empty)
    }

    /// Adds all that `other` saw.
    pub fn merge(&mut self, other: &Self) {
        self.counted.merge(&other.counted);
        if let (Some(mine), Some(theirs)) = (&mut self.warm_up, &other.warm_up) {
            mine.merge(theirs);
        }
    }

    /// All of it, whether it counts or not.
    pub fn whole(mut self) -> Observations {
        if let Some(warm_up) = &self.warm_up {
            self.counted.merge(warm_up);
        }
        self.counted
    }

    /// Forgets what was seen and keeps the memory for the next interval.
    pub fn clear(&mut self) {
        self.counted.clear();
        if let Some(warm_up) = &mut self.warm_up {
            warm_up.clear();
        }
    }
}

/// Records what one worker sees.
#[derive(Debug)]
pub struct Recorder {
    current: Box<Recorded>,
    /// Whether a stage is warm-up, by `StageId`; empty where none is.
    is_warm_up: Vec<bool>,
}

impl Recorder {
    /// A recorder for what `catalog` lists.
    pub fn new(catalog: &Catalog) -> Self {
        let current = Box::new(Recorded::new(catalog));
        let is_warm_up = match current.warm_up {
            Some(_) => catalog.stages.iter().map(|stage| stage.warm_up).collect(),
            None => Vec::new(),
        };
        Self { current, is_warm_up }
    }

    /// Takes what was seen so far and goes on in `next`, which must be empty.
    pub fn swap(&mut self, next: Box<Recorded>) -> Box<Recorded> {
        mem::replace(&mut self.current, next)
    }

    /// Where what began in this stage is counted.
    fn of(&mut self, stage: StageId) -> &mut Observations {
        let Recorded { counted, warm_up } = &mut *self.current;
        match warm_up {
            Some(warm_up) if self.is_warm_up.get(stage.0 as usize) == Some(&true) => warm_up,
            _ => counted,
        }
    }

    /// Counts a request, with its duration where it has one. Its phases count as far as they went.
    pub fn request(&mut self, seen: &RequestObservation) {
        let observations = self.of(seen.key.stage);
        observations.note_request(seen);
        let stats = observations.request_stats(seen.key);
        stats.count += 1;
        stats.sent_bytes += seen.sent_bytes;
        stats.received_bytes += seen.received_bytes;
        if seen.is_timed() {
            stats.duration.record(seen.service_time);
            stats.response_time.record(seen.response_time);
        }
        stats.phases.record(&seen.phases);
    }

    /// Counts a check's result.
    pub fn check(&mut self, check: CheckId, stage: StageId, held: bool) {
        let tally = self.of(stage).check_tally(CheckKey { check, stage });
        if held {
            tally.passes += 1;
        } else {
            tally.fails += 1;
        }
    }

    /// Counts an iteration that began by `lag` after it was meant to, and its duration if it completed.
    pub fn iteration(&mut self, key: IterationKey, lag: Duration, duration: Duration) {
        let stats = self.of(key.stage).iteration_stats(key);
        stats.count += 1;
        stats.lag.record(lag);
        if key.end == IterationEnd::Completed {
            stats.duration.record(duration);
        }
    }

    /// Counts iterations that were meant to start in this stage and did not.
    pub fn dropped(&mut self, stage: StageId, count: u64) {
        self.of(stage).count_dropped(stage, count);
    }

    /// Notes that of the dropped ones so many were due, and nobody had got round to them when the load ended.
    pub fn overdue(&mut self, stage: StageId, count: u64) {
        self.of(stage).count_overdue(stage, count);
    }

    /// Notes that of the dropped ones so many found no user.
    pub fn without_user(&mut self, stage: StageId, count: u64) {
        self.of(stage).count_without_user(stage, count);
    }

    /// Counts a group of steps that ran to its end, and its duration.
    pub fn group(&mut self, group: GroupId, stage: StageId, duration: Duration) {
        let stats = self.of(stage).group_stats(GroupKey { group, stage });
        stats.count += 1;
        stats.duration.record(duration);
    }

    /// Counts a failure of something that began in this stage; `sample` is called only for the first of its kind
    /// in an interval.
    pub fn failure(
        &mut self,
        stage: StageId,
        site: FailureSite,
        kind: FailureKind,
        at: Duration,
        sample: impl FnOnce() -> String,
    ) {
        self.of(stage).count_failure(site, kind, at, sample);
    }

    /// Counts a failed attempt at `on_start`.
    pub fn user_start_failure(&mut self, workload: WorkloadId, stage: StageId) {
        self.of(stage).count_user_start_failure(workload);
    }
}
