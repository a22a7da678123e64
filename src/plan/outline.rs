//! A plan in outline: what would happen, for whoever looks before a run.

use super::{
    hosts::all_steps,
    schedule_outline,
    step::{Step, requests_of},
    types::{Plan, Task, Workload},
};
use crate::{
    model::{
        BYTES_PER_USER, Catalog, FileOutline, LevelAt, Outline, Rate, StageOutline, TaskOutline, ThinkTime,
        Threshold, WorkloadOutline, format_duration,
    },
    scenario::{Arrivals, FeedSource, LoadShape, Scenario, Target},
};
use std::time::Duration;

/// Levels over the whole run, for a chart.
const LEVELS: u32 = 120;

/// The outline of a plan that was made of this scenario, in a file of this name; without schedules.
pub fn outline(scenario: &Scenario, plan: &Plan, file: &str, environment: Option<&str>) -> Outline {
    let peak_users = plan.most_users();
    let requests = |steps: &[Step]| requests_of(steps).len() as u64;
    Outline {
        name: plan.mask.apply(&scenario.name.clone().unwrap_or_else(|| stem(file))).into_owned(),
        file: file.to_owned(),
        environment: environment.map(str::to_owned),
        target: target_name(scenario, plan),
        seed: plan.seed,
        duration: plan.duration(),
        graceful_stop: plan.graceful_stop(),
        peak_users,
        memory_estimate_bytes: peak_users * BYTES_PER_USER,
        workloads: plan.workloads.iter().map(|workload| workload_outline(workload, plan)).collect(),
        thresholds: plan.thresholds.iter().map(threshold).collect(),
        files: files(scenario, plan),
        // The demo API's place is not known before it runs.
        hosts: if scenario.target == Some(Target::Demo) {
            vec!["127.0.0.1".to_owned()]
        } else {
            plan.hosts.clone()
        },
        notes: notes(scenario, plan),
        setup_requests: plan.setup.as_ref().map_or(0, |once| requests(&once.steps)),
        teardown_requests: plan.teardown.as_ref().map_or(0, |once| requests(&once.steps)),
    }
}

/// Adds the schedules to a plan's outline: of each workload its first users or arrivals, `most` of them and never
/// more than ten million.
pub fn add_schedules(outline: &mut Outline, plan: &Plan, most: u64) {
    for (outlined, workload) in outline.workloads.iter_mut().zip(&plan.workloads) {
        outlined.schedule = Some(schedule_outline::schedule(workload, most));
    }
}

/// What whoever looks at a run should not overlook: what the command line leaves out, what of the environment is
/// ignored, and whether anybody may stand between.
pub fn notes(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let only = scenario.only.iter().map(|task| format!("only the task `{task}` runs"));
    let left_out = plan.left_out.iter().map(|threshold| {
        format!("the threshold on `{}` is left out: no task that runs can meet it", threshold.subject())
    });
    only.chain(left_out).chain(unverified(plan)).chain(ignored_proxies(plan)).collect()
}

fn unverified(plan: &Plan) -> Option<String> {
    let trusts_all =
        |client: usize| plan.clients.get(client).is_some_and(|client| !client.transport.tls.verify);
    let workloads: Vec<&str> = plan
        .workloads
        .iter()
        .filter(|workload| trusts_all(workload.client))
        .map(|workload| plan.catalog.workload(workload.id).name.as_str())
        .collect();
    if workloads.is_empty() && !trusts_all(0) {
        return None;
    }
    let whose = if trusts_all(0) || workloads.len() == plan.workloads.len() {
        String::new()
    } else {
        format!(" in {}", workloads.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
    };
    Some(format!(
        "TLS certificates are not verified{whose}: whoever stands between can pass for the target and read what is \
         sent, secrets included"
    ))
}

fn ignored_proxies(plan: &Plan) -> Option<String> {
    let names = &plan.ignored_proxies;
    let are = if names.len() == 1 { "is" } else { "are" };
    let proxied = plan.clients.iter().all(|client| client.transport.proxy.is_some());
    (!names.is_empty() && !proxied).then(|| {
        let names = names.join(", ");
        format!(
            "{names} {are} set and ignored: a proxy is used when the file names one (`http: {{ proxy: … }}`)"
        )
    })
}

/// Where load goes, as it may be shown.
pub fn target_name(scenario: &Scenario, plan: &Plan) -> String {
    let hosts = plan.hosts.join(", ");
    let name = match (&scenario.target, &plan.target) {
        (Some(Target::Demo), _) => "demo",
        (_, Some(target)) => target,
        (_, None) => &hosts,
    };
    plan.mask.apply(name).into_owned()
}

fn stem(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

fn threshold(threshold: &Threshold) -> String {
    format!("{}: {}", threshold.subject(), threshold.terms())
}

fn files(scenario: &Scenario, plan: &Plan) -> Vec<FileOutline> {
    let feeds = scenario.data.iter().zip(&plan.feeds);
    let named = feeds.filter_map(|(data, feed)| match &data.source {
        FeedSource::File { path, .. } => Some(FileOutline {
            path: path.value.clone(),
            rows: Some(u64::from(feed.row_count().get())),
            bytes: feed.file_bytes(),
        }),
        FeedSource::Rows(_) => None,
    });
    let mut files: Vec<FileOutline> = named.collect();
    // Those that are read for each request; the small ones are part of the plan.
    let requests = all_steps(plan).into_iter().flat_map(requests_of);
    for sent in requests.flat_map(|request| request.body.files()) {
        if files.iter().all(|known| known.path != sent.path) {
            files.push(FileOutline { path: sent.path.clone(), rows: None, bytes: sent.bytes });
        }
    }
    files
}

fn workload_outline(workload: &Workload, plan: &Plan) -> WorkloadOutline {
    let (executor, model, level_unit) = kind(&workload.load.shape);
    let (begin, end) = (workload.timeline.begin(), workload.timeline.end());
    let (expected_iterations, expected_basis) = expected(&workload.load.shape);
    WorkloadOutline {
        name: plan.catalog.workload(workload.id).name.clone(),
        executor,
        model,
        start: begin,
        end,
        level_unit,
        stages: stages(workload, &plan.catalog),
        levels: levels(workload, plan.duration()),
        max_users: workload.most_users(),
        expected_iterations,
        expected_basis,
        tasks: tasks(workload, &plan.catalog),
        pacing: workload.pacing.map(pause),
        max_rate: workload.max_rate.map(|rate| format!("{}/s", rate.per_second)),
        schedule: None,
    }
}

pub(super) fn kind(shape: &LoadShape) -> (&'static str, &'static str, &'static str) {
    let (users, rate) = ("users", "iterations/s");
    match shape {
        LoadShape::ConstantUsers { .. } => ("constant_vus", "closed", users),
        LoadShape::RampingUsers { .. } => ("ramping_vus", "closed", users),
        LoadShape::SharedIterations { .. } => ("shared_iterations", "closed", users),
        LoadShape::IterationsPerUser { .. } => ("per_vu_iterations", "closed", users),
        LoadShape::ConstantRate { .. } => ("constant_arrival_rate", "open", rate),
        LoadShape::RampingRate { .. } => ("ramping_arrival_rate", "open", rate),
    }
}

/// Iterations that will start, and why, or why that is not known.
fn expected(shape: &LoadShape) -> (Option<f64>, String) {
    match shape {
        LoadShape::ConstantUsers { .. } | LoadShape::RampingUsers { .. } => {
            (None, "depends on how fast the target answers".to_owned())
        }
        LoadShape::SharedIterations { iterations, .. } => (Some(*iterations as f64), "as written".to_owned()),
        LoadShape::IterationsPerUser { users, iterations, .. } => {
            (Some(*users as f64 * *iterations as f64), "users × iterations of each".to_owned())
        }
        LoadShape::ConstantRate { rate, duration, arrivals, .. } => {
            (Some(rate.per_second * duration.as_secs_f64()), reckoned("rate × time", *arrivals))
        }
        LoadShape::RampingRate { arrivals, .. } => {
            let lines = lines(shape);
            let area = lines.iter().map(|line| (line.from + line.to) / 2.0 * line.length.as_secs_f64()).sum();
            (Some(area), reckoned("area under the rates", *arrivals))
        }
    }
}

/// Poisson arrivals come to their number only on average.
fn reckoned(basis: &str, arrivals: Arrivals) -> String {
    match arrivals {
        Arrivals::Uniform => basis.to_owned(),
        Arrivals::Poisson => format!("{basis}, on average"),
    }
}

/// A straight line of a load's level.
struct Line {
    length: Duration,
    from: f64,
    to: f64,
}

impl Line {
    /// The level so long after the line's start.
    fn level(&self, since: Duration) -> f64 {
        if self.length.is_zero() {
            return self.from;
        }
        let share = since.as_secs_f64() / self.length.as_secs_f64();
        self.from + (self.to - self.from) * share.min(1.0)
    }
}

fn lines(shape: &LoadShape) -> Vec<Line> {
    let flat = |length: Duration, level: f64| vec![Line { length, from: level, to: level }];
    match shape {
        LoadShape::ConstantUsers { users, duration } => flat(*duration, *users as f64),
        LoadShape::SharedIterations { users, max_duration, .. }
        | LoadShape::IterationsPerUser { users, max_duration, .. } => flat(*max_duration, *users as f64),
        LoadShape::ConstantRate { rate, duration, .. } => flat(*duration, rate.per_second),
        LoadShape::RampingUsers { start_users, stages } => {
            ramp(*start_users as f64, stages.iter().map(|stage| (stage.duration, stage.level as f64)))
        }
        LoadShape::RampingRate { start_rate, stages, .. } => {
            let level = |rate: Rate| rate.per_second;
            ramp(level(*start_rate), stages.iter().map(|stage| (stage.duration, level(stage.level))))
        }
    }
}

fn ramp(start: f64, stages: impl Iterator<Item = (Duration, f64)>) -> Vec<Line> {
    let mut from = start;
    let line = |(length, to)| {
        let line = Line { length, from, to };
        from = to;
        line
    };
    stages.map(line).collect()
}

fn stages(workload: &Workload, catalog: &Catalog) -> Vec<StageOutline> {
    let lines = lines(&workload.load.shape);
    let named = catalog.stages.iter().filter(|stage| stage.workload == workload.id);
    let (mut at, mut begin) = (0, workload.timeline.begin());
    let drawn = named.map_while(|stage| {
        let line = lines.get(at)?;
        let (start, end) = (Duration::from_millis(stage.start_ms), Duration::from_millis(stage.end_ms));
        let (from, to) = (line.level(start.saturating_sub(begin)), line.level(end.saturating_sub(begin)));
        let mut outlined =
            StageOutline { name: stage.name.clone(), start, end, from, to, warm_up: stage.warm_up };
        // A line in which the run's warm-up ends is two stages.
        if u128::from(stage.end_ms) >= (begin + line.length).as_millis() {
            outlined.to = line.to;
            begin += line.length;
            at += 1;
        }
        Some(outlined)
    });
    drawn.collect()
}

fn levels(workload: &Workload, whole: Duration) -> Vec<f64> {
    let lines = lines(&workload.load.shape);
    let begin = workload.timeline.begin();
    (0..LEVELS).map(|index| level_at(&lines, begin, whole * index / (LEVELS - 1))).collect()
}

/// The corners of a workload's load: where it begins, where its lines meet, and where it ends.
pub(super) fn corners(workload: &Workload) -> Vec<LevelAt> {
    let mut at = workload.timeline.begin();
    let mut corners: Vec<LevelAt> = Vec::new();
    for line in lines(&workload.load.shape) {
        let ends = [(at, line.from), (at + line.length, line.to)];
        at += line.length;
        for corner in ends.map(|(at, level)| LevelAt { at_ms: at.as_millis() as u64, level }) {
            if corners.last() != Some(&corner) {
                corners.push(corner);
            }
        }
    }
    corners
}

fn level_at(lines: &[Line], begin: Duration, at: Duration) -> f64 {
    let Some(mut since) = at.checked_sub(begin) else { return 0.0 };
    for (index, line) in lines.iter().enumerate() {
        let is_last = index + 1 == lines.len();
        if since < line.length || (is_last && since == line.length && !line.length.is_zero()) {
            return line.level(since);
        }
        since = since.saturating_sub(line.length);
    }
    0.0
}

fn tasks(workload: &Workload, catalog: &Catalog) -> Vec<TaskOutline> {
    let outlined = workload.tasks.iter().enumerate();
    outlined
        .map(|(index, task)| TaskOutline {
            name: catalog.task(task.id).name.clone(),
            share: workload.weights.share(index),
            requests: request_names(task, catalog),
            steps: count(&task.steps),
            think_time: pause(task.think_time),
        })
        .collect()
}

fn request_names(task: &Task, catalog: &Catalog) -> Vec<String> {
    requests_of(&task.steps).into_iter().map(|request| catalog.request(request.id).name.clone()).collect()
}

fn count(steps: &[Step]) -> u64 {
    steps.iter().map(|step| 1 + step.inner().into_iter().map(count).sum::<u64>()).sum()
}

/// A pause as it is written; empty where there is none.
fn pause(think_time: ThinkTime) -> String {
    match think_time {
        _ if think_time == ThinkTime::default() => String::new(),
        ThinkTime::Uniform { min, max } if min == max => format_duration(min),
        ThinkTime::Uniform { min, max } => format!("{}..{}", format_duration(min), format_duration(max)),
        ThinkTime::Normal { mean, sd } => {
            format!("normal, mean {}, sd {}", format_duration(mean), format_duration(sd))
        }
        ThinkTime::Exponential { mean } => format!("exponential, mean {}", format_duration(mean)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_lines() {
        let lines = ramp(
            0.0,
            [(Duration::from_secs(10), 10.0), (Duration::ZERO, 4.0), (Duration::from_secs(10), 4.0)]
                .into_iter(),
        );
        let begin = Duration::from_secs(5);
        let level = |seconds: u64| level_at(&lines, begin, Duration::from_secs(seconds));
        assert_eq!([4, 5, 10, 14, 15, 24, 25, 26].map(level), [0.0, 0.0, 5.0, 9.0, 4.0, 4.0, 4.0, 0.0]);
    }
}
