//! What became of each number: better, worse, the same, or not to be told.

use super::{
    align::{Aligned, Row, align},
    bounds::bounds,
    family::{self, Correction, Test, Tested, middle},
    measured::{MeasuredRun, Sample, Subject, TimeKind},
    quantity::Quantity,
    rules::{ALPHA, FEWEST_RUNS, Rules, log_ratio},
};

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is better, by more than what matters, and that is no noise.
    Improved,
    /// It is worse, likewise.
    Regressed,
    /// It changed by less than what matters.
    Unchanged,
    /// It changed by more, and that may be noise.
    Unclear,
}

/// Why a change is unclear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// One side has nothing to compare.
    NoSamples,
    /// Too few samples for this percentile.
    FewSamples,
    /// Chance could have dealt the runs like that.
    Chance,
    /// Without a test only a larger change is believed.
    NotLarge,
    /// It is large, and its bounds reach down to what is not.
    WideBounds,
    /// Runs of one side lie among those of the other.
    Overlap,
}

/// A number on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which.
    pub quantity: Quantity,
    /// Of the base, in ms, per second or as a share: with tests the median of its runs, otherwise of all their samples.
    pub base: Option<f64>,
    /// Of the new runs, likewise.
    pub new: Option<f64>,
    /// `new / base − 1`; of a share, `new − base`.
    pub change: Option<f64>,
    /// The lower bound of `change`, where nothing was tested.
    pub low: Option<f64>,
    /// The upper one.
    pub high: Option<f64>,
    /// The p-value of the Mann–Whitney test, where there was one.
    pub p: Option<f64>,
    /// The same, corrected for the number of tests.
    pub adjusted: Option<f64>,
    /// Samples of the base.
    pub base_samples: u64,
    /// Samples of the new runs.
    pub new_samples: u64,
    /// What became of it.
    pub verdict: Change,
    /// Why that is unclear, if it is.
    pub doubt: Option<Doubt>,
}

/// What became of a request, a task or the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct RowChanges {
    /// Of what.
    pub subject: Subject,
    /// Its numbers; those that neither side has are left out.
    pub findings: Vec<Finding>,
}

/// How changes were told from noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By tests on the values of runs.
    Tests {
        /// How many.
        tests: usize,
        /// How they were corrected for that.
        correction: Correction,
    },
    /// Not at all: too few runs on a side. Only a large change with a clear bound counts.
    LargeChanges,
}

/// Two sides, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Which time of requests was compared.
    pub time: TimeKind,
    /// How.
    pub method: Method,
    /// Runs of the base.
    pub base_runs: usize,
    /// New runs.
    pub new_runs: usize,
    /// What both sides have.
    pub rows: Vec<RowChanges>,
    /// What only the new runs have.
    pub added: Vec<Subject>,
    /// What only the base has.
    pub gone: Vec<Subject>,
}

impl Comparison {
    /// How many numbers have this verdict.
    pub fn count(&self, verdict: Change) -> usize {
        let all = self.rows.iter().flat_map(|row| &row.findings);
        all.filter(|finding| finding.verdict == verdict).count()
    }
}

/// Compares two sides of at least one run each. The same runs give the same comparison, to the last bit.
pub fn compare(base: &[MeasuredRun], new: &[MeasuredRun], rules: &Rules) -> Comparison {
    let is_open = base.iter().chain(new).any(|run| run.facts.workloads.iter().any(|one| one.is_open));
    let time = rules.time.unwrap_or(if is_open { TimeKind::Response } else { TimeKind::Service });
    let Aligned { rows, added, gone } = align(base, new, time);
    let (method, rows) = if base.len().min(new.len()) >= FEWEST_RUNS {
        tested(&rows, base.len(), rules)
    } else {
        (Method::LargeChanges, rows.iter().map(|row| large_changes(row, rules)).collect())
    };
    Comparison { time, method, base_runs: base.len(), new_runs: new.len(), rows, added, gone }
}

/// The values of a quantity in the runs that have it.
fn values(quantity: Quantity, samples: &[Sample]) -> Vec<f64> {
    samples.iter().filter_map(|sample| quantity.of(sample)).collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| middle(&values))
}

impl Finding {
    /// Nothing is found yet; `None` where neither side has the number.
    fn new(quantity: Quantity, row: &Row, base: Option<f64>, new: Option<f64>) -> Option<Self> {
        base.or(new)?;
        let samples = |side: &[Sample]| side.iter().map(|sample| quantity.samples(sample)).sum();
        let change = base.zip(new).map(|(base, new)| match quantity {
            Quantity::Failed => new - base,
            _ => log_ratio(base, new).exp_m1().min(f64::MAX),
        });
        let (verdict, doubt) = match change {
            None => (Change::Unclear, Some(Doubt::NoSamples)),
            Some(_) => (Change::Unchanged, None),
        };
        let (base_samples, new_samples) = (samples(&row.base), samples(&row.new));
        let (low, high, p, adjusted) = (None, None, None, None);
        Some(Self {
            quantity,
            base,
            new,
            change,
            low,
            high,
            p,
            adjusted,
            base_samples,
            new_samples,
            verdict,
            doubt,
        })
    }

    /// Whether both sides have it, and it changed by as much as matters.
    fn matters(&self, rules: &Rules) -> bool {
        self.base.zip(self.new).is_some_and(|(base, new)| rules.matters(self.quantity, base, new))
    }

    /// Says what became of a change that matters.
    fn decide(&mut self, doubt: Option<Doubt>) {
        let is_more = self.base < self.new;
        self.doubt = doubt;
        self.verdict = match doubt {
            Some(_) => Change::Unclear,
            None if is_more == self.quantity.more_is_worse() => Change::Regressed,
            None => Change::Improved,
        };
    }
}

/// A finding by tests, and the test that it needs, where there are samples enough for one.
fn to_test(row: &Row, quantity: Quantity) -> Option<(Finding, Option<Test>)> {
    let (base, new) = (values(quantity, &row.base), values(quantity, &row.new));
    let finding = Finding::new(quantity, row, median(base.clone()), median(new.clone()))?;
    let is_enough = |sample: &Sample| quantity.samples(sample) >= quantity.needs();
    let is_whole = base.len() == row.base.len() && new.len() == row.new.len();
    // How often something happens is a number also where it never does.
    let is_enough = quantity == Quantity::Rate || row.base.iter().chain(&row.new).all(is_enough);
    let test = (is_whole && is_enough).then(|| Test { quantity, values: [base, new].concat() });
    Some((finding, test))
}

fn tested(rows: &[Row], bases: usize, rules: &Rules) -> (Method, Vec<RowChanges>) {
    let mut found: Vec<Vec<(Finding, Option<Test>)>> = rows
        .iter()
        .map(|row| Quantity::ALL.into_iter().filter_map(|quantity| to_test(row, quantity)).collect())
        .collect();
    let tests: Vec<Test> = found.iter().flatten().filter_map(|(_, test)| test.clone()).collect();
    let (correction, results) = family::run(&tests, bases, rules);
    let mut results = results.into_iter();
    for (finding, test) in found.iter_mut().flatten() {
        let result = test.as_ref().and_then(|_| results.next());
        conclude(finding, result, rules);
    }
    let rows = rows.iter().zip(found).map(|(row, findings)| RowChanges {
        subject: row.subject.clone(),
        findings: findings.into_iter().map(|(finding, _)| finding).collect(),
    });
    (Method::Tests { tests: tests.len(), correction }, rows.collect())
}

fn conclude(finding: &mut Finding, result: Option<Tested>, rules: &Rules) {
    (finding.p, finding.adjusted) = result.map(|tested| (tested.p, tested.adjusted)).unzip();
    if finding.matters(rules) {
        finding.decide(match result {
            None => Some(Doubt::FewSamples),
            Some(tested) if tested.adjusted > ALPHA => Some(Doubt::Chance),
            Some(_) => None,
        });
    }
}

/// What became of a row where there are too few runs for tests.
fn large_changes(row: &Row, rules: &Rules) -> RowChanges {
    let (base, new) = (Sample::merged(&row.base), Sample::merged(&row.new));
    let findings = Quantity::ALL.into_iter().filter_map(|quantity| {
        let mut finding = Finding::new(quantity, row, quantity.of(&base), quantity.of(&new))?;
        let bounds = bounds(quantity, &base, &new);
        (finding.low, finding.high) = bounds.map(|bounds| (bounds.low, bounds.high)).unzip();
        if finding.matters(rules) {
            let nearer = bounds.map_or(0.0, |bounds| bounds.nearer());
            let doubt = doubt_of_single(&finding, nearer, row, rules);
            finding.decide(doubt);
        }
        Some(finding)
    });
    RowChanges { subject: row.subject.clone(), findings: findings.collect() }
}

/// Why a change that matters is not believed of so few runs; `None` where it is.
fn doubt_of_single(finding: &Finding, nearer: f64, row: &Row, rules: &Rules) -> Option<Doubt> {
    let quantity = finding.quantity;
    let change = finding.change.unwrap_or(0.0);
    let fewest = finding.base_samples.min(finding.new_samples);
    if quantity != Quantity::Rate && fewest < quantity.needs() {
        Some(Doubt::FewSamples)
    } else if !rules.is_large(quantity, change, change) {
        Some(Doubt::NotLarge)
    } else if !rules.is_large(quantity, change, nearer) {
        Some(Doubt::WideBounds)
    } else if overlap(&values(quantity, &row.base), &values(quantity, &row.new)) {
        Some(Doubt::Overlap)
    } else {
        None
    }
}

/// Whether the runs of one side do not all lie beyond those of the other.
fn overlap(base: &[f64], new: &[f64]) -> bool {
    let beyond = |low: &[f64], high: &[f64]| low.iter().all(|one| high.iter().all(|other| one < other));
    !beyond(base, new) && !beyond(new, base)
}
