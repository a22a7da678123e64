//! The two functions of statistics that the standard library lacks.

/// The logarithm of the gamma function for `x > 0`: Stirling's series (Abramowitz and Stegun 6.1.41) from 10 upwards,
/// and the recurrence Γ(x + 1) = x·Γ(x) below. Right to ten digits.
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 10.0 {
        shift += x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0));
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - shift
}

/// The regularised incomplete beta function I_x(a, b) for `a, b > 0`: the chance that the a-th smallest of `a + b − 1`
/// uniform numbers is at most `x`. The continued fraction is Abramowitz and Stegun 26.5.8, worked out as Lentz does.
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly on this side only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    (front.exp() * fraction(a, b, x) / a).clamp(0.0, 1.0)
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const MOST_TERMS: u32 = 10_000;
    const CLOSE: f64 = 1e-13;
    let not_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d) = (1.0, 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut result = d;
    for m in (1..MOST_TERMS).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            d = 1.0 / not_zero(1.0 + term * d);
            c = not_zero(1.0 + term / c);
            step = c * d;
            result *= step;
        }
        if (step - 1.0).abs() < CLOSE {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_is_the_factorial() {
        let mut factorial: f64 = 1.0;
        for n in 1..=20u32 {
            factorial *= f64::from(n);
            assert!((ln_gamma(f64::from(n) + 1.0) - factorial.ln()).abs() < 1e-9, "{n}");
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-9);
    }

    /// P(B ≥ rank) for B ~ Binomial(n, x), added up.
    fn at_least(rank: u64, n: u64, x: f64) -> f64 {
        let choose = |k: u64| (0..k).fold(1.0, |all, i| all * (n - i) as f64 / (i + 1) as f64);
        (rank..=n).map(|k| choose(k) * x.powi(k as i32) * (1.0 - x).powi((n - k) as i32)).sum()
    }

    #[test]
    fn the_incomplete_beta_function_is_the_binomial_tail() {
        for n in [1u64, 2, 7, 25, 60] {
            for rank in [1, n.div_ceil(2), n] {
                for x in [0.001, 0.05, 0.3, 0.5, 0.77, 0.95, 0.999] {
                    let made = incomplete_beta(rank as f64, (n - rank + 1) as f64, x);
                    assert!((made - at_least(rank, n, x)).abs() < 1e-9, "{n} {rank} {x}: {made}");
                }
            }
        }
        assert_eq!([0.0, 1.0].map(|x| incomplete_beta(3.0, 4.0, x)), [0.0, 1.0]);
        // Large samples: the median of a million is the middle.
        assert!((incomplete_beta(500_000.0, 500_001.0, 0.5) - 0.5).abs() < 1e-3);
    }
}
