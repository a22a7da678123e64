//! Comparisons of runs that differ by nothing but noise must raise no alarm; those that differ by 25 % must.
//!
//! Noise is of three kinds: of the whole run, which meets every request alike, of each request in each run, and of
//! samples. The first two make up the coefficient of variation between runs. Seeds are fixed: the rates are always
//! the same.

use super::made_up::{part, run};
use crate::judge::compare::{Change, MeasuredRun, Rules, SubjectKind, compare};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const PAIRS: u32 = 200;
/// A median in ms, and how many samples.
const REQUESTS: [(&str, f64, u32); 3] = [("login", 90.0, 130), ("browse", 24.0, 640), ("search", 45.0, 200)];

/// A standard normal deviate (Box and Muller).
fn normal(random: &mut Pcg64Mcg) -> f64 {
    let (one, other): (f64, f64) = (random.random_range(1e-12..1.0), random.random_range(0.0..1.0));
    (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

/// A run whose `slowed` request takes `factor` times as long.
fn simulated(id: String, cv: f64, slowed: &str, factor: f64, random: &mut Pcg64Mcg) -> MeasuredRun {
    let of_run = (cv * 0.8 * normal(random)).exp();
    let mut all = Vec::new();
    let mut parts = Vec::new();
    for (name, median, count) in REQUESTS {
        let of_request = (cv * 0.6 * normal(random)).exp();
        let scale = median * of_run * of_request * if name == slowed { factor } else { 1.0 };
        // Fewer are sent where each takes longer.
        let count = f64::from(count) / (of_run * of_request) + f64::from(count).sqrt() * normal(random);
        let times: Vec<f64> = (0..count as u32).map(|_| scale * (0.5 * normal(random)).exp()).collect();
        all.extend(&times);
        let mut part = part(SubjectKind::Request, name, times);
        part.failed = (0..part.count).filter(|_| random.random_bool(0.01)).count() as u64;
        parts.push(part);
    }
    parts.insert(0, part(SubjectKind::All, "all requests", all));
    run(&id, parts)
}

/// How many of the pairs of sides have a number that regressed, and how many have that of the slowed request's p95.
fn regressed(runs: usize, cv: f64, slowed: &str, factor: f64, seed: u64) -> (u32, u32) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (mut any, mut found) = (0, 0);
    for _ in 0..PAIRS {
        let mut side = |name: &str, factor: f64| -> Vec<MeasuredRun> {
            (0..runs).map(|i| simulated(format!("{name}{i}"), cv, slowed, factor, &mut random)).collect()
        };
        let (base, new) = (side("base", 1.0), side("new", factor));
        let compared = compare(&base, &new, &Rules::default());
        any += u32::from(compared.count(Change::Regressed) > 0);
        let row = compared.rows.iter().find(|row| row.subject.name == slowed);
        let hit = row.is_some_and(|row| row.findings[1].verdict == Change::Regressed);
        found += u32::from(hit);
    }
    (any, found)
}

#[track_caller]
fn assert_few_alarms(runs: usize, cv: f64, seed: u64) {
    let (any, _) = regressed(runs, cv, "", 1.0, seed);
    assert!(f64::from(any) <= 0.06 * f64::from(PAIRS), "{any} of {PAIRS} with {runs} runs a side, CV {cv}");
}

#[test]
fn five_equal_runs_a_side_without_noise_raise_no_alarm() {
    assert_few_alarms(5, 0.0, 1);
}

#[test]
fn five_equal_runs_a_side_with_the_noise_of_ci_raise_few_alarms() {
    assert_few_alarms(5, 0.027, 2);
}

#[test]
fn five_equal_runs_a_side_with_much_noise_raise_few_alarms() {
    assert_few_alarms(5, 0.05, 3);
}

#[test]
fn five_equal_runs_a_side_with_extreme_noise_raise_few_alarms() {
    assert_few_alarms(5, 0.1, 4);
}

#[test]
fn single_runs_with_the_noise_of_ci_raise_few_alarms() {
    assert_few_alarms(1, 0.027, 5);
}

#[track_caller]
fn assert_found(cv: f64, seed: u64) {
    let (any, p95) = regressed(5, cv, "browse", 1.25, seed);
    let share = |number: u32| f64::from(number) / f64::from(PAIRS);
    assert!(share(any) >= 0.85, "{any} of {PAIRS} with CV {cv}");
    // The tail is the noisiest of them.
    assert!(share(p95) >= if cv < 0.05 { 0.85 } else { 0.6 }, "p95: {p95} of {PAIRS} with CV {cv}");
}

#[test]
fn a_quarter_slower_is_found_without_noise() {
    assert_found(0.0, 6);
}

#[test]
fn a_quarter_slower_is_found_with_the_noise_of_ci() {
    assert_found(0.027, 7);
}

#[test]
fn a_quarter_slower_is_found_with_much_noise() {
    assert_found(0.05, 8);
}
