//! The verdict: one exit code, and one sentence that says why.

use super::{health::Health, threshold::ThresholdResult};
use crate::{
    measure::Snapshot,
    model::{Ending, ExitCode, IterationEnd, Verdict},
};

/// What the numbers of a run that was cut off are worth.
const REBUILT: &str = "rebuilt from its journal, up to two seconds before that may be missing";

/// Judges the run as a whole. Numbers that are the generator's own fail it, unless `allow_saturated`.
pub fn verdict(
    results: &[ThresholdResult],
    snapshot: &Snapshot,
    ending: &Ending,
    health: &Health,
    allow_saturated: bool,
) -> Verdict {
    let mut code = ExitCode::Passed;
    let mut reasons = Vec::new();
    let mut fail = |with: ExitCode, reason: String| {
        code = code.or_worse(with);
        reasons.push((with, reason));
    };
    match ending {
        Ending::Completed => {}
        Ending::Signal(name) => fail(ExitCode::Interrupted, format!("stopped by {name} before its end")),
        Ending::StoppedByStep(step) => fail(ExitCode::StoppedByStep, format!("{step} before its end")),
        Ending::Aborted(reason) => fail(ExitCode::ThresholdFailed, reason.clone()),
        Ending::Lost(what) => fail(ExitCode::Incomplete, format!("{what}; {REBUILT}")),
    }
    if let Some(finding) = health.saturation().filter(|_| !allow_saturated) {
        let text = &finding.text;
        fail(ExitCode::Saturated, format!("the numbers describe the generator, not the target: {text}"));
    }
    let completed: u64 = (snapshot.total.iterations())
        .filter(|(key, _)| key.end == IterationEnd::Completed)
        .map(|(_, stats)| stats.count)
        .sum();
    if completed == 0 {
        fail(ExitCode::ThresholdFailed, "no iteration completed".to_owned());
    }
    let aborted = matches!(ending, Ending::Aborted(_));
    if let Some(reason) = failed_thresholds(results, aborted) {
        fail(ExitCode::ThresholdFailed, reason);
    }
    // The worst first, the others after it in the order they were found.
    reasons.sort_by_key(|(with, _)| *with);
    let mut reason = match reasons.is_empty() {
        false => reasons.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>().join("; "),
        true if results.is_empty() => "no thresholds were set, and iterations completed".to_owned(),
        true => format!("{} held", counted(results.len())),
    };
    if let Some(finding) = health.saturation().filter(|_| allow_saturated) {
        let text = &finding.text;
        reason += &format!("; the numbers describe the generator, which --allow-saturated lets pass: {text}");
    }
    let incomplete = *ending != Ending::Completed;
    Verdict { passed: code == ExitCode::Passed, exit_code: code, reason, incomplete }
}

/// The verdict of a run that ended with its `setup`, so that there was nothing to judge.
pub fn setup_failed(reason: &str) -> Verdict {
    Verdict {
        passed: false,
        exit_code: ExitCode::SetupFailed,
        reason: format!("setup failed: {reason}; no load was made"),
        incomplete: true,
    }
}

/// The verdict of a run that this signal ended in its `setup`, so that nothing was tested.
pub fn setup_cut(signal: &str) -> Verdict {
    Verdict {
        passed: false,
        exit_code: ExitCode::Interrupted,
        reason: format!("stopped by {signal} during `setup`; nothing was tested, since no load was made"),
        incomplete: true,
    }
}

/// The first of those that failed, and how many did. One that ended the run, where that is how it ended, has told its own.
fn failed_thresholds(results: &[ThresholdResult], aborted: bool) -> Option<String> {
    let failed: Vec<&ThresholdResult> = results.iter().filter(|result| !result.passed()).collect();
    let first = failed.iter().find(|result| !(aborted && result.aborted_run))?;
    let subject = first.threshold.subject();
    let condition = first.threshold.condition;
    let number = format!("{} of {} failed", failed.len(), counted(results.len()));
    Some(format!("{number}: `{subject}: {condition}` {}", first.seen()))
}

fn counted(thresholds: usize) -> String {
    if thresholds == 1 { "1 threshold".to_owned() } else { format!("{thresholds} thresholds") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::{HealthCode, HealthFinding, HealthStatus, judge},
        measure::{Collector, Delta, IterationKey, Recorder},
        model::{
            Aggregation, Catalog, Condition, Limit, Metric, Operator, Selector, StageId, TaskId, Threshold,
        },
    };
    use std::time::Duration;

    fn verdict(results: &[ThresholdResult], snapshot: &Snapshot, ending: &Ending) -> Verdict {
        super::verdict(results, snapshot, ending, &Health::default(), false)
    }

    fn snapshot(completed: u64) -> Snapshot {
        let catalog = Catalog::default();
        let mut recorder = Recorder::new(&catalog);
        let key = |end| IterationKey { task: TaskId(0), stage: StageId(0), end };
        for _ in 0..completed {
            recorder.iteration(key(IterationEnd::Completed), Duration::ZERO, Duration::from_millis(1));
        }
        recorder.iteration(key(IterationEnd::Failed), Duration::ZERO, Duration::from_millis(1));
        let recorded = recorder.swap(Box::default());
        let mut collector = Collector::new(&catalog, 1, Duration::from_secs(1));
        collector.accept(Delta {
            worker: 0,
            interval: 0,
            recorded,
            running_users: 1,
            made_users: 1,
            last: true,
        });
        collector.snapshot(Duration::from_secs(1))
    }

    #[test]
    fn a_run_without_a_completed_iteration_never_passes() {
        let judged = verdict(&[], &snapshot(0), &Ending::Completed);
        assert_eq!((judged.passed, judged.exit_code), (false, ExitCode::ThresholdFailed));
        assert_eq!(judged.reason, "no iteration completed");
        assert!(verdict(&[], &snapshot(1), &Ending::Completed).passed);
    }

    #[test]
    fn a_signal_outranks_a_threshold_and_both_are_told() {
        let judged = verdict(&[], &snapshot(0), &Ending::Signal("SIGINT"));
        assert_eq!(judged.exit_code, ExitCode::Interrupted);
        assert_eq!(judged.reason, "stopped by SIGINT before its end; no iteration completed");
        assert!(judged.incomplete);
    }

    #[test]
    fn a_step_that_stops_the_run_outranks_a_threshold_and_a_signal_outranks_the_step() {
        let ending = Ending::StoppedByStep("the step on line 12 stopped the run".to_owned());
        let judged = verdict(&[], &snapshot(0), &ending);
        assert_eq!((judged.exit_code, judged.incomplete), (ExitCode::StoppedByStep, true));
        assert_eq!(
            judged.reason,
            "the step on line 12 stopped the run before its end; no iteration completed"
        );
        let judged = verdict(&[], &snapshot(5), &ending);
        assert_eq!((judged.passed, judged.exit_code.number()), (false, 108));
        assert_eq!(judged.reason, "the step on line 12 stopped the run before its end");
        assert!(!verdict(&[], &snapshot(1), &Ending::Completed).incomplete);
    }

    #[test]
    fn a_run_that_was_cut_off_is_incomplete_and_says_what_may_be_missing() {
        let ending = Ending::Lost("the run was cut off after 14s".to_owned());
        let judged = verdict(&[], &snapshot(3), &ending);
        assert_eq!((judged.passed, judged.exit_code.number(), judged.incomplete), (false, 98, true));
        assert_eq!(
            judged.reason,
            "the run was cut off after 14s; rebuilt from its journal, up to two seconds before that may be missing"
        );
        assert_eq!(verdict(&[], &snapshot(0), &ending).exit_code, ExitCode::ThresholdFailed);
    }

    #[test]
    fn an_abort_is_99_and_incomplete_and_tells_its_threshold_once() {
        let reason =
            "aborted after 14s: `http_req_duration: p95 < 200ms` was 480ms in three windows in a row";
        let results = |aborted_run| {
            let limit = Limit::Number(0.0);
            let condition = Condition { aggregation: Aggregation::Count, operator: Operator::Equal, limit };
            let threshold = Threshold::new(Metric::HttpErrors, Selector::default(), condition, 1);
            let mut results = judge(&[threshold], &snapshot(5), &Catalog::default());
            results[0].aborted_run = aborted_run;
            results
        };
        let ending = Ending::Aborted(reason.to_owned());
        let judged = verdict(&results(true), &snapshot(5), &ending);
        assert_eq!((judged.passed, judged.exit_code.number(), judged.incomplete), (false, 99, true));
        assert_eq!(judged.reason, reason);
        let judged = verdict(&results(false), &snapshot(5), &ending);
        let other = "1 of 1 threshold failed: `http_errors: count == 0` had no data";
        assert_eq!(judged.reason, format!("{reason}; {other}"));
        // Where nothing ended by it, it is a threshold that failed like any other.
        let judged = verdict(&results(true), &snapshot(5), &Ending::Completed);
        assert_eq!((judged.passed, judged.exit_code.number(), judged.reason.as_str()), (false, 99, other));
        // A signal in what was left of it comes first.
        let judged = verdict(&results(true), &snapshot(5), &Ending::Signal("SIGINT"));
        assert_eq!(judged.exit_code, ExitCode::Interrupted);
    }

    #[test]
    fn a_failed_setup_says_that_nothing_was_tested() {
        let judged = setup_failed("`POST /login` had status 500");
        assert_eq!((judged.passed, judged.exit_code.number(), judged.incomplete), (false, 107, true));
        assert_eq!(judged.reason, "setup failed: `POST /login` had status 500; no load was made");
    }

    #[test]
    fn numbers_of_the_generator_fail_the_run_unless_that_is_allowed() {
        let finding = |status, text: &str| HealthFinding {
            code: HealthCode::Gap,
            status,
            text: text.to_owned(),
            remedy: String::new(),
        };
        let degraded = Health {
            status: HealthStatus::Degraded,
            findings: vec![finding(HealthStatus::Degraded, "it stood still")],
        };
        let saturated = Health {
            status: HealthStatus::Saturated,
            findings: vec![
                finding(HealthStatus::Saturated, "it stood still for 4s"),
                finding(HealthStatus::Saturated, "and more"),
            ],
        };
        let describe = "the numbers describe the generator";
        let (failed, allowed) = (
            format!("{describe}, not the target: it stood still for 4s"),
            format!(
                "no thresholds were set, and iterations completed; {describe}, which --allow-saturated lets pass: \
                 it stood still for 4s"
            ),
        );
        for (health, is_allowed, code, reason) in [
            (&degraded, false, 0, "no thresholds were set, and iterations completed"),
            (&saturated, false, 96, failed.as_str()),
            (&saturated, true, 0, allowed.as_str()),
        ] {
            let judged = super::verdict(&[], &snapshot(1), &Ending::Completed, health, is_allowed);
            assert_eq!((judged.exit_code.number(), judged.reason.as_str()), (code, reason));
            assert_eq!(judged.passed, code == 0);
        }
        let judged = super::verdict(&[], &snapshot(0), &Ending::Completed, &saturated, false);
        assert_eq!(judged.exit_code, ExitCode::Saturated, "it comes before a broken threshold");
        let judged = super::verdict(&[], &snapshot(0), &Ending::Signal("SIGINT"), &saturated, false);
        assert_eq!(judged.exit_code, ExitCode::Interrupted);
    }
}
