//! The open model: every arrival is started on time or dropped, and either way it counts.

use super::{
    fake::{End, Reply, Sent},
    run::{Run, Sim, ms, secs},
};
use loadgen::{judge::Outcome, plan::Part};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How late a timer may be: it counts whole milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// Asserts that these moments are those that were expected, or at most a tick later.
fn assert_on_time(sent: impl IntoIterator<Item = Duration>, expected: &[f64], what: &str) {
    let sent: Vec<Duration> = sent.into_iter().collect();
    assert_eq!(sent.len(), expected.len(), "{what}");
    for (n, (at, expected)) in sent.iter().zip(expected).enumerate() {
        let late = at.as_secs_f64() - expected;
        assert!((-1e-6..=0.001_001).contains(&late), "{what}: arrival {n} at {at:?}, expected {expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn arrival_n_is_sent_at_n_divided_by_the_rate() {
    for (rate, seconds, per_second) in
        [("40/s", 5, 40.0), ("3/s", 20, 3.0), ("0.7/s", 30, 0.7), ("90/m", 40, 1.5), ("7200/h", 10, 2.0)]
    {
        for workers in 1..=3 {
            let yaml = format!("load: {{ rate: {rate}, duration: {seconds}s }}\nflow: [ {{ get: /a }} ]");
            let run = Sim::of(&yaml).workers(workers).run(|_| Reply::status(200).after(5)).await;
            let count = (per_second * f64::from(seconds)).ceil() as u64;
            let expected: Vec<f64> = (0..count).map(|n| n as f64 / per_second).collect();
            assert_on_time(run.sent.iter().map(|sent| sent.at), &expected, rate);
            // One user for each worker is enough.
            let users: BTreeSet<u64> = run.sent.iter().map(|sent| sent.vu).collect();
            assert_eq!((users.len(), run.seen.vus_max), (workers, workers as u64), "{rate}");
            assert_eq!((run.ends(), run.seen.total.all_dropped()), ((count, 0, 0), 0));
            run.open_adds_up("/a", Duration::MAX);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ramping_arrivals_are_sent_where_the_area_under_the_rates_is_their_number() {
    let yaml = "
load:
  start_rate: 0/s
  stages:
    - { duration: 4s, rate: 20/s }
    - { duration: 2s, rate: 20/s }
    - { duration: 0s, rate: 5/s }
    - { duration: 2s, rate: 5/s }
    - { duration: 2s, rate: 0/s }
start_after: 500ms
flow: [ { get: /a } ]
";
    // 2.5·t² of the first 40; then 20, 5 a second; then 5·t − 1.25·t² of the last 5, of which the last never comes.
    let expected: Vec<f64> = (0..95u32)
        .map(f64::from)
        .map(|n| match n {
            ..40.0 => (n / 2.5).sqrt(),
            ..80.0 => 4.0 + (n - 40.0) / 20.0,
            ..90.0 => 6.0 + (n - 80.0) / 5.0,
            _ => 10.0 - (4.0 - 0.8 * (n - 90.0)).sqrt(),
        })
        .map(|at| at + 0.5)
        .collect();
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200)).await;
        assert_on_time(run.sent.iter().map(|sent| sent.at), &expected, "ramp");
        assert_eq!(run.took.as_millis(), 10_500);
        run.open_adds_up("/a", Duration::MAX);
    }
}

#[tokio::test(start_paused = true)]
async fn poisson_arrivals_are_the_same_however_many_workers_share_them() {
    let yaml = "load: { rate: 30/s, duration: 20s, arrivals: poisson }\nflow: [ { get: /a } ]";
    let mut seen = BTreeSet::new();
    for (seed, workers) in [(1, 1), (1, 2), (1, 3), (2, 1)] {
        let run = Sim::seeded(yaml, seed).workers(workers).run(|_| Reply::status(200).after(20)).await;
        let expected: Vec<f64> =
            run.arrivals().part(Part::WHOLE).map(|arrival| arrival.at.as_secs_f64()).collect();
        assert_on_time(run.sent.iter().map(|sent| sent.at), &expected, "poisson");
        // Six standard deviations.
        assert!((expected.len() as f64 - 600.0).abs() < 6.0 * 600f64.sqrt(), "{}", expected.len());
        seen.insert(run.times("/a"));
        run.open_adds_up("/a", Duration::MAX);
    }
    assert_eq!(seen.len(), 2, "one for each seed");
}

#[tokio::test(start_paused = true)]
async fn the_task_of_an_arrival_follows_from_its_number() {
    let yaml = "
load: { rate: 50/s, duration: 6s }
tasks:
  - { name: read, weight: 3, get: /read }
  - { name: write, weight: 1, get: /write }
  - { name: list, weight: 0.5, get: /list }
";
    let mut all = BTreeSet::new();
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(130)).await;
        let paths: Vec<String> = run.sent.iter().map(|sent| sent.path().to_owned()).collect();
        let workload = &run.plan.workloads[0];
        let expected: Vec<String> = (0..300)
            .map(|number| format!("/base/{}", run.plan.catalog.task(workload.task_of(number).id).name))
            .collect();
        assert_eq!(paths, expected, "{workers} workers");
        assert!((150..250).contains(&run.to("/read").count()), "{}", run.to("/read").count());
        all.insert(paths);
    }
    assert_eq!(all.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_user_that_became_idle_last_is_taken_first() {
    let yaml = "load: { rate: 10/s, duration: 2s }\nflow: [ { get: /a } ]";
    let slow = |sent: &Sent| Reply::status(200).after(if sent.at < ms(300) { 250 } else { 10 });
    let run = Sim::of(yaml).run(slow).await;
    let users: Vec<u64> = run.sent.iter().map(|sent| sent.vu).collect();
    // They are done at 250, 350 and 450 ms.
    assert_eq!(users, [[1, 2, 3, 1, 2].as_slice(), &[3; 15]].concat());
    let iterations: Vec<u64> = run.of_user(3).map(|sent| sent.iteration).collect();
    assert_eq!(iterations, (0..16).collect::<Vec<_>>());
    assert_eq!(run.seen.vus_max, 3);
    run.open_adds_up("/a", Duration::MAX);
}

/// Which of these arrivals `servers` servers take, each of which is busy for `busy` with one. All times in
/// milliseconds; no arrival may come just when a server becomes free.
fn served(
    arrivals: impl Iterator<Item = u64>,
    servers: usize,
    busy: impl Fn(u64) -> u64,
) -> BTreeMap<u64, bool> {
    let mut free_at = vec![0; servers];
    let take = |at: u64| {
        let free = free_at.iter_mut().find(|free_at| **free_at <= at);
        let is_served = free.is_some();
        if let Some(free_at) = free {
            *free_at = at + busy(at);
        }
        (at, is_served)
    };
    arrivals.map(take).collect()
}

/// Twenty a second, from 10 ms on so that none comes on the edge of a second or a stage.
fn twenty_a_second(max_users: usize, rest: &str) -> String {
    format!(
        "
load:
  start_rate: 20/s
  max_users: {max_users}
  stages: [ {{ duration: 2s, rate: 20/s, name: early }}, {{ duration: 3s, rate: 20/s, name: late }} ]
start_after: 10ms
{rest}
"
    )
}

fn every_50_ms() -> impl Iterator<Item = u64> {
    (0..100).map(|n| 10 + 50 * n)
}

/// Asserts that exactly those arrivals were started that there was a user for, and that the others are counted
/// where they belong.
fn assert_served(run: &Run, expected: &BTreeMap<u64, bool>, what: &str) {
    let started: Vec<u64> = expected.iter().filter(|(_, served)| **served).map(|(at, _)| *at).collect();
    assert_eq!(run.times("/a"), started, "{what}");
    let dropped: Vec<u64> = expected.iter().filter(|(_, served)| !**served).map(|(at, _)| *at).collect();
    let early = dropped.iter().filter(|at| **at < 2_010).count() as u64;
    let late = dropped.len() as u64 - early;
    assert_eq!(run.dropped(), [early, late], "{what}");
    assert_eq!(run.seen.total.all_dropped(), early + late, "{what}");
    let points = run.seen.series.points();
    for second in 0..5 {
        let of_second = dropped.iter().filter(|at| **at / 1_000 == second).count() as u64;
        assert_eq!(points[second as usize].dropped_iterations, of_second, "{what}: second {second}");
    }
    run.open_adds_up("/a", Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn an_arrival_is_dropped_only_where_no_user_of_any_worker_is_free() {
    for workers in 1..=3 {
        for max_users in 1..=4 {
            for busy in [0, 30, 70, 130, 170, 430, 1_020] {
                let what = format!("{max_users} users on {workers} workers, each busy for {busy} ms");
                let run = Sim::of(&twenty_a_second(max_users, "flow: [ { get: /a } ]"))
                    .workers(workers)
                    .run(move |_| Reply::status(200).after(busy))
                    .await;
                let expected = served(every_50_ms(), max_users, |_| busy);
                assert_served(&run, &expected, &what);
                assert!(run.most_at_once() <= max_users, "{what}");
                assert!(run.seen.vus_max <= max_users as u64, "{what}");
                assert!(run.lag().max() <= Some(TICK), "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_sees_what_was_dropped() {
    for (gate, outcome) in [
        ("dropped_iterations: count == 50", Outcome::Passed),
        ("dropped_iterations: count < 50", Outcome::Failed),
        ("'dropped_iterations{stage:early}': count == 20", Outcome::Passed),
        ("'dropped_iterations{stage:late}': count == 30", Outcome::Passed),
    ] {
        let rest = format!("flow: [ {{ get: /a }} ]\nthresholds: {{ {gate} }}");
        let run = Sim::of(&twenty_a_second(1, &rest)).run(|_| Reply::status(200).after(70)).await;
        assert_eq!(run.gate().outcome, outcome, "{gate}: {:?}", run.gate().observed);
    }
    let yaml = "load: { rate: 20/s, duration: 2s }\nflow: [ { get: /a } ]\nthresholds: { dropped_iterations: count == 0 }";
    let run = Sim::of(yaml).run(|_| Reply::status(200)).await;
    assert_eq!(run.gate().outcome, Outcome::Passed, "none is a number, too");
}

#[tokio::test(start_paused = true)]
async fn a_pause_keeps_a_user_from_taking_arrivals() {
    for (pause, busy) in [
        ("think_time: 220ms", 220),
        ("pacing: 220ms", 220),
        // With the 30 ms of the answer.
        ("think_time: 140ms", 170),
        ("pacing: 10ms", 30),
    ] {
        for max_users in [1, 2, 3, 20] {
            let delay = if busy == 220 { 0 } else { 30 };
            let rest = format!("{pause}\nflow: [ {{ get: /a }} ]");
            let run = Sim::of(&twenty_a_second(max_users, &rest))
                .run(move |_| Reply::status(200).after(delay))
                .await;
            let expected = served(every_50_ms(), max_users, |_| busy);
            assert_served(&run, &expected, &format!("{pause} of {max_users} users"));
            let needed = (busy / 50 + 1).min(max_users as u64);
            assert_eq!(run.seen.vus_max, needed, "{pause} of {max_users} users");
            // What comes later than the pace of a user is not late: the arrival says when it is due.
            assert_eq!(run.response_times("GET /a").max(), run.durations("GET /a").max());
        }
    }
}

/// Dropped arrivals that nobody had got round to, and those that found no user.
fn causes(run: &Run) -> (u64, u64) {
    let total = &run.seen.total;
    let stages = run.plan.catalog.stage_ids();
    stages.fold((0, 0), |(overdue, without_user), stage| {
        (overdue + total.overdue(stage), without_user + total.without_user(stage))
    })
}

#[tokio::test(start_paused = true)]
async fn a_stall_of_the_target_shows_in_every_arrival_that_met_it() {
    // Whatever reaches it in the second after 4 s is answered when that is over.
    let stalling = |sent: &Sent| {
        let at = sent.at.as_millis() as u64;
        Reply::status(200).after(if (4_000..5_000).contains(&at) { 5_003 - at } else { 3 })
    };
    for workers in [1, 2] {
        let yaml = "load: { rate: 100/s, duration: 10s, max_users: 1000 }\nflow: [ { get: /a } ]";
        let run = Sim::of(yaml).workers(workers).run(stalling).await;
        let expected: Vec<f64> = (0..1_000).map(|n| f64::from(n) / 100.0).collect();
        assert_on_time(run.sent.iter().map(|sent| sent.at), &expected, "stall");
        let (service, response) = (run.durations("GET /a"), run.response_times("GET /a"));
        assert_eq!((service.count(), service.min(), service.max()), (1_000, Some(ms(3)), Some(ms(1_003))));
        // Nothing was sent late, so nobody waited for longer than the target took.
        assert!(service.recorded().eq(response.recorded()));
        // Of the 100 that met it, one in ten waited for more than 900 ms.
        let long = response.recorded().filter(|(micros, _)| *micros > 905_000).map(|(_, count)| count);
        assert_eq!(long.sum::<u64>(), 10);
        assert!((100..=102).contains(&run.seen.vus_max), "{}", run.seen.vus_max);
        assert_eq!(run.seen.total.all_dropped(), 0);
        run.open_adds_up("/a", Duration::MAX);
    }
    // With users for a fifth of it, the other arrivals are counted and not sent late.
    let yaml = "load: { rate: 100/s, duration: 10s, max_users: 20 }\nflow: [ { get: /a } ]\nstart_after: 1ms";
    let run = Sim::of(yaml).run(stalling).await;
    assert_eq!((run.seen.total.all_dropped(), run.seen.vus_max), (81, 20));
    assert_eq!(causes(&run), (0, 81));
    let times = run.times("/a");
    assert!(times.iter().all(|at| at % 10 == 1) && times.contains(&5_011), "{times:?}");
    assert_eq!(times.iter().filter(|at| (4_000..5_010).contains(*at)).count(), 20);
    run.open_adds_up("/a", Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn a_late_timer_is_in_the_response_time_of_the_first_request_and_there_once() {
    // A third of a second is no whole number of milliseconds: the timer comes 667, 333 or 0 µs late.
    let load = "load: { rate: 3/s, duration: 4s, max_users: 1 }";
    let flow = "flow: [ { get: /a }, { get: /b } ]";
    let answer = |_: &Sent| Reply::status(200).after(10);
    let micros = |latency: &loadgen::measure::Latency| -> BTreeMap<u64, u64> {
        // The middle of a bucket of a histogram is near enough to know the time by.
        latency.recorded().fold(BTreeMap::new(), |mut all, (value, count)| {
            *all.entry((value + 10) / 50 * 50).or_default() += count;
            all
        })
    };
    let late = BTreeMap::from([(10_000, 4), (10_300, 4), (10_650, 4)]);
    let run = Sim::of(&format!("{load}\n{flow}")).run(answer).await;
    assert_eq!(micros(&run.durations("GET /a")), BTreeMap::from([(10_000, 12)]));
    assert_eq!(micros(&run.response_times("GET /a")), late);
    assert_eq!(micros(&run.response_times("GET /b")), BTreeMap::from([(10_000, 12)]));
    assert_eq!(run.lag().max().map(|lag| lag.as_micros()), Some(666));
    // Where a user has to start first, its start is what was meant to begin with the arrival.
    let load = "load: { rate: 3/s, duration: 1s }\non_start: [ { get: /login }, { get: /cart } ]";
    let run = Sim::of(&format!("{load}\n{flow}"))
        .run(|sent| Reply::status(200).after(if sent.path() == "/base/login" { 800 } else { 10 }))
        .await;
    let longest = |name: &str| {
        let (service, response) = (run.durations(name), run.response_times(name));
        (service.count(), service.max(), response.max().map(|max| max.as_micros()))
    };
    assert_eq!(longest("GET /login"), (3, Some(ms(800)), Some(800_666)));
    for name in ["GET /cart", "GET /a", "GET /b"] {
        assert_eq!(longest(name), (3, Some(ms(10)), Some(10_000)), "{name}");
    }
    run.open_adds_up("/a", Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn a_user_starts_once_before_its_first_arrival() {
    let yaml = "
load: { rate: 20/s, duration: 3s }
on_start: [ { post: /login }, { post: /cart } ]
on_stop: [ { post: /logout } ]
flow: [ { get: /a } ]
";
    for workers in 1..=2 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(60)).await;
        assert_eq!(run.seen.total.all_dropped(), 0);
        let users: BTreeSet<u64> = run.sent.iter().map(|sent| sent.vu).collect();
        assert!((3..=6).contains(&users.len()), "{users:?}");
        for vu in users {
            let paths: Vec<&str> = run.of_user(vu).map(Sent::path).collect();
            assert_eq!(paths[..3], ["/base/login", "/base/cart", "/base/a"], "user {vu}");
            assert_eq!(paths.last(), Some(&"/base/logout"), "user {vu}");
            assert!(paths[2..paths.len() - 1].iter().all(|path| *path == "/base/a"), "user {vu}");
        }
        run.open_adds_up("/a", Duration::MAX);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_that_fails_to_start_drops_its_arrival_and_serves_later() {
    let yaml = "
load: { rate: 2/s, duration: 10s, max_users: 1 }
start_after: 100ms
on_start: [ { post: /login } ]
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml)
        .run(|sent| match (sent.path(), sent.nth) {
            ("/base/login", ..3) => Reply::status(500).after(10),
            _ => Reply::status(200).after(10),
        })
        .await;
    assert_eq!(run.times("/login"), [100, 1_110, 3_120, 7_130]);
    // From 7.14 s on it takes what comes.
    let expected: Vec<u64> = (15..20).map(|n| 100 + 500 * n).collect();
    assert_eq!((run.times("/a"), run.dropped()), (expected, vec![15]));
    assert_eq!((run.start_failures(), run.ends(), run.seen.vus_max), (3, (5, 0, 0), 1));
    run.open_adds_up("/a", Duration::MAX);
    // Where others may be made, only the arrival of the one that fails is lost.
    let run = Sim::of(&yaml.replace("max_users: 1", "max_users: 5"))
        .run(|sent| match (sent.path(), sent.vu, sent.nth) {
            ("/base/login", 1, 0) => Reply::status(500).after(10),
            _ => Reply::status(200).after(10),
        })
        .await;
    assert_eq!((run.dropped(), run.start_failures(), run.ends()), (vec![1], 1, (19, 0, 0)));
    assert_eq!(run.times("/login"), [100, 600, 1_110]);
    run.open_adds_up("/a", Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_start_everything_is_dropped() {
    let yaml = "
load: { rate: 1/s, duration: 200s, max_users: 1 }
on_start: [ { post: /login } ]
on_stop: [ { post: /logout } ]
flow: [ { get: /a } ]
thresholds: { user_start_failures: count == 11 }
";
    let run = Sim::of(yaml).run(|_| Reply::status(500)).await;
    let expected = [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181].map(|second| second * 1_000);
    assert_eq!(run.times("/login"), expected);
    assert_eq!((run.dropped(), run.start_failures(), run.ends()), (vec![200], 11, (0, 0, 0)));
    assert_eq!((run.to("/logout").count(), run.took), (0, secs(200)));
    assert_eq!(run.gate().outcome, Outcome::Passed);
    run.open_adds_up("/a", Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn another_user_takes_the_place_of_one_that_stops() {
    let yaml = "
load: { rate: 10/s, duration: 2s, max_users: 2 }
flow: [ { get: /a }, { stop: user, if: '${iteration == 1}' } ]
on_stop: [ { get: /bye } ]
";
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(20)).await;
        assert_eq!(run.seen.total.all_dropped(), 0, "{workers} workers");
        let mut lives: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        run.sent.iter().for_each(|sent| lives.entry(sent.vu).or_default().push(sent.path()));
        for (vu, life) in &lives {
            assert!(life.len() <= 3 && life.last() == Some(&"/base/bye"), "user {vu}: {life:?}");
        }
        let users: Vec<u64> = lives.into_keys().collect();
        let made = users.len() as u64;
        assert!(made >= 10, "two iterations each: {users:?}");
        assert_eq!(users, (1..=made).collect::<Vec<_>>(), "nobody has another's number");
        assert_eq!(run.seen.vus_max, made);
        assert!(run.most_at_once() <= 2);
        let connections: BTreeSet<usize> = run.sent.iter().map(|sent| sent.connection).collect();
        assert_eq!(connections.len() as u64, made, "{workers} workers");
        run.open_adds_up("/a", Duration::MAX);
    }
}

#[tokio::test(start_paused = true)]
async fn an_arrival_without_a_row_is_dropped() {
    let rows: String = (0..7).map(|row| format!("{row}\n")).collect();
    for (how, on_start, started) in [
        (", pick: unique", "", 7),
        // Each user keeps its row, and there are never more than two of them.
        (", pick: unique, per: user", "", 20),
        (", pick: unique", "on_start: [ { get: '/start/${rows.n}' } ]", 20),
    ] {
        for workers in 1..=3 {
            let task = if on_start.is_empty() { "/a/${rows.n}" } else { "/a/0" };
            let yaml = format!(
                "
data: {{ rows: {{ file: rows.csv{how} }} }}
load: {{ rate: 10/s, duration: 2s, max_users: 2 }}
{on_start}
flow: [ {{ get: '{task}' }} ]
"
            );
            let run = Sim::of(&yaml)
                .file("rows.csv", &format!("n\n{rows}"))
                .workers(workers)
                .run(|_| Reply::status(200).after(30))
                .await;
            let what = format!("{how} with {on_start} on {workers} workers");
            let (completed, ..) = run.ends();
            assert_eq!((completed, run.seen.total.all_dropped()), (started, 20 - started), "{what}");
            if started == 7 {
                let seen: BTreeSet<&str> = run.sent.iter().map(Sent::path).collect();
                assert_eq!(seen.len(), 7, "{what}: each row once");
            }
            assert_eq!(
                run.sent.iter().filter(|sent| sent.path().starts_with("/base/a")).count() as u64,
                started
            );
            run.requests_add_up();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_runs_at_the_end_may_finish_within_the_graceful_stop() {
    let yaml = "load: { rate: 10/s, duration: 1s, graceful_stop: 500ms }\nflow: [ { get: /a }, { get: /b } ]";
    for workers in 1..=2 {
        let run = Sim::of(yaml)
            .workers(workers)
            .run(|sent| match (sent.path(), sent.at.as_millis()) {
                // The arrival of 800 ms would go on for ever.
                ("/base/b", 1_090) => Reply::never(),
                _ => Reply::status(200).after(290),
            })
            .await;
        assert_eq!((run.ends(), run.cut(), run.took), ((9, 0, 1), 1, ms(1_500)), "{workers} workers");
        assert_eq!((run.requests(), run.failed()), (19, 0));
        assert_eq!((run.durations("GET /a").count(), run.durations("GET /b").count()), (10, 9));
        assert_eq!(run.seen.total.failures().count(), 0, "a cut is no failure");
        let cut = run.to("/b").find(|sent| sent.at == ms(1_090)).and_then(|sent| sent.end);
        assert_eq!(cut, Some((End::GivenUp, ms(1_500))));
        run.open_adds_up("/a", Duration::MAX);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_nothing_arrive_and_gives_each_workload_its_own_time() {
    let yaml = "
workloads:
  short:
    load: { rate: 10/s, duration: 1h, graceful_stop: 1s }
    flow: [ { get: /short } ]
  long:
    load: { rate: 20/s, duration: 1h, graceful_stop: 3s }
    flow: [ { get: /long } ]
";
    for workers in 1..=3 {
        let run = Sim::of(yaml)
            .workers(workers)
            .stop_at(ms(2_125))
            .run(|sent| match (sent.path(), sent.at.as_millis()) {
                (_, 2_000) => Reply::never(),
                ("/base/short", 2_100) => Reply::status(200).after(600),
                ("/base/long", 2_100) => Reply::status(200).after(2_600),
                _ => Reply::status(200).after(5),
            })
            .await;
        assert_eq!((run.to("/short").count(), run.to("/long").count()), (22, 43), "{workers} workers");
        assert!(run.sent.iter().all(|sent| sent.at <= ms(2_125)));
        let cut: Vec<(&str, Duration)> = run
            .sent
            .iter()
            .filter_map(|sent| Some((sent.path(), sent.end.filter(|(end, _)| *end == End::GivenUp)?.1)))
            .collect();
        assert_eq!(
            BTreeSet::from_iter(cut),
            BTreeSet::from([("/base/short", ms(3_125)), ("/base/long", ms(5_125))])
        );
        assert_eq!((run.ends(), run.seen.total.all_dropped()), ((63, 0, 2), 0));
        assert_eq!(run.took, ms(5_125));
        run.requests_add_up();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_due_in_the_last_moment_is_started_or_dropped() {
    // The third is due at 666.7 ms, and the timer for it comes when the load is over and everything is cut.
    let yaml = "load: { rate: 3/s, duration: 667ms, graceful_stop: 0s }\nflow: [ { get: /a } ]";
    for workers in 1..=3 {
        let run = Sim::of(yaml).workers(workers).run(|_| Reply::status(200).after(100)).await;
        assert_eq!(run.ends().0, 2, "{workers} workers");
        run.open_adds_up("/a", Duration::MAX);
        assert_eq!((causes(&run), run.seen.total.all_dropped()), ((1, 0), 1), "{workers} workers");
        // At a stop it is the same.
        let yaml = yaml.replace("667ms", "1h");
        let run = Sim::of(&yaml).workers(workers).stop_at(ms(667)).run(|_| Reply::status(200)).await;
        run.open_adds_up("/a", ms(667));
        assert_eq!(run.took, ms(667));
    }
}

#[tokio::test(start_paused = true)]
async fn an_arrival_whose_user_is_still_starting_at_a_stop_is_dropped() {
    let yaml = "
load: { rate: 10/s, duration: 1h }
on_start: [ { post: /login } ]
on_stop: [ { post: /logout } ]
flow: [ { get: /a } ]
";
    let run = Sim::of(yaml)
        .stop_at(ms(450))
        .run(|sent| Reply::status(200).after(if sent.path() == "/base/login" { 300 } else { 10 }))
        .await;
    // The third and the fourth user are ready at 500 and 600 ms; the fifth arrival was the first one's again.
    assert_eq!((run.times("/login"), run.times("/a")), (vec![0, 100, 200, 300], vec![300, 400, 400]));
    assert_eq!((run.ends(), run.dropped()), ((3, 0, 0), vec![2]));
    assert_eq!((run.times("/logout"), run.took), (vec![450, 450, 500, 600], ms(610)));
    assert_eq!(causes(&run), (0, 0));
    run.open_adds_up("/a", ms(450));
}
