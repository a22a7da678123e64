//! Loads of a number of iterations, and what of it is left when the time is over; users that ramps release and want
//! back; ten million iterations.

use super::{
    fake::{End, Reply, Sent},
    run::{Run, Sim, ms},
};
use std::{collections::BTreeSet, time::Duration};

/// How many iterations each user began.
fn begun(run: &Run, users: u64) -> Vec<usize> {
    (1..=users).map(|vu| run.of_user(vu).filter(|sent| sent.path().starts_with("/base/a")).count()).collect()
}

#[tokio::test(start_paused = true)]
async fn shared_iterations_are_begun_once_each_by_whoever_is_free() {
    let yaml = "
load: { users: 7, iterations: 101 }
flow: [ { get: '/a/${scenario.iteration}' } ]
";
    for workers in 1..=3 {
        let run = Sim::of(yaml)
            .workers(workers)
            .run(|sent| Reply::status(200).after(if sent.vu == 1 { 900 } else { 100 }))
            .await;
        let numbers: BTreeSet<&str> = run.sent.iter().map(Sent::path).collect();
        assert_eq!((run.ends(), run.sent.len(), numbers.len()), ((101, 0, 0), 101, 101));
        let shares = begun(&run, 7);
        assert_eq!(shares[0], 2, "{shares:?}");
        assert!(shares[1..].iter().all(|count| (16..=17).contains(count)), "{shares:?}");
        // The slow one's second ends last, and nobody waits for the ten minutes.
        assert_eq!((run.took, run.seen.vus_max, run.seen.total.all_dropped()), (ms(1_800), 7, 0));
        run.requests_add_up();
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_users_are_made_than_there_are_iterations_to_share() {
    for (users, iterations, made) in [(20, 5, 5), (5, 5, 5), (3, 5, 3), (1, 1, 1)] {
        let yaml = format!(
            "load: {{ users: {users}, iterations: {iterations} }}\non_start: [ {{ get: /login }} ]\nflow: [ {{ get: /a }} ]"
        );
        for workers in [1, 3] {
            let run = Sim::of(&yaml).workers(workers).run(|_| Reply::status(200).after(10)).await;
            assert_eq!((run.seen.vus_max, run.to("/login").count() as u64), (made, made), "{yaml}");
            assert_eq!(run.ends(), (iterations, 0, 0));
            run.adds_up("/a");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_task_of_a_shared_iteration_follows_from_its_number() {
    let yaml = "
load: { users: 3, iterations: 90 }
tasks:
  - { name: read, weight: 3, get: '/a/read' }
  - { name: write, weight: 1, get: '/a/write' }
";
    for workers in 1..=3 {
        // Everybody takes another time, so that it is never the same one's turn.
        let run = Sim::of(yaml)
            .workers(workers)
            .run(|sent| Reply::status(200).after(sent.vu * 31 + sent.iteration % 3))
            .await;
        let workload = &run.plan.workloads[0];
        let expected: Vec<String> = (0..90)
            .map(|n| format!("/base/a/{}", run.plan.catalog.task(workload.task_of(n).id).name))
            .collect();
        assert_eq!(run.sent.iter().map(Sent::path).collect::<Vec<_>>(), expected, "{workers} workers");
        assert!(begun(&run, 3).iter().all(|count| *count > 10));
    }
}

#[tokio::test(start_paused = true)]
async fn each_user_has_its_own_number_of_iterations() {
    let yaml =
        "load: { users: 4, iterations_per_user: 6 }\nthink_time: 50ms\nflow: [ { get: /a }, { get: /b } ]";
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|sent| Reply::status(200).after(sent.vu * 100)).await;
        assert_eq!((begun(&run, 4), run.ends()), (vec![6; 4], (24, 0, 0)));
        // The slowest one's: two requests of 400 ms and the pause, the last of which is one, too.
        assert_eq!((run.took, run.seen.total.all_dropped()), (ms(6 * 850), 0));
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_time_does_not_suffice_for_is_dropped() {
    for (load, completed, interrupted, dropped) in [
        // Two users begin at 0, 1.2, 2.4, 3.6 and 4.8 s; the last ones are done at 6 s.
        ("{ users: 2, iterations: 100, max_duration: 5s }", 10, 0, 90),
        ("{ users: 2, iterations: 100, max_duration: 5s, graceful_stop: 500ms }", 8, 2, 90),
        ("{ users: 2, iterations_per_user: 50, max_duration: 5s }", 10, 0, 90),
        ("{ users: 2, iterations_per_user: 50, max_duration: 5s, graceful_stop: 0s }", 8, 2, 90),
        // The fifth of each is its last, and under way when the time is over.
        ("{ users: 2, iterations: 10, max_duration: 5s }", 10, 0, 0),
        ("{ users: 2, iterations_per_user: 5, max_duration: 5s }", 10, 0, 0),
        ("{ users: 2, iterations: 11, max_duration: 5s }", 10, 0, 1),
        ("{ users: 2, iterations_per_user: 6, max_duration: 5s }", 10, 0, 2),
    ] {
        for workers in 1..=2 {
            let yaml = format!("load: {load}\nflow: [ {{ get: /a }} ]");
            let run = Sim::of(&yaml).workers(workers).run(|_| Reply::status(200).after(1_200)).await;
            assert_eq!((run.ends(), run.dropped()), ((completed, 0, interrupted), vec![dropped]), "{load}");
            run.adds_up("/a");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn users_that_never_start_drop_what_was_theirs() {
    for (load, dropped, served) in [
        ("{ users: 2, iterations_per_user: 8, max_duration: 10s }", 8, 8),
        ("{ users: 2, iterations: 8, max_duration: 10s }", 0, 8),
        ("{ users: 2, iterations: 30, max_duration: 10s }", 20, 10),
    ] {
        let yaml = format!(
            "load: {load}\nthink_time: 900ms\non_start: [ {{ get: /login }} ]\nflow: [ {{ get: /a }} ]"
        );
        let run = Sim::of(&yaml)
            .run(|sent| match (sent.path(), sent.vu) {
                ("/base/login", 2) => Reply::status(500),
                ("/base/login", _) => Reply::status(200),
                _ => Reply::status(200).after(100),
            })
            .await;
        assert_eq!((run.ends(), run.dropped()), ((served, 0, 0), vec![dropped]), "{load}");
        assert!(run.start_failures() >= 3);
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_by_itself_or_on_request_drops_nothing() {
    for load in [
        "{ users: 3, iterations: 60, max_duration: 10s",
        "{ users: 3, iterations_per_user: 20, max_duration: 10s",
    ] {
        let yaml = format!(
            "load: {load} }}\nflow: [ {{ get: /a }}, {{ stop: user, if: '${{iteration == 2}}' }} ]\non_stop: [ {{ get: /bye }} ]"
        );
        let run = Sim::of(&yaml).run(|_| Reply::status(200).after(100)).await;
        assert_eq!((begun(&run, 3), run.dropped(), run.took), (vec![3; 3], vec![0], ms(400)), "{load}");
        run.adds_up("/a");
        // On its way home when the time is over, and gone all the same.
        let run = Sim::of(&yaml)
            .run(|sent| Reply::status(200).after(if sent.path() == "/base/bye" { 11_000 } else { 100 }))
            .await;
        assert_eq!((run.dropped(), run.took), (vec![0], ms(11_300)), "{load}");
        let yaml = format!("load: {load}, graceful_stop: 1s }}\nflow: [ {{ get: /a }} ]");
        for (delay, ends) in [(400, (12, 0, 0)), (1_200, (6, 0, 0)), (5_000, (0, 0, 3))] {
            let run = Sim::of(&yaml)
                .workers(2)
                .stop_at(ms(1_500))
                .run(move |_| Reply::status(200).after(delay))
                .await;
            assert_eq!((run.ends(), run.dropped()), (ends, vec![0]), "{load} {delay}");
            run.adds_up("/a");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_after_the_time_was_over_hides_nothing() {
    for load in ["iterations: 5", "iterations_per_user: 5"] {
        let yaml = format!("load: {{ users: 1, {load}, max_duration: 2s }}\nflow: [ {{ get: /a }} ]");
        let sim = Sim::of(&yaml).stop_at(ms(2_500));
        let run = sim.run(|_| Reply::status(200).after(1_500)).await;
        assert_eq!((run.ends(), run.dropped(), run.took), ((2, 0, 0), vec![3], ms(3_000)), "{load}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_released_user_that_is_wanted_again_within_its_grace_goes_on() {
    // The second user is released at 5 s and wanted again at 6 s; under way from 4 s to 7.5 s.
    let yaml = |grace: &str| {
        format!(
            "
load:
  start_users: 2
  graceful_ramp_down: {grace}
  stages:
    - {{ duration: 5s, users: 2 }}
    - {{ duration: 0s, users: 1 }}
    - {{ duration: 1s, users: 1 }}
    - {{ duration: 0s, users: 2 }}
    - {{ duration: 4s, users: 2 }}
flow: [ {{ get: /a }} ]
"
        )
    };
    let reply = |sent: &Sent| match (sent.vu, sent.nth) {
        (2, 2) => Reply::status(200).after(3_500),
        _ => Reply::status(200).after(2_000),
    };
    for (grace, end, times) in [
        ("2s", (End::Answered, ms(7_500)), vec![0, 2_000, 4_000, 7_500, 9_500]),
        ("1s", (End::Answered, ms(7_500)), vec![0, 2_000, 4_000, 7_500, 9_500]),
        ("900ms", (End::GivenUp, ms(5_900)), vec![0, 2_000, 4_000, 6_000, 8_000]),
        ("0s", (End::GivenUp, ms(5_000)), vec![0, 2_000, 4_000, 6_000, 8_000]),
    ] {
        for workers in [1, 2] {
            let run = Sim::of(&yaml(grace)).workers(workers).run(reply).await;
            let second: Vec<&Sent> = run.of_user(2).collect();
            assert_eq!(second[2].end, Some(end), "{grace}");
            assert_eq!(
                second.iter().map(|sent| sent.at.as_millis() as u64).collect::<Vec<_>>(),
                times,
                "{grace}"
            );
            let numbers: Vec<u64> = second.iter().map(|sent| sent.iteration).collect();
            assert_eq!(numbers, [0, 1, 2, 3, 4], "{grace}");
            assert_eq!(run.ends().2, u64::from(end.0 == End::GivenUp), "{grace}");
            run.adds_up("/a");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_grace_of_a_released_user_ends_with_that_of_the_load() {
    // Users 3 and 2 are released at 9 and 9.5 s, the first one at the end at 10 s.
    for (graceful_stop, ramp_down, cuts) in [
        ("1s", "300ms", [11_000, 9_800, 9_300]),
        ("1s", "5s", [11_000, 11_000, 11_000]),
        ("0s", "800ms", [10_000, 10_000, 9_800]),
        ("20s", "1s", [30_000, 10_500, 10_000]),
    ] {
        let yaml = format!(
            "
load:
  start_users: 3
  graceful_stop: {graceful_stop}
  graceful_ramp_down: {ramp_down}
  stages: [ {{ duration: 8500ms, users: 3 }}, {{ duration: 1s, users: 1 }}, {{ duration: 500ms, users: 1 }} ]
flow: [ {{ get: /a }} ]
"
        );
        let run = Sim::of(&yaml).workers(2).run(|_| Reply::never()).await;
        for (vu, cut) in (1..).zip(cuts) {
            let ends: Vec<_> = run.of_user(vu).filter_map(|sent| sent.end).collect();
            assert_eq!(ends, [(End::GivenUp, ms(cut))], "{graceful_stop} {ramp_down}: user {vu}");
        }
        assert_eq!((run.ends(), run.took), ((0, 0, 3), ms(cuts[0])));
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn loads_of_every_model_run_side_by_side_each_from_its_own_start() {
    let yaml = "
workloads:
  ramp:
    load: { stages: [ { duration: 4s, users: 4 }, { duration: 4s, users: 0 } ], graceful_stop: 1s }
    start_after: 2s
    think_time: 250ms
    flow: [ { get: /ramp } ]
  open:
    load: { rate: 10/s, duration: 3s }
    start_after: 4s
    flow: [ { get: /open } ]
  shared:
    load: { users: 2, iterations: 9 }
    start_after: 1s
    flow: [ { get: /shared } ]
  each:
    load: { users: 3, iterations_per_user: 2, max_duration: 20s }
    start_after: 6s
    flow: [ { get: /each } ]
";
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(30)).await;
        let window = |path: &str| {
            let times = run.times(path);
            (times.len(), times.first().copied(), times.last().copied())
        };
        assert_eq!(window("/shared"), (9, Some(1_000), Some(1_120)), "{workers} workers");
        assert_eq!(window("/open"), (30, Some(4_000), Some(6_900)), "{workers} workers");
        assert_eq!(window("/each"), (6, Some(6_000), Some(6_030)), "{workers} workers");
        let (_, first, last) = window("/ramp");
        assert!(first == Some(3_000) && last.is_some_and(|last| (9_000..10_000).contains(&last)), "{last:?}");
        let users = |path: &str| run.to(path).map(|sent| sent.vu).collect::<BTreeSet<u64>>();
        assert_eq!(users("/ramp"), BTreeSet::from([1, 2, 3, 4]));
        assert!(users("/open").into_iter().all(|vu| (5..=10_004).contains(&vu)));
        assert_eq!(users("/shared"), BTreeSet::from([10_005, 10_006]));
        assert_eq!(users("/each"), BTreeSet::from([10_007, 10_008, 10_009]));
        assert_eq!(run.seen.total.all_dropped(), 0);
        run.requests_add_up();
    }
}

#[tokio::test(start_paused = true)]
async fn iterations_that_start_on_time_have_no_lag() {
    for (what, response) in [
        ("load: { users: 3, duration: 10s }", 300),
        ("load: { users: 3, duration: 10s }\nthink_time: 100ms", 300),
        ("load: { users: 3, duration: 10s }\npacing: 1s", 300),
        ("load: { stages: [ { duration: 10s, users: 6 } ] }\npacing: 700ms..900ms", 300),
        ("load: { rate: 7/s, duration: 10s }", 300),
        ("load: { users: 3, iterations: 40 }", 300),
    ] {
        let yaml = format!("{what}\nflow: [ {{ get: /a }} ]");
        let run = Sim::of(&yaml).run(|_| Reply::status(200).after(300)).await;
        let (lag, tick) = (run.lag(), ms(1));
        assert_eq!(lag.count(), run.ends().0);
        assert!(lag.count() > 20 && lag.max() <= Some(tick), "{what}: {:?}", lag.max());
        let longest = run.response_times("GET /a").max();
        assert!(longest <= Some(ms(response) + tick), "{what}: {longest:?}");
        run.adds_up("/a");
    }
}

/// A user that is released and wanted again while its answer is awaited begins when it can: that the target took so long
/// is no lateness of the generator.
#[tokio::test(start_paused = true)]
async fn an_iteration_that_reaches_into_the_next_window_makes_nobody_late() {
    let yaml = "
load:
  start_users: 2
  stages:
    - { duration: 4s, users: 2 }
    - { duration: 0s, users: 0 }
    - { duration: 1s, users: 0 }
    - { duration: 0s, users: 2 }
    - { duration: 4s, users: 2 }
flow: [ { get: /a } ]
";
    for workers in [1, 2] {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(3_000)).await;
        // Those of 3 s are under way at 4 s, when nobody is wanted, and at 5 s, when both are again.
        assert_eq!(run.times("/a"), [0, 0, 3_000, 3_000, 6_000, 6_000], "{workers} workers");
        assert_eq!((run.lag().count(), run.lag().max()), (6, Some(Duration::ZERO)), "{workers} workers");
        assert_eq!(run.response_times("GET /a").max(), Some(ms(3_000)), "{workers} workers");
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn an_overrun_pace_is_the_targets_lateness_and_not_the_generators() {
    let yaml = "load: { users: 1, duration: 10s }\npacing: 1s\nflow: [ { get: /a }, { get: /b } ]";
    let run = Sim::of(yaml)
        .run(|sent| {
            Reply::status(200).after(if sent.path() == "/base/a" && sent.nth == 2 { 1_600 } else { 100 })
        })
        .await;
    // The third begins at 2 s and is over at 3.7 s, when the fourth was due for 700 ms.
    assert_eq!(run.times("/a"), [0, 1_000, 2_000, 3_700, 4_700, 5_700, 6_700, 7_700, 8_700, 9_700]);
    assert_eq!(run.lag().max(), Some(Duration::ZERO));
    let mut slowest: Vec<u64> = run
        .response_times("GET /a")
        .recorded()
        .filter(|(micros, _)| *micros > 101_000)
        .map(|(micros, count)| (micros + 2_000) / 100_000 * 10 + count)
        .collect();
    slowest.sort_unstable();
    // One of 800 ms and one of 1.6 s.
    assert_eq!(slowest, [81, 161]);
    assert_eq!(run.response_times("GET /b").max(), Some(ms(100)), "it is late once");
    run.adds_up("/a");
}
