//! How the thresholds and the generator stand while the load goes on: what watchers are told once a second.
//!
//! It is for show. What decides is `Gates` and the verdict, which do not ask it. Its work has a bound: where there are
//! many series, fewer thresholds are looked at in a second, in turn, and the others stand as they did.

use crate::{
    judge::{Gates, Health, ThresholdResult, health_now},
    measure::SoFar,
    model::Catalog,
};

/// Series that may be read in a second: a few milliseconds' work.
const MOST_SERIES: usize = 1_500;

/// What was known at the last look.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The thresholds, in the file's order.
    pub thresholds: Vec<ThresholdResult>,
    /// What the generator's numbers are worth so far.
    pub health: Health,
    /// Whose turn it is; behind the last threshold, it is that of the health.
    turn: usize,
}

impl Standing {
    /// Looks at as much as there is time for in a second.
    pub fn look(&mut self, gates: &Gates, run: &SoFar<'_>, catalog: &Catalog) {
        self.look_within(MOST_SERIES, gates, run, catalog);
    }

    /// The same where so many series may be read.
    fn look_within(&mut self, most: usize, gates: &Gates, run: &SoFar<'_>, catalog: &Catalog) {
        let series = run.total.requests().count() + run.total.iterations().count();
        let subjects = gates.count() + 1;
        for _ in 0..in_a_second(most, series, subjects, self.thresholds.is_empty()) {
            match gates.judge_now(self.turn, run) {
                None => self.health = health_now(run, catalog),
                Some(result) => match self.thresholds.get_mut(self.turn) {
                    Some(known) => *known = result,
                    None => self.thresholds.push(result),
                },
            }
            self.turn = (self.turn + 1) % subjects;
        }
    }
}

/// How many of the subjects are looked at in a second that has room for `most` series, where each reads so many: at the
/// first time all of them, and at least one.
fn in_a_second(most: usize, series: usize, subjects: usize, first: bool) -> usize {
    if first { subjects } else { (most / series.max(1)).clamp(1, subjects) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::Outcome,
        measure::{Collector, Delta, Recorded, Recorder, RequestKey, RequestObservation},
        model::{
            Aggregation, Condition, ConnectionUse, Limit, Metric, Operator, Percent, PhaseTimes, RequestId,
            RequestMeta, Selector, StageId, TaskId, Threshold, WorkloadMeta,
        },
    };
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn many_series_take_turns_and_few_are_all_looked_at() {
        for (series, subjects, first, looks) in [
            (0, 5, false, 5),
            (10, 5, false, 5),
            (300, 5, false, 5),
            (500, 5, false, 3),
            (10_000, 5, false, 1),
            (10_000, 5, true, 5),
        ] {
            assert_eq!(in_a_second(MOST_SERIES, series, subjects, first), looks, "{series} {subjects}");
        }
    }

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

    fn threshold(millis: u64) -> Threshold {
        let condition = Condition {
            aggregation: Aggregation::Percentile(Percent::whole(95)),
            operator: Operator::Less,
            limit: Limit::Time(Duration::from_millis(millis)),
        };
        Threshold::new(Metric::HttpReqDuration, Selector::default(), condition, 1)
    }

    /// A second of requests that all took so long, each with a status of its own where there are many.
    fn second(interval: u64, millis: u64, requests: u16) -> Delta {
        let catalog = catalog();
        let mut recorder = Recorder::new(&catalog);
        for status in 0..requests {
            let time = Duration::from_millis(millis);
            recorder.request(&RequestObservation {
                key: RequestKey {
                    request: RequestId(0),
                    stage: StageId(0),
                    status: 100 + status,
                    error: None,
                    protocol: None,
                    failed: false,
                },
                service_time: time,
                response_time: time,
                ended_at: SECOND,
                sent_bytes: 0,
                received_bytes: 0,
                phases: PhaseTimes::default(),
                connection: ConnectionUse::default(),
                trace_id: None,
            });
        }
        let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
        Delta { worker: 0, interval, recorded, running_users: 1, made_users: 1, last: false }
    }

    #[test]
    fn thresholds_stand_as_they_would_be_judged_now_and_each_has_its_turn() {
        let (thresholds, catalog) = ([threshold(10), threshold(20), threshold(30)], catalog());
        // Eight series do what thousands would, where there is time for fewer.
        for (most, behind) in [(MOST_SERIES, false), (10, true)] {
            let mut gates = Gates::new(&thresholds, &catalog);
            let mut collector = Collector::new(&catalog, 1, SECOND);
            let mut standing = Standing::default();
            let mut differed = 0;
            for interval in 0..6_u64 {
                let (closed, _) = collector.accept(second(interval, 3 + 9 * interval, 8));
                closed.iter().for_each(|interval| assert_eq!(gates.look(interval), None));
                let elapsed = SECOND * (interval as u32 + 1);
                standing.look_within(most, &gates, &collector.so_far(elapsed), &catalog);
                let judged = gates.judge(&collector.snapshot(elapsed), &catalog);
                assert_eq!(standing.thresholds.len(), 3);
                differed += standing.thresholds.iter().zip(&judged).filter(|(a, b)| a != b).count();
            }
            assert_eq!(differed > 0, behind, "time for {most} series, {differed} of 18");
            // With nothing new, whoever was left out has had its turn in the end.
            for _ in 0..4 {
                standing.look_within(most, &gates, &collector.so_far(SECOND * 6), &catalog);
            }
            assert_eq!(standing.thresholds, gates.judge(&collector.snapshot(SECOND * 6), &catalog));
            assert_eq!(standing.thresholds[0].outcome, Outcome::Failed);
        }
    }
}
