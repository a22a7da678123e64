//! Random choices that follow from the seed and the user's number alone.

use crate::scenario::ThinkTime;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::time::Duration;

/// What a stream of random numbers is for. Each purpose has its own, so that one more draw for a think time
/// does not change which tasks follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Which task.
    Tasks = 1,
    /// How long to pause.
    Pauses = 2,
}

/// A user's random numbers for one purpose.
#[derive(Debug, Clone)]
pub struct UserRandom {
    generator: Pcg64Mcg,
}

impl UserRandom {
    /// The stream of this purpose of user `vu` (1-based) in a run of this seed.
    pub fn new(seed: u64, vu: u64, stream: Stream) -> Self {
        let mixed = mix(mix(mix(seed) ^ vu) ^ stream as u64);
        Self { generator: Pcg64Mcg::seed_from_u64(mixed) }
    }

    /// Uniform in [0, 1).
    pub fn share(&mut self) -> f64 {
        self.generator.random()
    }

    /// A pause, uniform between its bounds, both included.
    pub fn pause(&mut self, think_time: ThinkTime) -> Duration {
        if think_time.min == think_time.max {
            return think_time.min;
        }
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.generator.random_range(nanos(think_time.min)..=nanos(think_time.max)))
    }
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring seeds give unrelated streams.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_follow_from_seed_user_and_purpose() {
        let draw = |seed, vu, stream| UserRandom::new(seed, vu, stream).share().to_bits();
        assert_eq!(draw(1, 1, Stream::Tasks), draw(1, 1, Stream::Tasks));
        let mut all = vec![];
        for seed in 0..10 {
            for vu in 1..50 {
                all.extend([draw(seed, vu, Stream::Tasks), draw(seed, vu, Stream::Pauses)]);
            }
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn pauses_stay_within_their_range_and_fill_it() {
        let mut random = UserRandom::new(7, 1, Stream::Pauses);
        let think_time = ThinkTime { min: Duration::from_secs(1), max: Duration::from_secs(3) };
        let pauses: Vec<f64> = (0..20_000).map(|_| random.pause(think_time).as_secs_f64()).collect();
        assert!(pauses.iter().all(|pause| (1.0..=3.0).contains(pause)));
        let mean = pauses.iter().sum::<f64>() / pauses.len() as f64;
        // Standard error of the mean: (3 − 1)/√12/√20000 = 0.0041.
        assert!((mean - 2.0).abs() < 0.02, "{mean}");
        let fixed = ThinkTime { min: Duration::from_secs(1), max: Duration::from_secs(1) };
        assert_eq!(random.pause(fixed), Duration::from_secs(1));
    }
}
