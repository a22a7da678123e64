//! Warm-up: what begins in it is in the course of the run, and in nothing that is summed up or judged.

use super::{
    fake::{Reply, Sent},
    run::{Run, Sim, ends_in, ms, secs},
};
use loadgen::{
    judge::Outcome,
    measure::{Observations, Point},
    model::StageId,
};

fn warm_up(run: &Run) -> &Observations {
    run.seen.warm_up.as_ref().unwrap()
}

/// Requests, checks that held and did not, groups, dropped iterations, failed starts and samples of failures.
fn tallies(run: &Run, seen: &Observations) -> [u64; 7] {
    let checks = seen
        .checks()
        .fold((0, 0), |(passes, fails), (_, tally)| (passes + tally.passes, fails + tally.fails));
    let starts = run.plan.catalog.workload_ids().map(|id| seen.user_start_failures(id)).sum();
    let failures = seen.failures().map(|(_, _, sample)| sample.count).sum();
    let requests = seen.requests().map(|(_, stats)| stats.count).sum();
    let groups = seen.groups().map(|(_, stats)| stats.count).sum();
    [requests, checks.0, checks.1, groups, seen.all_dropped(), starts, failures]
}

fn of_points(run: &Run, what: fn(&Point) -> u64) -> Vec<u64> {
    run.seen.series.points().iter().map(what).collect()
}

#[tokio::test(start_paused = true)]
async fn without_a_warm_up_there_is_none() {
    let run = Sim::of("load: { users: 1, duration: 4s }\nthink_time: 1s\nflow: [ { get: /a } ]")
        .run(|_| Reply::status(200))
        .await;
    assert!(run.seen.warm_up.is_none());
    assert_eq!((run.seen.counted, run.requests()), (secs(4), 4));
}

#[tokio::test(start_paused = true)]
async fn what_begins_in_the_warm_up_counts_in_the_course_of_the_run_alone() {
    let yaml = "
warm_up: 3s
load: { users: 2, duration: 10s }
pacing: 1s
flow: [ { get: /a, check: status == 200 }, { group: pair, steps: [ { get: /b } ] } ]
thresholds: { http_reqs: rate == 4/s }
";
    for workers in [1, 2] {
        // What begins in a warm-up fails; the last of it ends after it.
        let run = Sim::of(yaml)
            .workers(workers)
            .run(|sent| match sent.path() {
                "/base/a" if sent.at < secs(3) => Reply::status(500).after(700),
                "/base/b" if sent.at >= secs(2) => Reply::status(200).after(290),
                _ => Reply::status(200).after(100),
            })
            .await;
        assert_eq!(tallies(&run, warm_up(&run)), [12, 0, 6, 6, 0, 0, 6]);
        assert_eq!(tallies(&run, &run.seen.total), [28, 14, 0, 14, 0, 0, 0]);
        assert_eq!((ends_in(warm_up(&run)), ends_in(&run.seen.total)), ([6, 0, 0], [14, 0, 0]));
        assert_eq!((run.seen.elapsed, run.seen.counted), (secs(10), secs(7)));
        assert_eq!(run.gate().outcome, Outcome::Passed, "28 in 7 s: {:?}", run.gate().observed);
        assert_eq!(of_points(&run, |point| point.requests), [4; 10]);
        assert_eq!(of_points(&run, |point| point.failed_requests), [2, 2, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(run.durations("GET /a").max(), Some(ms(100)));
        run.adds_up("/a");
    }
}

#[tokio::test(start_paused = true)]
async fn what_begins_in_the_warm_up_and_ends_after_it_is_warm_up() {
    let yaml = "
warm_up: 3s
load: { users: 1, duration: 10s }
flow: [ { get: /a }, { group: g, steps: [ { think: 500ms }, { get: /b, check: status == 200 } ] } ]
";
    // An iteration takes 2 s: /a from 0 to 1.25 s of it, /b from 1.75 s on.
    let run = Sim::of(yaml)
        .run(|sent| Reply::status(200).after(if sent.path() == "/base/a" { 1_250 } else { 250 }))
        .await;
    let series = |seen: &Observations, name: &str| -> u64 {
        let named = seen.requests().filter(|(key, _)| run.plan.catalog.request(key.request).name == name);
        named.map(|(_, stats)| stats.count).sum()
    };
    // The second iteration and its /a begin at 2 s, its group at 3.25 s and its /b at 3.75 s.
    assert_eq!((ends_in(warm_up(&run)), ends_in(&run.seen.total)), ([2, 0, 0], [3, 0, 0]));
    assert_eq!((series(warm_up(&run), "GET /a"), series(&run.seen.total, "GET /a")), (2, 3));
    assert_eq!((series(warm_up(&run), "GET /b"), series(&run.seen.total, "GET /b")), (1, 4));
    assert_eq!((tallies(&run, warm_up(&run))[1], tallies(&run, warm_up(&run))[3]), (1, 1));
    assert_eq!((tallies(&run, &run.seen.total)[1], tallies(&run, &run.seen.total)[3]), (4, 4));
    let iterations = of_points(&run, |point| point.iterations);
    assert_eq!((iterations.iter().sum::<u64>(), iterations[..4].iter().sum::<u64>()), (5, 1));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_is_of_the_stage_it_began_in() {
    let yaml = "
load:
  graceful_stop: 1s
  start_users: 2
  stages: [ { duration: 3s, users: 2, warm_up: true }, { duration: 2s, users: 2 } ]
flow: [ { get: /a } ]
";
    // The first user's never ends; the second one begins its last at 4 s.
    let run = Sim::of(yaml)
        .run(|sent| {
            if sent.vu == 1 || sent.at >= secs(4) { Reply::never() } else { Reply::status(200).after(2_000) }
        })
        .await;
    assert_eq!((ends_in(warm_up(&run)), ends_in(&run.seen.total)), ([2, 0, 1], [0, 0, 1]));
    // Waiting for what was under way at the end is no time in which load was made.
    assert_eq!((run.seen.elapsed, run.seen.counted), (secs(6), secs(2)));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn dropped_iterations_and_failed_starts_have_their_stage() {
    // Ten a second for 2 s of warm-up and 4 s that count, of which one user that takes 150 ms takes every other.
    let yaml = "
load:
  start_rate: 10/s
  max_users: 1
  stages: [ { duration: 2s, rate: 10/s, name: warm, warm_up: true }, { duration: 4s, rate: 10/s, name: hot } ]
start_after: 10ms
flow: [ { get: /a } ]
thresholds: { dropped_iterations: count == 20 }
";
    let run = Sim::of(yaml).run(|_| Reply::status(200).after(150)).await;
    let (warm, hot) = (StageId(0), StageId(1));
    assert_eq!((warm_up(&run).dropped(warm), warm_up(&run).dropped(hot)), (10, 0));
    assert_eq!((run.seen.total.dropped(warm), run.seen.total.dropped(hot)), (0, 20));
    assert_eq!(run.gate().outcome, Outcome::Passed);
    assert_eq!(of_points(&run, |point| point.dropped_iterations), [5; 6]);
    run.open_adds_up("/a", secs(60));

    let yaml = "
warm_up: 5s
load: { users: 2, duration: 20s }
think_time: 1s
on_start: [ { post: /login } ]
flow: [ { get: /a } ]
";
    // Attempts at 0, 1, 3 s, and then at 7 and 15 s.
    let run = Sim::of(yaml).run(|_| Reply::status(500)).await;
    let counts = (tallies(&run, warm_up(&run))[5], tallies(&run, &run.seen.total)[5]);
    assert_eq!((counts, run.start_failures()), ((6, 4), 4));
    run.adds_up("/a");
}

#[tokio::test(start_paused = true)]
async fn time_counts_where_any_workload_does() {
    let yaml = "
workloads:
  warming:
    load:
      start_users: 1
      stages: [ { duration: 5s, users: 1, warm_up: true, name: w }, { duration: 5s, users: 1, name: m } ]
    think_time: 1s
    flow: [ { get: /warming } ]
  other:
    load: { rate: 2/s, duration: 8s }
    start_after: 3s
    flow: [ { get: /other } ]
thresholds: { 'http_reqs{workload:other}': count == 16 }
";
    for workers in [1, 2] {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200)).await;
        assert_eq!((tallies(&run, warm_up(&run))[0], tallies(&run, &run.seen.total)[0]), (5, 5 + 16));
        // From 3 s on something counts.
        assert_eq!((run.seen.elapsed, run.seen.counted), (secs(11), secs(8)));
        assert_eq!(run.gate().outcome, Outcome::Passed);
        run.requests_add_up();
    }
}

#[tokio::test(start_paused = true)]
async fn the_warm_up_of_the_run_is_that_of_every_workload() {
    let yaml = "
warm_up: 4s
workloads:
  early: { load: { users: 1, duration: 6s }, think_time: 1s, flow: [ { get: /early } ] }
  late: { load: { users: 1, duration: 6s }, start_after: 2s, think_time: 1s, flow: [ { get: /late } ] }
  later: { load: { users: 1, duration: 3s }, start_after: 5s, think_time: 1s, flow: [ { get: /later } ] }
";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    let names = |seen: &Observations| {
        let mut names: Vec<(String, u64)> = seen
            .requests()
            .map(|(key, stats)| (run.plan.catalog.request(key.request).name.clone(), stats.count))
            .collect();
        names.sort();
        names
    };
    let pairs = |list: &[(&str, u64)]| -> Vec<(String, u64)> {
        list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    assert_eq!(names(warm_up(&run)), pairs(&[("GET /early", 4), ("GET /late", 2)]));
    assert_eq!(names(&run.seen.total), pairs(&[("GET /early", 2), ("GET /late", 4), ("GET /later", 3)]));
    assert_eq!((run.seen.elapsed, run.seen.counted), (secs(8), secs(4)));
    run.requests_add_up();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_in_its_warm_up_has_counted_nothing() {
    let yaml = "warm_up: 5s\nload: { users: 2, duration: 1h }\nthink_time: 1s\nflow: [ { get: /a } ]\nthresholds: { http_reqs: count > 0 }";
    let run = Sim::of(yaml).stop_at(ms(2_500)).run(|_: &Sent| Reply::status(200)).await;
    assert!(run.seen.total.is_empty());
    assert_eq!((tallies(&run, warm_up(&run))[0], run.seen.counted), (6, secs(0)));
    assert_eq!(run.gate().outcome, Outcome::NoData);
    run.adds_up("/a");
}
