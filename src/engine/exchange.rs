//! One exchange of an actor, within its time, and what is known of it afterwards.

use super::{
    actor::Actor,
    transport::{Arrived, Failure, Moments, Outgoing, Trace, Transport, Transports},
};
use crate::model::{ConnectionUse, ErrorKind, Phase, PhaseTimes, format_duration};
use bytes::Bytes;
use std::{pin::pin, time::Duration};

/// One exchange and its times on the run's clock.
pub(super) struct Exchange {
    /// When the request was ready.
    pub began: Duration,
    /// What is known of it.
    pub moments: Moments,
    /// When the last byte had come, or the failure.
    pub ended_at: Duration,
    /// What came.
    pub result: Result<Arrived, Failure>,
    /// Its body without encoding, where it has one and something looks at it.
    pub decoded: Option<Bytes>,
}

impl Exchange {
    /// From the first byte sent to the last received. What was never sent has waited all along.
    pub fn service_time(&self) -> Duration {
        self.ended_at.saturating_sub(self.moments.sent_at.unwrap_or(self.began))
    }

    /// From the end of the request to the first byte of the response.
    pub fn waiting(&self) -> Option<Duration> {
        Some(self.moments.first_byte_at?.saturating_sub(self.moments.sent_until?))
    }

    /// What the time went to. Without a response, only the steps of connecting that were completed.
    pub fn phases(&self) -> PhaseTimes {
        let moments = &self.moments;
        let mut phases = PhaseTimes::default();
        let connected = [
            (Phase::LookingUp, moments.looking_up),
            (Phase::Connecting, moments.connecting),
            (Phase::TlsHandshaking, moments.tls_handshaking),
        ];
        for (phase, time) in connected {
            if let Some(time) = time {
                phases.set(phase, time);
            }
        }
        if let (Ok(_), Some(sent_at)) = (&self.result, moments.sent_at) {
            phases.set(Phase::Blocked, sent_at.saturating_sub(self.began));
            let sent_until = moments.sent_until.unwrap_or(sent_at);
            let first_byte_at = moments.first_byte_at.unwrap_or(self.ended_at);
            phases.set(Phase::Sending, sent_until.saturating_sub(sent_at));
            phases.set(Phase::Waiting, first_byte_at.saturating_sub(sent_until));
            phases.set(Phase::Receiving, self.ended_at.saturating_sub(first_byte_at));
        }
        phases
    }

    /// The connection that it used.
    pub fn connection(&self) -> ConnectionUse {
        let moments = &self.moments;
        ConnectionUse { remote: moments.remote, is_new: moments.is_new, sent: moments.sent_at.is_some() }
    }
}

impl<F: Transports> Actor<F> {
    /// Has a request sent and its response read by this time; `timeout` is how long that is from the beginning.
    pub(super) async fn exchange(
        &self,
        outgoing: &mut Outgoing,
        by: Duration,
        timeout: Duration,
    ) -> Exchange {
        let (began, trace) = (outgoing.ready_at, Trace::default());
        let result = {
            let mut limit = self.limit();
            // Pinned where it was made: it is large, and to hand it over would copy it.
            let exchange = pin!(self.transport.exchange(outgoing, &trace));
            limit.deadline().limit(self.shared.clock, by, exchange).await
        };
        let result = result.unwrap_or_else(|| Err(timed_out(timeout)));
        let ended_at = result.as_ref().map_or_else(|_| self.shared.clock.now(), |arrived| arrived.ended_at);
        Exchange { began, moments: trace.get(), ended_at, result, decoded: None }
    }
}

fn timed_out(timeout: Duration) -> Failure {
    Failure::new(ErrorKind::Timeout, format!("no complete response within {}", format_duration(timeout)))
}
