//! Random choices that follow from the seed and the user's number alone.

use crate::model::ThinkTime;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::{num::NonZeroU32, time::Duration};

/// What a stream of random numbers is for. Each purpose has its own, so that one more draw for a think time
/// does not change which tasks follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Which task.
    Tasks = 1,
    /// How long to pause.
    Pauses = 2,
    /// Which branch, and how many rounds.
    Choices = 3,
    /// Which row of a feed.
    Feeds = 4,
    /// Which of several matches an extract takes.
    Picks = 5,
    /// What the random functions of expressions give.
    Functions = 6,
    /// Which task an iteration of an open model does.
    Arrivals = 7,
    /// How long after the one before an iteration of an open model starts.
    Gaps = 8,
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

    /// A whole number, uniform between both, which are included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        if least >= most { least } else { self.generator.random_range(least..=most) }
    }

    /// Uniform among the whole numbers below `limit`.
    pub fn below(&mut self, limit: NonZeroU32) -> u32 {
        self.generator.random_range(0..limit.get())
    }

    /// One of `count` places, from 0, each as likely; 0 where there is none.
    pub fn index(&mut self, count: usize) -> usize {
        if count < 2 { 0 } else { self.generator.random_range(0..count) }
    }

    /// A pause.
    ///
    /// A normal one is drawn by Box and Muller's transform (1958), and what lies below zero is no pause: drawn
    /// again it would come out longer than the mean by more than what cutting adds. An exponential one is
    /// −mean·ln(1−u).
    pub fn pause(&mut self, think_time: ThinkTime) -> Duration {
        match think_time {
            ThinkTime::Uniform { min, max } => self.time_between(min, max),
            ThinkTime::Normal { mean, sd } => {
                let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
                let standard = radius * (std::f64::consts::TAU * self.share()).cos();
                seconds(sd.as_secs_f64().mul_add(standard, mean.as_secs_f64()))
            }
            ThinkTime::Exponential { mean } => seconds(-mean.as_secs_f64() * (1.0 - self.share()).ln()),
        }
    }

    fn time_between(&mut self, min: Duration, max: Duration) -> Duration {
        if min == max {
            return min;
        }
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.generator.random_range(nanos(min)..=nanos(max)))
    }

    /// The generator itself, for what is drawn in other shapes.
    pub(super) fn generator(&mut self) -> &mut Pcg64Mcg {
        &mut self.generator
    }
}

/// So many seconds; none where they are negative.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}

/// Uniform in [0, 1), for the thing of this number: a pure function of all three, whoever asks and in whatever order.
pub fn share_of(seed: u64, number: u64, purpose: Stream) -> f64 {
    let mixed = mix(mix(mix(seed) ^ number) ^ purpose as u64);
    // The upper 53 bits: as many as a float has, so that no two of them become one, and none becomes 1.
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// A key for what users share, by its name.
pub(super) fn key_of(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |key, byte| mix(key ^ u64::from(byte)))
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring seeds give unrelated streams.
pub(super) fn mix(seed: u64) -> u64 {
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
    fn the_share_of_a_number_is_uniform_and_follows_from_seed_and_purpose() {
        let numbers = 0..20_000;
        let shares: Vec<f64> = numbers.clone().map(|n| share_of(7, n, Stream::Arrivals)).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        let mut tenths = [0u32; 10];
        shares.iter().for_each(|share| tenths[(share * 10.0) as usize] += 1);
        // 2000 are expected in each; six standard deviations of the binomial, √(20000·0.1·0.9) = 42.4.
        assert!(tenths.iter().all(|count| count.abs_diff(2_000) < 255), "{tenths:?}");
        let mean = shares.iter().sum::<f64>() / 20_000.0;
        let product = |other: &[f64]| {
            shares.iter().zip(other).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / 20_000.0
        };
        // Standard error of the mean 1/√12/√20000 = 0.0020, of a covariance 1/12/√20000 = 0.00059.
        assert!((mean - 0.5).abs() < 0.012, "{mean}");
        for (seed, first, purpose) in
            [(7, 1, Stream::Arrivals), (8, 0, Stream::Arrivals), (7, 0, Stream::Gaps)]
        {
            let other: Vec<f64> = numbers.clone().map(|n| share_of(seed, n + first, purpose)).collect();
            assert!(product(&other).abs() < 0.0036, "{seed} {first} {purpose:?}");
        }
    }

    /// Mean and standard deviation of 20000 pauses, in seconds, and the pauses.
    fn drawn(think_time: ThinkTime) -> (f64, f64, Vec<f64>) {
        let mut random = UserRandom::new(7, 1, Stream::Pauses);
        let pauses: Vec<f64> = (0..20_000).map(|_| random.pause(think_time).as_secs_f64()).collect();
        let mean = pauses.iter().sum::<f64>() / pauses.len() as f64;
        let square = pauses.iter().map(|pause| (pause - mean).powi(2)).sum::<f64>() / pauses.len() as f64;
        (mean, square.sqrt(), pauses)
    }

    #[test]
    fn uniform_pauses_stay_within_their_range_and_fill_it() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(3));
        let (mean, _, pauses) = drawn(ThinkTime::Uniform { min, max });
        assert!(pauses.iter().all(|pause| (1.0..=3.0).contains(pause)));
        // Standard error of the mean: (3 − 1)/√12/√20000 = 0.0041.
        assert!((mean - 2.0).abs() < 0.02, "{mean}");
        let mut random = UserRandom::new(7, 1, Stream::Pauses);
        assert_eq!(random.pause(ThinkTime::Uniform { min, max: min }), min);
        assert_eq!(random.pause(ThinkTime::default()), Duration::ZERO);
    }

    #[test]
    fn normal_pauses_have_their_mean_and_deviation() {
        let (mean, sd, pauses) =
            drawn(ThinkTime::Normal { mean: Duration::from_secs(2), sd: Duration::from_millis(500) });
        // Standard errors: 0.5/√20000 = 0.0035 of the mean, 0.5/√40000 = 0.0025 of the deviation.
        assert!((mean - 2.0).abs() < 0.015, "{mean}");
        assert!((sd - 0.5).abs() < 0.01, "{sd}");
        let within = pauses.iter().filter(|pause| (1.5..=2.5).contains(*pause)).count() as f64 / 20_000.0;
        // 68.27 % lie within one deviation; standard error 0.0033.
        assert!((within - 0.6827).abs() < 0.014, "{within}");
    }

    #[test]
    fn a_normal_pause_below_zero_is_none() {
        let second = Duration::from_secs(1);
        let (mean, _, pauses) = drawn(ThinkTime::Normal { mean: second, sd: second });
        let none = pauses.iter().filter(|pause| **pause == 0.0).count() as f64 / 20_000.0;
        // Φ(−1) = 0.1587 of them, which lifts the mean by φ(1) − Φ(−1) = 0.0833.
        assert!((none - 0.1587).abs() < 0.011, "{none}");
        assert!((mean - 1.0833).abs() < 0.03, "{mean}");
    }

    #[test]
    fn exponential_pauses_have_their_mean_and_shape() {
        let (mean, sd, pauses) = drawn(ThinkTime::Exponential { mean: Duration::from_secs(2) });
        // Standard error of the mean: 2/√20000 = 0.0141; the deviation is the mean.
        assert!((mean - 2.0).abs() < 0.06, "{mean}");
        assert!((sd - 2.0).abs() < 0.1, "{sd}");
        let longer = pauses.iter().filter(|pause| **pause > 2.0).count() as f64 / 20_000.0;
        // 1/e of them are longer than the mean; standard error 0.0034.
        assert!((longer - 0.3679).abs() < 0.014, "{longer}");
    }
}
