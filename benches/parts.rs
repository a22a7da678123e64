//! Time per operation of what loadgen itself does around a request: schedule, template, checks, recording, merging.
//!
//! One after the other and with warm caches, so these are lower bounds: `request` tells what they cost together.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench ends by panicking")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue, header};
use loadgen::{
    measure::{IterationKey, Latency, Observations, Recorded, Recorder, RequestKey, RequestObservation},
    model::{
        CheckId, ConnectionUse, IterationEnd, Percent, Phase, PhaseTimes, Protocol, Rate, RequestId, StageId,
        TaskId,
    },
    plan::{
        ArrivalSchedule, Decoded, Inputs, Part, Plan, Request, Response, Spacing, StepKind, Timeline,
        UserSchedule, Variables, build, requests_of,
    },
    scenario::{Options, parse, render},
};
use serde_json::Value as Json;
use std::{hint::black_box, time::Duration};

const SCENARIO: &str = r#"
target: http://127.0.0.1:8080
load: { users: 64, duration: 1m }
flow:
  - set: { token: 9f86d081884c7d65, room: { id: 17, name: "the \"blue\" room" } }
  - post: /rooms/${room.id}/items/${iteration}?user=${vu}
    name: item
    headers: { authorization: "Bearer ${token}" }
    json: { user: "${vu}", room: "${room.name}", text: "round ${iteration} of ${token}" }
    expect: status == 200
    check: { right: json $.a == 1 }
  - get: /items/7
    name: fixed
"#;

const BODY: &[u8] = br#"{"id":7,"a":1,"name":"a small thing","tags":["one","two"],"active":true}"#;

fn plan() -> Plan {
    let options = Options::default();
    let plan = parse(SCENARIO, &options).and_then(|scenario| build(&scenario, &Inputs::default()));
    plan.unwrap_or_else(|faults| panic!("{}", render(&options.sources("bench", SCENARIO), &faults)))
}

/// The scenario's requests: the one with everything, and the one that never changes.
fn requests(plan: &Plan) -> [&Request; 2] {
    requests_of(&plan.workloads[0].tasks[0].steps).try_into().expect("two requests")
}

/// A user's slots after its `set` step.
fn slots(plan: &Plan) -> Vec<Option<Json>> {
    let mut slots = vec![None; plan.workloads[0].slots];
    let StepKind::Set(settings) = &plan.workloads[0].tasks[0].steps[0].kind else { panic!("no `set`") };
    for (slot, setting) in settings {
        slots[*slot] = Some(setting.value(&Variables { slots: &slots, ..Variables::default() }).unwrap());
    }
    slots
}

fn schedule(criterion: &mut Criterion) {
    let seconds = Duration::from_secs;
    let stages = [(30, 1_000), (60, 1_000), (30, 200), (60, 1_000), (30, 0)];
    let users = UserSchedule::new(Duration::ZERO, 0, stages.map(|(length, users)| (seconds(length), users)));
    let timeline = (0..).map(StageId).zip(stages.map(|(length, _)| seconds(length)));
    let timeline = Timeline::new(Duration::ZERO, timeline);
    let mut group = criterion.benchmark_group("schedule");
    group.bench_function("windows of a user", |bencher| bencher.iter(|| users.windows(black_box(500))));
    group.bench_function("stage at a moment", |bencher| {
        bencher.iter(|| timeline.stage_at(black_box(seconds(100))));
    });
    let rate = |per_second: f64| Rate { per_second };
    let lines = || [(seconds(3_600), rate(50_000.0)), (seconds(3_600), rate(50_000.0))];
    for (name, spacing) in [("uniform", Spacing::Uniform), ("poisson", Spacing::Poisson { seed: 7 })] {
        let arrivals = ArrivalSchedule::new(Duration::ZERO, rate(1_000.0), lines(), spacing);
        group.bench_function(format!("next {name} arrival of one of two workers"), |bencher| {
            let mut part = arrivals.part(Part::new(1, 2)).cycle();
            bencher.iter(|| part.next());
        });
    }
    let workload = &plan().workloads[0];
    group.bench_function("task of an arrival", |bencher| {
        let mut number = 0;
        bencher.iter(|| {
            number += 1;
            workload.task_of(black_box(number)).id
        });
    });
    group.finish();
}

fn template(criterion: &mut Criterion) {
    let plan = plan();
    let [varying, fixed] = requests(&plan);
    let slots = slots(&plan);
    let variables = Variables { slots: &slots, vu: 12, iteration: 345, ..Variables::default() };
    let mut group = criterion.benchmark_group("template");
    group.bench_function("URL of three values", |bencher| {
        bencher.iter(|| varying.url.render(black_box(&variables)).unwrap());
    });
    group.bench_function("URL that never changes", |bencher| {
        bencher.iter(|| fixed.url.render(black_box(&variables)).unwrap());
    });
    group.bench_function("JSON body of four values", |bencher| {
        bencher.iter(|| varying.body.render(black_box(&variables)).unwrap());
    });
    group.bench_function("headers, one of them with a value", |bencher| {
        bencher.iter(|| varying.headers(black_box(&variables)).unwrap());
    });
    group.bench_function("headers that never change", |bencher| {
        bencher.iter(|| fixed.headers(black_box(&variables)).unwrap());
    });
    group.finish();
}

fn check(criterion: &mut Criterion) {
    let plan = plan();
    let [request, _] = requests(&plan);
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let response = || Response {
        status: 200,
        headers: &headers,
        body: BODY,
        is_whole: true,
        body_bytes: BODY.len() as u64,
        url: "",
        protocol: Some(Protocol::Http11),
        duration: Duration::from_millis(3),
        waiting: None,
        decoded: Decoded::default(),
    };
    let variables = Variables::default();
    let mut group = criterion.benchmark_group("check");
    for (name, check) in ["status == 200", "json $.a == 1"].into_iter().zip(&request.checks) {
        check.evaluate(&response(), &variables).unwrap();
        group.bench_function(name, |bencher| {
            // The body is parsed each time: each response is a new one.
            bencher.iter(|| check.evaluate(black_box(&response()), &variables).is_ok());
        });
    }
    group.finish();
}

/// A request as most are, that took so long.
fn observation(micros: u64) -> RequestObservation {
    let time = Duration::from_micros(micros);
    let mut phases = PhaseTimes::default();
    phases.set(Phase::Blocked, Duration::ZERO);
    phases.set(Phase::Sending, Duration::from_micros(15));
    phases.set(Phase::Waiting, time.saturating_sub(Duration::from_micros(30)));
    phases.set(Phase::Receiving, Duration::from_micros(15));
    RequestObservation {
        key: RequestKey {
            request: RequestId(0),
            stage: StageId(0),
            status: 200,
            error: None,
            protocol: Some(Protocol::Http11),
            failed: false,
        },
        service_time: time,
        response_time: time,
        ended_at: Duration::ZERO,
        sent_bytes: 0,
        received_bytes: 72,
        phases,
        connection: ConnectionUse { remote: Some(([127, 0, 0, 1], 8080).into()), is_new: false, sent: true },
        trace_id: None,
    }
}

/// Times that spread as latencies do, always the same ones.
fn micros(index: u64) -> u64 {
    let spread = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
    300 + spread + if spread > 4_000 { spread * 20 } else { 0 }
}

fn record(recorder: &mut Recorder, index: u64) {
    recorder.check(CheckId(0), StageId(0), true);
    recorder.check(CheckId(1), StageId(0), true);
    recorder.request(&observation(micros(index)));
    let key = IterationKey { task: TaskId(0), stage: StageId(0), end: IterationEnd::Completed };
    recorder.iteration(key, Duration::from_micros(index % 64), Duration::from_micros(micros(index)));
}

fn recorder(criterion: &mut Criterion) {
    let plan = plan();
    let mut recorder = Recorder::new(&plan.catalog);
    let mut group = criterion.benchmark_group("recorder");
    let mut index = 0;
    group.bench_function("request of a known series", |bencher| {
        bencher.iter(|| {
            index += 1;
            recorder.request(black_box(&observation(micros(index))));
        });
    });
    // The difference is what the phases and the connection's books cost.
    group.bench_function("request of a known series, without phases", |bencher| {
        bencher.iter(|| {
            index += 1;
            let phases = PhaseTimes::default();
            let bare = RequestObservation { phases, ..observation(micros(index)) };
            recorder.request(black_box(&bare));
        });
    });
    group.bench_function("request, two checks and iteration", |bencher| {
        bencher.iter(|| {
            index += 1;
            record(&mut recorder, black_box(index));
        });
    });
    group.finish();
}

fn merge(criterion: &mut Criterion) {
    let plan = plan();
    let mut recorder = Recorder::new(&plan.catalog);
    (0..50_000).for_each(|index| record(&mut recorder, index));
    let second = recorder.swap(Box::new(Recorded::new(&plan.catalog))).counted;
    let mut latency = Latency::new();
    (0..50_000).for_each(|index| latency.record(Duration::from_micros(micros(index))));
    let percent = Percent::whole(99);
    let mut group = criterion.benchmark_group("merge");
    group.bench_function("a worker's second of 50,000 requests", |bencher| {
        let mut total = second.clone();
        bencher.iter(|| total.merge(black_box(&second)));
    });
    group.bench_function("clearing it for the next one", |bencher| {
        bencher.iter_batched_ref(|| second.clone(), Observations::clear, BatchSize::LargeInput);
    });
    group.bench_function("two latencies", |bencher| {
        let mut total = latency.clone();
        bencher.iter(|| total.merge(black_box(&latency)));
    });
    group.bench_function("p99", |bencher| bencher.iter(|| latency.percentile(black_box(percent))));
    group.finish();
}

criterion_group!(parts, schedule, template, check, recorder, merge);
criterion_main!(parts);
