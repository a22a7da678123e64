//! A target, or loadgen itself, that is stopped for a while; a line before a single server; a warm-up. What is told is
//! held against the target's own clock, and that against what theory says.

use super::{
    gated_server::{Canary, GatedServer, percentile},
    harness::{Finished, Sandbox, now},
    summary::{Summary, number},
};
use serde_json::Value;
use std::{sync::Mutex, thread, time::Duration};

const RATE: f64 = 200.0;
const ALL: usize = 2_000;
const STALL: Duration = Duration::from_secs(2);
/// When it begins, after the first request.
const BEFORE: Duration = Duration::from_secs(4);

fn at_a_rate(server: &GatedServer) -> String {
    format!(
        "target: {}\nload: {{ rate: {RATE}/s, duration: 10s, max_users: 2000, graceful_stop: 15s }}\n\
         tasks: [ {{ get: /, name: asked }} ]\n",
        server.url()
    )
}

/// What three per cent or 60 ms are of this many milliseconds, whichever is more.
fn tolerance(millis: f64) -> f64 {
    (millis * 0.03).max(60.0)
}

/// The response times are the true ones, and those are what a stall of this length makes of evenly spaced arrivals: of
/// those that came meanwhile, each waited for what was left of it.
#[track_caller]
fn assert_stalled(summary: &Summary, server: &GatedServer, stall: Duration, canary: Canary) {
    let noise = canary.held_up();
    let intended: Vec<f64> = (0..ALL).map(|n| n as f64 / RATE).collect();
    let truth = server.true_response_times(&intended);
    let workload = &summary.list("workloads")[0];
    let of = |key: &str| workload[key].as_u64().unwrap();
    let all = ALL as u64;
    assert_eq!((of("planned_iterations"), of("started"), of("dropped_iterations")), (all, all, 0));
    assert_eq!((summary.count("http_reqs"), summary.all_errors()), (all, 0));
    for (name, percent) in [("p90", 90), ("p95", 95), ("p99", 99)] {
        let told = summary.figure("http_req_response_time", name);
        let seen = percentile(&truth, percent);
        let known = (stall.as_secs_f64() - (100 - percent) as f64 / 100.0 * ALL as f64 / RATE) * 1e3;
        let what = format!("{name}: {told} ms; the target saw {seen:.1} ms, and theory is {known:.1} ms");
        assert!(told >= seen - tolerance(seen) && told <= seen + tolerance(seen) + noise, "{what}, {noise}");
        assert!(told >= known - tolerance(known), "{what}");
        // A machine that was busy adds to the truth, and to nothing else.
        assert!(told <= known.max(seen) + tolerance(known.max(seen)) + noise, "{what}, {noise}");
    }
}

#[test]
fn truth_of_a_target_that_is_stopped() {
    let server = GatedServer::start(|_| {});
    let sandbox = Sandbox::alone();
    let running = sandbox.start_scenario(&at_a_rate(&server), &[]);
    let canary = Canary::start();
    server.await_after_first(BEFORE);
    let stall = server.stall(STALL);
    let run = running.wait();
    assert_stalled(run.summary(), &server, stall, canary);
    // It was the target: the generator was not as late as that.
    let lag = run.summary().figure("iteration_lag", "max");
    assert!(lag < STALL.as_secs_f64() * 500.0, "{lag} ms");
}

#[test]
fn truth_of_a_generator_that_is_stopped() {
    let server = GatedServer::start(|_| {});
    let sandbox = Sandbox::alone();
    let running = sandbox.start_scenario(&at_a_rate(&server), &[]);
    let canary = Canary::start();
    server.await_after_first(BEFORE);
    running.signal("STOP");
    let stopped = now();
    thread::sleep(STALL);
    running.signal("CONT");
    let stall = stopped.elapsed();
    let run = running.wait();
    let summary = run.summary();
    assert_stalled(summary, &server, stall, canary);
    let (lag, truth) = (summary.figure("iteration_lag", "max"), stall.as_secs_f64() * 1e3);
    assert!(
        (truth - 100.0..truth * 1.25 + 100.0).contains(&lag),
        "{lag} ms, and it was stopped for {truth} ms"
    );
    // The target answered at once: what is late is no fault of its own.
    let service = summary.figure("http_req_duration", "p90");
    assert!(service < truth / 10.0, "{service} ms");
    assert!(service < summary.figure("http_req_response_time", "p90") / 3.0, "{service} ms");
}

/// Little's law: the users in an iteration are the iterations per second times their mean duration. What the last ones
/// took after the load's end, at `planned` seconds, is more than that.
#[track_caller]
fn assert_little(summary: &Summary, users: f64, planned: f64) {
    let told = summary.figure("iterations", "rate") * summary.figure("iteration_duration", "avg") / 1e3;
    let ran = summary.at("/run/duration_ms").as_f64().unwrap() / 1e3;
    let most = users * (ran / planned).max(1.0);
    assert!(
        users * 0.98 <= told && told <= most * 1.02,
        "{told} users in iterations, and there are {users} for {ran} s of {planned} s"
    );
}

#[test]
fn truth_of_a_closed_model_whose_target_is_stopped() {
    const USERS: usize = 10;
    let server = GatedServer::start(|_| thread::sleep(Duration::from_millis(30)));
    let sandbox = Sandbox::alone();
    let text = format!(
        "target: {}\nload: {{ users: {USERS}, duration: 6s, graceful_stop: 5s }}\n\
         tasks: [ {{ get: /, name: asked }} ]\n",
        server.url()
    );
    let running = sandbox.start_scenario(&text, &[]);
    server.await_after_first(Duration::from_secs(2));
    let stall = server.stall(STALL).as_secs_f64() * 1e3;
    let run = running.wait();
    run.assert_code(0);
    let (summary, served) = (run.summary(), server.served());
    assert_eq!((summary.count("http_reqs"), summary.all_errors()), (served.len() as u64, 0));
    // No sample is invented: each user waited once, and that is all of the stall that is seen.
    let held = |one: &super::gated_server::Served| one.answered.duration_since(one.came).as_secs_f64() * 1e3;
    assert_eq!(served.iter().filter(|one| held(one) > stall / 2.0).count(), USERS);
    let mut truth: Vec<f64> = served.iter().map(held).collect();
    truth.sort_by(f64::total_cmp);
    for metric in ["http_req_duration", "http_req_response_time"] {
        let max = summary.figure(metric, "max");
        assert!((percentile(&truth, 100) - 1.0..=percentile(&truth, 100) + 200.0).contains(&max), "{max}");
        let median = summary.figure(metric, "p50");
        assert!(median < stall / 10.0, "{metric}: {median} ms");
    }
    assert_little(summary, USERS as f64, 6.0);
    assert_eq!(summary.list("workloads")[0]["model"], "closed");
    run.assert_says(&["Closed model"]);
}

/// When the iterations of the only workload are to start, in seconds.
fn arrivals(sandbox: &Sandbox, seed: &str) -> Vec<f64> {
    let plan = sandbox.run(&["plan", "scenario.yaml", "--json", "--seed", seed, "--schedule", "all"]);
    plan.assert_code(0);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let listed = plan["workloads"][0]["schedule"]["arrivals"].as_array().unwrap();
    listed.iter().map(|arrival| arrival["at_ms"].as_f64().unwrap() / 1e3).collect()
}

/// The mean response time in milliseconds of arrivals in a line before one server, each served for so many seconds:
/// Lindley's recursion.
fn mean_in_line(arrivals: &[f64], service: f64) -> f64 {
    let mut free_at = 0.0_f64;
    let took = arrivals.iter().map(|at| {
        free_at = free_at.max(*at) + service;
        free_at - at
    });
    took.sum::<f64>() / arrivals.len() as f64 * 1e3
}

/// Poisson arrivals at a server of 10 ms at half load take 15 ms on average (M/D/1).
#[test]
fn truth_of_a_line_before_a_single_server() {
    const SERVICE: f64 = 0.010;
    const SEED: &str = "4";
    let busy = Mutex::new(());
    let server = GatedServer::start(move |_| {
        let _turn = busy.lock().unwrap();
        thread::sleep(Duration::from_secs_f64(SERVICE));
    });
    let sandbox = Sandbox::alone();
    let text = format!(
        "target: {}\nload: {{ rate: 50/s, duration: 20s, arrivals: poisson, max_users: 500 }}\n\
         tasks: [ {{ get: /, name: asked }} ]\n",
        server.url()
    );
    let run = sandbox.start_scenario(&text, &["--seed", SEED]).wait();
    let summary = run.summary();
    let arrivals = arrivals(&sandbox, SEED);
    // What theory says of all such arrivals holds of these as well.
    let known = mean_in_line(&arrivals, SERVICE);
    assert!((known - 15.0).abs() <= 15.0 * 0.08, "{known} ms");
    let truth = server.true_response_times(&arrivals);
    let truth = truth.iter().sum::<f64>() / truth.len() as f64;
    let told = summary.figure("http_req_response_time", "avg");
    let what = format!("{told} ms; the target saw {truth:.2} ms, and theory is {known:.2} ms");
    assert!(told >= known * 0.98 && told >= truth * 0.92 - 0.2, "{what}");
    assert!(told <= truth * 1.08 + 1.0, "{what}");
}

#[test]
fn truth_of_a_warm_up() {
    let slow_at_first = |since_first: Duration| {
        // A little less than the warm-up: the target's clock is not loadgen's.
        let is_cold = since_first < Duration::from_millis(1_900);
        thread::sleep(Duration::from_millis(if is_cold { 500 } else { 5 }));
    };
    let server = GatedServer::start(slow_at_first);
    let run = Sandbox::alone().run_scenario(&format!(
        "warm_up: 2s\ntarget: {}\nload: {{ rate: 50/s, duration: 6s, max_users: 300 }}\ntasks: [ {{ get: /, name: asked }} ]\n",
        server.url()
    ));
    let summary = run.summary();
    // What begins in the warm-up is the warm-up's: its last ones, where they came late, are not.
    let late = summary.figure("iteration_lag", "max") / 1e3;
    let (counted, warm) = (summary.count("http_reqs"), number(summary.at("/warm_up/http_reqs")));
    let over = (late * 50.0).ceil() as u64;
    assert!((4 * 50..=4 * 50 + over).contains(&counted), "{counted}, and the latest was {late} s late");
    assert_eq!((counted + warm, server.served().len(), summary.all_errors()), (300, 300, 0));
    // Three of the warm-up's would do: they took 500 ms.
    for metric in ["http_req_duration", "http_req_response_time"] {
        let p99 = summary.figure(metric, "p99");
        assert!(p99 < 400.0, "{metric}: {p99} ms");
    }
    // Only a last request that began late makes the time longer than the four seconds.
    for rate in [summary.figure("http_reqs", "rate"), rate_of(&run, "requests"), rate_of(&run, "tasks")] {
        assert!((50.0 * 0.99 * 4.0 / (4.0 + late)..=counted as f64 / 4.0 * 1.01).contains(&rate), "{rate}/s");
    }
}

fn rate_of(run: &Finished, list: &str) -> f64 {
    run.summary().list(list)[0]["rate_per_s"].as_f64().unwrap()
}

#[test]
fn a_line_is_as_long_as_lindley_says() {
    assert_eq!(mean_in_line(&[0.0, 0.0, 0.0, 10.0], 1.0), (1.0 + 2.0 + 3.0 + 1.0) / 4.0 * 1e3);
    assert_eq!(mean_in_line(&[0.0, 0.5, 5.0], 1.0), (1.0 + 1.5 + 1.0) / 3.0 * 1e3);
}
