//! What changed most, and what the comparison can claim, in sentences.

use super::shown::value;
use crate::{
    judge::compare::{
        Change, Comparison, Correction, FEWEST_RUNS, Finding, Method, Quantity, RowChanges, Rules,
        SubjectKind, TimeKind,
    },
    report::{
        comparison_v1::{AskedV1, ComparisonV1, TimeV1},
        format::counted,
    },
};

/// From here on a change is told as a factor, below it in per cent.
const FACTOR: f64 = 1.5;

/// The largest change of each row for the worse and for the better: first what regressed, the most changed first.
pub fn headlines(comparison: &Comparison) -> Vec<String> {
    let mut told = Vec::new();
    for verdict in [Change::Regressed, Change::Improved] {
        let mut rows: Vec<(f64, String)> =
            comparison.rows.iter().filter_map(|row| headline(row, verdict)).collect();
        rows.sort_by(|one, other| other.0.total_cmp(&one.0));
        told.extend(rows.into_iter().map(|(_, sentence)| sentence));
    }
    told
}

/// The sentence about the largest change of this kind, and how large that is.
fn headline(row: &RowChanges, verdict: Change) -> Option<(f64, String)> {
    let changed = row.findings.iter().filter(|finding| finding.verdict == verdict);
    let largest = changed.max_by(|one, other| weight(one).total_cmp(&weight(other)))?;
    let (base, new) = largest.base.zip(largest.new)?;
    let whose = match row.subject.kind {
        SubjectKind::All => "all requests are".to_owned(),
        SubjectKind::Request => format!("{} is", row.subject.name),
        SubjectKind::Task => format!("iterations of {} are", row.subject.name),
    };
    let how = how(largest.quantity, base, new);
    let (base, new) = (value(largest.quantity, base), value(largest.quantity, new));
    let which = match largest.quantity {
        Quantity::P50 => "p50 ",
        Quantity::P95 => "p95 ",
        Quantity::P99 => "p99 ",
        Quantity::Rate | Quantity::Failed => "",
    };
    Some((weight(largest), format!("{whose} {how}: {which}{base} → {new}")))
}

/// How much a change has to say. Failures come before times, p95 before other percentiles, since that is what gates are
/// set on, and times before rates, which follow from them.
fn weight(finding: &Finding) -> f64 {
    let change = finding.change.unwrap_or(0.0);
    match finding.quantity {
        Quantity::Failed => 3e9 + change.abs(),
        Quantity::P95 => 2e9 + change.ln_1p().abs().min(1e8),
        Quantity::P50 | Quantity::P99 => 1e9 + change.ln_1p().abs().min(1e8),
        Quantity::Rate => change.ln_1p().abs().min(1e8),
    }
}

fn how(quantity: Quantity, base: f64, new: f64) -> String {
    let (more, less) = match quantity {
        Quantity::Failed if new > base => return "failing more often".to_owned(),
        Quantity::Failed => return "failing less often".to_owned(),
        Quantity::Rate => ("more frequent", "less frequent"),
        _ => ("slower", "faster"),
    };
    let (word, factor) = if new > base { (more, new / base) } else { (less, base / new) };
    match factor {
        _ if !factor.is_finite() => word.to_owned(),
        10.0.. => format!("{factor:.0} × {word}"),
        FACTOR.. => format!("{factor:.1} × {word}"),
        // What is a third faster takes a quarter less: told is what it takes.
        _ => format!("{:.0}% {word}", (new / base - 1.0).abs() * 100.0),
    }
}

/// What was compared, how, and what that can claim.
pub fn statement(comparison: &Comparison, rules: &Rules) -> String {
    let time = match comparison.time {
        TimeKind::Service => "service time",
        TimeKind::Response => "response time",
    };
    let (base, new) = (comparison.base_runs, comparison.new_runs);
    let sides = format!("{} against {new}, by {time}", counted(base as u64, "run"));
    let least = format!("{}% and {}ms", percent(rules.min_change), rules.min_difference_ms);
    match comparison.method {
        Method::Tests { tests, correction } => {
            let corrected = match correction {
                Correction::Joint => "over all ways to deal the runs to the two sides",
                Correction::Holm => "by Holm's step-down",
            };
            format!(
                "{sides}: {}, exact Mann-Whitney on the values of runs, corrected {corrected}; what counts is \
                 significant at 5% and at least {least}.",
                counted(tests as u64, "test")
            )
        }
        Method::LargeChanges => {
            let large = percent(rules.large_change);
            let merged = if base.max(new) > 1 { " The samples of a side are taken together." } else { "" };
            format!(
                "{sides}: so few cannot separate a change from the noise between runs; {FEWEST_RUNS} or more a side \
                 can. Nothing here is significant: what counts is at least {large}% and {}ms with clear bounds, and \
                 those know only the samples, at a quarter of their number.{merged}",
                rules.min_difference_ms
            )
        }
    }
}

/// The same of one run against one, in short.
pub fn in_short(document: &ComparisonV1) -> String {
    let time = match document.method.time {
        TimeV1::ServiceTime => "service time",
        TimeV1::ResponseTime => "response time",
    };
    let AskedV1 { large_change, min_difference_ms, .. } = document.asked;
    format!(
        "One run against one, by {time}: nothing of this is significant. What counts is at least {}% and \
         {min_difference_ms}ms, with clear bounds.",
        percent(large_change)
    )
}

/// A share in per cent, without needless digits.
fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 1e2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_as_the_teams_tell_them() {
        for (quantity, base, new, told) in [
            (Quantity::P95, 480.0, 92.0, "5.2 × faster"),
            (Quantity::P50, 5_000.0, 100.0, "50 × faster"),
            (Quantity::P95, 92.0, 480.0, "5.2 × slower"),
            (Quantity::P99, 100.0, 112.0, "12% slower"),
            (Quantity::P99, 100.0, 75.0, "25% faster"),
            (Quantity::Rate, 100.0, 50.0, "2.0 × less frequent"),
            (Quantity::Rate, 100.0, 0.0, "less frequent"),
            (Quantity::Failed, 0.0, 0.02, "failing more often"),
        ] {
            assert_eq!(how(quantity, base, new), told);
        }
    }
}
