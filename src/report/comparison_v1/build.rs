//! The document out of a comparison.

use super::{
    super::comparison::{headlines, statement},
    document::*,
};
use crate::judge::compare::{
    ALPHA, Change, Comparison, Correction, DESIGN_EFFECT, Doubt, Finding, MeasuredRun, Method, Objections,
    Quantity, RowChanges, Rules, Subject, SubjectKind, TimeKind,
};

/// Two sides and what was found about them.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'c> {
    /// The runs of the base.
    pub base: &'c [MeasuredRun],
    /// The new runs.
    pub new: &'c [MeasuredRun],
    /// What was asked for.
    pub rules: &'c Rules,
    /// What speaks against the comparison; refusals only where it was forced.
    pub objections: &'c Objections,
    /// What came of it.
    pub comparison: &'c Comparison,
}

/// The document about a comparison. Numbers are rounded to six significant digits, changes and p-values to a
/// millionth: what is beyond is no measurement.
pub fn comparison(compared: &Compared<'_>) -> ComparisonV1 {
    let Compared { base, new, rules, objections, comparison } = *compared;
    let subjects = |list: &[Subject]| list.iter().map(subject).collect();
    ComparisonV1 {
        schema: SCHEMA.to_owned(),
        outcome: OutcomeV1 {
            passed: comparison.count(Change::Regressed) == 0,
            regressed: comparison.count(Change::Regressed),
            improved: comparison.count(Change::Improved),
            unchanged: comparison.count(Change::Unchanged),
            unclear: comparison.count(Change::Unclear),
            headlines: headlines(comparison),
        },
        method: method(comparison, rules),
        asked: AskedV1 {
            min_change: rules.min_change,
            min_difference_ms: rules.min_difference_ms,
            large_change: rules.large_change,
        },
        base: base.iter().map(run).collect(),
        new: new.iter().map(run).collect(),
        forced: objections.refusals.clone(),
        warnings: objections.warnings.clone(),
        rows: comparison.rows.iter().map(row).collect(),
        added: subjects(&comparison.added),
        gone: subjects(&comparison.gone),
    }
}

fn method(comparison: &Comparison, rules: &Rules) -> MethodV1 {
    let tests = match comparison.method {
        Method::LargeChanges => None,
        Method::Tests { tests, correction } => Some(TestsV1 {
            count: tests,
            correction: match correction {
                Correction::Joint => CorrectionV1::Joint,
                Correction::Holm => CorrectionV1::Holm,
            },
            alpha: ALPHA,
        }),
    };
    MethodV1 {
        time: match comparison.time {
            TimeKind::Service => TimeV1::ServiceTime,
            TimeKind::Response => TimeV1::ResponseTime,
        },
        design_effect: tests.is_none().then_some(DESIGN_EFFECT),
        tests,
        statement: statement(comparison, rules),
    }
}

fn run(run: &MeasuredRun) -> RunRefV1 {
    let facts = &run.facts;
    RunRefV1 {
        place: facts.place.clone(),
        id: facts.id.clone(),
        started_at: facts.started_at.clone(),
        scenario_sha256: facts.scenario_sha256.clone(),
        environment: facts.environment.clone(),
        target: facts.target.clone(),
    }
}

fn subject(subject: &Subject) -> SubjectV1 {
    SubjectV1 {
        kind: match subject.kind {
            SubjectKind::All => SubjectKindV1::All,
            SubjectKind::Request => SubjectKindV1::Request,
            SubjectKind::Task => SubjectKindV1::Task,
        },
        name: subject.name.clone(),
        task: subject.task.clone(),
        workload: subject.workload.clone(),
    }
}

fn row(row: &RowChanges) -> RowV1 {
    RowV1 { subject: subject(&row.subject), findings: row.findings.iter().map(finding).collect() }
}

fn finding(finding: &Finding) -> FindingV1 {
    let to_millionth = |number: Option<f64>| number.map(|number| (number * 1e6).round() / 1e6);
    FindingV1 {
        quantity: name(finding.quantity).to_owned(),
        base: finding.base.map(six_digits),
        new: finding.new.map(six_digits),
        change: to_millionth(finding.change),
        low: to_millionth(finding.low),
        high: to_millionth(finding.high),
        p_value: to_millionth(finding.p),
        adjusted_p_value: to_millionth(finding.adjusted),
        base_samples: finding.base_samples,
        new_samples: finding.new_samples,
        verdict: match finding.verdict {
            Change::Improved => ChangeV1::Improved,
            Change::Regressed => ChangeV1::Regressed,
            Change::Unchanged => ChangeV1::Unchanged,
            Change::Unclear => ChangeV1::Unclear,
        },
        doubt: finding.doubt.map(doubt),
    }
}

fn doubt(doubt: Doubt) -> DoubtV1 {
    match doubt {
        Doubt::NoSamples => DoubtV1::NoSamples,
        Doubt::FewSamples => DoubtV1::FewSamples,
        Doubt::Chance => DoubtV1::Chance,
        Doubt::NotLarge => DoubtV1::NotLarge,
        Doubt::WideBounds => DoubtV1::WideBounds,
        Doubt::Overlap => DoubtV1::Overlap,
    }
}

fn name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::P50 => "p50",
        Quantity::P95 => "p95",
        Quantity::P99 => "p99",
        Quantity::Rate => "rate",
        Quantity::Failed => "failed",
    }
}

fn six_digits(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return 0.0;
    }
    let places = 5 - number.abs().log10().floor() as i32;
    let scale = 10f64.powi(places.clamp(-300, 300));
    (number * scale).round() / scale
}
