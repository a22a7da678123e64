//! How long an answer takes: seeded log-normal draws, and the slow start that stretches them.
//!
//! Deliberately no sleeping and no clock: numbers only.

use std::{f64::consts::TAU, time::Duration};

use rand::RngExt;
use rand_pcg::Pcg64;

use super::config::Config;

/// The stream of the generator that latencies come from. Errors have another, so that the rate of errors
/// does not shift the latencies.
const STREAM: u128 = 1;

/// How many times slower than usual the very first answer is during a slow start.
const COLD_FACTOR: f64 = 5.0;

/// A source of latencies, the same for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Latency {
    rng: Pcg64,
    median_s: f64,
    sigma: f64,
}

impl Latency {
    /// The source that `config` asks for.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            rng: Pcg64::new(u128::from(config.seed), STREAM),
            median_s: config.latency_median.as_secs_f64(),
            sigma: config.latency_sigma,
        }
    }

    /// The next latency: log-normal, `median · exp(sigma · z)` with z standard normal.
    ///
    /// z comes from two uniform numbers, `sqrt(-2 ln u) · cos(2 pi v)`: G. E. P. Box and M. E. Muller,
    /// "A Note on the Generation of Random Normal Deviates", Annals of Mathematical Statistics 29 (1958).
    /// Of the pair it gives only the cosine is used, so that the nth draw takes the same two numbers
    /// whatever was asked before.
    pub(super) fn draw(&mut self) -> Duration {
        // From [0, 1) to (0, 1], of which every number has a logarithm.
        let u = 1.0 - self.rng.random::<f64>();
        let v = self.rng.random::<f64>();
        let z = (-2.0 * u.ln()).sqrt() * (TAU * v).cos();
        Duration::try_from_secs_f64(self.median_s * (self.sigma * z).exp()).unwrap_or(Duration::MAX)
    }
}

/// What latencies are multiplied by when `uptime` has passed since the start: 5 at first, falling linearly
/// to 1 at the end of `slow_start`, and 1 from then on.
pub(super) fn slow_start_factor(uptime: Duration, slow_start: Duration) -> f64 {
    if uptime >= slow_start {
        return 1.0;
    }
    COLD_FACTOR - (COLD_FACTOR - 1.0) * uptime.div_duration_f64(slow_start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64, n: usize) -> Vec<Duration> {
        let mut latency = Latency::new(&Config { seed, ..Config::default() });
        (0..n).map(|_| latency.draw()).collect()
    }

    #[test]
    fn a_seed_gives_its_sequence_and_another_seed_another() {
        assert_eq!(draws(7, 1_000), draws(7, 1_000));
        assert_ne!(draws(7, 10), draws(8, 10));
    }

    #[test]
    fn the_sequence_of_a_seed_does_not_change_with_versions() {
        let micros: Vec<u128> = draws(1, 4).iter().map(Duration::as_micros).collect();
        // Worked out apart from this code, from the definitions of PCG XSL RR 128/64 and of the formula.
        assert_eq!(micros, [7303, 3495, 7018, 12706]);
    }

    #[test]
    fn the_draws_have_the_median_and_the_spread_asked_for() {
        let mut sorted = draws(42, 20_000);
        sorted.sort_unstable();
        let median_ms = sorted[10_000].as_secs_f64() * 1e3;
        assert!((median_ms / 8.0 - 1.0).abs() < 0.03, "median {median_ms} ms");
        // The 84.13th percentile of a normal distribution is one standard deviation above its mean.
        let sigma = (sorted[16_827].as_secs_f64() * 1e3 / 8.0).ln();
        assert!((sigma / 0.4 - 1.0).abs() < 0.05, "sigma {sigma}");
    }

    #[test]
    fn without_a_spread_every_draw_is_the_median() {
        let mut latency = Latency::new(&Config { latency_sigma: 0.0, ..Config::default() });
        assert!((0..100).all(|_| latency.draw() == Duration::from_millis(8)));
    }

    #[test]
    fn a_slow_start_falls_linearly_from_five_to_one() {
        let slow_start = Duration::from_secs(10);
        for (uptime_s, factor) in [(0, 5.0), (5, 3.0), (10, 1.0), (11, 1.0)] {
            let got = slow_start_factor(Duration::from_secs(uptime_s), slow_start);
            assert!((got - factor).abs() < 1e-12, "after {uptime_s} s: {got}");
        }
        assert!((slow_start_factor(Duration::ZERO, Duration::ZERO) - 1.0).abs() < 1e-12);
    }
}
