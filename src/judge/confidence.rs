//! How sure an observed number is: an interval that holds the number of the endless run of which this one is a part.
//!
//! Pure formulas over counts and histograms. They take samples for independent of each other; those of a target that is
//! slow for a while are not, so the truth is rather less sure than these intervals say.

use super::seen::Seen;
use crate::{
    measure::Latency,
    model::{Aggregation, Condition, Limit, Operator, Percent},
};
use std::time::Duration;

/// How many standard deviations the bounds of an interval are off, and so how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// Quantile of the standard normal distribution.
    z: f64,
    /// Probability beyond each bound.
    tail: f64,
}

impl Level {
    /// 95 %: what reports show.
    pub const REPORTED: Self = Self { z: 1.959_964, tail: 0.025 };
    /// 99.9 %: what an abort asks for, because it looks every second and must hardly ever err.
    pub const ABORT: Self = Self { z: 3.290_527, tail: 0.000_5 };
}

/// Where the number of an endless run lies. A bound that so few samples do not give is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// The lower bound, in the limit's unit.
    pub low: Option<Limit>,
    /// The upper bound.
    pub high: Option<Limit>,
}

impl Confidence {
    /// Whether the limit is one of the values that the number may have.
    fn holds(&self, limit: Limit) -> bool {
        let limit = limit.amount();
        self.low.is_none_or(|low| low.amount() <= limit)
            && self.high.is_none_or(|high| limit <= high.amount())
    }
}

/// Samples from which on a mean is taken for normally distributed.
const ENOUGH_FOR_MEANS: u64 = 30;
/// Standard deviation of a rank from which on the binomial distribution is taken for normal.
const NORMAL_FROM: f64 = 1_000.0;

/// The interval of what `condition` looks at; `None` where the number is what it is (a count, a maximum), or the
/// condition is about the samples and not about chance (`==`, a share of 0 % or 100 %).
pub(super) fn interval(seen: &Seen, condition: &Condition, level: Level) -> Option<Confidence> {
    if matches!(condition.operator, Operator::Equal | Operator::NotEqual) {
        return None;
    }
    match seen {
        Seen::Times(times) => trend(times, condition.aggregation, level),
        Seen::Share { yes, all } => {
            let at_the_edge = condition.limit.amount() <= 0.0 || condition.limit.amount() >= 1.0;
            let bounds = if at_the_edge { None } else { wilson(*yes, *all, level) };
            bounds.map(|(low, high)| Confidence {
                low: Some(Limit::Share(low)),
                high: Some(Limit::Share(high)),
            })
        }
        _ => None,
    }
}

/// Whether the number is clear of the limit, so that another run of the kind would be judged alike.
pub(super) fn is_sure(seen: &Seen, condition: &Condition, level: Level) -> bool {
    interval(seen, condition, level).is_none_or(|interval| !interval.holds(condition.limit))
}

/// Whether a count per second is clear of its limit, taken for a Poisson process: c ± z·√c per time. Only an abort asks;
/// for a report the rate is what was counted.
pub(super) fn is_rate_sure(count: u64, time: Duration, limit: f64, level: Level) -> bool {
    let margin = level.z * (count.max(1) as f64).sqrt();
    (count as f64 - limit * time.as_secs_f64()).abs() > margin
}

fn trend(times: &Latency, aggregation: Aggregation, level: Level) -> Option<Confidence> {
    match aggregation {
        Aggregation::Percentile(percent) => quantile(times, percent, level),
        Aggregation::Med => quantile(times, Percent::whole(50), level),
        Aggregation::Avg => mean(times, level),
        Aggregation::StdDev => deviation(times, level),
        _ => None,
    }
}

/// Order statistics: with the share p of all values at or below the percentile, the number B of samples below it is
/// Binomial(n, p), so that the samples of ranks l and u hold it between them with P(l ≤ B < u), whatever the
/// distribution (David and Nagaraja, Order Statistics, 3rd ed., §7.1). The maximum of the run is what it is.
fn quantile(times: &Latency, percent: Percent, level: Level) -> Option<Confidence> {
    if times.count() == 0 || percent == Percent::whole(100) {
        return None;
    }
    let (low, high) = ranks(times.count(), percent.share(), level);
    let low = low.and_then(|rank| times.at_rank(rank)).map(|quantile| quantile.low);
    let high = high.and_then(|rank| times.at_rank(rank)).map(|quantile| quantile.high);
    Some(Confidence { low: low.map(Limit::Time), high: high.map(Limit::Time) })
}

/// The largest rank l with P(B < l) ≤ tail, and the smallest u with P(B ≥ u) ≤ tail, where B ~ Binomial(n, p); `None`
/// where no sample is so low or so high.
fn ranks(n: u64, p: f64, level: Level) -> (Option<u64>, Option<u64>) {
    let (low, high) = binomial_bounds(n, p, level);
    (Some(low).filter(|rank| *rank >= 1), Some(high).filter(|rank| *rank <= n))
}

fn binomial_bounds(n: u64, p: f64, Level { z, tail }: Level) -> (u64, u64) {
    let (mean, deviation) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
    if deviation > NORMAL_FROM {
        // A rank more on both sides makes up for what is discrete.
        return ((mean - z * deviation) as u64, (mean + z * deviation) as u64 + 2);
    }
    let weights = weights(n, p);
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let mut low = weights.first().map_or(0, |(k, _)| *k);
    for (k, weight) in &weights {
        below += weight / sum;
        if below > tail {
            break;
        }
        low = k + 1;
    }
    let mut above = 0.0;
    let mut high = weights.last().map_or(n, |(k, _)| *k) + 1;
    for (k, weight) in weights.iter().rev() {
        above += weight / sum;
        if above > tail {
            break;
        }
        high = *k;
    }
    (low, high)
}

/// The binomial probabilities up to a common factor, by the ratio of neighbours from the most probable one: no
/// factorial, and nothing that overflows. What is below a 10⁻¹⁸th of it is left out.
fn weights(n: u64, p: f64) -> Vec<(u64, f64)> {
    const LEAST: f64 = 1e-18;
    let odds = p / (1.0 - p);
    let mode = (((n + 1) as f64 * p) as u64).min(n);
    let mut down = Vec::new();
    let mut weight = 1.0;
    for k in (1..=mode).rev() {
        weight *= k as f64 / ((n - k + 1) as f64 * odds);
        if weight < LEAST {
            break;
        }
        down.push((k - 1, weight));
    }
    down.reverse();
    down.push((mode, 1.0));
    weight = 1.0;
    for k in mode..n {
        weight *= (n - k) as f64 * odds / (k + 1) as f64;
        if weight < LEAST {
            break;
        }
        down.push((k + 1, weight));
    }
    down
}

/// Wilson's score interval of a share (E. B. Wilson, Probable inference, the law of succession, and statistical
/// inference, JASA 22, 1927): with p̂ = yes/n, (p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n).
fn wilson(yes: u64, n: u64, level: Level) -> Option<(f64, f64)> {
    if n == 0 {
        return None;
    }
    let (count, z2) = (n as f64, level.z * level.z);
    let share = yes as f64 / count;
    let centre = share + z2 / (2.0 * count);
    let margin = level.z * (share * (1.0 - share) / count + z2 / (4.0 * count * count)).sqrt();
    let scale = 1.0 + z2 / count;
    // At the edges the bound is exact, which the roots miss by a rounding.
    let low = if yes == 0 { 0.0 } else { ((centre - margin) / scale).max(0.0) };
    let high = if yes == n { 1.0 } else { ((centre + margin) / scale).min(1.0) };
    Some((low, high))
}

/// x̄ ± z·s/√n, by the central limit theorem; no bounds of fewer than 30 samples.
fn mean(times: &Latency, level: Level) -> Option<Confidence> {
    let (mean, deviation) = (times.mean()?, times.stddev()?);
    let error = deviation.as_secs_f64() / (times.count() as f64).sqrt();
    Some(around(mean, error, times.count(), level))
}

/// s ± z·√((m₄ − s⁴)/n)/2s, the delta method on the variance, m₄ being the fourth central moment, reckoned from the
/// histogram's buckets.
fn deviation(times: &Latency, level: Level) -> Option<Confidence> {
    let (mean, deviation) = (times.mean()?.as_secs_f64(), times.stddev()?);
    let s = deviation.as_secs_f64();
    let fourth = |(micros, count): (u64, u64)| count as f64 * (micros as f64 / 1e6 - mean).powi(4);
    let m4 = times.recorded().map(fourth).sum::<f64>() / times.count() as f64;
    let of_variance = ((m4 - s.powi(4)).max(0.0) / times.count() as f64).sqrt();
    let error = if s > 0.0 { of_variance / (2.0 * s) } else { 0.0 };
    Some(around(deviation, error, times.count(), level))
}

fn around(value: Duration, error: f64, samples: u64, level: Level) -> Confidence {
    if samples < ENOUGH_FOR_MEANS {
        return Confidence { low: None, high: None };
    }
    let margin = Duration::try_from_secs_f64(level.z * error).unwrap_or(Duration::MAX);
    Confidence {
        low: Some(Limit::Time(value.saturating_sub(margin))),
        high: Some(Limit::Time(value.saturating_add(margin))),
    }
}

#[cfg(test)]
mod tests;
