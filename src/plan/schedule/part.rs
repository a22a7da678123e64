//! Which share of a run's work is whose. Pure numbers: it knows neither machines nor threads.

/// A part of what is numbered from 0: every `of`-th ordinal, from `index` on.
///
/// Dealt out in turn and not in blocks, so that every part has its share at every moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    index: u64,
    of: u64,
}

impl Part {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// Part `index`, from 0, of `of` equal ones. No parts at all are taken as one, and an index beyond the last as
    /// the one that is reached by counting round.
    pub const fn new(index: u64, of: u64) -> Self {
        let of = if of == 0 { 1 } else { of };
        Self { index: index % of, of }
    }

    /// Which part it is, from 0.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many parts there are, at least 1.
    pub const fn of(self) -> u64 {
        self.of
    }

    /// Whether an ordinal, from 0, is in this part.
    pub const fn has(self, ordinal: u64) -> bool {
        ordinal % self.of == self.index
    }

    /// The `n`-th ordinal of this part, `n` from 0; the largest number there is where it lies beyond that.
    pub const fn nth(self, n: u64) -> u64 {
        n.saturating_mul(self.of).saturating_add(self.index)
    }

    /// How many ordinals below `total` are in this part.
    pub const fn count(self, total: u64) -> u64 {
        total.saturating_sub(self.index).div_ceil(self.of)
    }

    /// This part of that part: the `n`-th ordinal of the result is the `self.nth(n)`-th ordinal of `outer`.
    ///
    /// So a run is split over machines, and each machine's part over its threads.
    #[must_use]
    pub const fn within(self, outer: Self) -> Self {
        Self { index: outer.nth(self.index), of: outer.of.saturating_mul(self.of) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_dealt_out_in_turn() {
        let third = Part::new(2, 3);
        assert_eq!((0..4).map(|n| third.nth(n)).collect::<Vec<_>>(), [2, 5, 8, 11]);
        assert_eq!([0, 2, 3, 5, 6, 9].map(|total| third.count(total)), [0, 0, 1, 1, 2, 3]);
        assert_eq!((third.index(), third.of()), (2, 3));
    }

    #[test]
    fn what_is_no_part_is_made_one() {
        assert_eq!(Part::new(5, 0), Part::WHOLE);
        assert_eq!(Part::new(7, 3), Part::new(1, 3));
        assert_eq!(Part::new(1, 3).nth(u64::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn every_ordinal_is_in_exactly_one_part(of in 1u64..50, ordinal: u64) {
            let owners: Vec<u64> = (0..of).filter(|index| Part::new(*index, of).has(ordinal)).collect();
            prop_assert_eq!(owners, [ordinal % of]);
        }

        #[test]
        fn counts_are_those_of_the_ordinals_and_sum_to_the_total(of in 1u64..50, total in 0u64..1_000) {
            let mut sum = 0;
            for part in (0..of).map(|index| Part::new(index, of)) {
                let own: Vec<u64> = (0..total).filter(|ordinal| part.has(*ordinal)).collect();
                prop_assert_eq!(part.count(total), own.len() as u64);
                prop_assert_eq!((0..part.count(total)).map(|n| part.nth(n)).collect::<Vec<_>>(), own);
                sum += part.count(total);
            }
            prop_assert_eq!(sum, total);
        }

        #[test]
        fn the_counts_of_large_totals_sum_up_too(of in 1u64..500, total: u64) {
            let sum: u128 = (0..of).map(|index| u128::from(Part::new(index, of).count(total))).sum();
            prop_assert_eq!(sum, u128::from(total));
        }

        #[test]
        fn a_part_of_a_part_is_a_part(machines in 1u64..20, threads in 1u64..20, ordinal in 0u64..1_000_000) {
            let mut owners = 0;
            for machine in (0..machines).map(|index| Part::new(index, machines)) {
                for thread in (0..threads).map(|index| Part::new(index, threads)) {
                    let both = thread.within(machine);
                    prop_assert_eq!(both.nth(ordinal), machine.nth(thread.nth(ordinal)));
                    prop_assert!(both.index() < both.of());
                    owners += u64::from(both.has(ordinal));
                }
            }
            prop_assert_eq!(owners, 1);
            prop_assert_eq!(Part::new(ordinal, machines).within(Part::WHOLE), Part::new(ordinal, machines));
            prop_assert_eq!(Part::WHOLE.within(Part::new(ordinal, machines)), Part::new(ordinal, machines));
        }
    }
}
