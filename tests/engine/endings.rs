//! The ends: of the plan, of a released user, and on request. What may finish finishes and counts; what is cut
//! counts as interrupted and nowhere else.

use super::{
    fake::{End, Reply},
    run::{Sim, ms, secs},
};
use loadgen::model::IterationEnd;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_long_iteration_may_finish_within_the_graceful_stop() {
    let yaml = "\
load: { users: 2, duration: 5s, graceful_stop: 5s }
flow: [ { get: /a }, { get: /b } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(4_000)).await;
    assert_eq!((run.ends(), run.requests(), run.failed()), ((2, 0, 0), 4, 0));
    assert_eq!(run.times("/b"), [4_000, 4_000]);
    assert_eq!(run.took, secs(8), "over as soon as everybody is done");
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn an_iteration_is_cut_at_the_end_of_the_graceful_stop() {
    let yaml = "\
load: { users: 3, duration: 5s, graceful_stop: 2500ms }
flow: [ { get: /a, check: status == 200 }, { get: /b, check: status == 200, timeout: 1h } ]
";
    let run = Sim::of(yaml)
        .run(|sent| if sent.path() == "/base/a" { Reply::status(200).after(1_000) } else { Reply::never() })
        .await;
    assert_eq!(run.ends(), (0, 0, 3));
    assert!(run.to("/b").all(|sent| sent.end == Some((End::GivenUp, ms(7_500)))));
    assert_eq!((run.requests(), run.cut(), run.failed()), (3, 3, 0));
    assert_eq!((run.durations("GET /a").count(), run.durations("GET /b").count()), (3, 0));
    assert_eq!(run.check("status == 200"), (3, 0));
    assert_eq!(run.seen.total.failures().count(), 0, "a cut is no failure");
    assert!(run.seen.total.iterations().all(|(_, stats)| stats.duration.count() == 0));
    assert_eq!(run.took, ms(7_500));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn without_a_graceful_stop_the_cut_is_at_the_end() {
    let yaml = "\
load: { users: 1, duration: 5s, graceful_stop: 0s }
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(2_000)).await;
    assert_eq!((run.ends(), run.times("/a")), ((2, 0, 1), vec![0, 2_000, 4_000]));
    assert_eq!((run.took, run.cut()), (secs(5), 1));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_response_at_the_last_moment_still_counts_or_is_cut_but_never_both() {
    let yaml = "\
load: { users: 1, duration: 5s, graceful_stop: 3s }
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(8_000)).await;
    assert_eq!(run.iterations(IterationEnd::Completed) + run.iterations(IterationEnd::Interrupted), 1);
    assert_eq!((run.requests() + run.cut(), run.took), (1, secs(8)));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_pause_does_not_outlast_the_load() {
    let yaml = "\
load: { users: 2, duration: 5s }
think_time: 1h
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(100)).await;
    assert_eq!((run.ends(), run.took), ((2, 0, 0), secs(5)));
    run.adds_up("/a");
}

/// Two users, of whom the second is released after 5 s and comes back at 15 s.
const RELEASING: &str = "\
load:
  start_users: 2
  graceful_ramp_down: 2s
  stages:
    - { duration: 5s, users: 2 }
    - { duration: 0s, users: 1 }
    - { duration: 10s, users: 1 }
    - { duration: 0s, users: 2 }
    - { duration: 9s, users: 2 }
think_time: 1100ms
on_start: [ { post: /login, extract: { token: json $.token } } ]
flow: [ { get: /a, headers: { authorization: \"${token}\" } } ]
";

#[tokio::test(start_paused = true)]
async fn a_released_user_is_cut_when_its_grace_is_over_and_comes_back_as_it_was() {
    let run = Sim::of(RELEASING)
        .run(|sent| match (sent.path(), sent.vu, sent.nth) {
            ("/base/login", vu, _) => Reply::json(&json!({ "token": format!("t{vu}") })),
            // The third iteration of the second user is under way when it is released, and does not end.
            (_, 2, 2) => Reply::never(),
            _ => Reply::status(200).after(900),
        })
        .await;
    let second: Vec<_> = run.of_user(2).filter(|sent| sent.path() == "/base/a").collect();
    assert_eq!(second[2].end, Some((End::GivenUp, secs(7))));
    let times: Vec<_> = second.iter().map(|sent| sent.at.as_secs()).collect();
    assert_eq!(times, [0, 2, 4, 15, 17, 19, 21, 23]);
    assert!(second.iter().all(|sent| sent.header("authorization") == Some("t2")));
    assert_eq!(run.to("/login").count(), 2);
    let numbers: Vec<u64> = second.iter().map(|sent| sent.iteration).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7], "the iteration that was cut keeps its number");
    assert_eq!(run.ends(), (12 + 7, 0, 1));
    assert_eq!((run.cut(), run.seen.total.failures().count()), (1, 0));
    // It is counted as running until it is cut.
    let vus: Vec<u64> = run.seen.series.points().iter().map(|point| point.vus).collect();
    let expected: Vec<u64> = (0..24).map(|second| if (7..15).contains(&second) { 1 } else { 2 }).collect();
    assert_eq!(vus, expected);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_released_user_may_finish_within_its_grace() {
    let run = Sim::of(RELEASING)
        .run(|sent| match (sent.path(), sent.vu, sent.nth) {
            ("/base/login", ..) => Reply::text(200, r#"{"token": 1}"#),
            (_, 2, 2) => Reply::status(200).after(2_500),
            _ => Reply::status(200).after(900),
        })
        .await;
    let second: Vec<_> = run.of_user(2).filter(|sent| sent.path() == "/base/a").collect();
    assert_eq!(second[2].end, Some((End::Answered, ms(6_500))));
    assert_eq!((second[3].at, second[3].iteration), (secs(15), 3));
    assert_eq!((run.ends(), run.cut()), ((12 + 8, 0, 0), 0));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_user_cut_while_it_starts_starts_again_when_it_comes_back() {
    let run = Sim::of(RELEASING)
        .run(|sent| match (sent.path(), sent.vu, sent.nth) {
            ("/base/login", 2, 0) => Reply::never(),
            ("/base/login", ..) => Reply::text(200, r#"{"token": 1}"#),
            _ => Reply::status(200).after(900),
        })
        .await;
    assert_eq!(run.times("/login"), [0, 0, 15_000]);
    let second: Vec<u64> = run.of_user(2).map(|sent| sent.at.as_secs()).collect();
    assert_eq!(second, [0, 15, 15, 17, 19, 21, 23]);
    assert_eq!((run.start_failures(), run.cut(), run.iterations(IterationEnd::Interrupted)), (0, 1, 0));
    run.adds_up("/a");
}

const LONG: &str = "\
load: { users: 4, duration: 1h, graceful_stop: 3s }
think_time: 10s
flow: [ { get: /a }, { get: /b } ]
";

#[tokio::test(start_paused = true)]
async fn after_a_stop_nothing_new_starts_and_pauses_end_at_once() {
    let run = Sim::of(LONG).stop_at(ms(12_500)).run(|_| Reply::status(200).after(500)).await;
    // All four are in the pause after their second iteration.
    assert_eq!((run.times("/a"), run.ends()), ([[0; 4], [11_000; 4]].concat(), (8, 0, 0)));
    assert_eq!(run.took, ms(12_500));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_a_running_iteration_may_finish() {
    let run = Sim::of(LONG).stop_at(ms(11_200)).run(|_| Reply::status(200).after(500)).await;
    assert_eq!(
        run.times("/b"),
        [[500; 4], [11_500; 4]].concat(),
        "the iteration goes on, next request and all"
    );
    assert_eq!((run.ends(), run.took), ((8, 0, 0), secs(12)));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_a_running_iteration_has_the_graceful_stop_and_no_more() {
    let run = Sim::of(LONG)
        .stop_at(ms(11_200))
        .run(
            |sent| if sent.vu == 3 && sent.nth == 1 { Reply::never() } else { Reply::status(200).after(500) },
        )
        .await;
    assert_eq!((run.ends(), run.cut(), run.took), ((7, 0, 1), 1, ms(14_200)));
    let cut: Vec<_> =
        run.of_user(3).filter_map(|sent| sent.end).filter(|(end, _)| *end == End::GivenUp).collect();
    assert_eq!(cut, [(End::GivenUp, ms(14_200))]);
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_users_that_wait_to_start_again() {
    let yaml = "\
load: { users: 2, duration: 10m }
on_start: [ { post: /login } ]
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).stop_at(secs(40)).run(|_| Reply::status(500)).await;
    assert_eq!((run.start_failures(), run.took), (12, secs(40)));
    assert_eq!(run.times("/a").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_users_whose_time_has_not_come() {
    let yaml = "\
load: { stages: [ { duration: 100s, users: 10 } ] }
think_time: 1s
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml).stop_at(secs(25)).run(|_| Reply::status(200)).await;
    assert_eq!((run.seen.vus_max, run.took), (2, secs(25)));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_graceful_stop_or_after_the_end_gives_no_more_time() {
    let yaml = "\
load: { users: 1, duration: 5s, graceful_stop: 3s }
flow: [ { get: /a } ]
";
    for at in [6, 60] {
        let run = Sim::of(yaml).stop_at(secs(at)).run(|_| Reply::never()).await;
        assert_eq!((run.ends(), run.took), ((0, 0, 1), secs(8)), "stopped at {at} s");
        run.adds_up("/a");
    }
}
