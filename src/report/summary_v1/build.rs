//! The document out of a run's data.

use super::{
    breakdown::{BoundsV1, OutcomeV1, TagV1, WorkloadV1},
    document::*,
    exchanges::{AddressV1, ConnectionsV1, PhasesV1, SlowRequestV1},
    health::{HealthV1, PointHealthV1},
    metrics::{metrics, share},
    threshold::ThresholdV1,
    trend::{PointTrendV1, TrendV1},
};
use crate::{
    measure::{Point, RequestKey, Snapshot},
    model::{
        Catalog, CheckId, GroupId, HostInfo, OnceInfo, PartInfo, RequestId, RunInfo, SamplesInfo, StageId,
        TaskId, TaskKind,
    },
    report::{
        Results,
        breakdown::{Part, RequestEnd, outcomes},
        due::Due,
        format::per_second,
        totals::{Totals, WarmUpTotals, failures, slowest},
    },
};
use std::time::Duration;

/// The results of a run. Durations in it are milliseconds, rates are per second of `snapshot.counted`.
pub fn summary(results: &Results<'_>) -> SummaryV1 {
    let Results { info: run, snapshot, catalog, verdict, health, thresholds } = *results;
    let totals = &Totals::new(snapshot, catalog);
    SummaryV1 {
        schema: SCHEMA.to_owned(),
        run: run_v1(run),
        verdict: VerdictV1 {
            passed: verdict.passed,
            exit_code: verdict.exit_code.number(),
            reason: verdict.reason.clone(),
            incomplete: verdict.incomplete,
        },
        health: Some(HealthV1::new(health, snapshot)),
        thresholds: thresholds.iter().map(ThresholdV1::new).collect(),
        metrics: metrics(snapshot, totals),
        checks: catalog.check_ids().map(|id| check(id, catalog, totals)).collect(),
        requests: requests(snapshot, catalog, totals),
        connections: ConnectionsV1::new(snapshot.total.connections()),
        addresses: AddressV1::list(snapshot.total.connections()),
        slowest: slowest(snapshot)
            .into_iter()
            .map(|(id, slow)| SlowRequestV1::new(id, slow, catalog))
            .collect(),
        workloads: WorkloadV1::list(run, catalog, totals, snapshot.counted),
        tags: TagV1::list(snapshot, catalog),
        tasks: catalog.task_ids().map(|id| task(id, catalog, totals, snapshot.counted)).collect(),
        groups: catalog.group_ids().map(|id| group(id, catalog, totals, snapshot.counted)).collect(),
        stages: catalog.stage_ids().map(|id| stage(id, catalog, totals)).collect(),
        warm_up: totals.warm_up.as_ref().map(warm_up),
        errors: errors(snapshot, catalog),
        bounds: BoundsV1::new(snapshot),
        setup: run.setup.as_ref().map(once),
        teardown: run.teardown.as_ref().map(once),
        series: SeriesV1 {
            interval_ms: whole_ms(snapshot.series.interval()),
            points: series(run, snapshot, catalog),
        },
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn run_v1(run: &RunInfo) -> RunV1 {
    RunV1 {
        id: run.id.clone(),
        name: run.name.clone(),
        description: run.description.clone(),
        started_at: run.started_at.clone(),
        ended_at: run.ended_at.clone(),
        duration_ms: run.duration_ms,
        planned_duration_ms: run.planned_duration_ms,
        loadgen_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario_file: run.scenario_file.clone(),
        scenario_sha256: run.scenario_sha256.clone(),
        environment: run.environment.clone(),
        target: run.target.clone(),
        seed: run.seed,
        tags: run.tags.iter().cloned().collect(),
        host: host(&run.host),
        command: run.command.clone(),
        samples: run.samples.map(samples),
        parts: run.parts.iter().map(part).collect(),
    }
}

fn host(host: &HostInfo) -> HostV1 {
    HostV1 {
        os: host.os.clone(),
        cpu: host.cpu.clone(),
        cores: host.cores,
        memory_bytes: Some(host.memory_bytes).filter(|bytes| *bytes > 0),
    }
}

fn samples(SamplesInfo { rows, dropped, finished }: SamplesInfo) -> SamplesV1 {
    SamplesV1 { rows, dropped, finished }
}

fn part(part: &PartInfo) -> PartV1 {
    PartV1 {
        id: part.id.clone(),
        started_at: part.started_at.clone(),
        target: part.target.clone(),
        seed: part.seed,
        host: host(&part.host),
        command: part.command.clone(),
    }
}

fn check(id: CheckId, catalog: &Catalog, totals: &Totals) -> CheckV1 {
    let check = catalog.check(id);
    let request = catalog.request(check.request);
    let tally = totals.checks[id.0 as usize];
    CheckV1 {
        name: check.name.clone(),
        task: catalog.task(request.task).name.clone(),
        request: request.name.clone(),
        kind: if check.is_expectation { CheckKindV1::Expect } else { CheckKindV1::Check },
        passes: tally.passes,
        fails: tally.fails,
        rate: share(tally.passes, tally.passes + tally.fails),
    }
}

fn requests(snapshot: &Snapshot, catalog: &Catalog, totals: &Totals) -> Vec<RequestV1> {
    let ended = outcomes(snapshot);
    let of = |id| ended.get(&id).map_or(&[][..], Vec::as_slice);
    catalog.request_ids().map(|id| request(id, catalog, totals, snapshot.counted, of(id))).collect()
}

fn request(
    id: RequestId,
    catalog: &Catalog,
    totals: &Totals,
    counted: Duration,
    ended: &[(RequestEnd, Part)],
) -> RequestV1 {
    let request = catalog.request(id);
    let task = catalog.task(request.task);
    let seen = &totals.requests[id.0 as usize];
    let statuses = seen.statuses.iter().map(|(status, count)| (status_name(*status), *count));
    let errors = seen.errors.iter().map(|(error, count)| (error.name().to_owned(), *count));
    RequestV1 {
        name: request.name.clone(),
        task: task.name.clone(),
        workload: catalog.workload(task.workload).name.clone(),
        method: request.method.clone(),
        count: seen.count,
        failed: seen.failed,
        failed_rate: share(seen.failed, seen.count),
        rate_per_s: per_second(seen.count, counted),
        duration_ms: TrendV1::new(&seen.duration),
        response_time_ms: TrendV1::new(&seen.response_time),
        phases_ms: PhasesV1::new(&seen.phases),
        statuses: statuses.collect(),
        errors: errors.collect(),
        by_status: OutcomeV1::list(ended, counted),
        sent_bytes: seen.sent_bytes,
        received_bytes: seen.received_bytes,
    }
}

fn status_name(status: u16) -> String {
    if status == RequestKey::OTHER_STATUS { "(other)".to_owned() } else { status.to_string() }
}

fn task(id: TaskId, catalog: &Catalog, totals: &Totals, counted: Duration) -> TaskV1 {
    let task = catalog.task(id);
    let seen = &totals.tasks[id.0 as usize];
    TaskV1 {
        name: task.name.clone(),
        workload: catalog.workload(task.workload).name.clone(),
        kind: match task.kind {
            TaskKind::Iteration => TaskKindV1::Iteration,
            TaskKind::OnStart => TaskKindV1::OnStart,
            TaskKind::OnStop => TaskKindV1::OnStop,
        },
        iterations: seen.completed,
        failed: seen.failed,
        interrupted: seen.interrupted,
        rate_per_s: per_second(seen.completed, counted),
        duration_ms: TrendV1::new(&seen.duration),
        lag_ms: TrendV1::without_histogram(&seen.lag),
    }
}

fn group(id: GroupId, catalog: &Catalog, totals: &Totals, counted: Duration) -> GroupV1 {
    let group = catalog.group(id);
    let task = catalog.task(group.task);
    let seen = &totals.groups[id.0 as usize];
    GroupV1 {
        name: group.name.clone(),
        task: task.name.clone(),
        workload: catalog.workload(task.workload).name.clone(),
        count: seen.count(),
        rate_per_s: per_second(seen.count(), counted),
        duration_ms: TrendV1::new(seen),
    }
}

fn once(seen: &OnceInfo) -> OnceV1 {
    OnceV1 {
        requests: seen.requests,
        failed: seen.failed,
        duration_ms: seen.duration_ms,
        errors: seen.errors.clone(),
    }
}

fn stage(id: StageId, catalog: &Catalog, totals: &Totals) -> StageV1 {
    let stage = catalog.stage(id);
    let seen = &totals.stages[id.0 as usize];
    StageV1 {
        name: stage.name.clone(),
        workload: catalog.workload(stage.workload).name.clone(),
        start_ms: stage.start_ms,
        end_ms: stage.end_ms,
        lasted_ms: whole_ms(seen.lasted),
        http_reqs: seen.requests.count,
        http_req_failed: seen.requests.failed,
        failed_rate: share(seen.requests.failed, seen.requests.count),
        rate_per_s: (!stage.warm_up).then(|| per_second(seen.requests.count, seen.lasted)).flatten(),
        warm_up: stage.warm_up,
        iterations: seen.iterations.completed,
        failed_iterations: seen.iterations.failed,
        interrupted_iterations: seen.iterations.interrupted,
        dropped_iterations: seen.dropped,
        duration_ms: TrendV1::new(&seen.requests.duration),
        response_time_ms: TrendV1::new(&seen.requests.response_time),
    }
}

fn warm_up(seen: &WarmUpTotals) -> WarmUpV1 {
    WarmUpV1 {
        duration_ms: whole_ms(seen.length),
        http_reqs: seen.requests,
        http_req_failed: seen.failed,
        iterations: seen.iterations,
        failed_iterations: seen.failed_iterations,
        interrupted_iterations: seen.interrupted_iterations,
        dropped_iterations: seen.dropped,
    }
}

fn errors(snapshot: &Snapshot, catalog: &Catalog) -> Vec<ErrorV1> {
    let all = failures(snapshot, catalog).into_iter();
    all.map(|failure| ErrorV1 {
        error: failure.error,
        name: failure.request.map_or(&failure.task.name, |request| &request.name).clone(),
        site: if failure.request.is_some() { ErrorSiteV1::Request } else { ErrorSiteV1::Task },
        task: failure.task.name.clone(),
        count: failure.seen.count,
        first_at_ms: whole_ms(failure.seen.first_at),
        sample: failure.seen.sample.clone(),
    })
    .collect()
}

fn series(run: &RunInfo, snapshot: &Snapshot, catalog: &Catalog) -> Vec<PointV1> {
    let (due, usual) = (Due::new(run, catalog), snapshot.series.interval());
    let end = Duration::from_millis(run.duration_ms);
    // The last point ends with the run, and what was due in it, too.
    let point = |point: &Point| PointV1::new(point, point.span_until(end), usual, &due);
    snapshot.series.points().iter().map(point).collect()
}

impl PointV1 {
    /// What an interval amounts to of which this length belongs to the run, where the usual one is that.
    pub fn new(point: &Point, length: Duration, usual: Duration, due: &Due) -> Self {
        Self {
            t_ms: whole_ms(point.start),
            vus: point.vus,
            http_reqs: point.requests,
            http_req_failed: point.failed_requests,
            http_errors: point
                .errors
                .iter()
                .map(|(error, count)| (error.name().to_owned(), *count))
                .collect(),
            due_iterations: due.within(point.start, point.start + length),
            iterations: point.iterations,
            failed_iterations: point.failed_iterations,
            interrupted_iterations: point.interrupted_iterations,
            dropped_iterations: point.dropped_iterations,
            duration_ms: PointTrendV1::new(&point.duration),
            response_time_ms: PointTrendV1::new(&point.response_time),
            data_received_bytes: point.received_bytes,
            health: Some(PointHealthV1::new(point)),
            interval_ms: (length != usual).then(|| whole_ms(length)),
        }
    }
}
