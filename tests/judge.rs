//! Thresholds as a scenario writes them, over made-up observations.

#[path = "judge/gates.rs"]
mod gates;

use loadgen::{
    judge::{Outcome, judge},
    measure::{Collector, Delta, IterationKey, Recorded, Recorder, RequestKey, RequestObservation, Snapshot},
    model::*,
};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn catalog() -> Catalog {
    let request = |name: &str, task| RequestMeta {
        name: name.into(),
        method: "GET".into(),
        task: TaskId(task),
        group: None,
        tags: vec![("area".into(), name.to_uppercase())],
    };
    let task =
        |name: &str| TaskMeta { name: name.into(), workload: WorkloadId(0), kind: TaskKind::Iteration };
    let group = |name: &str, task| GroupMeta { name: name.into(), task: TaskId(task) };
    Catalog {
        workloads: vec![WorkloadMeta { name: "default".into(), is_open: false }],
        tasks: vec![task("read"), task("write")],
        requests: vec![request("list", 0), request("save", 1)],
        checks: vec![CheckMeta { name: "ok".into(), request: RequestId(0), is_expectation: false }],
        groups: vec![group("cart", 0), group("cart::pay", 1)],
        stages: vec![StageMeta {
            name: "1".into(),
            workload: WorkloadId(0),
            start_ms: 0,
            end_ms: 2000,
            warm_up: false,
        }],
    }
}

fn seen(request: u32, status: u16, time: Duration) -> RequestObservation {
    RequestObservation {
        key: RequestKey {
            request: RequestId(request),
            stage: StageId(0),
            status,
            error: None,
            protocol: Some(Protocol::Http11),
            failed: status >= 400,
        },
        service_time: time,
        response_time: time,
        ended_at: Duration::ZERO,
        sent_bytes: 0,
        received_bytes: 100,
        phases: PhaseTimes::default(),
        connection: ConnectionUse::default(),
        trace_id: None,
    }
}

fn snapshot(record: impl FnOnce(&mut Recorder)) -> Snapshot {
    let catalog = catalog();
    let mut recorder = Recorder::new(&catalog);
    record(&mut recorder);
    let recorded = recorder.swap(Box::new(Recorded::new(&catalog)));
    let mut collector = Collector::new(&catalog, 1, Duration::from_secs(1));
    let (worker, interval, running_users, made_users, last) = (0, 0, 3, 5, true);
    collector.accept(Delta { worker, interval, recorded, running_users, made_users, last });
    collector.snapshot(Duration::from_secs(2))
}

fn outcome(snapshot: &Snapshot, left: &str, right: &str) -> (Outcome, Option<String>) {
    let file = format!(
        "target: http://127.0.0.1\nload: {{users: 1, duration: 1s}}\ntasks: [{{get: /}}]\nthresholds:\n  {left}: {right}\n"
    );
    let scenario = loadgen::scenario::parse(&file, &Default::default());
    let scenario = scenario.unwrap_or_else(|faults| panic!("{left}: {right}: {faults:?}"));
    let result = judge(&[scenario.thresholds[0].value.clone()], snapshot, &catalog()).remove(0);
    (result.outcome, result.observed.map(|observed| observed.to_string()))
}

#[test]
fn every_kind_of_condition() {
    let snapshot = snapshot(|recorder| {
        (1..=100).for_each(|ms| recorder.request(&seen(0, 200, MS * ms)));
        (0..3).for_each(|_| recorder.request(&seen(1, 500, MS * 500)));
        let refused = {
            let seen = seen(1, 0, MS);
            let key = RequestKey { error: Some(ErrorKind::ConnectRefused), failed: true, ..seen.key };
            RequestObservation { key, ..seen }
        };
        recorder.request(&refused);
        (0..9).for_each(|_| recorder.check(CheckId(0), StageId(0), true));
        recorder.check(CheckId(0), StageId(0), false);
        recorder.iteration(
            IterationKey { task: TaskId(0), stage: StageId(0), end: IterationEnd::Completed },
            MS,
            MS * 40,
        );
        recorder.iteration(
            IterationKey { task: TaskId(1), stage: StageId(0), end: IterationEnd::Failed },
            MS,
            MS,
        );
    });
    use Outcome::{Failed, NoData, Passed};
    for (left, right, expected, observed) in [
        ("http_req_duration{task:read}", "p95 < 96ms", Passed, Some("95.039ms")),
        ("http_req_duration{task:read}", "p95 < 94ms", Failed, Some("95.039ms")),
        ("http_req_duration{task:read}", "p95 <= 95ms", Passed, Some("94.975ms")),
        ("http_req_duration{task:read}", "p95 == 95ms", Passed, Some("95ms")),
        ("http_req_duration{name:l*}", "max <= 100ms", Passed, Some("100ms")),
        ("http_req_duration{area:LIST}", "avg == 50.5ms", Passed, Some("50.5ms")),
        ("http_req_duration", "max < 400ms", Failed, Some("500ms")),
        ("http_req_duration", "count == 103", Passed, Some("103")),
        ("http_req_duration{status:404}", "p95 < 1s", NoData, None),
        ("http_req_failed", "rate < 5%", Passed, Some("3.8462%")),
        ("http_req_failed{task:write}", "rate < 5%", Failed, Some("100%")),
        ("http_reqs", "rate >= 52/s", Passed, Some("52/s")),
        ("http_reqs{status:5*}", "count == 0", Failed, Some("3")),
        ("http_reqs{status:404}", "count == 0", Passed, Some("0")),
        ("http_errors{error:connect_refused}", "count == 1", Passed, Some("1")),
        ("http_errors{error:timeout}", "count == 0", Passed, Some("0")),
        ("data_received", "count == 10400", Passed, Some("10400")),
        ("checks{check:ok}", "rate > 90%", Failed, Some("90%")),
        ("checks", "rate >= 90%", Passed, Some("90%")),
        ("iterations", "count == 1", Passed, Some("1")),
        ("failed_iterations", "count == 0", Failed, Some("1")),
        ("iteration_duration", "p50 < 41ms", Passed, Some("40ms")),
        ("dropped_iterations", "count == 0", Passed, Some("0")),
        ("vus", "max <= 3", Passed, Some("3")),
        ("vus_max", "value == 5", Passed, Some("5")),
    ] {
        let (got, seen) = outcome(&snapshot, left, right);
        assert_eq!((got, seen.as_deref()), (expected, observed), "{left}: {right}");
    }
}

#[test]
fn groups_are_selected_by_name_and_task() {
    let snapshot = snapshot(|recorder| {
        recorder.request(&seen(0, 200, MS));
        (1..=10).for_each(|ms| recorder.group(GroupId(0), StageId(0), MS * ms));
        (1..=10).for_each(|ms| recorder.group(GroupId(1), StageId(0), MS * ms * 10));
    });
    use Outcome::{Failed, NoData, Passed};
    for (left, right, expected, observed) in [
        ("group_duration", "count == 20", Passed, Some("20")),
        ("group_duration", "max <= 100ms", Passed, Some("100ms")),
        ("group_duration{group:cart}", "max < 10ms", Failed, Some("10ms")),
        ("group_duration{group:cart}", "avg == 5.5ms", Passed, Some("5.5ms")),
        ("group_duration{group:cart*}", "count == 20", Passed, Some("20")),
        ("group_duration{group:cart, task:read}", "count == 10", Passed, Some("10")),
        ("group_duration{group:cart, task:write}", "p95 < 1s", NoData, None),
        ("group_duration{stage:1, workload:default}", "min >= 1ms", Passed, Some("1ms")),
        ("group_duration{area:LIST}", "min >= 1ms", NoData, None),
        ("http_req_duration{group:cart}", "p95 < 1s", NoData, None),
    ] {
        let (got, seen) = outcome(&snapshot, left, right);
        assert_eq!((got, seen.as_deref()), (expected, observed), "{left}: {right}");
    }
}

#[test]
fn requests_and_checks_carry_the_group_they_stand_in() {
    let mut catalog = catalog();
    catalog.requests[0].group = Some("cart".into());
    let snapshot = snapshot(|recorder| {
        (0..3).for_each(|_| recorder.request(&seen(0, 200, MS)));
        recorder.request(&seen(1, 200, MS));
        recorder.check(CheckId(0), StageId(0), true);
    });
    for (left, samples) in [
        ("http_reqs{group:cart}: count == 3", 3),
        ("http_req_duration{group:c*}: p95 < 1s", 3),
        ("checks{group:cart}: rate > 99%", 1),
    ] {
        let file = format!(
            "target: http://127.0.0.1\nload: {{users: 1, duration: 1s}}\ntasks: [{{get: /}}]\nthresholds:\n  {left}\n"
        );
        let scenario = loadgen::scenario::parse(&file, &Default::default()).expect(left);
        let result = judge(&[scenario.thresholds[0].value.clone()], &snapshot, &catalog).remove(0);
        assert_eq!((result.outcome, result.samples), (Outcome::Passed, samples), "{left}");
    }
}

#[test]
fn phases_are_judged_like_other_times_and_have_the_tags_of_requests() {
    let timed = |request, status, blocked: Duration, waiting: Option<Duration>| {
        let mut phases = PhaseTimes::default();
        phases.set(Phase::Blocked, blocked);
        waiting.into_iter().for_each(|time| phases.set(Phase::Waiting, time));
        RequestObservation { phases, ..seen(request, status, MS * 50) }
    };
    let snapshot = snapshot(|recorder| {
        (1..=10).for_each(|ms| recorder.request(&timed(0, 200, Duration::ZERO, Some(MS * ms))));
        recorder.request(&timed(1, 201, MS * 4, Some(MS * 30)));
        // It failed before there was anything to wait for.
        let cut = timed(1, 0, MS * 6, None);
        let key = RequestKey { error: Some(ErrorKind::Reset), failed: true, ..cut.key };
        recorder.request(&RequestObservation { key, ..cut });
    });
    use Outcome::{Failed, NoData, Passed};
    for (left, right, expected, observed) in [
        ("http_req_waiting", "count == 11", Passed, Some("11")),
        ("http_req_waiting", "max < 30ms", Failed, Some("30ms")),
        ("http_req_waiting{task:read}", "avg == 5.5ms", Passed, Some("5.5ms")),
        ("http_req_waiting{status:2*, area:SAVE}", "p95 <= 30ms", Passed, Some("30ms")),
        ("http_req_waiting{error:reset}", "p95 < 1s", NoData, None),
        ("http_req_blocked{error:reset}", "max == 6ms", Passed, Some("6ms")),
        ("http_req_blocked{name:list}", "max == 0ms", Passed, Some("0s")),
        ("http_req_blocked", "p50 == 0ms", Passed, Some("0s")),
        ("http_req_blocked", "avg < 0.9ms", Passed, Some("833.333us")),
        ("http_req_connecting", "p95 < 1s", NoData, None),
    ] {
        let (got, seen) = outcome(&snapshot, left, right);
        assert_eq!((got, seen.as_deref()), (expected, observed), "{left}: {right}");
    }
}

#[test]
fn without_a_sample_nothing_passes() {
    let empty = snapshot(|_| {});
    for (left, right) in [
        ("http_req_duration", "p95 < 1s"),
        ("http_req_failed", "rate < 1%"),
        ("http_reqs", "count == 0"),
        ("http_errors", "count == 0"),
        ("checks", "rate > 0%"),
        ("failed_iterations", "count == 0"),
        ("group_duration", "p95 < 1s"),
    ] {
        assert_eq!(outcome(&empty, left, right).0, Outcome::NoData, "{left}: {right}");
    }
}

#[test]
fn the_buckets_of_the_histogram_fail_nobody() {
    let just_below = snapshot(|recorder| {
        (0..100).for_each(|_| recorder.request(&seen(0, 200, Duration::from_micros(199_950))))
    });
    assert_eq!(outcome(&just_below, "http_req_duration", "p95 < 200ms").0, Outcome::Passed);
    let just_above = snapshot(|recorder| {
        (0..100).for_each(|_| recorder.request(&seen(0, 200, Duration::from_micros(200_010))))
    });
    assert_eq!(outcome(&just_above, "http_req_duration", "p95 < 200ms").0, Outcome::Failed);
}
