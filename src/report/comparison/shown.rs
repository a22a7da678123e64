//! How numbers of a comparison are printed, the same in every form.

use crate::{
    judge::compare::Quantity,
    report::{
        comparison_v1::{ChangeV1, DoubtV1, FindingV1, SubjectKindV1, SubjectV1},
        format::{number, time},
    },
};
use std::time::Duration;

/// Which quantity a document's name means.
fn quantity(name: &str) -> Quantity {
    match name {
        "p50" => Quantity::P50,
        "p95" => Quantity::P95,
        "p99" => Quantity::P99,
        "rate" => Quantity::Rate,
        _ => Quantity::Failed,
    }
}

/// A number with its unit: `12.3ms`, `96.3/s`, `1.25%`.
pub(super) fn value(quantity: Quantity, value: f64) -> String {
    match quantity {
        Quantity::Rate => format!("{}/s", number(value)),
        Quantity::Failed => share(value),
        Quantity::P50 | Quantity::P95 | Quantity::P99 => {
            time(Duration::try_from_secs_f64(value / 1e3).unwrap_or_default())
        }
    }
}

/// A share in per cent; only none at all is 0 %.
fn share(share: f64) -> String {
    match share * 100.0 {
        percent if percent <= 0.0 => "0%".to_owned(),
        ..0.01 => "<0.01%".to_owned(),
        percent @ ..10.0 => format!("{percent:.2}%"),
        percent => format!("{percent:.1}%"),
    }
}

/// A change with its sign: `+12.3%`, of a share in percentage points: `+0.40pp`.
fn signed(quantity: Quantity, change: f64) -> String {
    let percent = change * 100.0;
    match quantity {
        Quantity::Failed => format!("{percent:+.2}pp"),
        _ if percent.abs() < 9.95 => format!("{percent:+.1}%"),
        _ if percent.abs() < 1e5 => format!("{percent:+.0}%"),
        _ => format!("{percent:+.0e}%"),
    }
}

/// The cells of a finding.
pub(super) struct Shown {
    /// Which number: `p95`, `per second`, `failed`.
    pub name: &'static str,
    pub base: String,
    pub new: String,
    pub change: String,
    /// Bounds where nothing was tested, otherwise the corrected p-value.
    pub sure: String,
    pub verdict: String,
}

/// What is printed where there is nothing.
const NOTHING: &str = "–";

/// A finding as it is printed.
pub(super) fn shown(finding: &FindingV1) -> Shown {
    let quantity = quantity(&finding.quantity);
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    let bounds = finding.low.zip(finding.high);
    let bounds = bounds.map(|(low, high)| format!("{} … {}", signed(quantity, low), signed(quantity, high)));
    Shown {
        name: match quantity {
            Quantity::P50 => "p50",
            Quantity::P95 => "p95",
            Quantity::P99 => "p99",
            Quantity::Rate => "per second",
            Quantity::Failed => "failed",
        },
        base: or_nothing(finding.base.map(|base| value(quantity, base))),
        new: or_nothing(finding.new.map(|new| value(quantity, new))),
        change: or_nothing(finding.change.map(|change| signed(quantity, change))),
        sure: or_nothing(finding.adjusted_p_value.map(p_value).or(bounds)),
        verdict: verdict(finding),
    }
}

fn p_value(p: f64) -> String {
    if p < 0.0005 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

fn verdict(finding: &FindingV1) -> String {
    let doubt = finding.doubt.map(|doubt| match doubt {
        DoubtV1::NoSamples => "no samples",
        DoubtV1::FewSamples => "few samples",
        DoubtV1::Chance => "may be chance",
        DoubtV1::NotLarge => "not large",
        DoubtV1::WideBounds => "wide bounds",
        DoubtV1::Overlap => "runs overlap",
    });
    match (finding.verdict, doubt) {
        (ChangeV1::Improved, _) => "improved".to_owned(),
        (ChangeV1::Regressed, _) => "regressed".to_owned(),
        (ChangeV1::Unchanged, _) => "unchanged".to_owned(),
        (ChangeV1::Unclear, Some(doubt)) => format!("unclear: {doubt}"),
        (ChangeV1::Unclear, None) => "unclear".to_owned(),
    }
}

/// What a row is about, in words.
pub(super) fn subject(subject: &SubjectV1) -> String {
    match subject.kind {
        SubjectKindV1::All | SubjectKindV1::Request => subject.name.clone(),
        SubjectKindV1::Task => format!("iterations of {}", subject.name),
    }
}

/// Whether a number is worth a line: it changed, or it is the one that is always shown.
pub(super) fn is_told(finding: &FindingV1) -> bool {
    finding.verdict != ChangeV1::Unchanged || finding.quantity == "p95"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_their_sign_and_few_digits() {
        let changes = [0.0, 0.0312, -0.0994, 0.12, -0.81, 4.2, 2e4];
        let shown = changes.map(|change| signed(Quantity::P95, change));
        assert_eq!(shown, ["+0.0%", "+3.1%", "-9.9%", "+12%", "-81%", "+420%", "+2e6%"]);
        assert_eq!(signed(Quantity::Failed, 0.0225), "+2.25pp");
        assert_eq!([0.0, 0.00001, 0.0123, 0.5].map(share), ["0%", "<0.01%", "1.23%", "50.0%"]);
    }
}
