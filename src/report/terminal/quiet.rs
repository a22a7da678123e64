//! What `--quiet` leaves of a run: the verdict, the thresholds that did not hold, what it is against its baseline, and
//! where the files are.

use super::{AgainstBaseline, TerminalOptions};
use crate::{
    judge::ThresholdResult,
    report::{
        Results,
        paint::{Mark, Paint},
        text::inert,
    },
};

/// The verdict's line, one for each threshold that did not hold, one for the baseline, and one for each file. Lines are
/// not wrapped: they are for logs. As inert as [`final_report`](super::final_report()).
pub fn quiet_report(results: &Results<'_>, options: &TerminalOptions) -> String {
    let paint = Paint { color: options.color };
    let verdict = results.verdict;
    let code = match verdict.exit_code.number() {
        0 => String::new(),
        code => format!(" (exit code {code})"),
    };
    let mut text = format!("{}  {}{code}\n", paint.verdict(verdict.passed), inert(&verdict.reason));
    let failed = results.thresholds.iter().filter(|result| !result.passed());
    text.extend(failed.map(|result| format!("  {} {}\n", paint.mark(Mark::Bad), inert(&threshold(result)))));
    text.extend(options.against.iter().map(AgainstBaseline::line));
    text.extend(options.files.iter().map(|file| format!("Results: {}\n", file.place())));
    text
}

fn threshold(result: &ThresholdResult) -> String {
    let threshold = &result.threshold;
    format!("{}: {} {}", threshold.subject(), threshold.terms(), result.seen())
}
