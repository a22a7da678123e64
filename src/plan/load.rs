//! From a load as it is written to stages and an executor.

use super::{
    schedule::{ArrivalSchedule, Spacing, Timeline, UserSchedule},
    types::{Executor, Quota},
};
use crate::{
    model::{Catalog, Rate, StageId, StageMeta, WorkloadId},
    scenario::{self, Arrivals, LoadShape, Stage},
};
use std::time::Duration;

/// What starts the iterations of a workload whose own seed is `seed`.
pub(super) fn executor(workload: &scenario::Workload, seed: u64) -> Executor {
    let begin = workload.start_after;
    let constant = |users: u64, length: Duration, quota: Quota| {
        let users = UserSchedule::new(begin, users, [(length, users)]);
        Executor::Closed { users, quota }
    };
    match &workload.load.shape {
        LoadShape::ConstantUsers { users, duration } => constant(*users, *duration, Quota::Unlimited),
        LoadShape::SharedIterations { users, iterations, max_duration } => {
            // A user that could not have an iteration would only open a connection.
            constant(*users.min(iterations), *max_duration, Quota::Shared(*iterations))
        }
        LoadShape::IterationsPerUser { users, iterations, max_duration } => {
            constant(*users, *max_duration, Quota::PerUser(*iterations))
        }
        LoadShape::RampingUsers { start_users, stages } => {
            let lines = stages.iter().map(|stage| (stage.duration, stage.level));
            let users = UserSchedule::new(begin, *start_users, lines);
            Executor::Closed { users, quota: Quota::Unlimited }
        }
        LoadShape::ConstantRate { rate, duration, max_users, arrivals } => {
            let lines = [(*duration, *rate)];
            open(begin, *rate, lines, spacing(*arrivals, seed), *max_users)
        }
        LoadShape::RampingRate { start_rate, stages, max_users, arrivals } => {
            let lines = stages.iter().map(|stage| (stage.duration, stage.level));
            open(begin, *start_rate, lines, spacing(*arrivals, seed), *max_users)
        }
    }
}

fn open(
    begin: Duration,
    start_rate: Rate,
    lines: impl IntoIterator<Item = (Duration, Rate)>,
    spacing: Spacing,
    max_users: u64,
) -> Executor {
    Executor::Open { arrivals: ArrivalSchedule::new(begin, start_rate, lines, spacing), max_users }
}

fn spacing(arrivals: Arrivals, seed: u64) -> Spacing {
    match arrivals {
        Arrivals::Uniform => Spacing::Uniform,
        Arrivals::Poisson => Spacing::Poisson { seed },
    }
}

/// Lists a workload's stages in the catalogue. One in which the run's warm-up ends is listed as two of one name.
pub(super) fn timeline(
    workload: &scenario::Workload,
    id: WorkloadId,
    warm_up: Duration,
    catalog: &mut Catalog,
) -> Timeline {
    let mut start = workload.start_after;
    let mut stages = Vec::new();
    for (index, written) in written(&workload.load.shape).into_iter().enumerate() {
        let end = start + written.length;
        let edge = if written.warm_up { end } else { warm_up.clamp(start, end) };
        let name = written.name.unwrap_or_else(|| (index + 1).to_string());
        let mut piece = |from: Duration, to: Duration, warm_up: bool| {
            let stage = StageId(catalog.stages.len() as u32);
            let millis = |time: Duration| time.as_millis() as u64;
            let (start_ms, end_ms) = (millis(from), millis(to));
            let name = name.clone();
            catalog.stages.push(StageMeta { name, workload: id, start_ms, end_ms, warm_up });
            stages.push((stage, to - from));
        };
        if edge > start {
            piece(start, edge, true);
        }
        if end > edge || end == start {
            piece(edge, end, false);
        }
        start = end;
    }
    Timeline::new(workload.start_after, stages)
}

/// A stage of any shape of load.
struct Written {
    name: Option<String>,
    length: Duration,
    warm_up: bool,
}

fn written(shape: &LoadShape) -> Vec<Written> {
    let only = |length: &Duration| vec![Written { name: None, length: *length, warm_up: false }];
    match shape {
        LoadShape::ConstantUsers { duration, .. } | LoadShape::ConstantRate { duration, .. } => {
            only(duration)
        }
        LoadShape::SharedIterations { max_duration, .. }
        | LoadShape::IterationsPerUser { max_duration, .. } => only(max_duration),
        LoadShape::RampingUsers { stages, .. } => stages.iter().map(stage).collect(),
        LoadShape::RampingRate { stages, .. } => stages.iter().map(stage).collect(),
    }
}

fn stage<L>(stage: &Stage<L>) -> Written {
    Written { name: stage.name.clone(), length: stage.duration, warm_up: stage.warm_up }
}
