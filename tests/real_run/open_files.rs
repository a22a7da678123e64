//! Few open files: what a run needs is reckoned before it, and told with both numbers.

use super::{
    harness::{Finished, Sandbox},
    target::{OK, Target, scenario},
};

/// Runs the binary with so many open files allowed, and no way to have more.
fn run_with(files: u64, arguments: &[&str], text: &str) -> Finished {
    let sandbox = Sandbox::new();
    sandbox.file("scenario.yaml", text);
    sandbox.start_under(&["prlimit", &format!("--nofile={files}:{files}")], arguments).wait()
}

const RUN: [&str; 2] = ["run", "scenario.yaml"];

#[test]
fn a_run_that_needs_more_files_than_it_may_have_is_refused_with_both_numbers() {
    let target = Target::answering(OK);
    let run = run_with(64, &RUN, &scenario(&target.url(), 200, 300, ""));
    run.assert_code(104);
    run.assert_says(&[
        "the run needs 264 open files and 64 are allowed; nothing was sent",
        "200 users × 1 connection, and 64 for loadgen itself",
        "help: `ulimit -n 264`",
    ]);
    assert!(run.has_no_results(), "{}", run.both());
    assert_eq!(target.seen.connections(), 0);
}

#[test]
fn the_files_that_are_needed_are_enough() {
    let target = Target::answering(OK);
    for (users, files) in [(10, 74), (100, 164)] {
        let run = run_with(files, &RUN, &scenario(&target.url(), users, 300, ""));
        run.assert_code(0);
        assert_eq!(run.summary().all_errors(), 0);
        assert!(!run.stderr.contains("open files"), "{}", run.both());
    }
    let seen = target.seen.connections();
    assert_eq!(seen, 110);
    run_with(73, &RUN, &scenario(&target.url(), 10, 300, "")).assert_code(104);
    assert_eq!(target.seen.connections(), seen);
}

/// Both ends of each connection to the demo API are in the same process.
#[test]
fn the_demo_needs_two_files_for_a_connection() {
    let text = scenario("demo", 50, 300, "").replace("get: /", "get: /health");
    for (files, code) in [(163, 104), (164, 0)] {
        let run = run_with(files, &RUN, &text);
        run.assert_code(code);
        if code == 0 {
            assert_eq!(run.summary().all_errors(), 0);
        } else {
            run.assert_says(&["the run needs 164 open files and 163 are allowed", "`target: demo`"]);
        }
    }
}

#[test]
fn a_soft_limit_is_raised_before_anything_is_refused() {
    let (sandbox, target) = (Sandbox::new(), Target::answering(OK));
    sandbox.file("scenario.yaml", scenario(&target.url(), 100, 300, ""));
    let run = sandbox.start_under(&["prlimit", "--nofile=64:200"], &RUN).wait();
    run.assert_code(0);
    assert_eq!((target.seen.connections(), run.summary().all_errors()), (100, 0));
}

/// Where the file does not say how many users a rate may have, their number is a default and no wish.
#[test]
fn a_rate_without_max_users_is_noted_and_one_with_it_is_refused() {
    let target = Target::answering(OK);
    let text =
        |more: &str| scenario(&target.url(), 1, 300, "").replace("users: 1", &format!("rate: 20/s{more}"));
    let run = run_with(128, &RUN, &text(""));
    run.assert_code(0);
    run.assert_says(&[
        "note: the run may need up to 10,064 open files and 128 are allowed",
        "more than 64 users at once will fail as `local_files`",
    ]);
    assert_eq!(run.summary().all_errors(), 0);
    let before = target.seen.connections();
    run_with(128, &RUN, &text(", max_users: 65")).assert_code(104);
    assert_eq!(target.seen.connections(), before);
}

/// Whoever looks before a run, or tries a single user, is not refused.
#[test]
fn only_a_run_is_refused() {
    let target = Target::answering(OK);
    let text = scenario(&target.url(), 200, 300, "");
    run_with(64, &["validate", "scenario.yaml"], &text).assert_code(0);
    run_with(64, &["plan", "scenario.yaml"], &text).assert_code(0);
    run_with(64, &["run", "--once", "scenario.yaml"], &text).assert_code(0);
    assert_eq!(target.seen.requests(), 1);
}

/// `wait` fails where the program panicked or was ended by a signal.
#[test]
fn no_limit_makes_it_panic() {
    let target = Target::answering(OK);
    let closed = |url: &str| scenario(url, 10, 200, "");
    let open = scenario(&target.url(), 1, 200, "").replace("users: 1", "rate: 50/s");
    let thinking = "load: { users: 5, duration: 200ms }\nflow: [ { think: 50ms } ]\n".to_owned();
    for files in [10, 20, 30, 64] {
        for text in [closed(&target.url()), closed("demo"), open.clone()] {
            let run = run_with(files, &RUN, &text);
            assert!(run.has_no_results() && run.stderr.contains("error: "), "{files} {}", run.both());
            // The demo API itself may not come up.
            let expected: &[i32] = if text.contains("demo") { &[1, 104] } else { &[104] };
            assert!(expected.contains(&run.code), "{files} {}", run.both());
        }
        assert_eq!(run_with(files, &RUN, &thinking).code, if files < 64 { 104 } else { 0 });
        // How far this comes depends on the machine.
        let once = run_with(files, &["run", "--once", "scenario.yaml"], &open);
        assert!(once.code == 0 || once.both().contains("rror"), "{files} {}", once.both());
    }
    assert!(target.seen.requests() <= 4);
}
