//! What a threshold is about, out of what was observed: a metric, and those of its series that its tags select.

use super::seen::Seen;
use crate::{
    measure::{
        CheckKey, Gauge, GroupKey, Interval, IterationKey, Latency, Observations, RequestKey, RequestStats,
        SoFar,
    },
    model::{Catalog, IterationEnd, Metric, MetricKind, Phase, Selector},
};

/// Something that was observed over some time: a run so far, or a second of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'s> {
    total: &'s Observations,
    vus: Option<Gauge>,
    vus_max: u64,
    /// How often the levels were read.
    readings: u64,
}

impl<'s> From<&SoFar<'s>> for Source<'s> {
    fn from(run: &SoFar<'s>) -> Self {
        let readings = run.elapsed.as_secs_f64().ceil() as u64;
        Self { total: run.total, vus: run.vus, vus_max: run.vus_max, readings: readings.max(1) }
    }
}

/// What of a second counts.
impl<'s> From<&'s Interval> for Source<'s> {
    fn from(interval: &'s Interval) -> Self {
        let level = interval.running_users;
        let vus = Some(Gauge { value: level, min: level, max: level });
        Self { total: &interval.recorded.counted, vus, vus_max: interval.made_users, readings: 1 }
    }
}

/// Reads what `selector` selects of `metric`.
pub(super) fn observe(metric: Metric, selector: &Selector, source: Source<'_>, catalog: &Catalog) -> Seen {
    let view = View { source, catalog, selector };
    match metric.kind() {
        MetricKind::Trend => Seen::Times(view.trend(metric)),
        MetricKind::Rate => view.rate(metric),
        MetricKind::Counter => view.counter(metric),
        MetricKind::Gauge => view.gauge(metric),
    }
}

struct View<'v> {
    source: Source<'v>,
    catalog: &'v Catalog,
    selector: &'v Selector,
}

impl View<'_> {
    fn requests(&self) -> impl Iterator<Item = (&RequestKey, &RequestStats)> {
        self.source.total.requests().filter(|(key, _)| self.selects(|tag| self.request_tag(key, tag)))
    }

    /// Requests of these names, whatever their outcome: where there are none, a count of zero says nothing.
    fn requests_of_any_outcome(&self) -> u64 {
        let dynamic = |tag: &str| matches!(tag, "status" | "error" | "proto");
        let fits = |key: &RequestKey| {
            self.selector.tags.iter().all(|(tag, value)| {
                dynamic(tag) || self.request_tag(key, tag).is_some_and(|known| value.matches(&known))
            })
        };
        self.source.total.requests().filter(|(key, _)| fits(key)).map(|(_, stats)| stats.count).sum()
    }

    fn selects(&self, tag_value: impl Fn(&str) -> Option<String>) -> bool {
        let mut tags = self.selector.tags.iter();
        tags.all(|(tag, value)| tag_value(tag).is_some_and(|known| value.matches(&known)))
    }

    fn request_tag(&self, key: &RequestKey, tag: &str) -> Option<String> {
        match tag {
            "stage" => Some(self.catalog.stage(key.stage).name.clone()),
            "status" if key.status == RequestKey::OTHER_STATUS => Some("(other)".to_owned()),
            "status" => (key.status != 0).then(|| key.status.to_string()),
            "error" => key.error.map(|error| error.name().to_owned()),
            "proto" => key.protocol.map(|protocol| protocol.name().to_owned()),
            tag => self.catalog.request_tag(key.request, tag).map(str::to_owned),
        }
    }

    fn iteration_tag(&self, key: &IterationKey, tag: &str) -> Option<String> {
        let task = self.catalog.task(key.task);
        match tag {
            "task" => Some(task.name.clone()),
            "workload" => Some(self.catalog.workload(task.workload).name.clone()),
            "stage" => Some(self.catalog.stage(key.stage).name.clone()),
            _ => None,
        }
    }

    fn group_tag(&self, key: &GroupKey, tag: &str) -> Option<String> {
        let group = self.catalog.group(key.group);
        let task = self.catalog.task(group.task);
        match tag {
            "group" => Some(group.name.clone()),
            "task" => Some(task.name.clone()),
            "workload" => Some(self.catalog.workload(task.workload).name.clone()),
            "stage" => Some(self.catalog.stage(key.stage).name.clone()),
            _ => None,
        }
    }

    fn check_tag(&self, key: &CheckKey, tag: &str) -> Option<String> {
        let check = self.catalog.check(key.check);
        match tag {
            "check" => Some(check.name.clone()),
            "stage" => Some(self.catalog.stage(key.stage).name.clone()),
            tag => self.catalog.request_tag(check.request, tag).map(str::to_owned),
        }
    }

    fn trend(&self, metric: Metric) -> Latency {
        let mut merged = Latency::new();
        match metric {
            Metric::HttpReqDuration => self.requests().for_each(|(_, stats)| merged.merge(&stats.duration)),
            Metric::HttpReqResponseTime => {
                self.requests().for_each(|(_, stats)| merged.merge(&stats.response_time));
            }
            Metric::IterationDuration => {
                let chosen = self.source.total.iterations();
                chosen
                    .filter(|(key, _)| self.selects(|tag| self.iteration_tag(key, tag)))
                    .for_each(|(_, stats)| merged.merge(&stats.duration));
            }
            Metric::IterationLag => {
                let chosen = self.source.total.iterations();
                chosen
                    .filter(|(key, _)| self.selects(|tag| self.iteration_tag(key, tag)))
                    .for_each(|(_, stats)| merged.merge(&stats.lag));
            }
            Metric::GroupDuration => {
                let chosen = self.source.total.groups();
                chosen
                    .filter(|(key, _)| self.selects(|tag| self.group_tag(key, tag)))
                    .for_each(|(_, stats)| merged.merge(&stats.duration));
            }
            _ => self.phase(metric, &mut merged),
        }
        merged
    }

    fn phase(&self, metric: Metric, merged: &mut Latency) {
        let Some(phase) = Phase::of(metric) else { return };
        let samples = self.requests().filter_map(|(_, stats)| stats.phases.get(phase));
        samples.for_each(|latency| merged.merge(latency));
    }

    fn rate(&self, metric: Metric) -> Seen {
        let (mut yes, mut all) = (0, 0);
        match metric {
            Metric::HttpReqFailed => self.requests().for_each(|(key, stats)| {
                all += stats.count;
                yes += if key.failed { stats.count } else { 0 };
            }),
            Metric::Checks => {
                let chosen = self.source.total.checks();
                chosen.filter(|(key, _)| self.selects(|tag| self.check_tag(key, tag))).for_each(
                    |(_, tally)| {
                        all += tally.passes + tally.fails;
                        yes += tally.passes;
                    },
                );
            }
            _ => {}
        }
        Seen::Share { yes, all }
    }

    fn counter(&self, metric: Metric) -> Seen {
        let sum = |value: fn(&RequestKey, &RequestStats) -> u64| Seen::Count {
            count: self.requests().map(|(key, stats)| value(key, stats)).sum(),
            among: self.requests_of_any_outcome(),
        };
        match metric {
            Metric::HttpReqs => sum(|_, stats| stats.count),
            Metric::HttpErrors => sum(|key, stats| if key.error.is_some() { stats.count } else { 0 }),
            Metric::DataSent => sum(|_, stats| stats.sent_bytes),
            Metric::DataReceived => sum(|_, stats| stats.received_bytes),
            Metric::Iterations => self.iterations(IterationEnd::Completed),
            Metric::FailedIterations => self.iterations(IterationEnd::Failed),
            Metric::InterruptedIterations => self.iterations(IterationEnd::Interrupted),
            Metric::UserStartFailures => {
                let chosen = self.catalog.workload_ids().filter(|id| {
                    self.selects(|tag| (tag == "workload").then(|| self.catalog.workload(*id).name.clone()))
                });
                let count = chosen.map(|id| self.source.total.user_start_failures(id)).sum();
                Seen::CountOfUsers { count, users: self.source.vus_max }
            }
            Metric::DroppedIterations => self.dropped(),
            _ => Seen::Count { count: 0, among: 0 },
        }
    }

    /// Dropped iterations, among all that were meant to start: of those alone, even a zero means something.
    fn dropped(&self) -> Seen {
        let selected = self.catalog.stage_ids().filter(|id| {
            let stage = self.catalog.stage(*id);
            self.selects(|tag| match tag {
                "stage" => Some(stage.name.clone()),
                "workload" => Some(self.catalog.workload(stage.workload).name.clone()),
                _ => None,
            })
        });
        let count = selected.map(|id| self.source.total.dropped(id)).sum();
        Seen::CountOfUsers { count, users: self.source.vus_max.max(count) }
    }

    fn iterations(&self, end: IterationEnd) -> Seen {
        let (mut count, mut among) = (0, 0);
        let chosen = self.source.total.iterations();
        chosen.filter(|(key, _)| self.selects(|tag| self.iteration_tag(key, tag))).for_each(
            |(key, stats)| {
                among += stats.count;
                count += if key.end == end { stats.count } else { 0 };
            },
        );
        Seen::Count { count, among }
    }

    fn gauge(&self, metric: Metric) -> Seen {
        let Source { vus, vus_max, readings, .. } = self.source;
        let level = match metric {
            Metric::VusMax => Some(Gauge { value: vus_max, min: vus_max, max: vus_max }),
            _ => vus,
        };
        Seen::Level { level, readings: if level.is_some() { readings } else { 0 } }
    }
}
