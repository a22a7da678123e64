//! A worker's own recorder: no lock, no message and, once a series exists, no allocation per sample.

use super::{
    key::{CheckKey, GroupKey, IterationKey, RequestKey},
    observations::Observations,
};
use crate::model::{
    Catalog, CheckId, ErrorKind, FailureKind, FailureSite, GroupId, IterationEnd, StageId, TaskId, WorkloadId,
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
    /// Bytes of its body.
    pub sent_bytes: u64,
    /// Bytes of the response's body.
    pub received_bytes: u64,
}

/// Records what one worker sees.
#[derive(Debug)]
pub struct Recorder {
    current: Box<Observations>,
}

impl Recorder {
    /// A recorder for what `catalog` lists.
    pub fn new(catalog: &Catalog) -> Self {
        Self { current: Box::new(Observations::new(catalog)) }
    }

    /// Takes the observations so far and goes on in `next`, which must be empty.
    pub fn swap(&mut self, next: Box<Observations>) -> Box<Observations> {
        mem::replace(&mut self.current, next)
    }

    /// Counts a request. One without a response has no duration, so that refusals cannot pull percentiles
    /// down, except a timeout: it counts with the time it waited.
    pub fn request(&mut self, seen: &RequestObservation) {
        let stats = self.current.request_stats(seen.key);
        stats.count += 1;
        stats.sent_bytes += seen.sent_bytes;
        stats.received_bytes += seen.received_bytes;
        if matches!(seen.key.error, None | Some(ErrorKind::Timeout)) {
            stats.duration.record(seen.service_time);
            stats.response_time.record(seen.response_time);
        }
    }

    /// Counts a check's result.
    pub fn check(&mut self, check: CheckId, stage: StageId, held: bool) {
        let tally = self.current.check_tally(CheckKey { check, stage });
        if held {
            tally.passes += 1;
        } else {
            tally.fails += 1;
        }
    }

    /// Counts an iteration, and its duration if it completed.
    pub fn iteration(&mut self, task: TaskId, stage: StageId, end: IterationEnd, duration: Duration) {
        let stats = self.current.iteration_stats(IterationKey { task, stage, end });
        stats.count += 1;
        if end == IterationEnd::Completed {
            stats.duration.record(duration);
        }
    }

    /// Counts a group of steps that ran to its end, and its duration.
    pub fn group(&mut self, group: GroupId, stage: StageId, duration: Duration) {
        let stats = self.current.group_stats(GroupKey { group, stage });
        stats.count += 1;
        stats.duration.record(duration);
    }

    /// Counts a failure; `sample` is called only for the first of its kind in an interval.
    pub fn failure(
        &mut self,
        site: FailureSite,
        kind: FailureKind,
        at: Duration,
        sample: impl FnOnce() -> String,
    ) {
        self.current.count_failure(site, kind, at, sample);
    }

    /// Counts a failed attempt at `on_start`.
    pub fn user_start_failure(&mut self, workload: WorkloadId) {
        self.current.count_user_start_failure(workload);
    }
}
