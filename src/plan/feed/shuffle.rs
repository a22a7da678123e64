//! A random order of any number of rows that takes no memory: a bijection that is computed, with a key for each round.

use crate::plan::random::mix;
use std::num::NonZeroU32;

/// Luby and Rackoff (1988) need four for an order that looks random; more make up for the small halves.
const ROUNDS: u64 = 8;

/// Orders of the numbers below `len`: a Feistel network on the next even number of bits, applied again where it leads
/// out of the range ("cycle walking", Black and Rogaway 2002).
#[derive(Debug, Clone, Copy)]
pub(super) struct Shuffle {
    key: u64,
    len: u64,
    half: u32,
}

impl Shuffle {
    pub fn new(key: u64, len: NonZeroU32) -> Self {
        let bits = u32::BITS - (len.get() - 1).leading_zeros();
        Self { key, len: len.get().into(), half: bits.div_ceil(2).max(1) }
    }

    /// What stands at `place` (below `len`) of the order of this round.
    pub fn at(&self, round: u64, place: u64) -> u32 {
        let key = mix(self.key ^ mix(round));
        let mut found = self.permute(key, place);
        // Comes back into the range at the latest where it came from.
        while found >= self.len {
            found = self.permute(key, found);
        }
        found as u32
    }

    fn permute(&self, key: u64, number: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let halves = (number >> self.half, number & mask);
        let (left, right) = (0..ROUNDS)
            .fold(halves, |(left, right), round| (right, left ^ (mix(key ^ (round << 32) ^ right) & mask)));
        (left << self.half) | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(key: u64, len: u32, round: u64) -> Vec<u32> {
        let shuffle = Shuffle::new(key, NonZeroU32::new(len).unwrap());
        (0..u64::from(len)).map(|place| shuffle.at(round, place)).collect()
    }

    proptest! {
        #[test]
        fn every_order_has_every_number_once(key: u64, len in 1u32..3000, round: u64) {
            let mut found = order(key, len, round);
            found.sort_unstable();
            prop_assert_eq!(found, (0..len).collect::<Vec<u32>>());
        }

        #[test]
        fn orders_differ_by_key_and_by_round(key: u64, len in 50u32..3000, round in 0u64..1000) {
            prop_assert_ne!(order(key, len, round), order(key.wrapping_add(1), len, round));
            prop_assert_ne!(order(key, len, round), order(key, len, round + 1));
        }
    }

    #[test]
    fn the_largest_number_of_rows_has_an_order() {
        let shuffle = Shuffle::new(1, NonZeroU32::MAX);
        let found: std::collections::BTreeSet<u32> = (0..1000).map(|place| shuffle.at(0, place)).collect();
        assert_eq!(found.len(), 1000);
    }

    #[test]
    fn all_orders_of_a_few_are_equally_likely() {
        let rounds = 24_000u32;
        let mut counts = std::collections::BTreeMap::<Vec<u32>, u32>::new();
        (0..u64::from(rounds)).for_each(|round| *counts.entry(order(7, 4, round)).or_default() += 1);
        assert_eq!(counts.len(), 24, "{counts:?}");
        // Expected 1000 each; six standard deviations of the binomial are 6·√(24000·(1/24)·(23/24)) ≈ 186.
        assert!(counts.values().all(|count| count.abs_diff(rounds / 24) < 186), "{counts:?}");
    }
}
