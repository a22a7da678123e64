//! How far off a change of single runs may be, as far as their samples can tell. What changes from run to run, samples
//! of one run cannot: these bounds are no test, and each is widened by [`DESIGN_EFFECT`].

use super::{
    measured::Sample,
    quantity::Quantity,
    rules::{DESIGN_EFFECT, log_ratio},
    special::incomplete_beta,
};
use crate::{measure::Latency, model::Percent};

/// Both bounds leave out this much.
const TAIL: f64 = 0.025;
/// The standard normal deviate that leaves out [`TAIL`] above.
const Z: f64 = 1.959_963_984_540_054;

/// Bounds of a change: of a ratio less one, or of the difference of two shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub low: f64,
    pub high: f64,
}

impl Bounds {
    /// The end that is nearer to no change; 0 where no change lies between both.
    pub fn nearer(self) -> f64 {
        if self.low > 0.0 { self.low } else { self.high.min(0.0) }
    }
}

/// The bounds of what became of a number; `None` without samples.
pub(super) fn bounds(quantity: Quantity, base: &Sample, new: &Sample) -> Option<Bounds> {
    match quantity.percent() {
        Some(percent) => percentile_ratio(&base.times, &new.times, percent),
        None if quantity == Quantity::Rate => rate_ratio(base, new),
        None => share_difference(base, new),
    }
}

/// Where a percentile of a resample falls, and how likely: milliseconds and chances, the smallest first.
///
/// A bootstrap draws `n` samples from those that were seen and looks at the one of rank `r`, thousands of times. What
/// it comes near to that way is known: the chance that the resample's percentile is at most `v` is that of at least
/// `r` of `n` draws being at most `v`, which is I_F(r, n − r + 1) with the share F of samples that are (Efron and
/// Tibshirani, An Introduction to the Bootstrap, 1993, §12; David and Nagaraja, Order Statistics, §2.1). So nothing
/// is drawn, and the same files always give the same bounds.
fn resampled(times: &Latency, percent: Percent) -> Vec<(f64, f64)> {
    const NOTHING: f64 = 1e-12;
    let all = times.count() as f64;
    let draws = (times.count() / DESIGN_EFFECT).max(1);
    let rank = percent.rank(draws);
    let share = rank as f64 / draws as f64;
    // Eight standard deviations and eight samples away, nothing is left to be worked out.
    let reach = 8.0 * (share * (1.0 - share) / draws as f64).sqrt() + 8.0 / draws as f64;
    let (mut seen, mut below) = (0u64, 0.0);
    let mut places = Vec::new();
    for (micros, count) in times.recorded() {
        seen += count;
        let at_most = match seen as f64 / all {
            seen if seen < share - reach => 0.0,
            seen if seen > share + reach => 1.0,
            seen => incomplete_beta(rank as f64, (draws - rank + 1) as f64, seen),
        };
        if at_most - below > NOTHING {
            places.push((micros as f64 / 1e3, at_most - below));
            below = at_most;
        }
    }
    places
}

fn percentile_ratio(base: &Latency, new: &Latency, percent: Percent) -> Option<Bounds> {
    if base.count() == 0 || new.count() == 0 {
        return None;
    }
    let (base, new) = (resampled(base, percent), resampled(new, percent));
    let mut below = 0.0;
    let steps: Vec<(f64, f64)> = new
        .iter()
        .map(|(place, chance)| {
            below += chance;
            (*place, below)
        })
        .collect();
    // The chance that the new percentile is at most `ratio` times that of the base.
    let at_most = |ratio: f64| -> f64 {
        let of_new = |most: f64| match steps.partition_point(|(place, _)| *place <= most * (1.0 + 1e-12)) {
            0 => 0.0,
            index => steps[index - 1].1,
        };
        base.iter().map(|(place, chance)| chance * of_new(place * ratio)).sum()
    };
    let ends = |places: &[(f64, f64)]| Some((places.first()?.0, places.last()?.0));
    let ((base_low, base_high), (new_low, new_high)) = (ends(&base)?, ends(&new)?);
    let whole = (new_low / base_high, new_high / base_low);
    Some(Bounds {
        low: ratio_at(TAIL, whole, at_most) - 1.0,
        high: ratio_at(1.0 - TAIL, whole, at_most) - 1.0,
    })
}

/// The smallest ratio between both that has at least this chance.
fn ratio_at(chance: f64, (mut low, mut high): (f64, f64), at_most: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..60 {
        let between = (low * high).sqrt();
        if at_most(between) >= chance { high = between } else { low = between }
    }
    high
}

/// Counts spread like those of a Poisson process; a half is added so that none is nothing.
fn rate_ratio(base: &Sample, new: &Sample) -> Option<Bounds> {
    if base.seconds <= 0.0 || new.seconds <= 0.0 {
        return None;
    }
    let (had, has) = (base.count as f64 + 0.5, new.count as f64 + 0.5);
    let middle = log_ratio(had / base.seconds, has / new.seconds);
    let reach = Z * (DESIGN_EFFECT as f64 * (1.0 / had + 1.0 / has)).sqrt();
    Some(Bounds { low: (middle - reach).exp_m1(), high: (middle + reach).exp_m1() })
}

/// Newcombe's interval for the difference of two shares, from Wilson's for each of them (Statistics in Medicine 17,
/// 1998, method 10).
fn share_difference(base: &Sample, new: &Sample) -> Option<Bounds> {
    if base.count == 0 || new.count == 0 {
        return None;
    }
    let worth = |sample: &Sample| {
        (sample.failed as f64 / sample.count as f64, sample.count as f64 / DESIGN_EFFECT as f64)
    };
    Some(newcombe(worth(base), worth(new)))
}

fn newcombe((base, bases): (f64, f64), (new, news): (f64, f64)) -> Bounds {
    let ((base_low, base_high), (new_low, new_high)) = (wilson(base, bases), wilson(new, news));
    let difference = new - base;
    Bounds {
        low: difference - (new - new_low).hypot(base_high - base),
        high: difference + (new_high - new).hypot(base - base_low),
    }
}

/// Wilson's interval for a share of `n`.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    let square = Z * Z;
    let middle = share + square / (2.0 * n);
    let reach = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;
    use std::time::Duration;

    #[test]
    fn newcombe_is_the_example_of_his_paper() {
        let bounds = newcombe((48.0 / 80.0, 80.0), (56.0 / 70.0, 70.0));
        assert_eq!(format!("{:.4} {:.4}", bounds.low, bounds.high), "0.0524 0.3339");
        let none = newcombe((0.0, 10.0), (0.0, 20.0));
        assert_eq!(format!("{:.4} {:.4}", none.low, none.high), "-0.2775 0.1611");
        assert_eq!(none.nearer(), 0.0);
    }

    fn latency(micros: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::new();
        micros.into_iter().for_each(|us| latency.record(Duration::from_micros(us)));
        latency
    }

    /// What a bootstrap by drawing comes near to.
    #[test]
    fn the_chances_are_those_of_a_bootstrap_that_draws() {
        let micros: Vec<u64> = (1..=400u64).map(|i| 1_000 + i * i % 977).collect();
        let (times, percent) = (latency(micros.iter().copied()), Percent::whole(95));
        let mut random = Pcg64Mcg::seed_from_u64(7);
        let draws = 400 / DESIGN_EFFECT as usize;
        let mut drawn: Vec<f64> = (0..4_000)
            .map(|_| {
                let mut sample: Vec<u64> =
                    (0..draws).map(|_| micros[random.random_range(0..micros.len())]).collect();
                sample.sort_unstable();
                sample[percent.rank(draws as u64) as usize - 1] as f64 / 1e3
            })
            .collect();
        drawn.sort_by(f64::total_cmp);
        let places = resampled(&times, percent);
        assert!((places.iter().map(|(_, chance)| chance).sum::<f64>() - 1.0).abs() < 1e-6);
        for share in [0.025, 0.2, 0.5, 0.8, 0.975] {
            let at = drawn[(share * drawn.len() as f64) as usize];
            let worked_out: f64 =
                places.iter().filter(|(place, _)| *place <= at + 0.001).map(|(_, chance)| chance).sum();
            // Standard error √(0.25/4000) = 0.008, and a bucket of the histogram has about 2 %.
            assert!((worked_out - share).abs() < 0.04, "{share}: {worked_out}");
        }
    }

    #[test]
    fn bounds_hold_the_change_and_close_in_on_it() {
        let side = |n: u64, scale: u64| latency((0..n).map(|i| scale * (1_000 + i * 7_919 % 1_000)));
        let mut before = f64::INFINITY;
        for n in [100, 1_000, 10_000, 100_000] {
            let Bounds { low, high } =
                percentile_ratio(&side(n, 1), &side(n, 2), Percent::whole(95)).expect("samples");
            assert!(low <= 1.0 && 1.0 <= high && high - low < before, "{n}: {low} {high}");
            before = high - low;
        }
        let same = percentile_ratio(&side(50, 3), &side(50, 3), Percent::whole(50)).expect("samples");
        assert!(same.low < 0.0 && same.high > 0.0 && same.nearer() == 0.0);
        assert_eq!(percentile_ratio(&side(0, 1), &side(9, 1), Percent::whole(50)), None);
        let equal = percentile_ratio(&latency([5_000; 90]), &latency([5_000; 90]), Percent::whole(50));
        assert!(equal.is_some_and(|bounds| bounds.low.abs() < 1e-9 && bounds.high.abs() < 1e-9));
    }

    #[test]
    fn a_rate_that_is_gone_is_told_from_one_that_was_small() {
        let sample = |count| Sample { count, seconds: 10.0, ..Sample::default() };
        let clear = rate_ratio(&sample(1_000), &sample(0)).expect("time");
        assert!(clear.nearer() < -0.8, "{clear:?}");
        assert_eq!(rate_ratio(&sample(5), &sample(0)).expect("time").nearer(), 0.0);
        assert_eq!(rate_ratio(&sample(5), &Sample::default()), None);
    }
}
