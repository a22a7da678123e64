//! The percentiles that reports show, and how many samples each needs before it can be relied on.

use crate::model::Percent;

/// A percentile of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Percentile {
    /// Its key in results.
    pub name: &'static str,
    /// Which one it is.
    pub percent: Percent,
    /// The fewest samples with which it is more than a guess.
    ///
    /// With fewer, the upper end of its two-sided 95 % interval is the largest sample, or lies beyond all of
    /// them. By order statistics the sample of rank n − 1 bounds the percentile p from above with 97.5 % if
    /// P(B ≥ n − 1) = pⁿ + n·pⁿ⁻¹·(1 − p) ≤ 2.5 %, where B ~ Binomial(n, p) is the number of samples below it
    /// (David and Nagaraja, Order Statistics, 3rd ed., §7.1). The smallest such n is 9, 20, 54, 110, 555, 5 570
    /// and 55 715. From p99 on the documented counts, which came from a coarser search, are up to 3.5 % larger.
    pub needs: u64,
}

impl Percentile {
    /// The median.
    pub const P50: Self = Self { name: "p50", percent: Percent::whole(50), needs: 9 };
    /// 75 %.
    pub const P75: Self = Self { name: "p75", percent: Percent::whole(75), needs: 20 };
    /// 90 %.
    pub const P90: Self = Self { name: "p90", percent: Percent::whole(90), needs: 54 };
    /// 95 %.
    pub const P95: Self = Self { name: "p95", percent: Percent::whole(95), needs: 110 };
    /// 99 %.
    pub const P99: Self = Self { name: "p99", percent: Percent::whole(99), needs: 574 };
    /// 99.9 %.
    pub const P99_9: Self = Self { name: "p99.9", percent: Percent::from_thousandths(99_900), needs: 5_666 };
    /// 99.99 %.
    pub const P99_99: Self =
        Self { name: "p99.99", percent: Percent::from_thousandths(99_990), needs: 57_611 };
    /// All of them, lowest first.
    pub const ALL: [Self; 7] =
        [Self::P50, Self::P75, Self::P90, Self::P95, Self::P99, Self::P99_9, Self::P99_99];

    /// Whether a percentile of this many samples is to be taken with care. Without samples there is none.
    pub fn is_doubtful(self, samples: u64) -> bool {
        (1..self.needs).contains(&samples)
    }
}

/// The fewest samples with which any percentile is more than a guess: those of the list, or the smallest n with
/// pⁿ + n·pⁿ⁻¹·(1 − p) ≤ 2.5 %, as for them. `None` for the maximum, which is no estimate.
pub(super) fn samples_needed(percent: Percent) -> Option<u64> {
    if let Some(listed) = Percentile::ALL.into_iter().find(|listed| listed.percent == percent) {
        return Some(listed.needs);
    }
    let share = percent.share();
    if share >= 1.0 {
        return None;
    }
    let beyond = |n: u64| {
        let power = ((n - 1) as f64 * share.ln()).exp();
        power * share + n as f64 * power * (1.0 - share)
    };
    // It falls with n, from more than the bound on.
    let (mut too_few, mut enough) = (1, 2);
    while beyond(enough) > 0.025 {
        (too_few, enough) = (enough, enough * 2);
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if beyond(middle) > 0.025 { too_few = middle } else { enough = middle }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(B ≥ n − 1) for B ~ Binomial(n, share).
    fn beyond(n: u64, share: f64) -> f64 {
        let power = ((n - 1) as f64 * share.ln()).exp();
        power * share + n as f64 * power * (1.0 - share)
    }

    #[test]
    fn the_counts_are_those_of_the_order_statistics() {
        let shares = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];
        for (percentile, share) in Percentile::ALL.into_iter().zip(shares) {
            let smallest = (2..100_000).find(|n| beyond(*n, share) <= 0.025).expect("it falls to nothing");
            let needs = percentile.needs;
            assert!(
                smallest <= needs && needs as f64 <= smallest as f64 * 1.035,
                "{percentile:?} {smallest}"
            );
            assert!(share > 0.95 || needs == smallest, "{percentile:?} {smallest}");
        }
    }

    #[test]
    fn any_percentile_has_a_count_and_the_maximum_none() {
        let needed = |text: &str| Percent::parse(text).and_then(samples_needed);
        assert_eq!(["95", "99.9", "100"].map(needed), [Some(110), Some(5_666), None]);
        for (text, share) in [("97.5", 0.975), ("80", 0.8), ("99.5", 0.995), ("10", 0.1)] {
            let smallest = (2..100_000).find(|n| beyond(*n, share) <= 0.025);
            assert_eq!(needed(text), smallest, "{text}");
        }
    }

    #[test]
    fn nothing_is_not_doubtful_but_absent() {
        let p95 = Percentile::P95;
        assert_eq!([0, 1, 109, 110].map(|n| p95.is_doubtful(n)), [false, true, true, false]);
    }
}
