//! Merges what the workers hand over once a second into the whole run and its series.

use super::{
    observations::Observations,
    recorder::Recorded,
    series::{Point, Series},
    snapshot::{Gauge, Snapshot},
};
use crate::model::Catalog;
use std::{collections::BTreeMap, time::Duration};

/// What one worker saw in one interval.
#[derive(Debug)]
pub struct Delta {
    /// Which worker.
    pub worker: usize,
    /// Number of the interval, from 0.
    pub interval: u64,
    /// What it saw.
    pub recorded: Box<Recorded>,
    /// Its users that were running at its end; where the load ended in it, the most at once.
    pub running_users: u64,
    /// Its users that it had made by then.
    pub made_users: u64,
    /// Whether this is the worker's last one.
    pub last: bool,
}

/// An interval of which not every worker has reported yet.
#[derive(Debug, Default)]
struct Pending {
    observations: Observations,
    running_users: u64,
    /// Whether any worker was still at work when it ended.
    ticked: bool,
}

/// Puts the workers' intervals together.
#[derive(Debug)]
pub struct Collector {
    catalog: Catalog,
    interval: Duration,
    /// The interval that each worker has reported up to.
    reported: Vec<Option<u64>>,
    pending: BTreeMap<u64, Pending>,
    total: Observations,
    /// What began in stages that are warm-up.
    warm_up: Option<Observations>,
    series: Series,
    vus: Option<Gauge>,
    made_users: Vec<u64>,
}

impl Collector {
    /// A collector for this many workers that report once an `interval`.
    pub fn new(catalog: &Catalog, workers: usize, interval: Duration) -> Self {
        Self {
            catalog: catalog.clone(),
            interval,
            reported: vec![None; workers],
            pending: BTreeMap::new(),
            total: Observations::new(catalog),
            warm_up: Recorded::new(catalog).warm_up,
            series: Series::new(interval),
            vus: None,
            made_users: vec![0; workers],
        }
    }

    /// Takes over a worker's interval and gives the emptied observations back for reuse.
    ///
    /// Intervals that every worker has reported, or passed over because it was stalled, are closed in order;
    /// returns the last point so closed.
    pub fn accept(&mut self, delta: Delta) -> (Option<Point>, Box<Recorded>) {
        let Delta { worker, interval, mut recorded, running_users, made_users, last } = delta;
        self.total.merge(&recorded.counted);
        if let (Some(all), Some(seen)) = (&mut self.warm_up, &recorded.warm_up) {
            all.merge(seen);
        }
        self.made_users[worker] = made_users;
        self.reported[worker] = Some(if last { u64::MAX } else { interval });
        let pending = self.pending.entry(interval).or_insert_with(|| Pending {
            observations: Observations::new(&self.catalog),
            ..Pending::default()
        });
        for seen in [Some(&recorded.counted), recorded.warm_up.as_ref()].into_iter().flatten() {
            pending.observations.merge(seen);
        }
        pending.running_users += running_users;
        pending.ticked |= !last;
        recorded.clear();
        let everyone_reached = self.reported.iter().min().copied().flatten();
        (everyone_reached.and_then(|reached| self.close_up_to(reached)), recorded)
    }

    /// Closes what is still open: at the end of the run.
    pub fn finish(&mut self) {
        self.close_up_to(u64::MAX);
    }

    fn close_up_to(&mut self, reached: u64) -> Option<Point> {
        let mut closed = None;
        while let Some(interval) = self.pending.first_key_value().map(|(interval, _)| *interval)
            && interval <= reached
        {
            closed = self.close(interval);
        }
        closed
    }

    fn close(&mut self, interval: u64) -> Option<Point> {
        let pending = self.pending.remove(&interval)?;
        if !pending.ticked && pending.observations.is_empty() && interval > 0 {
            // The workers went home just as it began: there was no such interval.
            return None;
        }
        let start = self.interval * u32::try_from(interval).unwrap_or(u32::MAX);
        let point = Point::new(start, pending.running_users, &pending.observations);
        let level = pending.running_users;
        let gauge = self.vus.get_or_insert(Gauge { value: level, min: level, max: level });
        *gauge = Gauge { value: level, min: gauge.min.min(level), max: gauge.max.max(level) };
        self.series.push(point.clone());
        Some(point)
    }

    /// What is known so far.
    pub fn snapshot(&self, elapsed: Duration) -> Snapshot {
        Snapshot {
            elapsed,
            counted: elapsed.saturating_sub(self.catalog.warm_up_before(elapsed)),
            total: self.total.clone(),
            warm_up: self.warm_up.clone(),
            series: self.series.clone(),
            vus: self.vus,
            vus_max: self.made_users.iter().sum(),
        }
    }

    /// The merged observations so far, without copying them.
    pub fn total(&self) -> &Observations {
        &self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::{GroupKey, Recorder, RequestKey, RequestObservation},
        model::{
            ConnectionUse, FailureKind, FailureSite, GroupId, Percent, PhaseTimes, Protocol, RequestId,
            RequestMeta, StageId, TaskId, WorkloadMeta,
        },
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn catalog() -> Catalog {
        let request = RequestMeta {
            name: "r".into(),
            method: "GET".into(),
            task: TaskId(0),
            group: None,
            tags: vec![],
        };
        let workload = WorkloadMeta { name: "default".into(), is_open: false };
        Catalog { requests: vec![request], workloads: vec![workload], ..Catalog::default() }
    }

    fn seen(status: u16, millis: u64) -> RequestObservation {
        RequestObservation {
            key: RequestKey {
                request: RequestId(0),
                stage: StageId(0),
                status,
                error: None,
                protocol: Some(Protocol::Http11),
                failed: status >= 400,
            },
            service_time: Duration::from_millis(millis),
            response_time: Duration::from_millis(millis),
            ended_at: Duration::ZERO,
            sent_bytes: 0,
            received_bytes: 10,
            phases: PhaseTimes::default(),
            connection: ConnectionUse::default(),
            trace_id: None,
        }
    }

    fn delta(worker: usize, interval: u64, seen: &[RequestObservation], last: bool) -> Delta {
        let catalog = catalog();
        let mut recorder = Recorder::new(&catalog);
        seen.iter().for_each(|seen| recorder.request(seen));
        let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
        Delta { worker, interval, recorded, running_users: 5, made_users: 5, last }
    }

    #[test]
    fn a_point_waits_for_every_worker_and_a_stalled_one_leaves_no_hole_in_the_order() {
        let mut collector = Collector::new(&catalog(), 2, SECOND);
        assert!(collector.accept(delta(0, 0, &[seen(200, 5)], false)).0.is_none());
        let point = collector.accept(delta(1, 0, &[seen(500, 9)], false)).0.expect("both reported");
        assert_eq!((point.requests, point.failed_requests, point.vus), (2, 1, 10));
        // Worker 0 goes on while worker 1 is stalled through intervals 1 and 2.
        assert!(collector.accept(delta(0, 1, &[seen(200, 5)], false)).0.is_none());
        assert!(collector.accept(delta(0, 2, &[seen(200, 5)], false)).0.is_none());
        assert!(collector.accept(delta(0, 3, &[], true)).0.is_none());
        collector.accept(delta(1, 3, &[seen(200, 5)], true));
        let snapshot = collector.snapshot(SECOND * 4);
        let starts: Vec<u64> = snapshot.series.points().iter().map(|point| point.start.as_secs()).collect();
        assert_eq!(starts, [0, 1, 2, 3]);
        assert_eq!(snapshot.total.requests().map(|(_, stats)| stats.count).sum::<u64>(), 5);
        assert_eq!((snapshot.vus_max, snapshot.vus.map(|vus| vus.max)), (10, Some(10)));
    }

    #[test]
    fn reused_observations_start_empty() {
        let mut collector = Collector::new(&catalog(), 1, SECOND);
        let (_, spare) = collector.accept(delta(0, 0, &[seen(200, 5), seen(404, 5)], false));
        assert_eq!(spare.counted.requests().count(), 0);
        let next =
            Delta { worker: 0, interval: 1, recorded: spare, running_users: 1, made_users: 5, last: false };
        let point = collector.accept(next).0.expect("the only worker");
        assert_eq!((point.requests, point.duration.percentile(Percent::whole(95))), (0, None));
    }

    #[test]
    fn groups_and_failures_of_all_workers_come_together_and_are_forgotten_after() {
        let catalog = catalog();
        let mut collector = Collector::new(&catalog, 2, SECOND);
        let (group, stage) = (GroupId(0), StageId(0));
        for worker in 0..2 {
            let mut recorder = Recorder::new(&catalog);
            (1..=3).for_each(|ms| recorder.group(group, stage, Duration::from_millis(ms)));
            for site in [FailureSite::Request(RequestId(0)), FailureSite::Task(TaskId(0))] {
                let at = SECOND * (2 - worker as u32);
                recorder.failure(stage, site, FailureKind::Template, at, || format!("of {worker}"));
            }
            let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
            let (running_users, made_users) = (1, 1);
            let delta = Delta { worker, interval: 0, recorded, running_users, made_users, last: false };
            let (_, spare) = collector.accept(delta);
            assert!(spare.counted.is_empty());
        }
        let total = collector.snapshot(SECOND).total;
        let groups: Vec<_> = total.groups().map(|(key, stats)| (*key, stats.count)).collect();
        assert_eq!(groups, [(GroupKey { group, stage }, 6)]);
        let duration = total.groups().next().and_then(|(_, stats)| stats.duration.max());
        assert_eq!(duration, Some(Duration::from_millis(3)));
        let failures: Vec<_> =
            total.failures().map(|(site, _, seen)| (site, seen.count, seen.sample.as_str())).collect();
        assert_eq!(
            failures,
            [(FailureSite::Request(RequestId(0)), 2, "of 1"), (FailureSite::Task(TaskId(0)), 2, "of 1")]
        );
    }

    #[test]
    fn statuses_without_end_are_folded_and_counted() {
        let catalog = catalog();
        let mut recorder = Recorder::new(&catalog);
        for stage in 0..21 {
            for status in 100..600 {
                let seen = seen(status, 1);
                let key = RequestKey { stage: StageId(stage), ..seen.key };
                recorder.request(&RequestObservation { key, ..seen });
            }
        }
        let seen = recorder.swap(Box::default()).counted;
        assert_eq!(seen.requests().map(|(_, stats)| stats.count).sum::<u64>(), 10_500);
        assert_eq!(seen.folded(), 500);
        assert!(seen.requests().count() <= 10_000 + 60);
    }
}
