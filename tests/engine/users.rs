//! Users over time: how many run, what each does in turn, and what comes before its first task.

use super::{
    fake::Reply,
    run::{Sim, ms, secs},
};
use loadgen::model::ErrorKind;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test(start_paused = true)]
async fn constant_users_make_an_exact_number_of_iterations() {
    let yaml = "\
load: { users: 7, duration: 10s }
think_time: 400ms
flow: [ { get: /a }, { get: /b } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(50)).await;
    // Half a second an iteration: 20 of each user, the last one from 9.5 s to 9.6 s.
    assert_eq!(run.ends(), (140, 0, 0));
    assert_eq!((run.requests(), run.failed(), run.sent.len()), (280, 0, 280));
    let points = run.seen.series.points();
    assert_eq!(points.len(), 10);
    assert!(points.iter().all(|point| (point.vus, point.iterations, point.requests) == (7, 14, 28)));
    assert_eq!((run.seen.vus_max, run.took), (7, secs(10)));
    let durations = run.durations("GET /a");
    assert_eq!((durations.count(), durations.min(), durations.max()), (140, Some(ms(50)), Some(ms(50))));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn the_iterations_of_a_user_follow_one_another() {
    let yaml = "\
load: { users: 3, duration: 4s }
think_time: 250ms
flow: [ { get: /a }, { post: /b }, { request: { method: purge, url: /c } } ]
";
    let run = Sim::of(yaml)
        .run(|sent| Reply::status(200).after(if sent.path() == "/base/b" { 500 } else { 125 }))
        .await;
    for vu in 1..=3 {
        let seen: Vec<_> = run
            .of_user(vu)
            .map(|sent| (sent.iteration, sent.at.as_millis(), sent.method.as_str(), sent.url.as_str()))
            .collect();
        let expected: Vec<_> = (0..4u64)
            .flat_map(|iteration| {
                let began = u128::from(iteration) * 1000;
                [
                    (iteration, began, "GET", "http://target.test/base/a"),
                    (iteration, began + 125, "POST", "http://target.test/base/b"),
                    (iteration, began + 625, "PURGE", "http://target.test/base/c"),
                ]
            })
            .collect();
        assert_eq!(seen, expected, "user {vu}");
        // Each user keeps its own way to the target.
        let connections: BTreeSet<usize> = run.of_user(vu).map(|sent| sent.connection).collect();
        assert_eq!(connections.len(), 1);
    }
    run.adds_up("/a");
}

const WAVES: &str = "\
load:
  start_users: 2
  stages:
    - { duration: 10s, users: 9 }
    - { duration: 0s, users: 3 }
    - { duration: 5s, users: 3 }
    - { duration: 7s, users: 12 }
    - { duration: 6s, users: 1 }
    - { duration: 0s, users: 8 }
    - { duration: 4s, users: 8 }
think_time: 100ms
";

#[tokio::test(start_paused = true)]
async fn a_ramp_runs_as_many_users_as_its_line_says() {
    let run = Sim::of(&format!("{WAVES}flow: [ {{ get: /a }} ]")).run(|_| Reply::status(200)).await;
    let schedule = run.users();
    let points = run.seen.series.points();
    assert_eq!(points.len(), 32);
    for point in points {
        // The moment before the next interval begins.
        let end = point.start + secs(1) - Duration::from_nanos(1);
        assert_eq!(point.vus, schedule.users_at(end), "at {end:?}");
    }
    assert_eq!(points.iter().map(|point| point.vus).max(), Some(11));
    assert_eq!(run.seen.vus_max, 12);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn each_user_of_a_ramp_starts_and_stops_on_its_line() {
    let run = Sim::of(&format!("{WAVES}flow: [ {{ get: /a }} ]")).run(|_| Reply::status(200)).await;
    let schedule = run.users().clone();
    for vu in 1..=12 {
        let windows = schedule.windows(vu);
        for sent in run.of_user(vu) {
            assert!(windows.iter().any(|window| window.start <= sent.at && sent.at < window.end), "{sent:?}");
        }
        for window in windows {
            let first = run.of_user(vu).find(|sent| sent.at >= window.start).map(|sent| sent.at);
            // The timer counts whole milliseconds and is never early.
            let started = first.expect("a user that runs sends something") - window.start;
            assert!(started < ms(1), "user {vu} started {started:?} late");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_starts_once_and_keeps_what_it_has_when_a_ramp_brings_it_back() {
    let yaml = format!(
        "{WAVES}\
on_start: [ {{ post: /login, extract: {{ token: json $.token }} }} ]
flow: [ {{ get: /a, headers: {{ authorization: \"${{token}}\" }} }} ]
"
    );
    let run = Sim::of(&yaml).run(|sent| Reply::json(&json!({ "token": format!("t{}", sent.vu) }))).await;
    for vu in 1..=12 {
        assert_eq!(run.of_user(vu).filter(|sent| sent.path() == "/base/login").count(), 1, "user {vu}");
        let tasks: Vec<_> = run.of_user(vu).filter(|sent| sent.path() == "/base/a").collect();
        assert!(tasks.iter().all(|sent| sent.header("authorization") == Some(&format!("t{vu}"))));
        let numbers: Vec<u64> = tasks.iter().map(|sent| sent.iteration).collect();
        assert_eq!(numbers, (0..tasks.len() as u64).collect::<Vec<_>>(), "user {vu}");
    }
    let twice = (1..=12).filter(|vu| run.users().windows(*vu).len() > 1).count();
    assert!(twice >= 5, "{twice} users came back");
    assert_eq!(run.start_failures(), 0);
    run.adds_up("/a");
}

const STARTING: &str = "\
load: { users: 1, duration: 3m }
think_time: 10s
on_start:
  - post: /login
    expect: status == 201
    extract: { token: json $.token }
  - get: /me
flow: [ { get: /a, headers: { authorization: \"${token}\" } } ]
";

#[tokio::test(start_paused = true)]
async fn a_user_that_cannot_start_waits_longer_each_time_and_runs_no_task() {
    for (way, reply) in [
        ("no response", Reply::fails(ErrorKind::ConnectRefused)),
        ("no token", Reply::text(201, "{}")),
        ("another status", Reply::text(500, r#"{"token": "wrong"}"#)),
    ] {
        let run = Sim::of(STARTING)
            .run(move |sent| match (sent.path(), sent.nth) {
                ("/base/login", 0..7) => reply.clone(),
                _ => Reply::text(201, r#"{"token": "right"}"#),
            })
            .await;
        let attempts = [0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000];
        assert_eq!(run.times("/login"), attempts, "{way}");
        assert_eq!(run.start_failures(), 7, "{way}");
        assert_eq!(run.times("/a"), (91..180).step_by(10).map(|at| at * 1000).collect::<Vec<u64>>(), "{way}");
        assert!(run.to("/a").all(|sent| sent.header("authorization") == Some("right")), "{way}");
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_fails_with_any_of_its_steps() {
    let run = Sim::of(STARTING)
        .run(|sent| match (sent.path(), sent.nth) {
            ("/base/me", 0 | 1) => Reply::status(403),
            _ => Reply::text(201, r#"{"token": "right"}"#),
        })
        .await;
    assert_eq!((run.times("/login"), run.times("/me")), (vec![0, 1_000, 3_000], vec![0, 1_000, 3_000]));
    assert_eq!((run.start_failures(), run.times("/a")[0]), (2, 3_000));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_user_that_never_starts_tries_until_the_end_and_no_longer() {
    let run = Sim::of(STARTING).run(|_| Reply::status(503)).await;
    assert_eq!(
        run.times("/login"),
        [0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000, 121_000, 151_000]
    );
    assert_eq!((run.start_failures(), run.ends(), run.took), (10, (0, 0, 0), secs(180)));
    assert_eq!(run.times("/me").len(), 0, "a failed extract ends the steps");
}
