//! What a run amounts to as annotations: GitHub shows them at the lines of the scenario.
//!
//! GitHub shows ten errors and ten warnings of a step. So what matters most comes first, and the tenth stands for all
//! that are left.

use super::{
    format::{count, counted, percent},
    github::{Annotation, Level, folded},
    summary_v1::{CheckKindV1, CheckV1, HealthReasonV1, OnceV1, SummaryV1, ThresholdV1},
    targets::{Held, Target},
};

/// A threshold failed, had no data or too few samples, or no iteration completed.
const THRESHOLD_FAILED: u8 = 99;
/// What a verdict may have to say besides its thresholds, in the words of `judge` and `run`.
const MORE_THAN_THRESHOLDS: [&str; 3] =
    ["no iteration completed", "rebuilt from its journal", "the results could not be written"];

/// The annotations of a run, a workflow command each, with line ends; empty where there is nothing to say. `file` is the
/// scenario's path from the root of the repository.
pub fn annotations(summary: &SummaryV1, file: &str) -> String {
    let place = Place { file };
    folded(&errors(summary, place)) + &folded(&warnings(summary, place))
}

/// An error about the scenario as a whole, where there was no run.
pub fn refusal(file: &str, message: &str) -> String {
    Place { file }.at(Level::Error, None, "no run", message.to_owned()).to_string()
}

/// The file that annotations are about.
#[derive(Clone, Copy)]
struct Place<'p> {
    file: &'p str,
}

impl Place<'_> {
    fn at(self, level: Level, line: Option<usize>, title: &str, message: String) -> Annotation {
        let (file, title) = (self.file.to_owned(), format!("loadgen: {title}"));
        Annotation { level, file, line, column: None, title, message }
    }
}

fn errors(summary: &SummaryV1, place: Place<'_>) -> Vec<Annotation> {
    let mut broken: Vec<&ThresholdV1> = summary.thresholds.iter().filter(|one| !one.passed).collect();
    // What ended the run first, what was not judged last; else the file's order.
    broken.sort_by_key(|one| (!one.aborted_run, one.no_data || one.too_few_samples));
    let mut errors = Vec::new();
    let verdict = &summary.verdict;
    // The sentence of a verdict for which thresholds alone are the reason says what they say themselves.
    let says_more = MORE_THAN_THRESHOLDS.iter().any(|more| verdict.reason.contains(*more));
    if !verdict.passed && (verdict.exit_code != THRESHOLD_FAILED || broken.is_empty() || says_more) {
        let message = format!("{} (exit code {})", verdict.reason, verdict.exit_code);
        errors.push(place.at(Level::Error, None, "the run failed", message));
        errors.extend(around(summary.setup.as_ref(), "setup", Level::Error, place));
    }
    errors.extend(broken.into_iter().map(|threshold| failed(threshold, place)));
    errors
}

fn failed(threshold: &ThresholdV1, place: Place<'_>) -> Annotation {
    let target = Target::new(threshold);
    let title = match target.held {
        Held::Unjudged if threshold.too_few_samples => "a threshold has too few samples",
        Held::Unjudged => "a threshold has no data",
        _ => "a threshold failed",
    };
    let margin = target.margin.as_ref().map(|margin| format!(", {margin}")).unwrap_or_default();
    let samples = counted(threshold.samples, "sample");
    let mut message = format!("{}: {}", target.subject, target.wanted);
    message += &match target.held {
        Held::Unjudged => format!("\nobserved: {}", target.actual),
        _ => format!("\nobserved: {}{margin} ({samples})", target.actual),
    };
    for remark in &target.remarks {
        message += &format!("\n{remark}");
    }
    place.at(Level::Error, Some(threshold.line), title, message)
}

fn warnings(summary: &SummaryV1, place: Place<'_>) -> Vec<Annotation> {
    let reasons = summary.health.iter().flat_map(|health| &health.reasons);
    let mut warnings: Vec<Annotation> = reasons.map(|reason| ill(reason, place)).collect();
    warnings.extend(summary.thresholds.iter().filter_map(|threshold| close(threshold, place)));
    let mut broken: Vec<&CheckV1> = summary.checks.iter().filter(|check| check.fails > 0).collect();
    broken.sort_by(|one, other| share(other).total_cmp(&share(one)));
    warnings.extend(broken.into_iter().map(|check| not_held(check, place)));
    warnings.extend(around(summary.teardown.as_ref(), "teardown", Level::Warning, place));
    warnings
}

fn ill(reason: &HealthReasonV1, place: Place<'_>) -> Annotation {
    let message = format!("{}\n{}", reason.text, reason.remedy);
    place.at(Level::Warning, None, "the generator's health", message)
}

/// A threshold that held, and might not the next time.
fn close(threshold: &ThresholdV1, place: Place<'_>) -> Option<Annotation> {
    if !threshold.passed || threshold.sure {
        return None;
    }
    let target = Target::new(threshold);
    let mut message = format!("{}: {}\nobserved: {}", target.subject, target.wanted, target.actual);
    for remark in &target.remarks {
        message += &format!("\n{remark}");
    }
    Some(place.at(Level::Warning, Some(threshold.line), "a threshold held, but not surely", message))
}

/// The share of times that a check did not hold.
fn share(check: &CheckV1) -> f64 {
    check.fails as f64 / (check.fails + check.passes).max(1) as f64
}

fn not_held(check: &CheckV1, place: Place<'_>) -> Annotation {
    let all = check.fails + check.passes;
    let kind = match check.kind {
        CheckKindV1::Check => "check",
        CheckKindV1::Expect => "expectation",
    };
    let message = format!(
        "{kind} `{}` of {} did not hold {} of {} times ({})",
        check.name,
        check.request,
        count(check.fails),
        count(all),
        percent(check.fails, all)
    );
    place.at(Level::Warning, None, "a check did not hold", message)
}

/// What went wrong before or after the load.
fn around(once: Option<&OnceV1>, title: &str, level: Level, place: Place<'_>) -> Option<Annotation> {
    let errors = &once?.errors;
    (!errors.is_empty()).then(|| place.at(level, None, title, errors.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::{Health, verdict},
        model::Ending,
        report::tests::fixture::{HOSTILE, Run},
    };

    fn of(run: &Run) -> Vec<String> {
        annotations(&run.summary(), "load/shop.yaml").lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_failed_threshold_points_at_its_line() {
        let lines = of(&Run::rich());
        let errors: Vec<&String> = lines.iter().filter(|line| line.starts_with("::error ")).collect();
        let place = "::error file=load/shop.yaml,line=9,title=loadgen%3A a threshold ";
        assert!(errors.iter().all(|line| line.starts_with(place)), "{errors:#?}");
        let failed = Run::rich().summary().thresholds.iter().filter(|one| !one.passed).count();
        assert_eq!(errors.len(), failed);
        assert!(errors.iter().any(|line| line.contains("has no data::")), "{errors:#?}");
        assert!(
            errors.iter().any(|line| line.contains("::http_req_failed: rate < 1%%0Aobserved: ")
                || line.contains("::http_req_failed: rate < 1%25%0Aobserved: ")),
            "{errors:#?}"
        );
        let checks = lines.iter().filter(|line| line.contains("title=loadgen%3A a check did not hold::"));
        assert_eq!(checks.count(), Run::rich().summary().checks.iter().filter(|one| one.fails > 0).count());
    }

    #[test]
    fn a_verdict_that_says_more_than_thresholds_do_is_an_error_of_its_own() {
        let mut lost = Run::rich();
        let ending = Ending::Lost("the run was cut off after 14s".to_owned());
        lost.verdict = verdict(&lost.thresholds, &lost.snapshot, &ending, &Health::default(), false);
        for (run, code, more) in [
            (Run::empty(), 99, "no iteration completed; "),
            (lost, 99, "; the run was cut off after 14s; "),
            (Run::saturated(), 96, "stood still"),
            (Run::without_load(), 107, "POST /login"),
            (Run::stopped(), 108, "the step on line 12"),
        ] {
            let lines = of(&run);
            assert!(lines[0].starts_with("::error file=load/shop.yaml,title=loadgen%3A the run failed::"));
            assert!(lines[0].contains(&format!("(exit code {code})")), "{lines:#?}");
            assert!(lines.iter().any(|line| line.contains(more)), "{more}: {lines:#?}");
        }
        assert_eq!(of(&Run::passing()), Vec::<String>::new());
    }

    #[test]
    fn what_held_but_might_not_the_next_time_is_a_warning() {
        let mut summary = Run::passing().summary();
        summary.thresholds[0].sure = false;
        let text = annotations(&summary, "a.yaml");
        let wanted = "::warning file=a.yaml,line=9,title=loadgen%3A a threshold held, but not surely::\
                      http_req_duration: p95 < 200ms%0Aobserved: ";
        assert!(text.starts_with(&wanted.replace("held,", "held%2C")), "{text}");
    }

    #[test]
    fn what_matters_most_is_among_the_ten_that_are_shown() {
        let mut summary = Run::rich().summary();
        let broken = summary.thresholds.iter().find(|one| !one.passed).expect("one").clone();
        let more = (10..40).map(|line| ThresholdV1 { line, aborted_run: line == 33, ..broken.clone() });
        summary.thresholds.extend(more);
        let text = annotations(&summary, "a.yaml");
        let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
        assert_eq!(errors.len(), 10);
        assert!(errors[0].contains(",line=33,"), "{text}");
        assert!(errors[9].contains("more::line "), "{text}");
    }

    #[test]
    fn no_text_of_others_makes_a_command() {
        let hostile = format!("{HOSTILE}\n::add-mask::a\r\n##[error]b%0A::error::c,d:e");
        let mut summary = Run::stopped().summary();
        summary.verdict.reason = hostile.clone();
        for threshold in &mut summary.thresholds {
            threshold.metric = hostile.clone();
        }
        for check in &mut summary.checks {
            (check.name, check.request) = (hostile.clone(), hostile.clone());
        }
        let clean = annotations(&Run::stopped().summary(), "a.yaml");
        let text = annotations(&summary, &hostile);
        assert_eq!(text.lines().count(), clean.lines().count());
        for line in text.lines() {
            let begins = ["::error file=", "::warning file="].iter().any(|begin| line.starts_with(begin));
            assert!(begins && !line.chars().any(char::is_control), "{line}");
            let (properties, _) = line[2..].split_once("::").expect("a command");
            assert_eq!(properties.matches("title=").count(), 1, "{line}");
        }
    }
}
