//! What a run amounts to: one way for the run itself, for one that is rebuilt from its journal, and for one that is
//! joined from parts.

use crate::{
    judge::{Gates, Health, ThresholdResult, health, setup_cut, setup_failed, verdict},
    measure::Snapshot,
    model::{Catalog, Ending, ExitCode, OnceInfo, Verdict},
};

/// What is judged.
pub(super) struct Case<'c> {
    /// The thresholds, which have seen every second.
    pub gates: &'c Gates,
    pub catalog: &'c Catalog,
    pub snapshot: &'c Snapshot,
    pub ending: &'c Ending,
    pub setup: Option<&'c OnceInfo>,
    pub setup_failed: bool,
    /// Whether a signal cut `setup`.
    pub setup_cut: bool,
    /// A fault of this program, while the load went on.
    pub fault: Option<&'c str>,
    /// Whether the run counts although the generator was saturated.
    pub allow_saturated: bool,
}

/// The gates, the generator's health, and the verdict.
pub(super) struct Judgement {
    pub thresholds: Vec<ThresholdResult>,
    pub health: Health,
    pub verdict: Verdict,
}

pub(super) fn judged(case: &Case<'_>) -> Judgement {
    let health = health(case.snapshot, case.catalog);
    let mut thresholds = Vec::new();
    let mut verdict = match case.ending {
        Ending::Signal(name) if case.setup_cut => setup_cut(name),
        _ if case.setup_failed => {
            let errors = case.setup.map_or(&[][..], |setup| &setup.errors);
            setup_failed(errors.first().map_or("a request in it failed", String::as_str))
        }
        ending => {
            thresholds = case.gates.judge(case.snapshot, case.catalog);
            verdict(&thresholds, case.snapshot, ending, &health, case.allow_saturated)
        }
    };
    if let Some(fault) = case.fault {
        let reason = format!("loadgen itself failed: {fault}; {}", verdict.reason);
        verdict = Verdict { passed: false, exit_code: ExitCode::Internal, reason, ..verdict };
    }
    Judgement { thresholds, health, verdict }
}
