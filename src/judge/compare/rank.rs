//! The exact two-sided Mann–Whitney test.
//!
//! Under the null hypothesis each choice of `n` of all `N` runs is as likely to be the base as any other. How many of
//! those choices have which rank sum is counted by the recursion over runs of Mann and Whitney (Annals of Mathematical
//! Statistics 18, 1947), in the form that holds for ties, too: mid-ranks, doubled so that they are whole (the shift
//! algorithm of Streitberg and Röhmel, Statistical Software Newsletter 12, 1986). Nothing is approximated by a normal
//! distribution.

/// Mid-ranks of the values, doubled; equal values share the mean of their ranks.
pub(super) fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let below = |value: f64| values.iter().filter(|other| other.total_cmp(&value).is_lt()).count();
    let equal = |value: f64| values.iter().filter(|other| other.total_cmp(&value).is_eq()).count();
    values.iter().map(|value| 2 * below(*value) + equal(*value) + 1).collect()
}

/// The two-sided p-value of each sum of the doubled ranks of `chosen` runs.
#[derive(Debug, Clone)]
pub(super) struct RankSums {
    p_values: Vec<f64>,
}

impl RankSums {
    pub fn new(ranks: &[usize], chosen: usize) -> Self {
        let counts = choices(ranks, chosen);
        let expected = chosen * ranks.iter().sum::<usize>();
        // Times the number of runs, so that it is whole.
        let distance = |sum: usize| (sum * ranks.len()).abs_diff(expected);
        let mut by_distance: Vec<usize> = (0..counts.len()).filter(|sum| counts[*sum] > 0.0).collect();
        by_distance.sort_by_key(|sum| std::cmp::Reverse(distance(*sum)));
        let all: f64 = counts.iter().sum();
        let mut p_values = vec![1.0; counts.len()];
        let mut as_far = 0.0;
        for equals in by_distance.chunk_by(|one, other| distance(*one) == distance(*other)) {
            as_far += equals.iter().map(|sum| counts[*sum]).sum::<f64>();
            for sum in equals {
                p_values[*sum] = (as_far / all).min(1.0);
            }
        }
        Self { p_values }
    }

    /// The share of choices whose sum is at least as far from the expected one as this.
    pub fn p_value(&self, sum: usize) -> f64 {
        self.p_values.get(sum).copied().unwrap_or(1.0)
    }
}

/// How many choices of `chosen` of the ranks have which sum.
fn choices(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut counts = vec![vec![0.0; most + 1]; chosen + 1];
    counts[0][0] = 1.0;
    for (seen, rank) in ranks.iter().enumerate() {
        for size in (1..=chosen.min(seen + 1)).rev() {
            for sum in (*rank..=most).rev() {
                counts[size][sum] += counts[size - 1][sum - rank];
            }
        }
    }
    counts.pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn p_value(base: &[f64], new: &[f64]) -> f64 {
        let ranks = doubled_ranks(&[base, new].concat());
        RankSums::new(&ranks, base.len()).p_value(ranks[..base.len()].iter().sum())
    }

    /// Values of which `u` pairs have the base's above the new one's.
    fn with_u(bases: usize, news: usize, u: usize) -> (Vec<f64>, Vec<f64>) {
        let new: Vec<f64> = (0..news).map(|i| i as f64).collect();
        let mut left = u;
        let base = (0..bases).map(|i| {
            let above = left.min(news);
            left -= above;
            above as f64 - 0.5 - 0.01 * i as f64
        });
        (base.collect(), new)
    }

    /// From the published tables of the exact test.
    #[test]
    fn p_values_are_those_of_the_tables() {
        for (bases, news, u, expected) in [
            (3, 3, 0, 2.0 / 20.0),
            (4, 4, 0, 2.0 / 70.0),
            (4, 4, 1, 4.0 / 70.0),
            (4, 4, 2, 8.0 / 70.0),
            (4, 4, 8, 1.0),
            (5, 5, 0, 2.0 / 252.0),
            (5, 5, 1, 4.0 / 252.0),
            (5, 5, 2, 8.0 / 252.0),
            (5, 5, 3, 14.0 / 252.0),
            (5, 4, 0, 2.0 / 126.0),
            (6, 6, 5, 38.0 / 924.0),
            (8, 8, 13, 642.0 / 12_870.0),
        ] {
            let (base, new) = with_u(bases, news, u);
            let made = p_value(&base, &new);
            assert!((made - expected).abs() < 1e-12, "{bases} {news} {u}: {made} {expected}");
            assert_eq!(made, p_value(&new, &base));
        }
        let (base, new) = with_u(4, 4, 0);
        assert_eq!(format!("{:.4}", p_value(&base, &new)), "0.0286");
    }

    #[test]
    fn ties_share_their_ranks() {
        assert_eq!(doubled_ranks(&[5.0, 1.0, 5.0, 7.0]), [5, 2, 5, 8]);
        assert_eq!(p_value(&[1.0; 5], &[1.0; 5]), 1.0);
        // 1 1 2 | 2 3 3: of the 20 choices, two have the lowest sum, with either of the twos, and two the highest.
        assert!((p_value(&[1.0, 1.0, 2.0], &[2.0, 3.0, 3.0]) - 4.0 / 20.0).abs() < 1e-12);
    }

    /// Every choice looked at.
    fn enumerated(base: &[f64], new: &[f64]) -> f64 {
        let ranks = doubled_ranks(&[base, new].concat());
        let expected = base.len() * ranks.iter().sum::<usize>();
        let distance = |sum: usize| (sum * ranks.len()).abs_diff(expected);
        let seen = distance(ranks[..base.len()].iter().sum());
        let sums =
            (0u32..1 << ranks.len()).filter(|mask| mask.count_ones() as usize == base.len()).map(|mask| {
                ranks
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| mask >> i & 1 == 1)
                    .map(|(_, rank)| *rank)
                    .sum::<usize>()
            });
        let sums: Vec<usize> = sums.collect();
        sums.iter().filter(|sum| distance(**sum) >= seen).count() as f64 / sums.len() as f64
    }

    proptest! {
        #[test]
        fn counting_is_the_same_as_looking_at_every_choice(
            base in proptest::collection::vec(0u8..6, 1..7), new in proptest::collection::vec(0u8..6, 1..7)
        ) {
            let of = |values: Vec<u8>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
            let (base, new) = (of(base), of(new));
            prop_assert!((p_value(&base, &new) - enumerated(&base, &new)).abs() < 1e-12);
        }
    }
}
