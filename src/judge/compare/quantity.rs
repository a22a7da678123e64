//! What is compared of each row: which number, how it is read from a sample, and which way is worse.

use super::measured::Sample;
use crate::model::Percent;

/// A number that two sides are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Median time, in ms.
    P50,
    /// 95th percentile of the time, in ms.
    P95,
    /// 99th percentile of the time, in ms.
    P99,
    /// How many per second.
    Rate,
    /// Share that failed, from 0 to 1.
    Failed,
}

impl Quantity {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::P50, Self::P95, Self::P99, Self::Rate, Self::Failed];

    /// Which percentile of the time it is, if it is one.
    pub fn percent(self) -> Option<Percent> {
        match self {
            Self::P50 => Some(Percent::whole(50)),
            Self::P95 => Some(Percent::whole(95)),
            Self::P99 => Some(Percent::whole(99)),
            Self::Rate | Self::Failed => None,
        }
    }

    /// The fewest samples of a run with which the number is more than a guess: those that results ask for.
    pub fn needs(self) -> u64 {
        match self {
            Self::P50 => 9,
            Self::P95 => 110,
            Self::P99 => 574,
            Self::Rate | Self::Failed => 1,
        }
    }

    /// Whether a larger number is a worse one.
    pub fn more_is_worse(self) -> bool {
        self != Self::Rate
    }

    /// The number, where the sample has it: ms, per second, or a share.
    pub(super) fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::P50 | Self::P95 | Self::P99 => {
                let time = sample.times.percentile(self.percent()?)?;
                Some(time.as_secs_f64() * 1e3)
            }
            Self::Rate => (sample.seconds > 0.0).then(|| sample.count as f64 / sample.seconds),
            Self::Failed => (sample.count > 0).then(|| sample.failed as f64 / sample.count as f64),
        }
    }

    /// How many samples are behind the number.
    pub(super) fn samples(self, sample: &Sample) -> u64 {
        if self.percent().is_some() { sample.times.count() } else { sample.count }
    }
}
