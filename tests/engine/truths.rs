//! What is known about a load without measuring it: stalls, a queue, a warm-up and Little's law, in held time and so
//! nearly exact.

use super::{
    fake::{Reply, Sent},
    run::{Run, Sim, ms, secs},
};
use loadgen::{
    measure::Latency,
    model::{IterationEnd, Percent},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn seconds(latency: &Latency, percent: u64) -> f64 {
    latency.percentile(Percent::whole(percent)).unwrap().as_secs_f64()
}

#[track_caller]
fn assert_close(what: &str, told: f64, truth: f64, share: f64) {
    assert!((told - truth).abs() <= truth * share, "{what}: {told}, and it is {truth}");
}

/// Answers after 1 ms, but from 8 s to 12 s not at all: what waits then is answered at 12 s.
fn stalling(sent: &Sent) -> Reply {
    let wait = if (secs(8)..secs(12)).contains(&sent.at) { secs(12) - sent.at } else { Duration::ZERO };
    Reply::status(200).after_exactly(wait + ms(1))
}

#[tokio::test(start_paused = true)]
async fn a_stalled_target_is_in_the_response_times_of_all_that_arrived_meanwhile() {
    let yaml = "load: { rate: 200/s, duration: 20s, max_users: 2000 }\nflow: [ { get: /a } ]\n";
    for workers in [1, 2] {
        let run = Sim::of(yaml).workers(workers).run(stalling).await;
        let response = run.response_times("GET /a");
        assert_eq!((response.count(), run.iterations(IterationEnd::Completed)), (4_000, 4_000));
        for (percent, truth) in [(90, 2.0), (95, 3.0), (99, 3.8)] {
            assert_close(&format!("p{percent}"), seconds(&response, percent), truth, 0.03);
        }
        assert!(run.lag().max().unwrap() <= ms(2), "the generator was in time: {:?}", run.lag().max());
        run.open_adds_up("/a", secs(20));
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_model_invents_nothing_of_a_stall() {
    let yaml = "load: { users: 10, duration: 20s }\nflow: [ { get: /a } ]\n";
    let run = Sim::of(yaml).run(stalling).await;
    let (service, response) = (run.durations("GET /a"), run.response_times("GET /a"));
    // Each of the ten waited once.
    let long = service.recorded().filter(|(micros, _)| *micros > 1_000_000);
    assert_eq!(long.map(|(_, count)| count).sum::<u64>(), 10);
    assert_eq!((service.max(), response.max()), (Some(secs(4) + ms(1)), Some(secs(4) + ms(1))));
    assert!(seconds(&service, 99) < 0.01, "{}", seconds(&service, 99));
    assert_little(&run, 10.0, 0.01);
}

/// Little's law: users who are in an iteration = iterations per second × their mean duration.
#[track_caller]
fn assert_little(run: &Run, users: f64, share: f64) {
    let mut all = Latency::new();
    run.seen.total.iterations().for_each(|(_, stats)| all.merge(&stats.duration));
    let per_second = all.count() as f64 / run.seen.counted.as_secs_f64();
    let mean = all.mean().unwrap().as_secs_f64();
    assert_close("users", per_second * mean, users, share);
}

#[tokio::test(start_paused = true)]
async fn users_are_the_rate_times_the_duration_in_every_steady_load() {
    let steady = |load: &str| format!("load: {load}\nflow: [ {{ get: /a }}, {{ think: 50ms }} ]\n");
    let answer = |sent: &Sent| Reply::status(200).after(200 + (sent.nth as u64 * 37 + sent.vu * 11) % 100);
    let closed = Sim::of(&steady("{ users: 7, duration: 1m }")).run(answer).await;
    assert_little(&closed, 7.0, 0.02);
    // Of a rate nobody knows the users but the series, which has them once a second: at no fixed place among arrivals.
    let open = Sim::of(&steady("{ rate: 2237/m, duration: 2m, max_users: 100 }")).run(answer).await;
    let points = open.seen.series.points();
    let steady = &points[1..points.len() - 2];
    let mean = steady.iter().map(|point| point.vus as f64).sum::<f64>() / steady.len() as f64;
    assert_little(&open, mean, 0.02);
    let with_warm_up =
        Sim::of(&format!("warm_up: 30s\n{}", steady_of("{ users: 5, duration: 1m }"))).run(answer).await;
    assert_eq!(with_warm_up.seen.counted, secs(30));
    assert_little(&with_warm_up, 5.0, 0.02);
}

fn steady_of(load: &str) -> String {
    format!("load: {load}\nflow: [ {{ get: /a }} ]\n")
}

/// One server that takes so long for each request, and the rest wait in line.
fn one_at_a_time(hold: Duration) -> impl Fn(&Sent) -> Reply + Send + Sync + 'static {
    let free_at = Arc::new(Mutex::new(Duration::ZERO));
    move |sent| {
        let mut free_at = free_at.lock().unwrap();
        *free_at = (*free_at).max(sent.at) + hold;
        Reply::status(200).after_exactly(*free_at - sent.at)
    }
}

/// M/D/1: at half load a request waits half a service time on average, and so takes 1.5 of them.
#[tokio::test(start_paused = true)]
async fn poisson_arrivals_at_a_single_server_wait_as_long_as_the_theory_says() {
    // A tenth as fast as 10 ms at 50/s, so that the timers' milliseconds are nothing.
    let yaml =
        "load: { rate: 5/s, duration: 2000s, arrivals: poisson, max_users: 1000 }\nflow: [ { get: /a } ]\n";
    let run = Sim::seeded(yaml, 3).run(one_at_a_time(ms(100))).await;
    let response = run.response_times("GET /a");
    assert!((9_500..10_500).contains(&response.count()), "{}", response.count());
    assert_close("mean", response.mean().unwrap().as_secs_f64(), 0.150, 0.08);
    // Evenly spaced arrivals never meet in this line.
    let even = Sim::of(&yaml.replace("arrivals: poisson, ", "").replace("2000s", "200s"))
        .run(one_at_a_time(ms(100)))
        .await;
    assert_close("mean", even.response_times("GET /a").mean().unwrap().as_secs_f64(), 0.100, 0.02);
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_is_in_no_percentile_and_no_rate_and_neither_is_the_wait_for_the_last_answer() {
    let yaml = "
warm_up: 5s
load: { rate: 50/s, duration: 20s, max_users: 200, graceful_stop: 1m }
flow: [ { get: /a } ]
";
    let slow_start_and_end = |sent: &Sent| match sent.at {
        at if at < secs(5) => Reply::status(200).after(500),
        at if at >= secs(20) - ms(20) => Reply::status(200).after(30_000),
        _ => Reply::status(200).after(5),
    };
    let run = Sim::of(yaml).run(slow_start_and_end).await;
    assert!(run.took >= secs(49), "{:?}", run.took);
    let duration = run.durations("GET /a");
    assert_eq!((duration.count(), run.seen.counted), (15 * 50, secs(15)));
    assert!(seconds(&duration, 99) < 0.02, "{}", seconds(&duration, 99));
    let per_second = duration.count() as f64 / run.seen.counted.as_secs_f64();
    assert_close("rate", per_second, 50.0, 0.001);
    run.adds_up("/a");
}
