//! Signals in every phase of a run: the first one lets what runs end, the second one cuts it, and everything is judged
//! and written either way.

use super::{
    harness::{Finished, Running, Sandbox, wait_for},
    target::{OK, Seen, Target},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// Not a claim about speed: well below what any of these runs would take if nobody cut it.
const AT_ONCE: Duration = Duration::from_secs(20);

/// A target that can be made to keep its answers back.
struct Gate {
    target: Target,
    is_shut: Arc<AtomicBool>,
    /// Keeps only those of `teardown` back.
    holds_teardown: Arc<AtomicBool>,
    /// Requests that wait for their answer.
    waiting: Arc<AtomicU64>,
}

impl Gate {
    fn open() -> Self {
        let is_shut = Arc::<AtomicBool>::default();
        let holds_teardown = Arc::<AtomicBool>::default();
        let (shut, hold) = (Arc::clone(&is_shut), Arc::clone(&holds_teardown));
        let waiting = Arc::<AtomicU64>::default();
        let its_waiting = Arc::clone(&waiting);
        let target = Target::start(move |connection| {
            while let Some(request) = connection.request() {
                connection.seen.log.lock().unwrap().push((request.path().to_owned(), String::new()));
                its_waiting.fetch_add(1, Ordering::SeqCst);
                while shut.load(Ordering::SeqCst)
                    || (request.path() == "/gone" && hold.load(Ordering::SeqCst))
                {
                    thread::sleep(Duration::from_millis(5));
                }
                its_waiting.fetch_sub(1, Ordering::SeqCst);
                if !connection.send(OK) {
                    break;
                }
            }
        });
        Self { target, is_shut, holds_teardown, waiting }
    }

    fn shut(&self, shut: bool) {
        self.is_shut.store(shut, Ordering::SeqCst);
    }

    fn seen(&self) -> &Seen {
        &self.target.seen
    }

    fn times(&self, path: &str) -> usize {
        self.seen().paths().iter().filter(|seen| *seen == path).count()
    }
}

/// A phase: the load that is in it a moment after its start, and whether its planned end has to pass before.
struct Phase {
    name: &'static str,
    load: &'static str,
    is_over: bool,
}

const PHASES: [Phase; 5] = [
    Phase { name: "steady state", load: "users: 2, duration: 10m", is_over: false },
    Phase {
        name: "ramp-up",
        load: "start_users: 2, stages: [ { duration: 10m, users: 3 } ]",
        is_over: false,
    },
    Phase {
        name: "ramp-down",
        load: "start_users: 2, stages: [ { duration: 10m, users: 0 } ]",
        is_over: false,
    },
    Phase { name: "arrivals", load: "rate: 20/s, duration: 10m, max_users: 2", is_over: false },
    Phase { name: "graceful stop", load: "users: 2, duration: 3s", is_over: true },
];

/// Starts a run, and has it wait in this phase for two answers that do not come.
fn wait_in(phase: &Phase, gate: &Gate, sandbox: &Sandbox) -> Running {
    let text = format!(
        "name: Endings\ntarget: {}\nload: {{ {}, graceful_stop: 10m }}\nthink_time: 5ms\n\
         http: {{ timeout: 10m }}\nflow: [ {{ get: /use }} ]\non_stop: [ {{ get: /bye }} ]\n\
         teardown: [ {{ get: /gone }} ]\n\
         thresholds: {{ http_req_failed: rate == 0%, iterations: count > 100000 }}\n",
        gate.target.url(),
        phase.load
    );
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("some iterations", || (gate.times("/use") > 6).then_some(()));
    gate.shut(true);
    if phase.is_over {
        thread::sleep(Duration::from_millis(3_200));
    }
    // Twice with a pause between, since what is answered just now is counted a moment longer.
    for _ in 0..2 {
        thread::sleep(Duration::from_millis(20));
        wait_for("both users", || (gate.waiting.load(Ordering::SeqCst) == 2).then_some(()));
    }
    running
}

fn signal_and_wait_for(running: &Running, signal: &str, note: &str) {
    running.signal(signal);
    wait_for(note, || running.stderr().contains(note).then_some(()));
}

/// Exit 105, marked incomplete, thresholds judged, everything written.
#[track_caller]
fn assert_stopped(run: &Finished, signal: &str) {
    run.assert_code(105);
    assert!(run.elapsed < AT_ONCE, "{:?}", run.elapsed);
    let summary = run.summary();
    assert_eq!(summary.at("/verdict/incomplete"), true);
    assert!(summary.reason().contains(&format!("stopped by {signal}")), "{}", summary.reason());
    let judged: Vec<bool> = summary.list("thresholds").iter().map(|one| one["passed"] == true).collect();
    assert_eq!(judged, [true, false], "{}", run.both());
    run.assert_says(&["exit code 105", "for programs results/"]);
}

#[test]
fn the_first_signal_lets_what_runs_end_in_every_phase() {
    for (phase, signal) in PHASES.iter().zip(["INT", "TERM", "INT", "TERM", "INT"]) {
        let (sandbox, gate) = (Sandbox::new(), Gate::open());
        let running = wait_in(phase, &gate, &sandbox);
        let asked = gate.times("/use");
        signal_and_wait_for(&running, signal, "running iterations have up to 10m");
        gate.shut(false);
        let run = running.wait();
        assert_stopped(&run, &format!("SIG{signal}"));
        let (summary, name) = (run.summary(), phase.name);
        assert_eq!(summary.count("interrupted_iterations"), 0, "{name}");
        assert_eq!(gate.times("/use"), asked, "{name}: an iteration began after the signal");
        assert_eq!(summary.count("iterations") as usize, asked, "{name}");
        assert_eq!(summary.count("http_reqs") as usize, asked + gate.times("/bye"), "{name}");
        assert!(gate.times("/bye") > 0, "{name}: `on_stop` did not run");
        assert_eq!(gate.seen().paths().last().map(String::as_str), Some("/gone"), "{name}");
        assert_eq!(summary.at("/teardown/requests"), 1, "{name}");
    }
}

#[test]
fn the_second_signal_cuts_what_runs_in_every_phase() {
    for (phase, second) in PHASES.iter().zip(["INT", "TERM", "TERM", "INT", "INT"]) {
        let (sandbox, gate) = (Sandbox::new(), Gate::open());
        let running = wait_in(phase, &gate, &sandbox);
        let asked = gate.times("/use") as u64;
        signal_and_wait_for(&running, "INT", "running iterations have up to 10m");
        running.signal(second);
        let run = running.wait();
        assert_stopped(&run, "SIGINT");
        let (summary, name) = (run.summary(), phase.name);
        let (ended, cut) = (summary.count("iterations"), summary.count("interrupted_iterations"));
        assert_eq!((cut, ended + cut, summary.count("http_reqs")), (2, asked, ended), "{name}");
        run.assert_says(&["again: cutting what is running", "`teardown` is left out"]);
        assert_eq!((gate.times("/bye"), gate.times("/gone")), (0, 0), "{name}");
    }
}

/// A run that waits in its `teardown`.
fn wait_in_teardown(gate: &Gate, sandbox: &Sandbox) -> Running {
    gate.holds_teardown.store(true, Ordering::SeqCst);
    let text = format!(
        "target: {}\nload: {{ users: 2, iterations: 20, graceful_stop: 10m }}\nhttp: {{ timeout: 10m }}\n\
         flow: [ {{ get: /use }} ]\nteardown: [ {{ get: /gone }}, {{ get: /really }} ]\n\
         thresholds: {{ http_req_failed: rate == 0%, iterations: count > 100000 }}\n",
        gate.target.url()
    );
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("the teardown", || (gate.times("/gone") == 1).then_some(()));
    running
}

#[test]
fn the_first_signal_lets_teardown_end_and_the_second_cuts_it() {
    for is_cut in [false, true] {
        let (sandbox, gate) = (Sandbox::new(), Gate::open());
        let running = wait_in_teardown(&gate, &sandbox);
        signal_and_wait_for(&running, "TERM", "SIGTERM: ending after `teardown`");
        if is_cut {
            running.signal("INT");
        } else {
            gate.holds_teardown.store(false, Ordering::SeqCst);
        }
        let run = running.wait();
        assert_stopped(&run, "SIGTERM");
        let summary = run.summary();
        assert_eq!(summary.count("iterations"), 20);
        assert_eq!(gate.times("/really"), usize::from(!is_cut), "{}", run.both());
        let (requests, errors) = if is_cut { (0, 1) } else { (2, 0) };
        assert_eq!(summary.at("/teardown/requests"), requests);
        assert_eq!(summary.at("/teardown/errors").as_array().map(Vec::len), Some(errors));
        assert_eq!(run.stderr.contains("`teardown` was cut by a second signal"), is_cut, "{}", run.both());
    }
}

/// The signal that ended the load is the first one.
#[test]
fn a_signal_in_teardown_after_one_in_the_load_cuts_it() {
    let (sandbox, gate) = (Sandbox::new(), Gate::open());
    gate.holds_teardown.store(true, Ordering::SeqCst);
    let text = format!("{}teardown: [ {{ get: /gone }} ]\n", steady(&gate));
    let running = sandbox.start_scenario(&text, &[]);
    wait_for("some iterations", || (gate.times("/use") > 6).then_some(()));
    running.signal("INT");
    wait_for("the teardown", || (gate.times("/gone") == 1).then_some(()));
    running.signal("INT");
    let run = running.wait();
    assert_stopped(&run, "SIGINT");
    run.assert_says(&["`teardown` was cut by a second signal"]);
}

/// Whatever ended the load, whoever stops what comes after it has stopped the run.
#[test]
fn a_signal_in_teardown_after_another_ending_is_105() {
    for (ends, says) in [
        ("flow: [ { get: /use }, { stop: run, if: '${scenario.iteration == 20}' } ]\n", "the step on line"),
        (
            "flow: [ { get: /use } ]\nthresholds: { http_reqs: { expect: count < 1, abort: true } }\n",
            "aborted after",
        ),
    ] {
        let (sandbox, gate) = (Sandbox::new(), Gate::open());
        gate.holds_teardown.store(true, Ordering::SeqCst);
        let text = format!(
            "target: {}\nload: {{ users: 2, duration: 10m, graceful_stop: 10m }}\nthink_time: 5ms\n\
             http: {{ timeout: 10m }}\nteardown: [ {{ get: /gone }} ]\n{ends}",
            gate.target.url()
        );
        let running = sandbox.start_scenario(&text, &[]);
        wait_for("the teardown", || (gate.times("/gone") == 1).then_some(()));
        assert!(running.stderr().contains(says), "{}", running.stderr());
        signal_and_wait_for(&running, "TERM", "SIGTERM: ending after `teardown`");
        gate.holds_teardown.store(false, Ordering::SeqCst);
        let run = running.wait();
        run.assert_code(105);
        let summary = run.summary();
        assert!(summary.reason().contains("stopped by SIGTERM"), "{}", summary.reason());
        assert_eq!(summary.at("/teardown/requests"), 1);
    }
}

#[test]
fn a_signal_in_setup_says_that_nothing_was_tested() {
    for signal in ["INT", "TERM"] {
        let (sandbox, gate) = (Sandbox::new(), Gate::open());
        gate.shut(true);
        let text = format!(
            "target: {}\nload: {{ users: 2, duration: 10m }}\nhttp: {{ timeout: 10m }}\n\
             setup: [ {{ post: /make }} ]\nflow: [ {{ get: /use }} ]\nteardown: [ {{ get: /gone }} ]\n\
             thresholds: {{ http_reqs: count < 5, iterations: count > 1 }}\n",
            gate.target.url()
        );
        let running = sandbox.start_scenario(&text, &[]);
        wait_for("the setup", || (gate.times("/make") == 1).then_some(()));
        running.signal(signal);
        let run = running.wait();
        run.assert_code(105);
        assert!(run.elapsed < AT_ONCE, "{:?}", run.elapsed);
        let summary = run.summary();
        let reason =
            format!("stopped by SIG{signal} during `setup`; nothing was tested, since no load was made");
        assert_eq!((summary.reason(), summary.at("/verdict/incomplete")), (reason.as_str(), &true.into()));
        assert_eq!(summary.at("/setup/errors/0"), format!("cut by SIG{signal}").as_str());
        assert_eq!((summary.count("http_reqs"), gate.seen().requests()), (0, 1));
        run.assert_says(&["nothing was tested", "`setup` was cut"]);
    }
}

/// The terminal goes away: once gently, however often it says so.
#[test]
fn a_hang_up_ends_gently_and_never_cuts() {
    let (sandbox, gate) = (Sandbox::new(), Gate::open());
    sandbox.file("scenario.yaml", steady(&gate));
    let running = sandbox.start_under(&["env", "--default-signal=HUP"], &["run", "scenario.yaml"]);
    wait_for("some iterations", || (gate.times("/use") > 6).then_some(()));
    gate.shut(true);
    signal_and_wait_for(&running, "HUP", "SIGHUP: ending");
    running.signal("HUP");
    running.signal("HUP");
    thread::sleep(Duration::from_millis(100));
    gate.shut(false);
    let run = running.wait();
    assert_stopped(&run, "SIGHUP");
    assert_eq!(run.summary().count("interrupted_iterations"), 0);
    assert!(!run.stderr.contains("again:"), "{}", run.both());
}

#[test]
fn a_hang_up_does_not_end_what_nohup_started() {
    let (sandbox, gate) = (Sandbox::new(), Gate::open());
    sandbox.file("scenario.yaml", steady(&gate).replace("duration: 10m", "duration: 1s"));
    let running = sandbox.start_under(&["nohup"], &["run", "scenario.yaml"]);
    wait_for("some iterations", || (gate.times("/use") > 6).then_some(()));
    running.signal("HUP");
    let run = running.wait();
    // The one threshold that cannot hold; no signal was heeded.
    run.assert_code(99);
    assert_eq!(run.summary().at("/verdict/incomplete"), false);
}

fn steady(gate: &Gate) -> String {
    format!(
        "target: {}\nload: {{ users: 2, duration: 10m, graceful_stop: 10m }}\nthink_time: 5ms\n\
         flow: [ {{ get: /use }} ]\nthresholds: {{ http_req_failed: rate == 0%, iterations: count > 100000 }}\n",
        gate.target.url()
    )
}
