//! A run that has everything: failures, a threshold without data, hostile names, and what was never reached.

use crate::{
    judge::{Health, ThresholdResult, health, judge, setup_failed},
    measure::{
        Collector, Delta, Gaps, Interval, IterationKey, ProcessorTime, Recorded, Recorder, RequestKey,
        RequestObservation, Snapshot, VitalsSecond,
    },
    model::*,
    report::{
        Results,
        summary_v1::{SummaryV1, summary},
    },
};
use std::time::Duration;

pub const MS: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);
/// What a target could send to take over a terminal.
pub const HOSTILE: &str = "\x1b[2J\x1b]0;owned\x07line\nbreak\u{202e}\u{9b}31m";

const LIST: RequestId = RequestId(0);
const ITEM: RequestId = RequestId(1);
const CHECKOUT: RequestId = RequestId(2);
const NEVER: RequestId = RequestId(4);
/// The other end of all connections.
const TARGET: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);

/// All that reports are made of.
pub struct Run {
    pub info: RunInfo,
    pub catalog: Catalog,
    pub snapshot: Snapshot,
    pub thresholds: Vec<ThresholdResult>,
    pub verdict: Verdict,
    pub health: Health,
}

fn verdict(results: &[ThresholdResult], snapshot: &Snapshot, ending: &Ending) -> Verdict {
    crate::judge::verdict(results, snapshot, ending, &Health::default(), false)
}

impl Run {
    pub fn results(&self) -> Results<'_> {
        let Self { info, catalog, snapshot, thresholds, verdict, health } = self;
        Results { info, snapshot, catalog, verdict, health, thresholds }
    }

    pub fn summary(&self) -> SummaryV1 {
        summary(&self.results())
    }

    fn new(snapshot: Snapshot, thresholds: &[Threshold]) -> Self {
        let catalog = catalog();
        let thresholds = judge(thresholds, &snapshot, &catalog);
        let verdict = verdict(&thresholds, &snapshot, &Ending::Completed);
        let health = health(&snapshot, &catalog);
        Self { info: info(), catalog, snapshot, thresholds, verdict, health }
    }

    /// Three seconds of two workers, with failures.
    pub fn rich() -> Self {
        let mut collector = Collector::new(&catalog(), 2, SECOND);
        for interval in 0..3 {
            for worker in 0..2 {
                collector.accept(delta(worker, interval, |recorder| second_of(recorder, worker, interval)));
            }
        }
        collector.finish();
        Self::new(collector.snapshot(SECOND * 3), &thresholds())
    }

    /// The seconds that [`Self::rich`] is made of.
    pub fn rich_intervals() -> Vec<Interval> {
        let mut collector = Collector::new(&catalog(), 2, SECOND);
        let mut closed = Vec::new();
        for interval in 0..3 {
            for worker in 0..2 {
                let seen = delta(worker, interval, |recorder| second_of(recorder, worker, interval));
                closed.extend(collector.accept(seen).0);
            }
        }
        closed.extend(collector.finish());
        closed
    }

    /// Another generator's or worker's part of such seconds: of a stream of numbers, every `of`th from `part` on.
    pub fn dealt(stream: &[(u64, u32)], part: usize, of: usize) -> Vec<Interval> {
        let mut collector = Collector::new(&catalog(), 1, SECOND);
        let mut closed = Vec::new();
        for interval in 0..3 {
            let mine =
                (0..).zip(stream).skip(part).step_by(of).filter(|(_, (second, _))| *second == interval);
            let seen =
                delta(0, interval, |recorder| mine.for_each(|(at, (_, n))| one(recorder, *n, MS * at)));
            closed.extend(collector.accept(seen).0);
        }
        closed
    }

    /// A step stopped it; `setup` and `teardown` had been there.
    pub fn stopped() -> Self {
        let mut run = Self::rich();
        let ending = Ending::StoppedByStep("the step on line 12 stopped the run".to_owned());
        run.verdict = verdict(&run.thresholds, &run.snapshot, &ending);
        run.info.planned_duration_ms = 60_000;
        run.info.setup = Some(OnceInfo { requests: 3, failed: 0, duration_ms: 120, errors: vec![] });
        let errors = (1..=5).map(|n| format!("DELETE /items/{n}: status 500 {HOSTILE}")).collect();
        run.info.teardown = Some(OnceInfo { requests: 5, failed: 5, duration_ms: 1_260, errors });
        run
    }

    /// It ended with its `setup`.
    pub fn without_load() -> Self {
        let mut run = Self::empty();
        run.thresholds.clear();
        run.verdict = setup_failed("`POST /login` had status 500");
        let errors = vec!["POST /login: status 500".to_owned()];
        run.info.setup = Some(OnceInfo { requests: 1, failed: 1, duration_ms: 8, errors });
        run
    }

    /// Nothing was sent.
    pub fn empty() -> Self {
        let collector = Collector::new(&catalog(), 2, SECOND);
        Self::new(collector.snapshot(Duration::ZERO), &thresholds())
    }

    /// Arrivals at a rate with a warm-up, of which some found no user, beside iterations that took too long.
    pub fn open() -> Self {
        let catalog = open_catalog();
        let mut recorder = Recorder::new(&catalog);
        open_load(&mut recorder);
        let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
        let mut collector = Collector::new(&catalog, 1, SECOND);
        let (running_users, made_users) = (9, 12);
        collector.accept(Delta { worker: 0, interval: 0, recorded, running_users, made_users, last: false });
        collector.finish();
        let snapshot = collector.snapshot(SECOND * 4);
        let none = Condition {
            aggregation: Aggregation::Count,
            operator: Operator::Equal,
            limit: Limit::Number(0.0),
        };
        let thresholds = judge(&[threshold(Metric::DroppedIterations, &[], none)], &snapshot, &catalog);
        let verdict = verdict(&thresholds, &snapshot, &Ending::Completed);
        let info = RunInfo { duration_ms: 4_000, planned_duration_ms: 4_000, ..info() };
        let health = health(&snapshot, &catalog);
        Self { info, catalog, snapshot, thresholds, verdict, health }
    }

    /// A run of ten seconds whose generator was stopped for four of them, on a machine that is not its own.
    pub fn saturated() -> Self {
        let mut run = Self::passing();
        let mut second = vitals();
        second.gaps.add(MS * 4_020);
        run.snapshot.vitals.add(&second);
        run.snapshot.elapsed = SECOND * 10;
        run.health = health(&run.snapshot, &run.catalog);
        let ending = Ending::Completed;
        run.verdict = crate::judge::verdict(&run.thresholds, &run.snapshot, &ending, &run.health, false);
        run
    }

    /// A small run in which everything holds.
    pub fn passing() -> Self {
        let mut collector = Collector::new(&catalog(), 1, SECOND);
        collector.accept_vitals(0, &vitals());
        collector.accept(delta(0, 0, |recorder| {
            (1..=1_000).for_each(|us| recorder.request(&seen(LIST, 0, MS + Duration::from_micros(us))));
            recorder.iteration(
                IterationKey { task: TaskId(0), stage: StageId(0), end: IterationEnd::Completed },
                MS / 20,
                MS * 20,
            );
        }));
        collector.finish();
        let p95 = Condition {
            aggregation: Aggregation::Percentile(Percent::whole(95)),
            operator: Operator::Less,
            limit: Limit::Time(MS * 200),
        };
        Self::new(collector.snapshot(SECOND), &[threshold(Metric::HttpReqDuration, &[], p95)])
    }
}

/// A second of two processors, of which others had a part.
pub fn vitals() -> VitalsSecond {
    let machine = ProcessorTime { all: SECOND * 2, busy: MS * 1_200, stolen: MS * 240 };
    VitalsSecond {
        span: SECOND,
        process: Some(MS * 700),
        cores: Some(2),
        machine: Some(machine),
        least_busy_permille: Some(300),
        gaps: Gaps::default(),
        open_files: Some(31),
        open_files_limit: Some(1_024),
        ports: Some(12),
        ports_limit: Some(28_232),
        memory_bytes: Some(9 << 20),
        suspended: Duration::ZERO,
        clock_step_ms: 0,
    }
}

fn info() -> RunInfo {
    RunInfo {
        id: "shop-20260301T120000Z".into(),
        name: "shop".into(),
        started_at: "2026-03-01T12:00:00Z".into(),
        ended_at: "2026-03-01T12:00:03Z".into(),
        duration_ms: 3_000,
        planned_duration_ms: 3_000,
        scenario_file: "shop.yaml".into(),
        scenario_sha256: "0".repeat(64),
        target: "http://127.0.0.1:8080".into(),
        seed: 7,
        tags: vec![("team".into(), "shop".into())],
        host: HostInfo { os: "linux x86_64".into(), cpu: "cpu".into(), cores: 2, memory_bytes: 0 },
        command: "loadgen run shop.yaml --seed 7".into(),
        ..RunInfo::default()
    }
}

pub fn catalog() -> Catalog {
    let request = |name: &str, task| {
        let (name, method) = (name.to_owned(), "GET".to_owned());
        RequestMeta { name, method, task: TaskId(task), group: None, tags: vec![] }
    };
    let task = |name: &str, kind| TaskMeta { name: name.into(), workload: WorkloadId(0), kind };
    let check =
        |name: &str, request, is_expectation| CheckMeta { name: name.into(), request, is_expectation };
    let stage = |name: &str, start_ms, end_ms| StageMeta {
        name: name.into(),
        workload: WorkloadId(0),
        start_ms,
        end_ms,
        warm_up: false,
    };
    let group = |name: &str, task| GroupMeta { name: name.into(), task: TaskId(task) };
    let long = format!("{HOSTILE}{}", "x".repeat(200));
    Catalog {
        workloads: vec![WorkloadMeta { name: "default".into(), is_open: false }],
        tasks: vec![
            task("browse", TaskKind::Iteration),
            task("checkout", TaskKind::Iteration),
            task("login", TaskKind::OnStart),
            task("logout", TaskKind::OnStop),
        ],
        requests: vec![
            request("list", 0),
            request("GET /items/{{ item.id }}", 0),
            request("checkout", 1),
            request(&long, 2),
            request("never sent", 2),
        ],
        checks: vec![
            check("status is 200", LIST, false),
            check("status is 200", ITEM, false),
            check("body has a total", CHECKOUT, true),
            check("token is there", NEVER, true),
        ],
        groups: vec![
            group("payment", 1),
            group("payment::address", 1),
            group(&format!("never::{HOSTILE}"), 0),
        ],
        stages: vec![stage("warm-up", 0, 1_000), stage("2", 1_000, 3_000)],
    }
}

fn threshold(metric: Metric, tags: &[(&str, &str)], condition: Condition) -> Threshold {
    let tags = tags.iter().map(|(tag, value)| ((*tag).to_owned(), Glob::new(*value))).collect();
    Threshold::new(metric, Selector { tags }, condition, 9)
}

pub fn thresholds() -> Vec<Threshold> {
    let condition = |aggregation, operator, limit: Limit| Condition { aggregation, operator, limit };
    let p95 = Aggregation::Percentile(Percent::whole(95));
    let time = |ms| Limit::Time(MS * ms);
    vec![
        threshold(Metric::HttpReqDuration, &[], condition(p95, Operator::Less, time(2_000))),
        threshold(
            Metric::HttpReqFailed,
            &[],
            condition(Aggregation::Rate, Operator::Less, Limit::Share(0.01)),
        ),
        threshold(
            Metric::HttpReqDuration,
            &[("name", "never sent"), ("task", "login")],
            condition(p95, Operator::Less, time(50)),
        ),
        threshold(
            Metric::HttpReqs,
            &[],
            condition(Aggregation::Rate, Operator::GreaterOrEqual, Limit::PerSecond(10.0)),
        ),
        threshold(Metric::VusMax, &[], condition(Aggregation::Value, Operator::Equal, Limit::Number(10.0))),
    ]
}

/// A request that went well. It waited 20 ms for its start in the second stage.
fn seen(request: RequestId, stage: u32, time: Duration) -> RequestObservation {
    RequestObservation {
        key: RequestKey {
            request,
            stage: StageId(stage),
            status: 200,
            error: None,
            protocol: Some(Protocol::Http11),
            failed: false,
        },
        service_time: time,
        response_time: time + MS * 20 * stage,
        ended_at: Duration::ZERO,
        sent_bytes: 12,
        received_bytes: 1_024,
        phases: on_a_kept_connection(time),
        connection: ConnectionUse { remote: Some(TARGET.into()), is_new: false, sent: true },
        trace_id: None,
    }
}

/// A quick send, up to 2 ms to receive, and the rest of the time spent waiting.
fn on_a_kept_connection(time: Duration) -> PhaseTimes {
    let mut phases = PhaseTimes::default();
    let (sending, receiving) = (Duration::from_micros(20), (time / 3).min(MS * 2));
    phases.set(Phase::Blocked, Duration::ZERO);
    phases.set(Phase::Sending, sending);
    phases.set(Phase::Waiting, time.saturating_sub(sending + receiving));
    phases.set(Phase::Receiving, receiving);
    phases
}

/// The same request on a connection that it had to make.
fn on_a_new_connection(mut seen: RequestObservation) -> RequestObservation {
    seen.connection.is_new = true;
    seen.phases.set(Phase::Blocked, Duration::from_micros(1_700));
    seen.phases.set(Phase::LookingUp, Duration::from_micros(30));
    seen.phases.set(Phase::Connecting, Duration::from_micros(1_500));
    seen
}

fn refused(at: &RequestObservation) -> RequestObservation {
    let error = Some(ErrorKind::ConnectRefused);
    let key = RequestKey { status: 0, error, protocol: None, failed: true, ..at.key };
    let (phases, connection) = (PhaseTimes::default(), ConnectionUse::default());
    RequestObservation { key, received_bytes: 0, phases, connection, ..*at }
}

fn delta(worker: usize, interval: u64, record: impl FnOnce(&mut Recorder)) -> Delta {
    let catalog = catalog();
    let mut recorder = Recorder::new(&catalog);
    record(&mut recorder);
    let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
    Delta { worker, interval, recorded, running_users: 5, made_users: 5, last: false }
}

fn second_of(recorder: &mut Recorder, worker: usize, interval: u64) {
    let stage = u32::from(interval > 0);
    let at = SECOND * interval as u32 + MS * 100 * (worker as u32 + 1);
    for n in 1..=120u32 {
        recorder.request(&seen(LIST, stage, MS * n));
        recorder.check(CheckId(0), StageId(stage), true);
        recorder.iteration(
            IterationKey { task: TaskId(0), stage: StageId(stage), end: IterationEnd::Completed },
            MS / 20,
            MS * 2 * n,
        );
    }
    for n in 1..=10u32 {
        recorder.request(&seen(ITEM, stage, MS * 3 + Duration::from_micros(u64::from(n) * 37)));
        recorder.check(CheckId(1), StageId(stage), n > 1);
    }
    let checkout = FailureSite::Request(CHECKOUT);
    for n in 1..=8u32 {
        let went = seen(CHECKOUT, stage, MS * 500 * n);
        let (status, failed) = if n == 8 { (503, true) } else { (201, false) };
        let key = RequestKey { status, failed, ..went.key };
        let trace_id = Some((u128::from(interval) << 16) + ((worker as u128) << 8) + u128::from(n));
        let went = on_a_new_connection(RequestObservation { key, ended_at: at, trace_id, ..went });
        recorder.request(&went);
        recorder.check(CheckId(2), StageId(stage), n < 7);
        let end = if n == 8 { IterationEnd::Failed } else { IterationEnd::Completed };
        recorder.iteration(
            IterationKey { task: TaskId(1), stage: StageId(stage), end },
            MS / 20,
            MS * 510 * n,
        );
        recorder.group(GroupId(0), StageId(stage), MS * 505 * n);
        recorder.group(GroupId(1), StageId(stage), MS * 2);
    }
    recorder.failure(StageId(stage), checkout, FailureKind::Status(503), at, || {
        format!("503 {HOSTILE}{}", "y".repeat(500))
    });
    recorder.failure(StageId(stage), checkout, FailureKind::Expectation(CheckId(2)), at, || {
        "no $.total in {}".into()
    });
    let login = on_a_new_connection(seen(RequestId(3), stage, MS * 9));
    recorder.request(&login);
    recorder.request(&refused(&login));
    recorder.failure(
        StageId(stage),
        FailureSite::Request(RequestId(3)),
        FailureKind::NoResponse(ErrorKind::ConnectRefused),
        at,
        || "connection refused".into(),
    );
    let feed = FailureSite::Task(TaskId(0));
    recorder
        .failure(StageId(stage), feed, FailureKind::Feed, at, || "the feed `users` has no row left".into());
    recorder.user_start_failure(WorkloadId(0), StageId(stage));
    recorder.iteration(
        IterationKey { task: TaskId(1), stage: StageId(stage), end: IterationEnd::Interrupted },
        MS / 20,
        MS,
    );
}

/// Whatever one number stands for. What fails, fails at this time.
fn one(recorder: &mut Recorder, n: u32, at: Duration) {
    let (request, stage) = (RequestId(n % 3), n % 2);
    let plain = seen(request, stage, Duration::from_micros(u64::from(n)));
    let trace_id = n.is_multiple_of(5).then_some(u128::from(n) << 70);
    let plain = RequestObservation { trace_id, ended_at: MS * (n % 3_000), ..plain };
    match n % 4 {
        0 => recorder.request(&refused(&plain)),
        1 => recorder.request(&on_a_new_connection(plain)),
        _ => recorder.request(&plain),
    }
    recorder.check(CheckId(n % 4), StageId(stage), !n.is_multiple_of(7));
    let end = if n.is_multiple_of(11) { IterationEnd::Failed } else { IterationEnd::Completed };
    let key = IterationKey { task: TaskId(n % 2), stage: StageId(stage), end };
    recorder.iteration(key, MS / 20 * (n % 13), Duration::from_micros(u64::from(n) * 3));
    recorder.group(GroupId(n % 2), StageId(stage), MS * n);
    recorder.dropped(StageId(stage), u64::from(n % 2));
    let site = FailureSite::Request(request);
    recorder.failure(StageId(stage), site, FailureKind::Extract, at, || format!("sample {}", n % 9));
    if n.is_multiple_of(17) {
        recorder.user_start_failure(WorkloadId(0), StageId(stage));
    }
}

fn open_catalog() -> Catalog {
    let stage = |name: &str, workload, start_ms, end_ms, warm_up| StageMeta {
        name: name.into(),
        workload: WorkloadId(workload),
        start_ms,
        end_ms,
        warm_up,
    };
    let task = |name: &str, workload| TaskMeta {
        name: name.into(),
        workload: WorkloadId(workload),
        kind: TaskKind::Iteration,
    };
    let request = |name: &str, task, tier: &str| RequestMeta {
        name: name.into(),
        method: "POST".into(),
        task: TaskId(task),
        group: None,
        tags: vec![("tier".into(), tier.into()), ("team".into(), "shop".into())],
    };
    Catalog {
        workloads: vec![
            WorkloadMeta { name: "orders".into(), is_open: true },
            WorkloadMeta { name: "import".into(), is_open: false },
        ],
        tasks: vec![task("order", 0), task("import", 1)],
        requests: vec![request("order", 0, "gold"), request("import", 1, "batch")],
        stages: vec![
            stage("ramp", 0, 0, 1_000, true),
            stage("ramp", 0, 1_000, 2_000, false),
            stage("peak", 0, 2_000, 4_000, false),
            stage("1", 1, 1_000, 4_000, false),
        ],
        ..Catalog::default()
    }
}

fn open_load(recorder: &mut Recorder) {
    for (stage, arrivals) in [(0, 40), (1, 120), (2, 480)] {
        for n in 1..=arrivals {
            recorder.request(&seen(RequestId(0), stage, MS * (n % 50 + 1)));
            let key = IterationKey { task: TaskId(0), stage: StageId(stage), end: IterationEnd::Completed };
            recorder.iteration(key, Duration::from_micros(u64::from(n % 90) + 10), MS * (n % 50 + 2));
        }
        recorder.dropped(StageId(stage), u64::from(stage) * 26);
        recorder.without_user(StageId(stage), u64::from(stage) * 26);
    }
    for _ in 0..30 {
        recorder.request(&RequestObservation { response_time: MS * 80, ..seen(RequestId(1), 3, MS * 80) });
        let key = IterationKey { task: TaskId(1), stage: StageId(3), end: IterationEnd::Completed };
        recorder.iteration(key, Duration::ZERO, MS * 80);
    }
    recorder.dropped(StageId(3), 10);
}
