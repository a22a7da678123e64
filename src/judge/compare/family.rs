//! Many tests at once: p-values such that the chance of calling anything a change where nothing changed stays at 5 %.
//!
//! Holm's step-down (Scandinavian Journal of Statistics 6, 1979) holds for any tests, and pays for it: with five runs a
//! side and more than six numbers it can find nothing at all. But the numbers of a comparison rise and fall together,
//! and all ways to deal the runs to the two sides can be looked at: so Holm's bound is replaced by the exact joint
//! distribution (the step-down minP of Westfall and Young, Resampling-Based Multiple Testing, 1993, §2.8). A change
//! below the least one that matters is none there, too, whichever way the runs are dealt. And since few runs have few
//! different p-values, equal ones are told apart by how far the sides are from each other beside how far their runs
//! are: else a doubling would have to stand back behind any noise that happens to be in order. Where there are too many
//! ways there are enough runs for Holm's own bound, and that is taken.

use super::{
    quantity::Quantity,
    rank::{RankSums, doubled_ranks},
    rules::Rules,
};
use std::collections::BTreeMap;

/// Most ways to deal runs to sides that are looked at.
const MOST_DEALS: f64 = 20_000.0;
/// Most p-values that are worked out over all of them.
const MOST_WORK: f64 = 2e7;
/// What floating point may get wrong in a sum of shares.
const CLOSE: f64 = 1e-12;

/// How p-values were corrected for their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Step-down over the joint distribution, all ways to deal the runs looked at.
    Joint,
    /// Holm's step-down.
    Holm,
}

/// A number of all runs.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub quantity: Quantity,
    /// Its value in each run, those of the base first.
    pub values: Vec<f64>,
}

/// What a test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tested {
    /// The p-value of this test alone.
    pub p: f64,
    /// What is left of it among all the others.
    pub adjusted: f64,
}

/// Carries out the tests, the first `bases` values of each being the base's.
pub(super) fn run(tests: &[Test], bases: usize, rules: &Rules) -> (Correction, Vec<Tested>) {
    if tests.is_empty() {
        return (Correction::Joint, Vec::new());
    }
    let mut sums = BTreeMap::new();
    let ready: Vec<Ready> = tests.iter().map(|test| Ready::new(test, bases, &mut sums)).collect();
    let runs = tests.first().map_or(0, |test| test.values.len());
    let own: u64 = (1 << bases.min(63)) - 1;
    let own_sum = |test: &Ready| test.ranks.iter().take(bases).sum();
    let p: Vec<f64> = ready.iter().map(|test| test.sums.p_value(own_sum(test))).collect();
    let deals = number_of_deals(runs, bases);
    let (correction, adjusted) = if deals <= MOST_DEALS && deals * tests.len() as f64 <= MOST_WORK {
        (Correction::Joint, joint(&ready, runs, bases, own, rules))
    } else {
        (Correction::Holm, holm(&p))
    };
    (correction, p.into_iter().zip(adjusted).map(|(p, adjusted)| Tested { p, adjusted }).collect())
}

fn sorted(mut ranks: Vec<usize>) -> Vec<usize> {
    ranks.sort_unstable();
    ranks
}

/// Of how many runs how many can be the base.
fn number_of_deals(runs: usize, bases: usize) -> f64 {
    (0..bases).fold(1.0, |all, i| all * (runs - i) as f64 / (i + 1) as f64)
}

/// Holm's adjusted p-values: the smallest times the number of tests, the next times one less, and so on, none below
/// the one before it.
pub(super) fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 0.0;
    for (place, index) in order.into_iter().enumerate() {
        least = least.max(p[index] * (p.len() - place) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// How little a way to deal the runs looks like chance.
#[derive(Debug, Clone, Copy)]
struct Evidence {
    /// The p-value of the ranks.
    p: f64,
    /// The distance of the sides' means in standard deviations of the runs within a side.
    gap: f64,
}

impl Evidence {
    /// Of a change that would not matter.
    const NONE: Self = Self { p: 1.0, gap: 0.0 };

    fn is_at_least(self, other: Self) -> bool {
        self.p < other.p - CLOSE || (self.p <= other.p + CLOSE && self.gap >= other.gap * (1.0 - 1e-9))
    }
}

/// A test, ready to be looked at in any deal.
struct Ready {
    quantity: Quantity,
    /// Run and value, the smallest first.
    ordered: Vec<(usize, f64)>,
    /// By run: of times and rates the logarithms, whose distances are changes.
    scaled: Vec<f64>,
    /// Doubled ranks by run.
    ranks: Vec<usize>,
    sums: RankSums,
}

impl Ready {
    fn new(test: &Test, bases: usize, known: &mut BTreeMap<Vec<usize>, RankSums>) -> Self {
        let ranks = doubled_ranks(&test.values);
        let key = sorted(ranks.clone());
        let sums = known.entry(key).or_insert_with_key(|key| RankSums::new(key, bases)).clone();
        let mut ordered: Vec<(usize, f64)> = test.values.iter().copied().enumerate().collect();
        ordered.sort_by(|one, other| one.1.total_cmp(&other.1));
        let scale =
            |value: &f64| if test.quantity == Quantity::Failed { *value } else { value.max(1e-9).ln() };
        let scaled = test.values.iter().map(scale).collect();
        Self { quantity: test.quantity, ordered, scaled, ranks, sums }
    }

    /// The p-value if the runs of `deal` were the base.
    fn p_value(&self, deal: u64) -> f64 {
        let (mut left, mut sum) = (deal, 0);
        while left != 0 {
            sum += self.ranks[left.trailing_zeros() as usize];
            left &= left - 1;
        }
        self.sums.p_value(sum)
    }

    /// Whether the change would matter then.
    fn matters(&self, deal: u64, rules: &Rules) -> bool {
        let (mut base, mut new) = (Vec::new(), Vec::new());
        for (run, value) in &self.ordered {
            let side = if deal >> run & 1 == 1 { &mut base } else { &mut new };
            side.push(*value);
        }
        rules.matters(self.quantity, middle(&base), middle(&new))
    }

    /// How far apart the sides would be then.
    fn gap(&self, deal: u64) -> f64 {
        // Number, sum and sum of squares of either side.
        let mut sides = [[0.0; 3]; 2];
        for (run, value) in self.scaled.iter().enumerate() {
            let side = &mut sides[usize::from(deal >> run & 1 == 1)];
            *side = [side[0] + 1.0, side[1] + value, side[2] + value * value];
        }
        let within: f64 = sides.iter().map(|[n, sum, squares]| (squares - sum * sum / n).max(0.0)).sum();
        let [new, base] = sides.map(|[n, sum, _]| sum / n);
        let deviation = (within / (self.scaled.len() as f64 - 2.0).max(1.0)).sqrt();
        // Runs that are all alike leave only what floating point makes of them.
        (new - base).abs() / (deviation + 1e-9)
    }

    fn evidence(&self, deal: u64, rules: &Rules) -> Evidence {
        if !self.matters(deal, rules) {
            return Evidence::NONE;
        }
        Evidence { p: self.p_value(deal), gap: self.gap(deal) }
    }
}

/// The median of values in order; of an even number, the mean of the two in the middle.
pub(super) fn middle(ordered: &[f64]) -> f64 {
    let half = ordered.len() / 2;
    match ordered.len() {
        0 => 0.0,
        length if length % 2 == 1 => ordered[half],
        _ => f64::midpoint(ordered[half - 1], ordered[half]),
    }
}

/// Adjusted p-values by all ways to deal the runs, `own` being the way they were.
fn joint(tests: &[Ready], runs: usize, bases: usize, own: u64, rules: &Rules) -> Vec<f64> {
    let seen: Vec<Evidence> = tests.iter().map(|test| test.evidence(own, rules)).collect();
    if seen.iter().all(|one| one.p >= 1.0) {
        return vec![1.0; tests.len()];
    }
    let mut order: Vec<usize> = (0..tests.len()).collect();
    let strength = |index: &usize| (seen[*index].p, -seen[*index].gap);
    order.sort_by(|one, other| {
        let ((p, gap), (other_p, other_gap)) = (strength(one), strength(other));
        p.total_cmp(&other_p).then(gap.total_cmp(&other_gap))
    });
    // How many deals have, in this test or one after it, evidence as strong as this test's own.
    let mut as_strong = vec![0u32; tests.len()];
    let mut all = 0u32;
    for deal in deals(runs, bases) {
        all += 1;
        let mut most = Evidence::NONE;
        for index in order.iter().rev() {
            // Most deals are told to be nothing by their ranks, which are cheap.
            if tests[*index].p_value(deal) <= most.p + CLOSE {
                let other = tests[*index].evidence(deal, rules);
                most = if other.is_at_least(most) { other } else { most };
            }
            as_strong[*index] += u32::from(most.is_at_least(seen[*index]));
        }
    }
    let mut adjusted = vec![1.0; tests.len()];
    let mut least: f64 = 0.0;
    for index in order {
        least = least.max(f64::from(as_strong[index]) / f64::from(all)).max(seen[index].p);
        adjusted[index] = least.min(1.0);
    }
    adjusted
}

/// Every choice of `bases` of `runs`, as the bits that are set (Gosper's way from one to the next). There are fewer
/// than 64 runs where there are few enough choices.
fn deals(runs: usize, bases: usize) -> impl Iterator<Item = u64> {
    let first: u64 = (1 << bases) - 1;
    std::iter::successors(Some(first), |deal| {
        let lowest = deal & deal.wrapping_neg();
        let ripple = deal + lowest;
        Some(ripple | (((deal ^ ripple) >> 2) / lowest))
    })
    .take_while(move |deal| *deal < 1 << runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Holm's paper as textbooks have it.
    #[test]
    fn holm_is_the_worked_example() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (made, expected) in adjusted.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((made - expected).abs() < 1e-12, "{made} {expected}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }

    fn test(base: [f64; 5], new: [f64; 5]) -> Test {
        Test { quantity: Quantity::P95, values: [base, new].concat() }
    }

    const APART: [f64; 5] = [200.0, 210.0, 220.0, 230.0, 240.0];
    const BASE: [f64; 5] = [100.0, 101.0, 102.0, 103.0, 104.0];

    #[test]
    fn all_deals_are_looked_at_once() {
        for (runs, bases, number) in [(8, 4, 70), (10, 5, 252), (9, 4, 126)] {
            let all: Vec<u64> = deals(runs, bases).collect();
            assert_eq!((all.len(), number_of_deals(runs, bases)), (number, number as f64));
            assert!(all.iter().all(|deal| deal.count_ones() as usize == bases));
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn what_moves_together_costs_nothing_and_noise_that_does_not_matter_neither() {
        let rules = Rules::default();
        let (correction, alone) = run(&[test(BASE, APART)], 5, &rules);
        assert_eq!(
            (correction, alone[0].p, alone[0].adjusted),
            (Correction::Joint, 2.0 / 252.0, 2.0 / 252.0)
        );
        let together: Vec<Test> = (0..20).map(|_| test(BASE, APART)).collect();
        assert_eq!(run(&together, 5, &rules).1[7].adjusted, 2.0 / 252.0);
        // By Holm's bound, seven numbers are already too many.
        assert!(holm(&[2.0 / 252.0; 7])[0] > 0.05);
        // Separated, but by less than what matters.
        let small = test(BASE, BASE.map(|value| value + 4.5));
        let (_, both) = run(&[small, test(BASE, APART)], 5, &rules);
        assert_eq!((both[0].p, both[0].adjusted, both[1].adjusted), (2.0 / 252.0, 1.0, 2.0 / 252.0));
    }

    #[test]
    fn what_goes_its_own_way_counts_by_how_far_it_goes() {
        // Each of the others would be a find of its own, if the runs had been dealt otherwise.
        let shuffled = |low: [f64; 5], high: [f64; 5], order: [usize; 10]| {
            let all = [low, high].concat();
            Test { quantity: Quantity::P95, values: order.map(|index| all[index]).to_vec() }
        };
        let orders = [[0, 2, 4, 6, 8, 1, 3, 5, 7, 9], [9, 0, 1, 5, 6, 2, 3, 4, 7, 8]];
        let family = |low, high| {
            let others = orders.map(|order| shuffled(low, high, order));
            run(&[vec![test(BASE, APART)], others.to_vec()].concat(), 5, &Rules::default()).1
        };
        // Just as far apart: three ways to deal the runs look as little like chance, and their mirror images.
        let far = family(BASE, APART);
        assert_eq!(far[0].adjusted, 6.0 / 252.0);
        assert!(far[1].adjusted > 0.05 && far[2].adjusted > 0.05);
        // In order as well, but with less between them.
        let near = family([100.0, 103.0, 106.0, 109.0, 112.0], [115.0, 118.0, 121.0, 124.0, 127.0]);
        assert_eq!(near[0].adjusted, 2.0 / 252.0);
    }

    #[test]
    fn many_runs_are_left_to_holm() {
        let values: Vec<f64> = (0..18).map(|run| f64::from(run) * 10.0 + 100.0).collect();
        let tests = vec![Test { quantity: Quantity::P50, values }; 3];
        let (correction, found) = run(&tests, 9, &Rules::default());
        assert_eq!(correction, Correction::Holm);
        let p = 2.0 / 48_620.0;
        assert!(found.iter().all(|one| (one.p - p).abs() < CLOSE && (one.adjusted - 3.0 * p).abs() < CLOSE));
    }
}
