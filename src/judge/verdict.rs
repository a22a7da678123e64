//! The verdict: one exit code, and one sentence that says why.

use super::threshold::{Outcome, ThresholdResult};
use crate::{
    measure::Snapshot,
    model::{Ending, ExitCode, IterationEnd, Verdict},
};

/// Judges the run as a whole.
pub fn verdict(results: &[ThresholdResult], snapshot: &Snapshot, ending: &Ending) -> Verdict {
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
    }
    let completed: u64 = (snapshot.total.iterations())
        .filter(|(key, _)| key.end == IterationEnd::Completed)
        .map(|(_, stats)| stats.count)
        .sum();
    if completed == 0 {
        fail(ExitCode::ThresholdFailed, "no iteration completed".to_owned());
    }
    if let Some(reason) = failed_thresholds(results) {
        fail(ExitCode::ThresholdFailed, reason);
    }
    // The worst first, the others after it in the order they were found.
    reasons.sort_by_key(|(with, _)| *with);
    let reason = match reasons.is_empty() {
        false => reasons.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>().join("; "),
        true if results.is_empty() => "no thresholds were set, and iterations completed".to_owned(),
        true => format!("{} held", counted(results.len())),
    };
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

fn failed_thresholds(results: &[ThresholdResult]) -> Option<String> {
    let failed: Vec<&ThresholdResult> = results.iter().filter(|result| !result.passed()).collect();
    let first = failed.first()?;
    let subject = first.threshold.subject();
    let condition = first.threshold.condition;
    let seen = match (first.outcome, first.observed) {
        (Outcome::NoData, _) | (_, None) => "had no data".to_owned(),
        (_, Some(observed)) => format!("was {observed}"),
    };
    let number = format!("{} of {} failed", failed.len(), counted(results.len()));
    Some(format!("{number}: `{subject}: {condition}` {seen}"))
}

fn counted(thresholds: usize) -> String {
    if thresholds == 1 { "1 threshold".to_owned() } else { format!("{thresholds} thresholds") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::{Collector, Delta, IterationKey, Recorder},
        model::{Catalog, StageId, TaskId},
    };
    use std::time::Duration;

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
    fn a_failed_setup_says_that_nothing_was_tested() {
        let judged = setup_failed("`POST /login` had status 500");
        assert_eq!((judged.passed, judged.exit_code.number(), judged.incomplete), (false, 107, true));
        assert_eq!(judged.reason, "setup failed: `POST /login` had status 500; no load was made");
    }
}
