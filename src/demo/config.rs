//! How the demo behaves: its seed, how slow it is, how often it fails, what it caches.
//!
//! Deliberately not where it listens: the port belongs to [`start`](super::start).

use std::time::Duration;

use thiserror::Error;

const MAX_SIGMA: f64 = 3.0;
const MAX_MEDIAN: Duration = Duration::from_secs(60);

/// The demo's behaviour. Two demos with equal configurations that get the same requests one after another
/// draw the same latencies and fail the same requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Seed of the latencies, the injected errors and the tokens.
    pub seed: u64,
    /// Half of the uncached answers take longer than this, once the slow start is over.
    pub latency_median: Duration,
    /// Spread of the latencies: the standard deviation of their natural logarithm, 0 for none.
    pub latency_sigma: f64,
    /// Share of the requests that is answered with a 503, 0 to 1.
    pub error_rate: f64,
    /// For this long after the start answers are slower: five times at first, falling linearly to one.
    pub slow_start: Duration,
    /// How long an answer counts as cached; zero for no caching.
    pub cache_ttl: Duration,
    /// What a cached read takes of the latency drawn for it, 0 to 1.
    pub cached_fraction: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 0,
            latency_median: Duration::from_millis(8),
            latency_sigma: 0.4,
            error_rate: 0.0,
            slow_start: Duration::ZERO,
            cache_ttl: Duration::from_secs(60),
            cached_fraction: 0.25,
        }
    }
}

/// Why a [`Config`] cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ConfigError {
    /// The median latency is longer than a minute.
    #[error("the demo's median latency must be at most 60s, not {0:?}")]
    LatencyMedian(Duration),
    /// The spread is negative, above 3, or no number.
    #[error("the demo's latency sigma must be from 0 to 3, not {0}")]
    LatencySigma(f64),
    /// The error rate is no share.
    #[error("the demo's error rate must be from 0 to 1, not {0}")]
    ErrorRate(f64),
    /// The cached fraction is no share.
    #[error("the demo's cached fraction must be from 0 to 1, not {0}")]
    CachedFraction(f64),
}

impl Config {
    /// Checks every field's range.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.latency_median > MAX_MEDIAN {
            return Err(ConfigError::LatencyMedian(self.latency_median));
        }
        // A range contains neither NaN nor the infinities.
        if !(0.0..=MAX_SIGMA).contains(&self.latency_sigma) {
            return Err(ConfigError::LatencySigma(self.latency_sigma));
        }
        if !(0.0..=1.0).contains(&self.error_rate) {
            return Err(ConfigError::ErrorRate(self.error_rate));
        }
        if !(0.0..=1.0).contains(&self.cached_fraction) {
            return Err(ConfigError::CachedFraction(self.cached_fraction));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_and_the_bounds_are_valid() {
        assert_eq!(Config::default().validate(), Ok(()));
        let widest = Config {
            latency_median: MAX_MEDIAN,
            latency_sigma: 3.0,
            error_rate: 1.0,
            cached_fraction: 1.0,
            ..Config::default()
        };
        assert_eq!(widest.validate(), Ok(()));
        let narrowest = Config {
            latency_median: Duration::ZERO,
            latency_sigma: 0.0,
            error_rate: 0.0,
            cached_fraction: 0.0,
            cache_ttl: Duration::ZERO,
            ..Config::default()
        };
        assert_eq!(narrowest.validate(), Ok(()));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let base = Config::default;
        for (config, message) in [
            (
                Config { latency_median: Duration::from_secs(61), ..base() },
                "the demo's median latency must be at most 60s, not 61s",
            ),
            (
                Config { latency_sigma: f64::NAN, ..base() },
                "the demo's latency sigma must be from 0 to 3, not NaN",
            ),
            (
                Config { latency_sigma: f64::INFINITY, ..base() },
                "the demo's latency sigma must be from 0 to 3, not inf",
            ),
            (
                Config { latency_sigma: -0.1, ..base() },
                "the demo's latency sigma must be from 0 to 3, not -0.1",
            ),
            (Config { error_rate: 1.01, ..base() }, "the demo's error rate must be from 0 to 1, not 1.01"),
            (
                Config { cached_fraction: -1.0, ..base() },
                "the demo's cached fraction must be from 0 to 1, not -1",
            ),
        ] {
            assert_eq!(config.validate().unwrap_err().to_string(), message);
        }
    }
}
