//! A user's life around its iterations: starting, stopping, pacing, and several workloads side by side.

use super::{
    fake::Reply,
    run::{Run, Sim, ms, secs},
};
use loadgen::model::ErrorKind;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test(start_paused = true)]
async fn what_setup_leaves_every_user_reads() {
    let yaml = "
setup:
  - post: /make
    extract: { id: json $.id }
  - set: { list: [ '${id}', '${id + 1}' ], never: 1 }
teardown: [ { delete: '/made/${id}', headers: { x-list: '${list}' } } ]
load: { users: 3, duration: 2s }
think_time: 1s
flow:
  - { post: /first, json: [ '${id}', '${list[1]}' ] }
  - { set: { never: '${never + 1}' } }
  - { post: /never, json: '${never}' }
";
    let run = Sim::of(yaml).workers(2).run(|_| Reply::json(&json!({ "id": 41 }))).await;
    let around: Vec<(&str, &str)> =
        run.around.iter().map(|sent| (sent.method.as_str(), sent.path())).collect();
    assert_eq!(around, [("POST", "/base/make"), ("DELETE", "/base/made/41")]);
    assert_eq!(run.around[1].header("x-list"), Some("[41,42]"));
    assert_eq!(run.bodies("/first"), vec!["[41,42]"; 6]);
    assert_eq!(
        run.bodies("/never"),
        vec!["2"; 6],
        "what setup left stays as it is: each iteration reads it anew"
    );
    assert!(run.setup.as_ref().is_some_and(|done| done.passed && done.stopped.is_none()));
    assert!(run.teardown.as_ref().is_some_and(|done| done.passed));
    run.adds_up("/first");
}

#[tokio::test(start_paused = true)]
async fn what_a_setup_amounts_to() {
    for (steps, passed, stopped) in [
        ("{ get: /ok }", true, false),
        ("{ get: /bad }", false, false),
        ("{ get: /bad, on_failure: continue }", false, false),
        ("{ get: /bad, expect: status == 500 }", true, false),
        ("{ get: /ok, check: status == 500 }", true, false),
        ("{ get: /broken }", false, false),
        ("{ get: /ok, extract: { id: json $.none } }", false, false),
        ("{ stop: iteration }", true, false),
        ("{ stop: user }", true, false),
        ("{ stop: run }", true, true),
        ("{ get: /bad, on_failure: stop_run }", false, true),
    ] {
        let yaml = format!(
            "setup: [ {steps} ]\nload: {{ users: 1, duration: 1s }}\nthink_time: 1s\nflow: [ {{ get: /a }} ]"
        );
        let run = Sim::of(&yaml)
            .run(|sent| match sent.path() {
                "/base/bad" => Reply::text(500, "{}"),
                "/base/broken" => Reply::fails(ErrorKind::Reset),
                _ => Reply::text(200, "{}"),
            })
            .await;
        let done = run.setup.as_ref().expect("a setup");
        assert_eq!((done.passed, done.stopped.is_some()), (passed, stopped), "{steps}");
        assert_eq!(run.requests(), 1, "{steps}: its requests are not those of the load");
    }
}

#[tokio::test(start_paused = true)]
async fn on_stop_runs_once_for_whoever_has_started() {
    let yaml = "
load:
  stages: [ { duration: 3s, users: 3 }, { duration: 3s, users: 0 }, { duration: 4s, users: 4 } ]
  graceful_ramp_down: 100ms
think_time: 500ms
on_start: [ { post: /login } ]
on_stop: [ { post: /logout } ]
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml)
        .run(|sent| match (sent.path(), sent.vu) {
            ("/base/login", 2) => Reply::status(500),
            _ => Reply::status(200).after(50),
        })
        .await;
    let logouts: Vec<u64> = run.to("/logout").map(|sent| sent.vu).collect();
    assert_eq!((logouts.len(), logouts.into_iter().collect::<BTreeSet<_>>()), (2, BTreeSet::from([1, 3])));
    for vu in [1, 3] {
        let last = run.of_user(vu).last().expect("requests");
        assert_eq!(last.path(), "/base/logout", "after its last iteration");
        assert!(last.at >= secs(6), "after its last window");
    }
    assert!(run.start_failures() > 1);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn on_stop_runs_after_a_stop_and_within_the_graceful_stop() {
    let yaml = "
load: { users: 3, duration: 1h, graceful_stop: 2s }
think_time: 10s
on_stop: [ { post: /logout }, { post: /forget } ]
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml)
        .stop_at(secs(15))
        .run(|sent| match (sent.path(), sent.vu) {
            ("/base/logout", 3) => Reply::never(),
            _ => Reply::status(200).after(500),
        })
        .await;
    assert_eq!((run.times("/logout"), run.times("/forget")), (vec![15_000; 3], vec![15_500; 2]));
    assert_eq!(
        (run.ends(), run.took, run.cut()),
        ((6, 0, 0), secs(17), 1),
        "what is cut there is no iteration"
    );
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_on_stop_is_counted_and_ends_it() {
    let yaml = "
load: { users: 2, duration: 2s }
think_time: 1s
on_stop: [ { post: /logout }, { post: /forget } ]
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml)
        .run(|sent| match sent.path() {
            "/base/logout" => Reply::fails(ErrorKind::Reset),
            _ => Reply::status(200),
        })
        .await;
    assert_eq!((run.times("/logout").len(), run.times("/forget").len(), run.failed()), (2, 0, 2));
    assert_eq!((run.ends(), run.start_failures()), ((4, 0, 0), 0));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn what_ends_on_start_early() {
    for (step, starts, failures, tasks) in [
        ("{ stop: iteration }", 2, 0, 4),
        ("{ stop: user }", 2, 0, 0),
        ("{ stop: run }", 2, 0, 0),
        ("{ get: /bad, on_failure: stop_user }", 2, 2, 0),
        ("{ get: /bad, on_failure: stop_run }", 2, 2, 0),
        // At 0 s and 1 s; the third attempt would be at 3 s.
        ("{ get: /bad }", 4, 4, 0),
        ("{ set: { x: '${unset}' } }", 4, 4, 0),
    ] {
        let yaml = format!(
            "
load: {{ users: 2, duration: 2s }}
think_time: 1s
on_start:
  - {{ get: /start, extract: {{ unset: {{ from: json $.unset, default: null }} }} }}
  - {{ if: '${{vu == 0}}', then: [ {{ get: /x }} ], else: [ {} ] }}
on_stop: [ {{ get: /bye }} ]
flow: [ {{ get: /a }} ]
",
            step.replace("${unset}", "${unset.deep.er}")
        );
        let run = Sim::of(&yaml)
            .run(|sent| if sent.path() == "/base/bad" { Reply::status(500) } else { Reply::text(200, "{}") })
            .await;
        assert_eq!(
            (run.times("/start").len(), run.start_failures(), run.times("/a").len()),
            (starts, failures, tasks),
            "{step}"
        );
        assert_eq!(run.times("/bye").len(), if tasks > 0 { 2 } else { 0 }, "{step}");
        assert_eq!(run.stops.len(), usize::from(step.contains("run")), "{step}");
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn pacing_is_the_distance_between_starts() {
    let yaml = "
load: { users: 2, duration: 20s }
pacing: 2s
flow: [ { get: /a }, { get: /b } ]
";
    // The third iteration takes longer than that: the next one starts at once.
    let run = Sim::of(yaml)
        .run(|sent| {
            Reply::status(200).after(if sent.path() == "/base/a" && sent.iteration == 2 {
                4_500
            } else {
                250
            })
        })
        .await;
    let starts: Vec<u64> = run
        .of_user(1)
        .filter(|sent| sent.path() == "/base/a")
        .map(|sent| sent.at.as_millis() as u64)
        .collect();
    assert_eq!(starts, [0, 2_000, 4_000, 8_750, 10_750, 12_750, 14_750, 16_750, 18_750]);
    run.adds_up("/a");
    // That one was meant to start at 6 s, which its user would have noticed; its own service took no longer.
    let times = |name: &str| {
        let of =
            run.seen.total.requests().filter(|(key, _)| run.plan.catalog.request(key.request).name == name);
        of.map(|(_, stats)| (stats.duration.max(), stats.response_time.max())).next()
    };
    assert_eq!(
        times("GET /b"),
        Some((Some(ms(250)), Some(ms(250)))),
        "only an iteration's first request is late"
    );
    let (service, response) = times("GET /a").expect("requests");
    assert_eq!(service, Some(ms(4_500)));
    assert_eq!(response, Some(ms(4_500)));
    let sum =
        run.seen.total.requests().filter(|(key, _)| run.plan.catalog.request(key.request).name == "GET /a");
    let lateness: f64 = sum
        .map(|(_, stats)| {
            (stats.response_time.mean().unwrap_or_default().as_secs_f64()
                - stats.duration.mean().unwrap_or_default().as_secs_f64())
                * stats.count as f64
        })
        .sum();
    assert!((lateness - 2.0 * 2.75).abs() < 0.001, "{lateness}");
}

#[tokio::test(start_paused = true)]
async fn a_range_of_paces_is_filled_and_kept_to() {
    let yaml = "
load: { users: 4, duration: 600s }
pacing: 1s..3s
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(700)).await;
    let gaps = gaps(&run, 4);
    assert!(gaps.iter().all(|gap| (1.0..=3.001).contains(gap)), "{gaps:?}");
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    assert!((mean - 2.0).abs() < 5.0 * 0.577 / (gaps.len() as f64).sqrt() + 0.000_5, "{mean}");
    run.adds_up("/a");
}

/// The distances between the requests of each user, in seconds.
fn gaps(run: &Run, users: u64) -> Vec<f64> {
    (1..=users)
        .flat_map(|vu| {
            let times: Vec<Duration> = run.of_user(vu).map(|sent| sent.at).collect();
            times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn think_times_are_distributed_as_written() {
    for (think, mean, sd) in [
        ("{ normal: { mean: 2s, sd: 500ms } }", 2.0, 0.5),
        ("{ exponential: 2s }", 2.0, 2.0),
        ("1s..3s", 2.0, 0.577),
    ] {
        for place in ["workload", "step"] {
            let (outside, inside) = if place == "step" {
                ("0s", format!(", {{ think: {think} }}"))
            } else {
                (think, String::new())
            };
            let yaml = format!(
                "load: {{ users: 6, duration: 1000s }}\nthink_time: {outside}\nflow: [ {{ get: /a }}{inside} ]"
            );
            let run = Sim::of(&yaml).run(|_| Reply::status(200)).await;
            let gaps = gaps(&run, 6);
            let n = gaps.len() as f64;
            let seen = gaps.iter().sum::<f64>() / n;
            let deviation = (gaps.iter().map(|gap| (gap - seen).powi(2)).sum::<f64>() / n).sqrt();
            // Five standard errors, half a millisecond of the timer, and that the last pause may be cut off.
            assert!((seen - mean).abs() < 5.0 * sd / n.sqrt() + 0.01, "{think} in a {place}: {seen}");
            assert!((deviation / sd - 1.0).abs() < 0.15, "{think} in a {place}: {deviation}");
            run.adds_up("/a");
        }
    }
}

const SIDE_BY_SIDE: &str = "
tags: { team: core, area: file }
variables: { who: file, shared: true }
workloads:
  readers:
    load: { stages: [ { duration: 4s, users: 2, name: up }, { duration: 6s, users: 2 } ], graceful_stop: 1s }
    think_time: 1s
    tags: { area: reading }
    variables: { who: reader }
    http: { headers: { x-kind: read } }
    tasks: [ { name: read, get: '/read/${who}/${shared}/${workload}/${task}/${scenario.iteration}', tags: { area: task } } ]
  writers:
    load: { users: 3, duration: 5s, graceful_stop: 2s }
    start_after: 8s
    think_time: 1s
    flow: [ { post: '/write/${who}/${shared}/${workload}/${task}/${scenario.iteration}' } ]
";

#[tokio::test(start_paused = true)]
async fn workloads_run_side_by_side_each_with_its_own() {
    for workers in [1, 3] {
        let run = Sim::of(SIDE_BY_SIDE).workers(workers).run(|_| Reply::status(200)).await;
        let (readers, writers): (Vec<_>, Vec<_>) =
            run.sent.iter().partition(|sent| sent.path().starts_with("/base/read/reader/true/readers/read/"));
        assert!(writers.iter().all(|sent| sent.path().starts_with("/base/write/file/true/writers/flow/")));
        assert!(
            readers
                .iter()
                .all(|sent| sent.vu <= 2 && sent.at < secs(10) && sent.header("x-kind") == Some("read"))
        );
        assert!(writers.iter().all(|sent| (3..=5).contains(&sent.vu) && sent.header("x-kind").is_none()));
        let times: Vec<u64> =
            writers.iter().filter(|sent| sent.vu == 4).map(|sent| sent.at.as_secs()).collect();
        assert_eq!(times, [8, 9, 10, 11, 12], "{workers} workers");
        let numbers: BTreeSet<&str> =
            run.sent.iter().filter_map(|sent| sent.path().rsplit('/').next()).collect();
        assert_eq!(numbers.len(), run.sent.len(), "scenario.iteration is never the same");
        let tags: Vec<Vec<(String, String)>> =
            run.plan.catalog.requests.iter().map(|request| request.tags.clone()).collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(tags[0], [pair("team", "core"), pair("area", "task")]);
        assert_eq!(tags[1], [pair("team", "core"), pair("area", "file")]);
        let stages: Vec<(&str, u64, u64)> = run
            .plan
            .catalog
            .stages
            .iter()
            .map(|stage| (stage.name.as_str(), stage.start_ms, stage.end_ms))
            .collect();
        assert_eq!(stages, [("up", 0, 4_000), ("2", 4_000, 10_000), ("1", 8_000, 13_000)]);
        assert_eq!((run.took, run.seen.vus_max), (secs(13), 5));
        run.requests_add_up();
    }
}

#[tokio::test(start_paused = true)]
async fn each_workload_has_a_graceful_stop_of_its_own() {
    let yaml = "
workloads:
  short:
    load: { users: 2, duration: 5s, graceful_stop: 1s }
    on_stop: [ { get: /bye } ]
    flow: [ { get: /short } ]
  long:
    load: { users: 1, duration: 20s, graceful_stop: 4s }
    flow: [ { get: /long } ]
";
    let run = Sim::of(yaml)
        .run(|sent| if sent.path() == "/base/bye" { Reply::status(200) } else { Reply::never() })
        .await;
    let ends: Vec<(&str, u64)> =
        run.sent.iter().map(|sent| (sent.path(), sent.end.expect("an end").1.as_secs())).collect();
    assert_eq!(
        ends,
        [("/base/short", 6), ("/base/short", 6), ("/base/long", 24), ("/base/bye", 6), ("/base/bye", 6)]
    );
    assert_eq!((run.ends(), run.took), ((0, 0, 3), secs(24)));
    run.requests_add_up();
}
