//! Published intervals, and how often intervals hold the truth where it is known.

use super::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

const REPORTED: Level = Level::REPORTED;

#[test]
fn ranks_are_those_of_the_binomial_distribution() {
    // Tables of nonparametric intervals for the median; and p⁵⁹ < 5 %, so that 72 samples bound p95 from above.
    for (n, p, expected) in [
        (5, 0.5, (None, None)),
        (6, 0.5, (Some(1), Some(6))),
        (10, 0.5, (Some(2), Some(9))),
        (20, 0.5, (Some(6), Some(15))),
        (100, 0.5, (Some(40), Some(61))),
        (71, 0.95, (Some(63), None)),
        (72, 0.95, (Some(64), Some(72))),
        (110, 0.95, (Some(100), Some(109))),
        (1, 0.999, (Some(1), None)),
        (0, 0.5, (None, None)),
    ] {
        assert_eq!(ranks(n, p, REPORTED), expected, "{n} {p}");
    }
}

#[test]
fn the_normal_ranks_of_many_samples_continue_the_exact_ones() {
    // Just below and just above the bound between both.
    for p in [0.5, 0.95, 0.999] {
        let n = (NORMAL_FROM * NORMAL_FROM / (p * (1.0 - p))) as u64;
        for n in [n - n / 1_000, n + n / 1_000] {
            let (mean, deviation) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
            for level in [REPORTED, Level::ABORT] {
                let (low, high) = binomial_bounds(n, p, level);
                for off in [mean - low as f64, high as f64 - mean] {
                    assert!((off / deviation - level.z).abs() < 0.01, "{n} {p} {low} {high}");
                }
            }
        }
    }
}

#[test]
fn shares_have_wilsons_interval() {
    // R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
    for (yes, n, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let found = wilson(yes, n, REPORTED).expect("samples");
        assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{yes}/{n}: {found:?}");
        let (mirrored, upper) = wilson(n - yes, n, REPORTED).expect("samples");
        assert!((mirrored - (1.0 - high)).abs() < 1e-4 && (upper - (1.0 - low)).abs() < 1e-4);
    }
    assert_eq!(wilson(0, 0, REPORTED), None);
}

fn times(micros: impl IntoIterator<Item = f64>) -> Seen {
    let mut times = Latency::new();
    micros.into_iter().for_each(|us| times.record(Duration::from_secs_f64(us / 1e6)));
    Seen::Times(times)
}

fn below(aggregation: Aggregation, limit: Limit) -> Condition {
    Condition { aggregation, operator: Operator::Less, limit }
}

/// Exponential times of 500 µs on average, so that every number of the endless run is known.
#[test]
fn intervals_hold_the_truth_about_as_often_as_they_say() {
    const MEAN: f64 = 500.0;
    const RUNS: u32 = 1_500;
    let mut random = Pcg64::seed_from_u64(7);
    let p95 = Aggregation::Percentile(Percent::whole(95));
    let cases = [
        (p95, MEAN * 20_f64.ln(), 0.94..0.985),
        (Aggregation::Med, MEAN * 2_f64.ln(), 0.94..0.975),
        (Aggregation::Avg, MEAN, 0.925..0.965),
        // Of a skewed distribution the fourth moment is hard to know.
        (Aggregation::StdDev, MEAN, 0.85..0.96),
    ];
    let mut held = [0_u32; 4];
    for _ in 0..RUNS {
        let seen = times((0..300).map(|_| -MEAN * (1.0 - random.random::<f64>()).ln()));
        for ((aggregation, truth, _), held) in cases.iter().zip(&mut held) {
            let limit = Limit::Time(Duration::from_secs_f64(truth / 1e6));
            *held += u32::from(!is_sure(&seen, &below(*aggregation, limit), REPORTED));
        }
    }
    for ((aggregation, _, expected), held) in cases.iter().zip(held) {
        let share = f64::from(held) / f64::from(RUNS);
        assert!(expected.contains(&share), "{aggregation}: {share}");
    }
}

#[test]
fn shares_hold_the_truth_about_as_often_as_they_say() {
    let mut random = Pcg64::seed_from_u64(11);
    for truth in [0.01, 0.3] {
        let held = (0..2_000).filter(|_| {
            let yes = (0..400).filter(|_| random.random::<f64>() < truth).count() as u64;
            !is_sure(&Seen::Share { yes, all: 400 }, &below(Aggregation::Rate, Limit::Share(truth)), REPORTED)
        });
        let share = held.count() as f64 / 2_000.0;
        assert!((0.93..0.985).contains(&share), "{truth}: {share}");
    }
}

#[test]
fn what_chance_has_no_part_in_is_sure() {
    let few = times([100.0, 200.0, 300.0]);
    let limit = Limit::Time(Duration::from_micros(250));
    for (aggregation, is_expected) in [
        (Aggregation::Max, true),
        (Aggregation::Min, true),
        (Aggregation::Count, true),
        (Aggregation::Percentile(Percent::whole(100)), true),
        (Aggregation::Percentile(Percent::whole(95)), false),
        (Aggregation::Avg, false),
    ] {
        assert_eq!(is_sure(&few, &below(aggregation, limit), REPORTED), is_expected, "{aggregation}");
    }
    let none_failed = Seen::Share { yes: 0, all: 50 };
    let rate =
        |operator, limit| Condition { aggregation: Aggregation::Rate, operator, limit: Limit::Share(limit) };
    for (condition, is_expected) in [
        (rate(Operator::Less, 0.01), false),
        (rate(Operator::Less, 0.2), true),
        (rate(Operator::LessOrEqual, 0.0), true),
        (rate(Operator::Equal, 0.01), true),
    ] {
        assert_eq!(is_sure(&none_failed, &condition, REPORTED), is_expected, "{condition}");
    }
}

#[test]
fn a_rate_far_from_its_limit_is_sure_and_one_beside_it_is_not() {
    let time = Duration::from_secs(4);
    for (count, limit, is_expected) in
        [(400, 100.0, false), (380, 100.0, false), (300, 100.0, true), (0, 1.0, true)]
    {
        assert_eq!(is_rate_sure(count, time, limit, Level::ABORT), is_expected, "{count} {limit}");
    }
}
