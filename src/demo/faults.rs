//! Which requests fail although nothing is wrong with them: a seeded coin per request.
//!
//! Deliberately not what such a failure looks like; `traffic` answers it.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::config::Config;

/// The stream of the generator that errors come from, apart from the latencies'.
const STREAM: u128 = 2;

/// A source of injected errors, the same for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Faults {
    rng: Pcg64,
    rate: f64,
}

impl Faults {
    /// The source that `config` asks for.
    pub(super) fn new(config: &Config) -> Self {
        Self { rng: Pcg64::new(u128::from(config.seed), STREAM), rate: config.error_rate }
    }

    /// Whether the next request fails. It takes one number of the generator at any rate, so that requests
    /// that fail at 1 % are among those that fail at 2 %.
    pub(super) fn strike(&mut self) -> bool {
        self.rng.random::<f64>() < self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(seed: u64, error_rate: f64, n: usize) -> Vec<bool> {
        let mut faults = Faults::new(&Config { seed, error_rate, ..Config::default() });
        (0..n).map(|_| faults.strike()).collect()
    }

    #[test]
    fn a_seed_gives_its_sequence_and_a_higher_rate_only_adds_to_it() {
        let few = strikes(3, 0.01, 5_000);
        assert_eq!(few, strikes(3, 0.01, 5_000));
        assert_ne!(few, strikes(4, 0.01, 5_000));
        let more = strikes(3, 0.02, 5_000);
        assert!(few.iter().zip(&more).all(|(few, more)| !few || *more));
    }

    #[test]
    fn the_share_is_the_rate_within_binomial_bounds() {
        let struck = strikes(5, 0.05, 20_000).iter().filter(|struck| **struck).count();
        // n p = 1000, standard deviation sqrt(n p (1 - p)) = 30.8; four of them are 123.
        assert!(struck.abs_diff(1_000) <= 123, "{struck} of 20000");
    }

    #[test]
    fn the_extremes_are_never_and_always() {
        assert!(strikes(6, 0.0, 1_000).iter().all(|struck| !struck));
        assert!(strikes(6, 1.0, 1_000).iter().all(|struck| *struck));
    }
}
