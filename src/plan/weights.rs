//! Choice by weight.

use super::random::UserRandom;

/// Positive weights, ready to be drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    cumulative: Vec<f64>,
}

impl Weights {
    /// From positive, finite weights.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let weights: Vec<f64> = weights.into_iter().collect();
        // Weights near the largest number there is have no sum; divided by the largest of them they have.
        let has_sum = weights.iter().sum::<f64>().is_finite();
        let unit = if has_sum { 1.0 } else { weights.iter().copied().fold(1.0, f64::max) };
        let mut sum = 0.0;
        let add = |weight: f64| {
            sum += weight / unit;
            sum
        };
        Self { cumulative: weights.into_iter().map(add).collect() }
    }

    /// The share of a weight in their sum, from 0 to 1.
    pub fn share(&self, index: usize) -> f64 {
        let before = index.checked_sub(1).and_then(|before| self.cumulative.get(before));
        let (Some(edge), Some(sum)) = (self.cumulative.get(index), self.cumulative.last()) else {
            return 0.0;
        };
        (edge - before.unwrap_or(&0.0)) / sum
    }

    /// Index of a weight, with probability weight / sum of weights.
    pub fn pick(&self, random: &mut UserRandom) -> usize {
        // One choice takes no draw.
        if self.cumulative.len() < 2 { 0 } else { self.at(random.share()) }
    }

    /// Index of the weight at a share, from 0 to below 1, of their sum.
    pub fn at(&self, share: f64) -> usize {
        let Some(sum) = self.cumulative.last() else { return 0 };
        let point = share * sum;
        self.cumulative.partition_point(|&edge| edge <= point).min(self.cumulative.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::random::Stream, *};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_are_those_of_the_weights(weights in proptest::collection::vec(0.01f64..100.0, 1..8), seed: u64) {
            let draws = 20_000;
            let table = Weights::new(weights.iter().copied());
            let mut random = UserRandom::new(seed, 1, Stream::Tasks);
            let mut counts = vec![0u32; weights.len()];
            (0..draws).for_each(|_| counts[table.pick(&mut random)] += 1);
            let sum: f64 = weights.iter().sum();
            for (weight, count) in weights.iter().zip(counts) {
                let p = weight / sum;
                let n = f64::from(draws);
                // Six standard deviations of the binomial, and one for tiny expectations.
                let bound = 6.0 * (n * p * (1.0 - p)).sqrt() + 1.0;
                prop_assert!((f64::from(count) - n * p).abs() <= bound, "{p} {count}");
            }
        }
    }

    #[test]
    fn a_share_of_the_sum_lies_in_one_weight() {
        let weights = Weights::new([1.0, 2.0, 1.0]);
        let at = [0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999, 1.0].map(|share| weights.at(share));
        assert_eq!(at, [0, 0, 1, 1, 2, 2, 2]);
        assert_eq!(Weights::new([3.0]).at(0.5), 0);
    }

    #[test]
    fn weights_that_have_no_sum_are_shared_all_the_same() {
        let weights = Weights::new([f64::MAX, f64::MAX, 1.0]);
        assert_eq!([0, 1, 2].map(|index| weights.share(index)), [0.5, 0.5, 0.0]);
        let mut random = UserRandom::new(7, 1, Stream::Tasks);
        let picked: std::collections::BTreeSet<usize> = (0..100).map(|_| weights.pick(&mut random)).collect();
        assert!(picked.contains(&0) && picked.contains(&1), "{picked:?}");
    }
}
