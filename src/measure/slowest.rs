//! The slowest requests that can be found again in the target's own traces, a few of each.

use super::recorder::RequestObservation;
use crate::model::ErrorKind;
use std::{
    cmp::{Ordering, Reverse},
    time::Duration,
};

/// Most that are kept of one request of the scenario.
const MOST_OF_A_REQUEST: usize = 5;

/// A request that took long, and the id that it was sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowRequest {
    /// From the intended start to the last byte received.
    pub response_time: Duration,
    /// From the first byte sent to the last received.
    pub service_time: Duration,
    /// When it ended, from the start of the run.
    pub at: Duration,
    /// The response's status; 0 where there was none.
    pub status: u16,
    /// Why there was no response.
    pub error: Option<ErrorKind>,
    /// The trace id of its `traceparent`.
    pub trace_id: u128,
}

impl Ord for SlowRequest {
    /// The slowest first, among equals the earliest. Every field decides, so that no order of merging does.
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |slow: &Self| {
            (Reverse(slow.response_time), slow.at, slow.trace_id, slow.service_time, slow.status, slow.error)
        };
        rank(self).cmp(&rank(other))
    }
}

impl PartialOrd for SlowRequest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The slowest of some requests, the slowest first. Merging is exact and associative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Slowest(Vec<SlowRequest>);

impl Slowest {
    /// Those that are kept.
    pub fn kept(&self) -> &[SlowRequest] {
        &self.0
    }

    /// Looks at a request, and keeps it if it has a trace id and is slow enough.
    pub fn record(&mut self, seen: &RequestObservation) {
        if let Some(trace_id) = seen.trace_id {
            self.add(SlowRequest {
                response_time: seen.response_time,
                service_time: seen.service_time,
                at: seen.ended_at,
                status: seen.key.status,
                error: seen.key.error,
                trace_id,
            });
        }
    }

    /// Looks at all that `other` kept.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|slow| self.add(*slow));
    }

    /// Forgets all and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps a request if it is slow enough.
    pub fn add(&mut self, slow: SlowRequest) {
        let place = self.0.partition_point(|known| *known < slow);
        if place < MOST_OF_A_REQUEST {
            self.0.truncate(MOST_OF_A_REQUEST - 1);
            self.0.insert(place, slow);
        }
    }
}
