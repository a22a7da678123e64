//! What becomes of single numbers.

use super::made_up::{part, run};
use crate::judge::compare::{
    Change, Comparison, Doubt, Finding, MeasuredRun, Method, Quantity, Rules, SubjectKind, TimeKind,
    WorkloadFacts, compare,
};

/// A run with one request: `count` times from `from` ms up, half as much again at the most.
fn with(id: &str, count: u32, from: f64, failed: u64) -> MeasuredRun {
    let times = (0..count).map(|i| from * (1.0 + f64::from(i * 37 % count) / f64::from(count) / 2.0));
    let mut part = part(SubjectKind::Request, "browse", times);
    part.failed = failed;
    run(id, vec![part])
}

fn finding(comparison: &Comparison, quantity: Quantity) -> &Finding {
    comparison.rows[0].findings.iter().find(|finding| finding.quantity == quantity).expect("it is there")
}

fn single(base: MeasuredRun, new: MeasuredRun) -> Comparison {
    compare(&[base], &[new], &Rules::default())
}

#[test]
fn one_run_a_side_claims_only_what_is_large_and_clear() {
    for (count, scale, verdict, doubt) in [
        (2_000, 1.0, Change::Unchanged, None),
        (2_000, 1.04, Change::Unchanged, None),
        (2_000, 1.15, Change::Unclear, Some(Doubt::NotLarge)),
        (2_000, 1.3, Change::Regressed, None),
        (2_000, 0.5, Change::Improved, None),
        (2_000, 0.9, Change::Unclear, Some(Doubt::NotLarge)),
        (100, 2.0, Change::Unclear, Some(Doubt::FewSamples)),
    ] {
        let compared = single(with("a", count, 40.0, 0), with("b", count, 40.0 * scale, 0));
        let p95 = finding(&compared, Quantity::P95);
        assert_eq!((p95.verdict, p95.doubt), (verdict, doubt), "{count} × {scale}: {p95:?}");
        assert_eq!(compared.method, Method::LargeChanges);
        assert!(p95.low <= p95.change && p95.change <= p95.high && p95.p.is_none());
    }
}

#[test]
fn bounds_that_reach_too_far_are_no_claim() {
    // Two groups of times: whether p95 lies in the slow one hangs on a few samples.
    let of = |id: &str, slow: u32| {
        let times = (0..400).map(move |i| if i < slow { 100.0 } else { 10.0 });
        run(id, vec![part(SubjectKind::Request, "browse", times)])
    };
    let compared = single(of("a", 18), of("b", 22));
    let p95 = finding(&compared, Quantity::P95);
    assert_eq!((p95.verdict, p95.doubt), (Change::Unclear, Some(Doubt::WideBounds)), "{p95:?}");
    assert!(p95.change > Some(8.0) && p95.low < Some(0.0));
}

#[test]
fn below_a_millisecond_nothing_matters() {
    let compared = single(with("a", 2_000, 0.2, 0), with("b", 2_000, 0.6, 0));
    assert_eq!(finding(&compared, Quantity::P95).verdict, Change::Unchanged);
    let rules = Rules { min_difference_ms: 0.1, ..Rules::default() };
    let compared = compare(&[with("a", 2_000, 0.2, 0)], &[with("b", 2_000, 0.6, 0)], &rules);
    assert_eq!(finding(&compared, Quantity::P95).verdict, Change::Regressed);
}

#[test]
fn failures_and_rates_are_compared_too() {
    let compared = single(with("a", 2_000, 40.0, 0), with("b", 1_000, 40.0, 100));
    let failed = finding(&compared, Quantity::Failed);
    assert_eq!((failed.verdict, failed.change), (Change::Regressed, Some(0.1)));
    assert!(failed.low > Some(0.05) && failed.high < Some(0.15));
    let rate = finding(&compared, Quantity::Rate);
    assert_eq!((rate.verdict, rate.base, rate.new), (Change::Regressed, Some(200.0), Some(100.0)));
    let back = single(with("a", 1_000, 40.0, 100), with("b", 2_000, 40.0, 0));
    assert_eq!(finding(&back, Quantity::Failed).verdict, Change::Improved);
    assert_eq!(finding(&back, Quantity::Rate).verdict, Change::Improved);
    let few = single(with("a", 2_000, 40.0, 0), with("b", 2_000, 40.0, 4));
    assert_eq!(finding(&few, Quantity::Failed).doubt, Some(Doubt::NotLarge));
}

#[test]
fn what_one_side_lacks_is_told() {
    let login = |id: &str, name: &str| run(id, vec![part(SubjectKind::Request, name, [5.0; 700])]);
    let compared = single(login("a", "old"), login("b", "new"));
    let names =
        |list: &[crate::judge::compare::Subject]| list.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&compared.added), names(&compared.gone), compared.rows.len()),
        (vec!["new".to_owned()], vec!["old".to_owned()], 0)
    );
    // A request that is there and has no response any more.
    let mut none = with("b", 0, 1.0, 0);
    (none.parts[0].count, none.parts[0].failed) = (2_000, 2_000);
    let compared = single(with("a", 2_000, 40.0, 0), none);
    assert_eq!(finding(&compared, Quantity::P95).doubt, Some(Doubt::NoSamples));
    assert_eq!(finding(&compared, Quantity::Failed).verdict, Change::Regressed);
    // Never sent by either: there is nothing to say but that.
    let never = single(with("a", 0, 1.0, 0), with("b", 0, 1.0, 0));
    let quantities: Vec<Quantity> = never.rows[0].findings.iter().map(|finding| finding.quantity).collect();
    assert_eq!(quantities, [Quantity::Rate]);
}

#[test]
fn two_or_three_runs_are_taken_together_and_must_not_overlap() {
    let side =
        |scales: [f64; 3]| scales.map(|scale| with(&scale.to_string(), 2_000, 40.0 * scale, 0)).to_vec();
    let rules = Rules::default();
    let apart = compare(&side([1.0, 1.01, 1.02]), &side([1.5, 1.6, 1.7]), &rules);
    assert_eq!(
        (apart.method, finding(&apart, Quantity::P95).verdict),
        (Method::LargeChanges, Change::Regressed)
    );
    assert_eq!(finding(&apart, Quantity::P95).base_samples, 6_000);
    let mixed = compare(&side([1.0, 1.01, 1.02]), &side([1.0, 1.6, 1.7]), &rules);
    assert_eq!(finding(&mixed, Quantity::P95).doubt, Some(Doubt::Overlap));
}

#[test]
fn four_runs_a_side_are_tested() {
    let side =
        |scales: [f64; 4]| scales.map(|scale| with(&scale.to_string(), 2_000, 40.0 * scale, 0)).to_vec();
    let base = side([1.0, 1.01, 1.02, 1.03]);
    let compared = compare(&base, &side([1.11, 1.12, 1.13, 1.14]), &Rules::default());
    assert!(matches!(compared.method, Method::Tests { tests: 5, .. }), "{compared:?}");
    let p95 = finding(&compared, Quantity::P95);
    // Far less than what is believed of single runs.
    assert_eq!((p95.verdict, p95.p, p95.adjusted), (Change::Regressed, Some(2.0 / 70.0), Some(2.0 / 70.0)));
    assert_eq!(finding(&compared, Quantity::Rate).verdict, Change::Unchanged);
    let mixed = compare(&base, &side([1.0, 1.12, 1.13, 1.14]), &Rules::default());
    assert_eq!(finding(&mixed, Quantity::P95).doubt, Some(Doubt::Chance));
}

#[test]
fn an_open_model_is_compared_by_response_time() {
    let mut open = with("a", 700, 5.0, 0);
    open.facts.workloads = vec![WorkloadFacts { name: "w".to_owned(), is_open: true, arrivals: None }];
    let closed = with("b", 700, 5.0, 0);
    assert_eq!(single(closed.clone(), closed.clone()).time, TimeKind::Service);
    assert_eq!(single(open.clone(), closed).time, TimeKind::Response);
    let rules = Rules { time: Some(TimeKind::Service), ..Rules::default() };
    assert_eq!(compare(&[open.clone()], &[open], &rules).time, TimeKind::Service);
}
