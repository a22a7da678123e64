//! One number out of a snapshot: a metric, its selected series, an aggregation.

use crate::{
    measure::{CheckKey, GroupKey, IterationKey, Latency, Quantile, RequestKey, RequestStats, Snapshot},
    model::{
        Aggregation, Catalog, Condition, IterationEnd, Limit, Metric, MetricKind, Operator, Percent, Phase,
        Selector,
    },
};
use std::time::Duration;

/// What a condition looks at, and how many samples stand behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observed {
    /// The number, in the limit's unit; `None` where there is no data.
    pub value: Option<Limit>,
    /// Samples it was made of.
    pub samples: u64,
}

impl Observed {
    const NOTHING: Self = Self { value: None, samples: 0 };
}

/// Reads what `condition` needs.
pub(super) fn observe(
    metric: Metric,
    selector: &Selector,
    condition: &Condition,
    snapshot: &Snapshot,
    catalog: &Catalog,
) -> Observed {
    let view = View { snapshot, catalog, selector };
    match metric.kind() {
        MetricKind::Trend => view.trend(metric, condition),
        MetricKind::Rate => view.rate(metric),
        MetricKind::Counter => view.counter(metric, condition.aggregation),
        MetricKind::Gauge => view.gauge(metric, condition.aggregation),
    }
}

struct View<'v> {
    snapshot: &'v Snapshot,
    catalog: &'v Catalog,
    selector: &'v Selector,
}

impl View<'_> {
    fn requests(&self) -> impl Iterator<Item = (&RequestKey, &RequestStats)> {
        self.snapshot.total.requests().filter(|(key, _)| self.selects(|tag| self.request_tag(key, tag)))
    }

    /// Requests of these names, whatever their outcome: where there are none, a count of zero says nothing.
    fn requests_of_any_outcome(&self) -> u64 {
        let dynamic = |tag: &str| matches!(tag, "status" | "error" | "proto");
        let fits = |key: &RequestKey| {
            self.selector.tags.iter().all(|(tag, value)| {
                dynamic(tag) || self.request_tag(key, tag).is_some_and(|known| value.matches(&known))
            })
        };
        self.snapshot.total.requests().filter(|(key, _)| fits(key)).map(|(_, stats)| stats.count).sum()
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

    fn trend(&self, metric: Metric, condition: &Condition) -> Observed {
        let mut merged = Latency::new();
        match metric {
            Metric::HttpReqDuration => self.requests().for_each(|(_, stats)| merged.merge(&stats.duration)),
            Metric::HttpReqResponseTime => {
                self.requests().for_each(|(_, stats)| merged.merge(&stats.response_time));
            }
            Metric::IterationDuration => {
                let chosen = self.snapshot.total.iterations();
                chosen
                    .filter(|(key, _)| self.selects(|tag| self.iteration_tag(key, tag)))
                    .for_each(|(_, stats)| merged.merge(&stats.duration));
            }
            Metric::IterationLag => {
                let chosen = self.snapshot.total.iterations();
                chosen
                    .filter(|(key, _)| self.selects(|tag| self.iteration_tag(key, tag)))
                    .for_each(|(_, stats)| merged.merge(&stats.lag));
            }
            Metric::GroupDuration => {
                let chosen = self.snapshot.total.groups();
                chosen
                    .filter(|(key, _)| self.selects(|tag| self.group_tag(key, tag)))
                    .for_each(|(_, stats)| merged.merge(&stats.duration));
            }
            _ => self.phase(metric, &mut merged),
        }
        if merged.count() == 0 {
            return Observed::NOTHING;
        }
        let time = match condition.aggregation {
            Aggregation::Percentile(percent) => quantile(&merged, percent, condition),
            Aggregation::Med => quantile(&merged, Percent::whole(50), condition),
            Aggregation::Avg => merged.mean(),
            Aggregation::Min => merged.min(),
            Aggregation::Max => merged.max(),
            Aggregation::StdDev => merged.stddev(),
            _ => None,
        };
        let value = match condition.aggregation {
            Aggregation::Count => Some(Limit::Number(merged.count() as f64)),
            _ => time.map(Limit::Time),
        };
        Observed { value, samples: merged.count() }
    }

    fn phase(&self, metric: Metric, merged: &mut Latency) {
        let Some(phase) = Phase::of(metric) else { return };
        let samples = self.requests().filter_map(|(_, stats)| stats.phases.get(phase));
        samples.for_each(|latency| merged.merge(latency));
    }

    fn rate(&self, metric: Metric) -> Observed {
        let (mut yes, mut all) = (0, 0);
        match metric {
            Metric::HttpReqFailed => self.requests().for_each(|(key, stats)| {
                all += stats.count;
                yes += if key.failed { stats.count } else { 0 };
            }),
            Metric::Checks => {
                let chosen = self.snapshot.total.checks();
                chosen.filter(|(key, _)| self.selects(|tag| self.check_tag(key, tag))).for_each(
                    |(_, tally)| {
                        all += tally.passes + tally.fails;
                        yes += tally.passes;
                    },
                );
            }
            _ => {}
        }
        let value = (all > 0).then(|| Limit::Share(yes as f64 / all as f64));
        Observed { value, samples: all }
    }

    fn counter(&self, metric: Metric, aggregation: Aggregation) -> Observed {
        let Some((count, samples)) = self.count(metric) else { return Observed::NOTHING };
        let value = match aggregation {
            Aggregation::Rate => Limit::PerSecond(per_second(count, self.snapshot.counted)),
            _ => Limit::Number(count as f64),
        };
        Observed { value: Some(value), samples }
    }

    /// The count, and the samples that make even a zero mean something.
    fn count(&self, metric: Metric) -> Option<(u64, u64)> {
        let of_requests =
            |count: u64| Some((count, self.requests_of_any_outcome())).filter(|(_, all)| *all > 0);
        let sum = |value: fn(&RequestKey, &RequestStats) -> u64| {
            of_requests(self.requests().map(|(key, stats)| value(key, stats)).sum())
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
                let count = chosen.map(|id| self.snapshot.total.user_start_failures(id)).sum();
                Some((count, self.snapshot.vus_max))
            }
            Metric::DroppedIterations => Some(self.dropped()),
            _ => None,
        }
    }

    /// Dropped iterations, among all that were meant to start: of those alone, even a zero means something.
    fn dropped(&self) -> (u64, u64) {
        let selected = self.catalog.stage_ids().filter(|id| {
            let stage = self.catalog.stage(*id);
            self.selects(|tag| match tag {
                "stage" => Some(stage.name.clone()),
                "workload" => Some(self.catalog.workload(stage.workload).name.clone()),
                _ => None,
            })
        });
        let dropped = selected.map(|id| self.snapshot.total.dropped(id)).sum();
        (dropped, self.snapshot.vus_max.max(dropped))
    }

    fn iterations(&self, end: IterationEnd) -> Option<(u64, u64)> {
        let (mut count, mut all) = (0, 0);
        let chosen = self.snapshot.total.iterations();
        chosen.filter(|(key, _)| self.selects(|tag| self.iteration_tag(key, tag))).for_each(
            |(key, stats)| {
                all += stats.count;
                count += if key.end == end { stats.count } else { 0 };
            },
        );
        (all > 0).then_some((count, all))
    }

    fn gauge(&self, metric: Metric, aggregation: Aggregation) -> Observed {
        let level = match (metric, self.snapshot.vus) {
            (Metric::VusMax, _) => Some(self.snapshot.vus_max),
            (_, Some(gauge)) => Some(match aggregation {
                Aggregation::Min => gauge.min,
                Aggregation::Max => gauge.max,
                _ => gauge.value,
            }),
            _ => None,
        };
        let value = level.map(|level| Limit::Number(level as f64));
        Observed { value, samples: u64::from(level.is_some()) }
    }
}

/// The quantile as reports print it, except where its bucket holds the limit: what the histogram cannot tell
/// apart from the limit must not fail it, so that 100 samples of 199.95 ms pass `p95 < 200ms`.
fn quantile(latency: &Latency, percent: Percent, condition: &Condition) -> Option<Duration> {
    let Quantile { low, high } = latency.quantile(percent)?;
    let Limit::Time(limit) = condition.limit else { return Some(high) };
    Some(match condition.operator {
        Operator::Less | Operator::LessOrEqual if low <= limit && limit <= high => low,
        Operator::Equal if low <= limit && limit <= high => limit,
        _ => high,
    })
}

/// How many per second; 0 for no time at all.
pub(super) fn per_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { count as f64 / elapsed.as_secs_f64() }
}
