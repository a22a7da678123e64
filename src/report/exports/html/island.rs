//! The page's data: one document of JSON, which the scripts read and nobody else. It is bounded, whatever the run was like.

use super::{
    baseline::{BaselinePart, beside},
    bounded,
    distributions::Distributions,
    lists::*,
    over_time::{Heat, OverTime},
    parts::*,
};
use crate::report::{exports::Exported, summary_v1::*};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the data says of its own shape. Page and data are made together, so that it is there for people only.
const FORMAT: &str = "loadgen/report/v1";

#[derive(Debug, Serialize)]
pub(super) struct Island<'e> {
    format: &'static str,
    run: RunV1,
    /// Whether the run's command is longer than what is shown of it.
    command_is_cut: bool,
    /// As text: a script would round so large a number.
    seed: String,
    verdict: VerdictV1,
    health: Option<HealthV1>,
    thresholds: Vec<bounded::Threshold>,
    metrics: BTreeMap<String, Metric<'e>>,
    workloads: Vec<WorkloadV1>,
    stages: Vec<Stage>,
    warm_up: Option<&'e WarmUpV1>,
    series: OverTime,
    heat: Heat,
    distributions: Distributions,
    requests: Vec<Request>,
    tasks: Vec<Task>,
    groups: Vec<Group>,
    tags: Vec<Tag>,
    checks: Vec<Check>,
    errors: Vec<Error>,
    slowest: Vec<SlowRequest>,
    connections: &'e ConnectionsV1,
    addresses: Vec<AddressV1>,
    setup: Option<Once>,
    teardown: Option<Once>,
    baseline: Option<BaselinePart<'e>>,
    /// Rows that the page leaves out, by list; `summary.json` has them.
    left_out: BTreeMap<&'static str, usize>,
    /// What the run itself did not keep.
    bounds: &'e BoundsV1,
}

impl<'e> Island<'e> {
    pub fn new(exported: &Exported<'e>) -> Self {
        let Exported { summary, heat_map, baseline } = *exported;
        let requests = beside(&summary.requests, baseline);
        let requests = most_frequent(&requests, MOST_REQUESTS, |(request, _)| request.count);
        let requests: Vec<(&RequestV1, Option<&RequestV1>)> = requests.into_iter().copied().collect();
        let old = baseline.map(|baseline| &baseline.summary);
        Self {
            format: FORMAT,
            run: bounded::run(&summary.run),
            command_is_cut: bounded::is_command_cut(&summary.run),
            seed: summary.run.seed.to_string(),
            verdict: bounded::verdict(&summary.verdict),
            health: summary.health.as_ref().map(bounded::health),
            thresholds: rows(&summary.thresholds, MOST_ROWS, bounded::threshold),
            metrics: metrics(summary),
            workloads: rows(&summary.workloads, MOST_FACTS, bounded::workload),
            stages: rows(&summary.stages, MOST_ROWS, Stage::new),
            warm_up: summary.warm_up.as_ref(),
            series: OverTime::new(&summary.series),
            heat: Heat::new(heat_map),
            distributions: Distributions::new(summary, old, &requests),
            requests: requests.iter().map(|(request, base)| Request::new(request, *base)).collect(),
            tasks: rows(&summary.tasks, MOST_ROWS, Task::new),
            groups: rows(&summary.groups, MOST_TAGS, Group::new),
            tags: rows(&summary.tags, MOST_TAGS, Tag::new),
            checks: rows(&summary.checks, MOST_ROWS, Check::new),
            errors: rows(&summary.errors, MOST_ERRORS, Error::new),
            slowest: rows(&summary.slowest, MOST_SLOW, SlowRequest::new),
            connections: &summary.connections,
            addresses: rows(&summary.addresses, MOST_FACTS, bounded::address),
            setup: summary.setup.as_ref().map(Once::new),
            teardown: summary.teardown.as_ref().map(Once::new),
            baseline: baseline.map(|baseline| BaselinePart::new(baseline, summary)),
            left_out: left_out(summary),
            bounds: &summary.bounds,
        }
    }

    /// The data as JSON without a character that means something to HTML, or ends a line of a script.
    pub fn to_json(&self) -> String {
        // Its keys are strings and its numbers finite: there is nothing that JSON does not have.
        let json = serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned());
        let mut inert = String::with_capacity(json.len());
        for c in json.chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => inert += &format!("\\u{:04x}", u32::from(c)),
                _ => inert.push(c),
            }
        }
        inert
    }
}

fn rows<T, R>(list: &[T], most: usize, row: impl Fn(&T) -> R) -> Vec<R> {
    list.iter().take(most).map(row).collect()
}

fn left_out(summary: &SummaryV1) -> BTreeMap<&'static str, usize> {
    let lists = [
        ("thresholds", summary.thresholds.len(), MOST_ROWS),
        ("requests", summary.requests.len(), MOST_REQUESTS),
        ("tasks", summary.tasks.len(), MOST_ROWS),
        ("stages", summary.stages.len(), MOST_ROWS),
        ("groups", summary.groups.len(), MOST_TAGS),
        ("tags", summary.tags.len(), MOST_TAGS),
        ("checks", summary.checks.len(), MOST_ROWS),
        ("errors", summary.errors.len(), MOST_ERRORS),
        ("slowest", summary.slowest.len(), MOST_SLOW),
        ("workloads", summary.workloads.len(), MOST_FACTS),
        ("run_tags", summary.run.tags.len(), MOST_FACTS),
        ("parts", summary.run.parts.len(), MOST_PARTS),
        ("addresses", summary.addresses.len(), MOST_FACTS),
    ];
    let over = lists.into_iter().map(|(name, length, most)| (name, length.saturating_sub(most)));
    over.filter(|(_, over)| *over > 0).collect()
}
