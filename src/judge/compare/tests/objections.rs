//! Which runs are refused, and why.

use super::made_up::facts;
use crate::judge::compare::{Allowed, Health, Objections, RunFacts, StageFacts, WorkloadFacts, objections};

fn held(changed: impl FnOnce(&mut RunFacts), allowed: Allowed) -> Objections {
    let mut new = facts("new");
    changed(&mut new);
    objections(&[facts("base")], &[new], allowed)
}

#[test]
fn equal_runs_meet_no_objection() {
    assert_eq!(held(|_| {}, Allowed::default()), Objections::default());
    assert_eq!(held(|run| run.exit_code = 99, Allowed::default()), Objections::default());
}

type Edit = fn(&mut RunFacts);

#[test]
fn what_makes_runs_incomparable_is_named_with_both_sides() {
    let refused: [(Edit, &str); 12] = [
        (
            |run| run.scenario_sha256 = "fedcba9876543210".to_owned(),
            "results/new is of another scenario than results/base (sha256 fedcba98… and 01234567…)",
        ),
        (
            |run| run.target = "http://b".to_owned(),
            "results/new has another target than results/base (http://b and http://127.0.0.1:8080)",
        ),
        (
            |run| run.environment = Some("quick".to_owned()),
            "results/new has another environment than results/base (`quick` and none)",
        ),
        (
            |run| {
                run.workloads[0] =
                    WorkloadFacts { name: "default".to_owned(), is_open: true, arrivals: Some(9) }
            },
            "results/new has another load than results/base (`default` open; `default` closed)",
        ),
        (
            |run| run.stages[0].end_ms = 20_000,
            "results/new has another load than results/base (planned for 20000 ms and for 10000 ms)",
        ),
        (
            |run| {
                let stage = StageFacts { start_ms: 5_000, ..run.stages[0].clone() };
                run.stages[0].end_ms = 5_000;
                run.stages.push(stage);
            },
            "results/new has another load than results/base (other stages)",
        ),
        (|run| run.users = Some(50), "results/new has another load than results/base (50 and 10 users)"),
        (
            |run| {
                (run.incomplete, run.exit_code) = (true, 105);
                run.reason = "stopped by SIGINT before its end".to_owned();
            },
            "results/new is no whole run: stopped by SIGINT before its end (exit code 105)",
        ),
        (|run| run.exit_code = 98, "results/new is no whole run: 2 thresholds held (exit code 98)"),
        (|run| run.exit_code = 107, "results/new is no whole run: 2 thresholds held (exit code 107)"),
        (|run| run.exit_code = 96, "results/new is no whole run: 2 thresholds held (exit code 96)"),
        (
            |run| run.health = Health::Saturated("1,200 arrivals dropped".to_owned()),
            "results/new: the generator was saturated (1,200 arrivals dropped), so its numbers are not about the target",
        ),
    ];
    for (edit, text) in refused {
        assert_eq!(held(edit, Allowed::default()).refusals, [text]);
    }
}

#[test]
fn arrivals_may_differ_as_chance_makes_them() {
    let with = |arrivals: u64| {
        let open =
            vec![WorkloadFacts { name: "default".to_owned(), is_open: true, arrivals: Some(arrivals) }];
        RunFacts { workloads: open, ..facts(&arrivals.to_string()) }
    };
    let refused =
        |one, other| !objections(&[with(one)], &[with(other)], Allowed::default()).refusals.is_empty();
    assert_eq!(
        [(1_000, 1_040), (100, 130), (100, 200), (1_000, 1_300)].map(|(a, b)| refused(a, b)),
        [false, false, true, true]
    );
    // How many users a rate made depends on the target.
    let more = RunFacts { users: Some(90), ..with(1_001) };
    assert_eq!(objections(&[with(1_000)], &[more], Allowed::default()), Objections::default());
}

#[test]
fn what_is_meant_is_a_warning() {
    let meant = Allowed { scenario: true, environment: false };
    let found = held(|run| run.scenario_sha256 = "fe".to_owned(), meant);
    assert_eq!((found.refusals.len(), found.warnings.len()), (0, 1));
    assert!(found.warnings[0].contains("another scenario"));
    // Only between the sides: within one, it is a mistake.
    let other = |id: &str| RunFacts { scenario_sha256: "fe".to_owned(), ..facts(id) };
    let within = objections(&[facts("a"), other("b")], &[other("c")], meant);
    assert_eq!(within.refusals.len(), 1, "{within:?}");
    let new_side = objections(&[facts("a")], &[other("b"), facts("c")], meant);
    assert_eq!(new_side.refusals.len(), 1, "{new_side:?}");
}

#[test]
fn circumstances_are_told_and_refuse_nothing() {
    let edits: [(Edit, &str); 4] = [
        (|run| run.host = "another".to_owned(), "on another machine"),
        (|run| run.version = "0.2.0".to_owned(), "another version of loadgen"),
        (|run| run.options = "--set http.timeout=1s".to_owned(), "(`--set http.timeout=1s` and none)"),
        (|run| run.health = Health::Degraded("lag".to_owned()), "the generator was degraded (lag)"),
    ];
    for (edit, text) in edits {
        let found = held(edit, Allowed::default());
        assert!(found.refusals.is_empty() && found.warnings.len() == 1, "{found:?}");
        assert!(found.warnings[0].contains(text), "{found:?}");
    }
}

#[test]
fn a_run_counts_once() {
    let found = objections(&[facts("a"), facts("a")], &[facts("b")], Allowed::default());
    assert_eq!(found.refusals, ["results/a is the same run as results/a (a), and counts once"]);
    let found = objections(&[facts("a")], &[facts("a")], Allowed::default());
    assert_eq!((found.refusals.len(), found.warnings.len()), (0, 1));
}
