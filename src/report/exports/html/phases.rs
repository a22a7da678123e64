//! Where a request's time goes, as parts of one bar.

use super::number::Rounded;
use crate::report::summary_v1::{PhaseV1, PhasesV1};
use serde::Serialize;

/// Milliseconds of each phase per answered request, those without the phase included: they add up to such a request's
/// time from when it was ready. In the order of an exchange: waiting for a connection but for making it, looking up, connecting, TLS
/// handshake, sending, waiting, receiving.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct PhaseParts([Rounded; 7]);

impl PhaseParts {
    /// `None` where nothing was answered.
    pub fn new(phases: &PhasesV1) -> Option<Self> {
        let answered = answered(phases);
        if answered == 0 {
            return None;
        }
        let per_request = |phase: &Option<PhaseV1>| {
            phase.as_ref().map_or(0.0, |phase| phase.avg * phase.count as f64 / answered as f64)
        };
        // Making the connection is part of the wait for it; connections of requests that were never answered are not.
        let making = [&phases.looking_up, &phases.connecting, &phases.tls_handshaking].map(per_request);
        let (made, waited) = (making.iter().sum::<f64>(), per_request(&phases.blocked));
        let part = if made > waited { waited / made } else { 1.0 };
        let [lookup, connect, handshake] = making.map(|phase| phase * part);
        let blocked = (waited - made).max(0.0);
        let [sending, waiting, receiving] =
            [&phases.sending, &phases.waiting, &phases.receiving].map(per_request);
        let parts = [blocked, lookup, connect, handshake, sending, waiting, receiving];
        Some(Self(parts.map(Rounded::new)))
    }
}

/// Requests whose phases were measured: those that were answered.
pub(super) fn answered(phases: &PhasesV1) -> u64 {
    [&phases.sending, &phases.waiting].into_iter().flatten().map(|phase| phase.count).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(count: u64, avg: f64) -> Option<PhaseV1> {
        let low_confidence = Vec::new();
        Some(PhaseV1 { count, avg, p50: avg, p95: avg, p99: avg, max: avg, low_confidence })
    }

    fn phases() -> PhasesV1 {
        PhasesV1 {
            blocked: phase(10, 4.0),
            looking_up: phase(5, 2.0),
            connecting: phase(5, 4.0),
            tls_handshaking: None,
            sending: phase(10, 0.5),
            waiting: phase(10, 20.0),
            receiving: None,
        }
    }

    fn parts(phases: &PhasesV1) -> serde_json::Value {
        serde_json::to_value(PhaseParts::new(phases)).expect("parts")
    }

    #[test]
    fn making_a_connection_is_not_counted_twice() {
        assert_eq!(parts(&phases()), serde_json::json!([1, 1, 2, 0, 0.5, 20, 0]));
    }

    #[test]
    fn connections_for_nothing_are_no_part_of_an_answered_request() {
        let phases = PhasesV1 { looking_up: phase(20, 2.0), connecting: phase(20, 6.0), ..phases() };
        assert_eq!(parts(&phases), serde_json::json!([0, 1, 3, 0, 0.5, 20, 0]));
    }

    #[test]
    fn without_an_answer_there_are_no_parts() {
        let phases = PhasesV1 { sending: None, waiting: None, ..phases() };
        assert!(PhaseParts::new(&phases).is_none());
    }
}
