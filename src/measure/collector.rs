//! Merges what the workers hand over once a second into the whole run and its series.

use super::{
    observations::Observations,
    recorder::Recorded,
    series::{Point, Series, within},
    snapshot::{Gauge, Snapshot},
    so_far::SoFar,
    vitals::{Vitals, VitalsSecond},
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

/// What all workers saw in an interval that is over.
#[derive(Debug, Clone, Default)]
pub struct Interval {
    /// Its number, from 0.
    pub number: u64,
    /// What was seen, what began in the warm-up apart.
    pub recorded: Recorded,
    /// Users that were running at its end; where the load ended in it, the most at once.
    pub running_users: u64,
    /// Users made by its end.
    pub made_users: u64,
    /// Whether any worker was still at work when it ended.
    pub ticked: bool,
    /// Whether the load was being ended before its time.
    pub ending: bool,
    /// How many intervals before it are part of it.
    pub joined: u64,
    /// How many intervals before those nobody reported, since the whole generator stood still: what was seen in them is
    /// part of it, too.
    pub missed: u64,
    /// When it ended, in whole milliseconds from the start of the run, where that was before its time, with the load.
    pub ended_at: Option<Duration>,
    /// What the generator saw of itself meanwhile.
    pub vitals: VitalsSecond,
}

impl Interval {
    /// Adds what another generator saw in the same interval. The load is being ended where that of all of them is: an
    /// interval in which nothing was seen, `ending`, changes nothing of another.
    pub fn merge(&mut self, other: &Self) {
        self.recorded.merge(&other.recorded);
        self.vitals.join(&other.vitals);
        self.ending &= other.ending;
        self.joined = self.joined.max(other.joined);
        self.ended_at = self.ended_at.zip(other.ended_at).map(|(mine, theirs)| mine.max(theirs));
        self.running_users += other.running_users;
        self.made_users += other.made_users;
        self.ticked |= other.ticked;
    }

    /// Appends the interval that follows this one, as if all of it had been seen in that.
    pub fn absorb(&mut self, next: &Self) {
        self.recorded.merge(&next.recorded);
        self.vitals.absorb(&next.vitals);
        self.ending |= next.ending;
        self.joined += next.number.saturating_sub(self.number);
        (self.number, self.running_users) = (next.number, next.running_users);
        self.ended_at = next.ended_at;
        (self.made_users, self.ticked) = (next.made_users, next.ticked);
    }

    /// The number of the first interval that was joined into it.
    pub fn first_joined(&self) -> u64 {
        self.number.saturating_sub(self.joined)
    }

    /// When it began, from the start of the run, where intervals have this length: when the first did of those that are
    /// part of it.
    pub fn start(&self, length: Duration) -> Duration {
        length * whole(self.first_joined().saturating_sub(self.missed))
    }

    /// How much time it covers, where intervals have this length: more than that where others are part of it, less where
    /// the load ended within it, and never nothing.
    pub fn span(&self, length: Duration) -> Duration {
        let others = self.joined.saturating_add(self.missed);
        let span = length.saturating_mul(whole(others.saturating_add(1)));
        self.ended_at.map_or(span, |end| within(self.start(length), span, end))
    }

    /// Has it end with the load, where that was over before its time.
    pub fn end_with_load(&mut self, at: Duration, length: Duration) {
        if at < self.start(length) + self.span(length) {
            self.ended_at = Some(Duration::from_millis(at.as_millis() as u64));
        }
    }

    /// The point that it is in the series of intervals of this length.
    pub fn point(&self, length: Duration) -> Point {
        let (start, span) = (self.start(length), self.span(length));
        Point { vitals: self.vitals.clone(), span, ..Point::new(start, self.running_users, &self.recorded) }
    }
}

fn whole(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Puts the workers' intervals together.
#[derive(Debug)]
pub struct Collector {
    catalog: Catalog,
    interval: Duration,
    /// The interval that each worker has reported up to.
    reported: Vec<Option<u64>>,
    pending: BTreeMap<u64, Interval>,
    /// The interval behind the last that was closed.
    next: u64,
    total: Observations,
    /// What began in stages that are warm-up.
    warm_up: Option<Observations>,
    series: Series,
    vus: Option<Gauge>,
    made_users: Vec<u64>,
    vitals: Vitals,
    /// When the load was ended, where that was before its time.
    stopped_at: Option<Duration>,
}

impl Collector {
    /// A collector for this many workers that report once an `interval`.
    pub fn new(catalog: &Catalog, workers: usize, interval: Duration) -> Self {
        Self {
            catalog: catalog.clone(),
            interval,
            reported: vec![None; workers],
            pending: BTreeMap::new(),
            next: 0,
            total: Observations::new(catalog),
            warm_up: Recorded::new(catalog).warm_up,
            series: Series::new(interval),
            vus: None,
            made_users: vec![0; workers],
            vitals: Vitals::default(),
            stopped_at: None,
        }
    }

    /// Takes over a worker's interval and gives the emptied observations back for reuse.
    ///
    /// Intervals that every worker has reported, or passed over because it was stalled, are closed in order and
    /// returned.
    pub fn accept(&mut self, delta: Delta) -> (Vec<Interval>, Box<Recorded>) {
        let Delta { worker, interval, mut recorded, running_users, made_users, last } = delta;
        self.count(&recorded);
        self.made_users[worker] = made_users;
        self.reported[worker] = Some(if last { u64::MAX } else { interval });
        let pending = self.pending(interval);
        pending.recorded.merge(&recorded);
        pending.running_users += running_users;
        pending.ticked |= !last;
        recorded.clear();
        let everyone_reached = self.reported.iter().min().copied().flatten();
        (everyone_reached.map_or_else(Vec::new, |reached| self.close_up_to(reached)), recorded)
    }

    /// Takes over what the generator saw of itself in an interval that is not closed yet.
    pub fn accept_vitals(&mut self, interval: u64, seen: &VitalsSecond) {
        self.pending(interval).vitals.absorb(seen);
    }

    fn pending(&mut self, number: u64) -> &mut Interval {
        let catalog = &self.catalog;
        self.pending.entry(number).or_insert_with(|| Interval {
            number,
            recorded: Recorded::new(catalog),
            ..Interval::default()
        })
    }

    /// Takes over an interval that another collector closed, of a run on as many workers.
    pub fn replay(&mut self, interval: &Interval) {
        self.count(&interval.recorded);
        if interval.ending && self.stopped_at.is_none() {
            // To the second; the end of a journal has it exactly.
            self.stopped_at = Some(self.interval * u32::try_from(interval.number).unwrap_or(u32::MAX));
        }
        if let Some(made) = self.made_users.first_mut() {
            *made = (*made).max(interval.made_users);
        }
        self.chart(interval);
    }

    /// Whether every worker has handed over its last interval.
    pub fn is_over(&self) -> bool {
        self.reported.iter().all(|reported| *reported == Some(u64::MAX))
    }

    /// Closes what is still open, and returns it: at the end of the run.
    pub fn finish(&mut self) -> Vec<Interval> {
        self.close_up_to(u64::MAX)
    }

    fn count(&mut self, seen: &Recorded) {
        self.total.merge(&seen.counted);
        if let (Some(all), Some(seen)) = (&mut self.warm_up, &seen.warm_up) {
            all.merge(seen);
        }
    }

    fn close_up_to(&mut self, reached: u64) -> Vec<Interval> {
        let mut closed = Vec::new();
        while let Some(entry) = self.pending.first_entry()
            && *entry.key() <= reached
        {
            let mut interval = entry.remove();
            interval.made_users = self.made_users.iter().sum();
            if !interval.ticked && interval.recorded.is_empty() && interval.number > 0 {
                // The workers went home just as it began: there was no such interval.
                continue;
            }
            interval.missed = interval.number.saturating_sub(self.next);
            self.next = interval.number + 1;
            self.chart(&interval);
            closed.push(interval);
        }
        closed
    }

    fn chart(&mut self, interval: &Interval) {
        let level = interval.running_users;
        let gauge = self.vus.get_or_insert(Gauge { value: level, min: level, max: level });
        *gauge = Gauge { value: level, min: gauge.min.min(level), max: gauge.max.max(level) };
        self.series.push(interval.point(self.interval));
        self.vitals.add(&interval.vitals);
    }

    /// The load was ended before its time, so long after the start of the run.
    pub fn end_load(&mut self, at: Duration) {
        self.stopped_at = Some(at);
    }

    /// What is known so far.
    pub fn snapshot(&self, elapsed: Duration) -> Snapshot {
        let SoFar { load_end, counted, vus, vus_max, .. } = self.so_far(elapsed);
        Snapshot {
            elapsed,
            load_end,
            counted,
            total: self.total.clone(),
            warm_up: self.warm_up.clone(),
            series: self.series.clone(),
            vus,
            vus_max,
            vitals: self.vitals.clone(),
        }
    }

    /// The same without copying it.
    pub fn so_far(&self, elapsed: Duration) -> SoFar<'_> {
        let load_end = self.catalog.load_end_within(elapsed, self.stopped_at, self.total.last_began());
        SoFar {
            elapsed,
            load_end,
            counted: load_end.saturating_sub(self.catalog.warm_up_before(load_end)),
            total: &self.total,
            vus: self.vus,
            vus_max: self.made_users.iter().sum(),
            vitals: &self.vitals,
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
            RequestMeta, StageId, StageMeta, TaskId, WorkloadId, WorkloadMeta,
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
        assert!(collector.accept(delta(0, 0, &[seen(200, 5)], false)).0.is_empty());
        let closed = collector.accept(delta(1, 0, &[seen(500, 9)], false)).0;
        let point = closed[0].point(SECOND);
        assert_eq!((point.requests, point.failed_requests, point.vus), (2, 1, 10));
        // Worker 0 goes on while worker 1 is stalled through intervals 1 and 2.
        assert!(collector.accept(delta(0, 1, &[seen(200, 5)], false)).0.is_empty());
        assert!(collector.accept(delta(0, 2, &[seen(200, 5)], false)).0.is_empty());
        assert!(collector.accept(delta(0, 3, &[], true)).0.is_empty());
        collector.accept(delta(1, 3, &[seen(200, 5)], true));
        let snapshot = collector.snapshot(SECOND * 4);
        let starts: Vec<u64> = snapshot.series.points().iter().map(|point| point.start.as_secs()).collect();
        assert_eq!(starts, [0, 1, 2, 3]);
        assert_eq!(snapshot.total.requests().map(|(_, stats)| stats.count).sum::<u64>(), 5);
        assert_eq!((snapshot.vus_max, snapshot.vus.map(|vus| vus.max)), (10, Some(10)));
    }

    #[test]
    fn what_the_generator_saw_of_itself_goes_with_its_interval_and_is_the_same_when_replayed() {
        let (mut collector, mut again) =
            (Collector::new(&catalog(), 2, SECOND), Collector::new(&catalog(), 2, SECOND));
        let saw = |process: u64| VitalsSecond {
            span: SECOND,
            process: Some(Duration::from_millis(process)),
            least_busy_permille: Some(1_000),
            ..VitalsSecond::default()
        };
        let mut closed = Vec::new();
        for interval in 0..3 {
            collector.accept_vitals(interval, &saw(100 * interval));
            for worker in 0..2 {
                closed.extend(collector.accept(delta(worker, interval, &[], false)).0);
            }
        }
        closed.iter().for_each(|interval| again.replay(interval));
        let (seen, replayed) = (collector.snapshot(SECOND * 3), again.snapshot(SECOND * 3));
        assert_eq!(seen.vitals, replayed.vitals);
        assert_eq!((seen.vitals.whole.process, seen.vitals.full_for), (saw(300).process, SECOND * 3));
        let points = seen.series.points().iter().map(|point| point.vitals.cores_used());
        assert_eq!(points.collect::<Vec<_>>(), [Some(0.0), Some(0.1), Some(0.2)]);
    }

    #[test]
    fn intervals_that_nobody_reported_are_part_of_the_next_one_and_the_same_when_replayed() {
        let (mut collector, mut again) =
            (Collector::new(&catalog(), 2, SECOND), Collector::new(&catalog(), 2, SECOND));
        let mut closed = Vec::new();
        // All of them stood still from the second interval on until the tenth.
        for (interval, last) in [(0, false), (1, false), (9, false), (10, true)] {
            for worker in 0..2 {
                assert!(!collector.is_over());
                closed.extend(collector.accept(delta(worker, interval, &[seen(200, 5)], last)).0);
            }
        }
        assert!(collector.is_over());
        closed.iter().for_each(|interval| again.replay(interval));
        let spans: Vec<(u64, u64)> = (closed.iter())
            .map(|interval| (interval.start(SECOND).as_secs(), interval.span(SECOND).as_secs()))
            .collect();
        assert_eq!(spans, [(0, 1), (1, 1), (2, 8), (10, 1)]);
        let (live, replayed) = (collector.snapshot(SECOND * 11), again.snapshot(SECOND * 11));
        assert_eq!(live.series.points(), replayed.series.points());
        let points: Vec<(u64, u64)> = (live.series.points().iter())
            .map(|point| (point.start.as_secs(), point.span.as_secs()))
            .collect();
        assert_eq!(points, spans);
    }

    /// What a generator saw in an interval of which nothing matters but how its load stood.
    fn interval(number: u64, ending: bool, statuses: &[u16]) -> Interval {
        let mut collector = Collector::new(&catalog(), 1, SECOND);
        let requests: Vec<_> = statuses.iter().map(|status| seen(*status, 5)).collect();
        let mut closed = collector.accept(delta(0, number, &requests, false)).0;
        Interval { ending, ..closed.remove(0) }
    }

    #[test]
    fn a_joined_load_is_ending_where_that_of_all_is_in_whatever_order() {
        let joined = |parts: &[&Interval]| {
            let nothing = Interval { ending: true, number: 3, ..interval(3, true, &[]) };
            let empty = Interval { running_users: 0, made_users: 0, ticked: false, ..nothing };
            parts.iter().fold(empty, |mut all, part| {
                all.merge(part);
                all
            })
        };
        let told = |interval: &Interval| (interval.ending, interval.ticked, interval.point(SECOND));
        let [a, b] = [interval(3, true, &[200]), interval(3, true, &[500, 200])];
        let c = interval(3, false, &[404]);
        assert_eq!(joined(&[&a]).ending, a.ending, "nothing added to one is that one");
        assert_eq!(joined(&[&c]).ending, c.ending);
        assert!(joined(&[&a, &b]).ending);
        for parts in [[&a, &b, &c], [&c, &a, &b], [&b, &c, &a]] {
            assert_eq!(told(&joined(&parts)), told(&joined(&[&a, &b, &c])));
            assert!(!joined(&parts).ending, "one goes on");
        }
        let (mut left, mut right, mut bc) = (a.clone(), a.clone(), b.clone());
        left.merge(&b);
        left.merge(&c);
        bc.merge(&c);
        right.merge(&bc);
        assert_eq!(told(&left), told(&right), "(a + b) + c and a + (b + c)");
    }

    #[test]
    fn rates_of_a_run_that_was_ended_early_are_of_the_time_that_it_ran() {
        let stage = StageMeta {
            name: "1".into(),
            workload: WorkloadId(0),
            start_ms: 0,
            end_ms: 60_000,
            warm_up: false,
        };
        let catalog = Catalog { stages: vec![stage], ..catalog() };
        let second = |number: u64, ending: bool, began_s: u64| {
            let mut recorder = Recorder::new(&catalog);
            let began = SECOND * began_s as u32;
            recorder
                .request(&RequestObservation { ended_at: began + seen(200, 5).service_time, ..seen(200, 5) });
            let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
            let (running_users, made_users, last) = (1, 1, false);
            let delta = Delta { worker: 0, interval: number, recorded, running_users, made_users, last };
            let mut collector = Collector::new(&catalog, 1, SECOND);
            Interval { ending, ..collector.accept(delta).0.remove(0) }
        };
        // A signal in the fourth second; the last answers are waited for until the ninth is over.
        for (ending_from, stopped_at, last_began, counted) in [
            (3, None, 3, 3_000),
            (3, Some(3_250), 3, 3_250),
            // An iteration that went on and sent its last request later.
            (3, Some(3_250), 6, 6_000),
            (99, None, 8, 9_000),
        ] {
            let mut collector = Collector::new(&catalog, 1, SECOND);
            for number in 0..9 {
                collector.replay(&second(number, number >= ending_from, number.min(last_began)));
            }
            if let Some(at) = stopped_at {
                collector.end_load(Duration::from_millis(at));
            }
            let snapshot = collector.snapshot(SECOND * 9);
            let told = (snapshot.load_end.as_millis(), snapshot.counted.as_millis());
            assert_eq!(told, (counted, counted), "{ending_from} {stopped_at:?} {last_began}");
        }
    }

    #[test]
    fn reused_observations_start_empty() {
        let mut collector = Collector::new(&catalog(), 1, SECOND);
        let (_, spare) = collector.accept(delta(0, 0, &[seen(200, 5), seen(404, 5)], false));
        assert_eq!(spare.counted.requests().count(), 0);
        let next =
            Delta { worker: 0, interval: 1, recorded: spare, running_users: 1, made_users: 5, last: false };
        let point = collector.accept(next).0[0].point(SECOND);
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
