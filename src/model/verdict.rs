//! What a run ends with: an exit code of the documented set and the sentence that explains it.

/// The exit codes of `loadgen run`, in order of precedence where several hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitCode {
    /// Unexpected error of the program.
    Internal,
    /// `setup` failed.
    SetupFailed,
    /// Stopped from outside.
    Interrupted,
    /// A step stopped the run.
    StoppedByStep,
    /// The generator was saturated.
    Saturated,
    /// A threshold failed or had no data, or no iteration completed.
    ThresholdFailed,
    /// The run, or a part of one that several generators made, was cut off.
    Incomplete,
    /// The results could not be written.
    ResultsNotWritten,
    /// Passed.
    Passed,
    /// The scenario is wrong; nothing was sent.
    ScenarioInvalid,
    /// Wrong command line.
    Usage,
}

impl ExitCode {
    /// The number that the process exits with.
    pub fn number(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Saturated => 96,
            Self::ResultsNotWritten => 97,
            Self::Incomplete => 98,
            Self::ThresholdFailed => 99,
            Self::ScenarioInvalid => 104,
            Self::Interrupted => 105,
            Self::SetupFailed => 107,
            Self::StoppedByStep => 108,
        }
    }

    /// The one of both that a run with both reports.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        self.min(other)
    }
}

/// Why the load ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The plan was carried out.
    Completed,
    /// A signal came; its name.
    Signal(&'static str),
    /// A step stopped the run; which one, in words: `the step on line 12 stopped the run`.
    StoppedByStep(String),
    /// A threshold with `abort` was broken; which one and how, in words: `aborted after 14s: …`.
    Aborted(String),
    /// It was cut off, so that the numbers are those of a journal without an end; what was cut off and when, in
    /// words: `the run was cut off after 14s`.
    Lost(String),
}

/// What the run amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether a gate should let this pass.
    pub passed: bool,
    /// What the process exits with.
    pub exit_code: ExitCode,
    /// One sentence for people.
    pub reason: String,
    /// Whether the run ended before it had done what was planned.
    pub incomplete: bool,
}

#[cfg(test)]
mod tests {
    use super::ExitCode::*;

    #[test]
    fn where_several_codes_hold_the_documented_order_decides() {
        let order = [SetupFailed, Interrupted, StoppedByStep, Saturated, ThresholdFailed, Incomplete];
        let order: Vec<_> = [Internal].into_iter().chain(order).chain([ResultsNotWritten, Passed]).collect();
        for pair in order.windows(2) {
            assert_eq!(pair[0].or_worse(pair[1]), pair[0]);
            assert_eq!(pair[1].or_worse(pair[0]), pair[0]);
        }
        let numbers: Vec<u8> = order.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [1, 107, 105, 108, 96, 99, 98, 97, 0]);
    }
}
