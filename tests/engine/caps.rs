//! `max_rate`: never more than it says, hardly less, over all users and workers; and what waits for it is late in no
//! measure.

use super::{
    fake::Reply,
    run::{Run, Sim, ms, secs},
};
use std::time::Duration;

/// By how much more than the rate allows iterations began in the worst of all windows of time.
fn most_above(run: &Run, per_second: f64) -> f64 {
    let mut least = f64::INFINITY;
    let mut most = 0.0f64;
    for (n, sent) in run.to("/a").enumerate() {
        let ahead = n as f64 - per_second * sent.at.as_secs_f64();
        least = least.min(ahead);
        most = most.max(ahead - least + 1.0);
    }
    most
}

#[tokio::test(start_paused = true)]
async fn a_cap_is_kept_to_in_every_window_of_time() {
    for (rate, per_second, seconds) in [
        ("30/m", 0.5, 600),
        ("1/s", 1.0, 300),
        ("7/s", 7.0, 100),
        ("90/s", 90.0, 20),
        ("150/s", 150.0, 20),
        ("333/s", 333.0, 10),
        ("1000/s", 1_000.0, 5),
        ("2500/s", 2_500.0, 2),
    ] {
        for (workers, users) in [(1, 20), (3, 20), (2, 2)] {
            let yaml = format!(
                "load: {{ users: {users}, duration: {seconds}s }}\nmax_rate: {rate}\nflow: [ {{ get: /a }} ]"
            );
            let run = Sim::of(&yaml).workers(workers).run(|_| Reply::status(200)).await;
            let what = format!("{rate} of {users} users on {workers} workers");
            // One at once, or what a wake-up that is 5 ms late would have missed.
            let burst = 1.0 + per_second * 0.005;
            let above = most_above(&run, per_second);
            assert!(above <= burst + 1e-6, "{what}: {above} more than the rate");
            let all = per_second * f64::from(seconds);
            let began = run.to("/a").count() as f64;
            assert!(began <= all + burst && began >= all * 0.99 - burst, "{what}: {began} of {all}");
            // A worker's users take turns.
            assert_eq!(run.seen.vus_max, users);
            // Who waits for the cap is not late.
            assert!(run.lag().max() <= Some(ms(1)), "{what}: {:?}", run.lag().max());
            assert_eq!(run.response_times("GET /a").max(), Some(Duration::ZERO), "{what}");
            run.adds_up("/a");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_above_what_users_do_changes_nothing() {
    // Each user starts 1.1 s after the one before it, so that no two of them begin in one moment.
    let run = |cap: &str| {
        let load = "load: { stages: [ { duration: 5500ms, users: 5 }, { duration: 9s, users: 5 } ] }";
        let yaml = format!("{load}\n{cap}\nthink_time: 400ms\nflow: [ {{ get: /a }} ]");
        async move { Sim::of(&yaml).run(|_| Reply::status(200).after(100)).await }
    };
    let (free, capped) = (run("").await, run("max_rate: 20/s").await);
    assert_eq!(free.dump_sent(), capped.dump_sent());
    assert_eq!(free.dump(), capped.dump());
}

#[tokio::test(start_paused = true)]
async fn each_workload_has_a_cap_of_its_own() {
    let yaml = "
workloads:
  slow: { load: { users: 5, duration: 20s }, max_rate: 2/s, flow: [ { get: /slow } ] }
  fast: { load: { users: 5, duration: 20s }, max_rate: 50/s, flow: [ { get: /fast } ] }
  late: { load: { users: 5, iterations: 41 }, start_after: 10s, max_rate: 10/s, flow: [ { get: /late } ] }
";
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200)).await;
        assert_eq!(run.times("/slow"), (0..40).map(|n| 500 * n).collect::<Vec<_>>(), "{workers} workers");
        assert!((990..=1_001).contains(&run.to("/fast").count()), "{}", run.to("/fast").count());
        assert_eq!(run.times("/late"), (0..41).map(|n| 10_000 + 100 * n).collect::<Vec<_>>());
        run.requests_add_up();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_and_the_end_reach_those_who_wait_for_their_turn() {
    let yaml = "load: { users: 8, duration: 100s }\nmax_rate: 6/m\non_stop: [ { get: /bye } ]\nflow: [ { get: /a } ]";
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).stop_at(ms(25_500)).run(|_| Reply::status(200)).await;
        assert_eq!((run.times("/a"), run.took), (vec![0, 10_000, 20_000], ms(25_500)));
        assert_eq!(run.times("/bye"), [25_500; 8]);
        run.adds_up("/a");
        let run = Sim::of(&yaml.replace("100s", "25s")).workers(workers).run(|_| Reply::status(200)).await;
        assert_eq!((run.times("/a"), run.took), (vec![0, 10_000, 20_000], secs(25)));
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_goes_with_pauses_and_numbers_of_iterations() {
    for (rest, count, took) in [
        ("load: { users: 4, iterations: 21 }", 21, 10_000),
        ("load: { users: 4, iterations_per_user: 5 }", 20, 9_500),
        ("load: { users: 4, iterations: 100, max_duration: 10s }", 20, 10_000),
        ("load: { users: 1, duration: 10s }\npacing: 1s", 10, 10_000),
        ("load: { users: 1, duration: 10s }\nthink_time: 300ms", 20, 10_000),
    ] {
        let yaml = format!("{rest}\nmax_rate: 2/s\nflow: [ {{ get: /a }} ]");
        let run = Sim::of(&yaml).run(|_| Reply::status(200)).await;
        assert_eq!((run.ends(), run.took), ((count, 0, 0), ms(took)), "{rest}");
        assert!(most_above(&run, 2.0) <= 1.01, "{rest}");
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_the_cap_is_not_behind_its_pace() {
    // Four users that want to begin once a second each; the cap lets two of them.
    let yaml = "load: { users: 4, duration: 30s }\npacing: 1s\nmax_rate: 2/s\nflow: [ { get: /a } ]";
    for workers in 1..=2 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(50)).await;
        assert_eq!(run.times("/a"), (0..60).map(|n| 500 * n).collect::<Vec<_>>());
        assert_eq!(
            (run.response_times("GET /a").max(), run.lag().max()),
            (Some(ms(50)), Some(Duration::ZERO))
        );
        run.adds_up("/a");
    }
    // What the target makes late is late with a cap, too.
    let yaml = "load: { users: 1, duration: 10s }\npacing: 1s\nmax_rate: 100/s\nflow: [ { get: /a } ]";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(1_600)).await;
    assert_eq!(
        (run.durations("GET /a").max(), run.response_times("GET /a").max()),
        (Some(ms(1_600)), Some(ms(2_200)))
    );
}
