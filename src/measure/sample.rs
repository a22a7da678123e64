//! A request kept as it was, for whoever asked for each of them. What is kept of all requests is in the recorder.

use super::recorder::RequestObservation;
use std::time::Duration;

/// One request of the load. It holds no text and points to nothing: keeping one is copying it.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What was counted.
    pub seen: RequestObservation,
    /// When it was ready to be sent, from the start of the run.
    pub began: Duration,
    /// The user that sent it, from 1.
    pub vu: u64,
    /// That user's iteration, from 0.
    pub iteration: u64,
}

impl Sample {
    /// When it was meant to be sent, from the start of the run: the response time counts from here.
    pub fn intended(&self) -> Duration {
        self.seen.ended_at.saturating_sub(self.seen.response_time)
    }
}
