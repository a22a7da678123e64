//! Every rule on both of its sides.

use super::*;
use crate::{
    measure::{
        Collector, Delta, Gaps, IterationKey, ProcessorTime, Recorded, Recorder, RequestKey,
        RequestObservation,
    },
    model::{
        ConnectionUse, ErrorKind, IterationEnd, PhaseTimes, RequestId, RequestMeta, StageId, StageMeta,
        TaskId, TaskKind, TaskMeta, WorkloadId, WorkloadMeta,
    },
};
use HealthStatus::{Degraded, Ok, Saturated};

const MS: Duration = Duration::from_millis(1);
const US: Duration = Duration::from_micros(1);
const SECOND: Duration = Duration::from_secs(1);
/// How long the runs of these tests were.
const LENGTH: u32 = 20;

/// One open workload and one closed one, with a stage and a task each.
fn catalog() -> Catalog {
    let workload = |name: &str, is_open| WorkloadMeta { name: name.into(), is_open };
    let task =
        |workload| TaskMeta { name: "t".into(), workload: WorkloadId(workload), kind: TaskKind::Iteration };
    let stage = |workload| StageMeta {
        name: "1".into(),
        workload: WorkloadId(workload),
        start_ms: 0,
        end_ms: u64::from(LENGTH) * 1_000,
        warm_up: false,
    };
    let request =
        RequestMeta { name: "r".into(), method: "GET".into(), task: TaskId(0), group: None, tags: vec![] };
    Catalog {
        workloads: vec![workload("shop", true), workload("back office", false)],
        tasks: vec![task(0), task(1)],
        requests: vec![request],
        stages: vec![stage(0), stage(1)],
        ..Catalog::default()
    }
}

const OPEN: u32 = 0;
const CLOSED: u32 = 1;

fn iterations(recorder: &mut Recorder, workload: u32, count: u32, lag: Duration) {
    let key = IterationKey { task: TaskId(workload), stage: StageId(workload), end: IterationEnd::Completed };
    (0..count).for_each(|_| recorder.iteration(key, lag, MS * 20));
}

fn requests(recorder: &mut Recorder, count: u32, error: Option<ErrorKind>, time: Duration) {
    let (request, stage, failed) = (RequestId(0), StageId(0), error.is_some());
    let seen = RequestObservation {
        key: RequestKey { request, stage, status: 200, error, protocol: None, failed },
        service_time: time,
        response_time: time,
        ended_at: Duration::ZERO,
        sent_bytes: 0,
        received_bytes: 0,
        phases: PhaseTimes::default(),
        connection: ConnectionUse::default(),
        trace_id: None,
    };
    (0..count).for_each(|_| recorder.request(&seen));
}

/// The health of a run of these seconds with this load, made by ten users.
fn health_of(record: impl FnOnce(&mut Recorder), seconds: &[VitalsSecond]) -> Health {
    let catalog = catalog();
    let mut recorder = Recorder::new(&catalog);
    record(&mut recorder);
    let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
    let mut collector = Collector::new(&catalog, 1, SECOND);
    let empty = || Box::new(Recorded::new(&catalog));
    let seen = std::iter::once(recorded).chain(std::iter::repeat_with(empty));
    let (running_users, made_users) = (5, 10);
    for (interval, recorded) in (0..seconds.len().max(1)).zip(seen) {
        let interval = interval as u64;
        if let Some(second) = seconds.get(interval as usize) {
            collector.accept_vitals(interval, second);
        }
        collector.accept(Delta { worker: 0, interval, recorded, running_users, made_users, last: false });
    }
    collector.finish();
    health(&collector.snapshot(SECOND * LENGTH), &catalog)
}

fn vitals_of(seconds: &[VitalsSecond]) -> Health {
    health_of(|_| {}, seconds)
}

fn found(health: &Health) -> Vec<&'static str> {
    health.findings.iter().map(|finding| finding.code.name()).collect()
}

#[track_caller]
fn assert_is(health: &Health, status: HealthStatus, codes: &[&str], texts: &[&str]) {
    assert_eq!((health.status, found(health).as_slice()), (status, codes), "{health:#?}");
    for text in texts {
        let has = |finding: &HealthFinding| finding.text.contains(text) || finding.remedy.contains(text);
        assert!(health.findings.iter().any(has), "no {text:?} in {health:#?}");
    }
    assert_eq!(health.saturation().is_some(), status == Saturated);
}

#[test]
fn a_run_of_which_nothing_is_known_is_ok() {
    assert_is(&vitals_of(&[]), Ok, &[], &[]);
}

#[test]
fn lag_is_held_against_the_targets_times_and_never_below_five_milliseconds() {
    for (late, lag, response, status) in [
        (20, MS * 5, MS, Ok),
        // A thousandth above, since histograms have three digits.
        (20, US * 5_050, MS, Saturated),
        (20, US * 5_050, MS * 100, Degraded),
        (20, MS * 24, MS * 100, Degraded),
        (20, MS * 26, MS * 100, Saturated),
        (20, MS * 49, MS * 1_000, Ok),
        (20, MS * 51, MS * 1_000, Degraded),
        (20, MS * 249, MS * 1_000, Degraded),
        (20, MS * 251, MS * 1_000, Saturated),
        // One in a hundred may be late.
        (10, MS * 900, MS * 100, Ok),
        (11, MS * 900, MS * 100, Saturated),
    ] {
        let health = health_of(
            |recorder| {
                iterations(recorder, OPEN, 1_000 - late, US * 80);
                iterations(recorder, OPEN, late, lag);
                requests(recorder, 1_000, None, response);
            },
            &[],
        );
        let codes: &[&str] = if status == Ok { &[] } else { &["lag"] };
        assert_is(&health, status, codes, &[]);
    }
}

#[test]
fn fewer_than_six_late_iterations_are_no_percentile() {
    for (late, status) in [(5, Ok), (6, Saturated)] {
        let health = health_of(|recorder| iterations(recorder, OPEN, late, MS * 300), &[]);
        assert_eq!(health.status, status, "{health:#?}");
    }
}

#[test]
fn users_that_start_together_are_excused_once_each() {
    for (late, status) in [(10, Ok), (19, Ok), (20, Degraded)] {
        let health = health_of(
            |recorder| {
                iterations(recorder, CLOSED, 1_000 - late, US * 100);
                iterations(recorder, CLOSED, late, MS * 60);
                requests(recorder, 1_000, None, MS * 100);
            },
            &[],
        );
        let codes: &[&str] = if status == Ok { &[] } else { &["lag"] };
        assert_is(&health, status, codes, if status == Ok { &[] } else { &["60", "100ms"] });
    }
}

fn with_gaps(gaps: &[u32]) -> VitalsSecond {
    let mut second = VitalsSecond { span: SECOND, gaps: Gaps::default(), ..VitalsSecond::default() };
    gaps.iter().for_each(|ms| second.gaps.add(MS * *ms));
    second
}

#[test]
fn gaps_of_more_than_a_hundredth_of_the_run_saturate() {
    for (gaps, status, texts) in [
        (&[][..], Ok, &[][..]),
        (&[101], Degraded, &["once, for 101ms: 0.5% of the run"]),
        (&[200], Degraded, &["once"]),
        // More than a hundredth, and yet too little to say anything.
        (&[240], Degraded, &["once"]),
        (&[251], Saturated, &["once"]),
        (&[130, 130], Saturated, &["2 times, for 260ms in all and 130ms at the longest: 1.3%"]),
        (&[4_020], Saturated, &["once, for 4.02s: 20% of the run", "stopped"]),
    ] {
        let codes: &[&str] = if status == Ok { &[] } else { &["gap"] };
        assert_is(&vitals_of(&[with_gaps(gaps)]), status, codes, texts);
    }
}

/// A second of two cores, in thousandths of them all, and of the less busy one.
fn busy(own: u32, stolen: u32, others: u32, least_busy_permille: u32) -> VitalsSecond {
    let of = |permille: u32| MS * 2 * permille;
    let machine = ProcessorTime { all: of(1_000), busy: of(own + stolen + others), stolen: of(stolen) };
    VitalsSecond {
        span: SECOND,
        process: Some(of(own)),
        cores: Some(2),
        machine: Some(machine),
        least_busy_permille: Some(least_busy_permille),
        ..VitalsSecond::default()
    }
}

#[test]
fn two_seconds_without_an_idle_core_are_told_with_whose_they_were() {
    let (full, idle) = (busy(700, 50, 200, 920), busy(700, 0, 100, 890));
    assert_is(&vitals_of(&[full.clone(), idle.clone(), full.clone(), idle.clone()]), Ok, &[], &[]);
    let texts =
        ["all 2 cores were more than 90% busy for 2s: it used 1.4 of 2 itself, other programs 0.4", "5%"];
    assert_is(&vitals_of(&[full.clone(), full, idle]), Degraded, &["cpu"], &texts);
    let foreign = busy(200, 0, 750, 940);
    assert_is(&vitals_of(&[foreign.clone(), foreign]), Degraded, &["cpu"], &["stop the other programs"]);
    let stolen = busy(200, 700, 50, 940);
    let texts = ["the hypervisor gave 70%", "has its processors to itself"];
    assert_is(&vitals_of(&[stolen.clone(), stolen]), Degraded, &["steal"], &texts);
}

#[test]
fn whoever_took_the_processors_is_named_where_the_generator_was_late() {
    let mut stolen = busy(100, 400, 200, 500);
    stolen.gaps.add(MS * 150);
    let texts = [
        "the hypervisor gave 40% of its processors' time to others, other programs took 20% of it",
        "has its processors to itself",
    ];
    assert_is(&vitals_of(&[stolen]), Degraded, &["gap"], &texts);
    let late = |recorder: &mut Recorder| iterations(recorder, OPEN, 100, MS * 30);
    let texts = ["began 30", "other programs took 60% of its processors' time", "stop the other programs"];
    assert_is(&health_of(late, &[busy(300, 0, 600, 500)]), Saturated, &["lag"], &texts);
    assert_is(&health_of(late, &[busy(600, 0, 0, 500)]), Saturated, &["lag"], &["give it more cores"]);
}

fn drops(started: u32, dropped: u64, overdue: u64, lag: Duration) -> impl Fn(&mut Recorder) {
    move |recorder| {
        iterations(recorder, OPEN, started, lag);
        recorder.dropped(StageId(OPEN), dropped);
        recorder.overdue(StageId(OPEN), overdue);
        recorder.without_user(StageId(OPEN), dropped - overdue);
    }
}

#[test]
fn arrivals_that_nobody_got_round_to_are_the_generators() {
    for (started, dropped, status, codes) in [
        (1_000, 0, Ok, &[][..]),
        (999, 1, Degraded, &["dropped"]),
        (990, 10, Degraded, &["dropped"]),
        (989, 11, Saturated, &["dropped"]),
        (950, 50, Saturated, &["dropped"]),
        (949, 51, Saturated, &["not_delivered"]),
    ] {
        let health = health_of(drops(started, dropped, dropped, US * 50), &[]);
        assert_is(&health, status, codes, if dropped > 0 { &["of 1000 arrivals"] } else { &[] });
    }
}

#[test]
fn arrivals_without_a_user_are_the_targets_as_long_as_the_generator_is_in_time() {
    let in_time = health_of(drops(1_000, 3_000, 0, MS * 3), &[]);
    let texts = ["shop: asked 200/s, the target took 50/s: no user was free for 3000 arrivals", "max_users"];
    assert_is(&in_time, Degraded, &["target_limit"], &texts);
    let late = health_of(drops(1_000, 3_000, 0, MS * 300), &[]);
    let texts = ["3000 of 4000 arrivals (75%)", "late itself"];
    assert_is(&late, Saturated, &["lag", "not_delivered"], &texts);
    let stopped = health_of(drops(1_000, 3_000, 0, MS * 3), &[with_gaps(&[4_000])]);
    assert_is(&stopped, Saturated, &["gap", "not_delivered"], &[]);
    let both = health_of(drops(1_000, 3_000, 20, MS * 3), &[]);
    let texts = ["20 of 4000 arrivals", "no user was free for 2980 arrivals"];
    assert_is(&both, Degraded, &["dropped", "target_limit"], &texts);
}

#[test]
fn users_whose_start_failed_are_named_among_the_reasons() {
    let health = health_of(
        |recorder| {
            iterations(recorder, OPEN, 100, US * 50);
            recorder.dropped(StageId(OPEN), 7);
            recorder.user_start_failure(WorkloadId(OPEN), StageId(OPEN));
        },
        &[],
    );
    assert_is(&health, Degraded, &["target_limit"], &["or its `on_start` had failed (1 time)"]);
}

#[test]
fn arrivals_that_their_users_gave_up_are_the_scenarios() {
    let health = health_of(
        |recorder| {
            drops(100, 2, 0, US * 50)(recorder);
            recorder.dropped(StageId(OPEN), 5);
        },
        &[],
    );
    let texts = ["5 of 107 arrivals were dropped by users", "no user was free for 2 arrivals"];
    assert_is(&health, Degraded, &["dropped", "target_limit"], &texts);
}

#[test]
fn iterations_that_a_number_of_them_left_over_are_nobodys_health() {
    let health = health_of(|recorder| recorder.dropped(StageId(CLOSED), 500), &[]);
    assert_is(&health, Ok, &[], &[]);
}

#[test]
fn one_request_without_a_port_or_a_file_saturates() {
    let limits =
        VitalsSecond { open_files_limit: Some(1_024), ports_limit: Some(28_232), ..VitalsSecond::default() };
    for (error, status, codes, texts) in [
        (ErrorKind::ConnectRefused, Ok, &[][..], &[][..]),
        (
            ErrorKind::LocalPorts,
            Saturated,
            &["ports"],
            &["1 request found no free local port (28232 there are)"],
        ),
        (ErrorKind::LocalFiles, Saturated, &["files"], &["1024 are allowed", "raise `ulimit -n` to 2048"]),
    ] {
        let health =
            health_of(|recorder| requests(recorder, 1, Some(error), MS), std::slice::from_ref(&limits));
        assert_is(&health, status, codes, texts);
    }
    let unknown = health_of(|recorder| requests(recorder, 2, Some(ErrorKind::LocalFiles), MS), &[]);
    assert_is(&unknown, Saturated, &["files"], &["2 requests could open no file", "raise `ulimit -n`"]);
}

#[test]
fn sleep_saturates_and_a_step_of_the_clock_is_only_told() {
    let slept = VitalsSecond { span: SECOND, suspended: SECOND * 5, ..VitalsSecond::default() };
    assert_is(&vitals_of(&[slept]), Saturated, &["suspended"], &["slept for 5s"]);
    for (step, text) in [(3_600_000, "set forward by 1h"), (-3_250, "set back by 3.25s")] {
        let set = VitalsSecond { span: SECOND, clock_step_ms: step, ..VitalsSecond::default() };
        assert_is(&vitals_of(&[set]), Degraded, &["clock_step"], &[text]);
    }
}

#[test]
fn times_beyond_an_hour_are_told() {
    for (time, status, codes) in [(3_600, Ok, &[][..]), (3_601, Degraded, &["clipped"])] {
        let health = health_of(|recorder| requests(recorder, 1, None, SECOND * time), &[]);
        assert_is(&health, status, codes, &[]);
    }
}

#[test]
fn what_saturates_comes_first() {
    let mut second = busy(700, 50, 200, 920);
    second.clock_step_ms = 500;
    let sparse = [second.clone(), VitalsSecond { suspended: SECOND, ..second }];
    let health = health_of(
        |recorder| {
            drops(990, 10, 10, US * 50)(recorder);
            requests(recorder, 1, Some(ErrorKind::LocalPorts), MS);
        },
        &sparse,
    );
    assert_eq!(found(&health)[..2], ["suspended", "ports"], "{health:#?}");
}

#[test]
fn every_code_has_a_word_of_its_own() {
    use HealthCode::*;
    let all = [
        Lag,
        Gap,
        Cpu,
        Steal,
        Dropped,
        NotDelivered,
        TargetLimit,
        Ports,
        Files,
        Suspended,
        ClockStep,
        Clipped,
    ];
    let names: std::collections::BTreeSet<&str> = all.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), all.len());
}
