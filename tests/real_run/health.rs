//! The generator's own health: when it stands still, when it has too little of the machine, when the target is what
//! limits the run, and when nothing is wrong.
//!
//! The machine may be taken away from these tests, too. What they then see is true, and they say so: none asserts that
//! a run was sound where a finding names the machine.

use super::{
    harness::{Finished, Running, Sandbox, wait_for},
    summary::Summary,
};
use loadgen_testbed::Target;
use std::{
    collections::BTreeSet,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// What the machine can do to any run.
const MACHINE: [&str; 4] = ["gap", "lag", "cpu", "steal"];

fn codes(summary: &Summary) -> BTreeSet<String> {
    let reasons = summary.list("health/reasons");
    reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn ms(summary: &Summary, figure: &str) -> f64 {
    summary.at(&format!("/health/{figure}")).as_f64().unwrap_or_else(|| panic!("no {figure}"))
}

fn is_saturated(run: &Finished) -> bool {
    run.summary().at("/health/status") == "saturated"
}

fn open(target: &Target, path: &str, load: &str) -> String {
    format!(
        "target: '{}'\nload: {{ {load} }}\nhttp: {{ timeout: 20s }}\nflow: [ {{ get: '{path}' }} ]\n",
        target.url("").trim_end_matches('/')
    )
}

/// Stops the process for this long, once the target has seen so many requests.
fn stop_for(time: Duration, running: &Running, target: &Target, requests: usize) {
    wait_for("requests", || (target.truth().requests().len() >= requests).then_some(()));
    running.signal("STOP");
    thread::sleep(time);
    running.signal("CONT");
}

#[test]
fn truth_of_a_generator_that_was_stopped() {
    let target = Target::site();
    let sandbox = Sandbox::alone().strict();
    let running = sandbox.start_scenario(&open(&target, "/", "rate: 200/s, duration: 7s"), &[]);
    stop_for(Duration::from_secs(2), &running, &target, 400);
    let run = running.wait();
    run.assert_code(96);
    run.assert_says(&["Generator: SATURATED", "it stood still", "(exit code 96)"]);
    let summary = run.summary();
    assert!(is_saturated(&run) && codes(summary).contains("gap"), "{:#}", summary.at("/health"));
    assert!(ms(summary, "longest_gap_ms") >= 1_900.0, "{:#}", summary.at("/health"));
    assert!(summary.figure("iteration_lag", "max") >= 1_900.0);
    let first = &summary.at("/health/reasons/0")["text"];
    assert!(summary.reason().contains(first.as_str().unwrap()), "{}", summary.reason());
    // Two arrivals of seven were due while it stood still: the wait is in the response times, not in the service times.
    let (service, response) =
        (summary.figure("http_req_duration", "p90"), summary.figure("http_req_response_time", "p90"));
    assert!(response - service > 500.0, "{service} {response}");
    assert_eq!(summary.count("iterations") + summary.count("dropped_iterations"), 1_400);
    let points = summary.list("series/points");
    let gaps = points.iter().filter(|point| point["health"]["longest_gap_ms"].as_f64() >= Some(1_900.0));
    assert_eq!(gaps.count(), 1, "{points:#?}");
}

#[test]
fn a_saturated_run_may_be_let_pass_and_says_so() {
    let target = Target::site();
    let sandbox = Sandbox::new();
    let running = sandbox.start_scenario(&open(&target, "/", "users: 2, duration: 3s"), &[]);
    stop_for(Duration::from_millis(600), &running, &target, 5);
    let run = running.wait();
    run.assert_code(0);
    run.assert_says(&["PASSED", "--allow-saturated lets pass", "Generator: SATURATED"]);
    assert!(is_saturated(&run) && run.summary().passed());
}

/// Something that wants all of a processor; it ends with the test.
struct Busy(Child);

impl Busy {
    fn on_core(core: &str) -> Self {
        let loops = ["-c", core, "sh", "-c", "while :; do :; done"];
        Self(Command::new("taskset").args(loops).spawn().unwrap())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn can_pin() -> bool {
    let mut taskset = Command::new("taskset");
    let status = taskset.args(["-c", "0", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let can = status.is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: `taskset` is missing, or may not pin to the first processor");
    }
    can
}

#[test]
fn a_starved_generator_is_not_a_slow_target() {
    if !can_pin() {
        return;
    }
    let target = Target::site();
    let sandbox = Sandbox::alone().strict();
    sandbox.file("scenario.yaml", open(&target, "/", "rate: 5000/s, duration: 5s, max_users: 200"));
    let _busy = [Busy::on_core("0"), Busy::on_core("0")];
    let run = sandbox.start_under(&["taskset", "-c", "0"], &["run", "scenario.yaml"]).wait();
    let summary = run.summary();
    assert_ne!(summary.at("/health/status"), "ok", "{}", run.both());
    assert_eq!(is_saturated(&run), run.code == 96, "{}", run.both());
    let codes = codes(summary);
    assert!(MACHINE.iter().any(|code| codes.contains(*code)), "{:#}", summary.at("/health"));
    assert_eq!(summary.at("/health/cores"), 1);
    run.assert_says(&["Generator:"]);
}

#[test]
fn a_target_that_is_the_limit_is_named_and_fails_nothing() {
    let target = Target::site();
    let sandbox = Sandbox::alone().strict();
    let run = sandbox
        .start_scenario(&open(&target, "/delay/head/500", "rate: 40/s, duration: 6s, max_users: 5"), &[])
        .wait();
    let summary = run.summary();
    assert!(summary.count("dropped_iterations") > 100, "{:#}", summary.at("/metrics"));
    if is_saturated(&run) {
        // The machine stood still: whose limit it was is not known then, and not said.
        let codes = codes(summary);
        assert!(codes.contains("gap") || codes.contains("lag"), "{:#}", summary.at("/health"));
        run.assert_code(96);
        return;
    }
    run.assert_code(0);
    let limit = summary.list("health/reasons").iter().find(|reason| reason["code"] == "target_limit");
    let text = limit.unwrap_or_else(|| panic!("{:#}", summary.at("/health")))["text"].as_str().unwrap();
    assert!(text.contains("asked 40/s, the target took "), "{text}");
    let took = text.split("took ").nth(1).and_then(|rest| rest.split("/s").next()).unwrap();
    // Five users with half a second each.
    assert!(took.parse::<f64>().unwrap() <= 11.0, "{text}");
    run.assert_says(&["target_limit: asked 40/s", "raise `max_users`"]);
}

#[test]
fn a_modest_rate_on_an_idle_machine_is_ok() {
    let target = Target::site();
    let sandbox = Sandbox::alone().strict();
    let text = open(&target, "/delay/head/20", "rate: 50/s, duration: 4s");
    let run = sandbox.start_scenario(&text, &[]).wait();
    let summary = run.summary();
    let health = summary.at("/health");
    let codes = codes(summary);
    assert!(codes.iter().all(|code| MACHINE.contains(&code.as_str())), "{health:#}");
    let share = |name: &str| health[name].as_f64().unwrap_or(0.0);
    let is_taken = share("cpu_machine_share_max") > 0.9 || share("steal_share_max") > 0.1;
    assert!(codes.is_empty() || is_taken, "{health:#}");
    if codes.is_empty() {
        run.assert_code(0);
        assert_eq!(health["status"], "ok");
        run.assert_says(&["Generator: ok"]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_system_tells_is_in_the_results() {
    let target = Target::site();
    let run = Sandbox::new().run_scenario(&open(&target, "/", "users: 3, duration: 2500ms"));
    let summary = run.summary();
    for figure in [
        "cpu_cores_used",
        "cores",
        "cpu_machine_share_max",
        "steal_share_max",
        "open_files_max",
        "ports_max",
        "ports_limit",
        "memory_max_bytes",
        "longest_gap_ms",
        "gaps_ms",
        "iteration_lag_p99_ms",
    ] {
        ms(summary, figure);
    }
    assert!(ms(summary, "cpu_cores_used") > 0.0 && ms(summary, "open_files_max") >= 6.0);
    assert!(ms(summary, "memory_max_bytes") > 1e6 && ms(summary, "cpu_machine_share_max") <= 1.0);
    assert_eq!((ms(summary, "suspended_ms"), ms(summary, "clipped_samples")), (0.0, 0.0));
    let points = summary.list("series/points");
    let whole = points.len() - 1;
    for point in &points[..whole] {
        for figure in ["cpu_cores_used", "machine_share", "steal_share", "open_files", "memory_bytes"] {
            assert!(point["health"][figure].is_number(), "{figure}: {point:#}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn requests_without_a_file_saturate_the_run() {
    let target = Target::site();
    let sandbox = Sandbox::new().strict();
    sandbox.file(
        "scenario.yaml",
        open(&target, "/delay/head/10000", "rate: 100/s, duration: 2s, graceful_stop: 1s"),
    );
    let run = sandbox.start_under(&["prlimit", "--nofile=80:80"], &["run", "scenario.yaml"]).wait();
    run.assert_code(96);
    assert!(run.summary().errors("local_files") > 0);
    assert!(codes(run.summary()).contains("files"), "{:#}", run.summary().at("/health"));
    run.assert_says(&["could open no file: 80 are allowed", "raise `ulimit -n` to 256"]);
}
