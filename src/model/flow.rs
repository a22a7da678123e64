//! The nouns of what users do around requests: pauses, and what ends early.

use std::time::Duration;

/// What a user with an open connection takes, in bytes: the growth of the process from 10 to 10,000 users that
/// keep one each, divided by their number.
pub const BYTES_PER_USER: u64 = 40 * 1024;

/// A pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinkTime {
    /// Any time between the two is equally likely.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest; equal to the shortest for a fixed pause.
        max: Duration,
    },
    /// Normally distributed; what would be below zero is no pause.
    Normal {
        /// The mean, before that.
        mean: Duration,
        /// The standard deviation, before that.
        sd: Duration,
    },
    /// Exponentially distributed.
    Exponential {
        /// The mean.
        mean: Duration,
    },
}

impl Default for ThinkTime {
    /// No pause.
    fn default() -> Self {
        Self::Uniform { min: Duration::ZERO, max: Duration::ZERO }
    }
}

/// What a `stop` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopScope {
    /// This iteration.
    Iteration,
    /// This user.
    User,
    /// The run.
    Run,
}

/// What a failed request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing: the next step follows.
    Continue,
    /// The iteration.
    StopIteration,
    /// The user.
    StopUser,
    /// The run.
    StopRun,
}
