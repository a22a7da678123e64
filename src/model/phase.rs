//! The phases of an exchange: what its time went to. Who measures them is the engine's business.

use super::Metric;
use std::{fmt, time::Duration};

/// A phase of an exchange.
///
/// Looking up, connecting and the TLS handshake are parts of being blocked. Sending, waiting and receiving
/// follow each other and add up to the service time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// From the moment the request was ready to the moment it began to be sent.
    Blocked,
    /// DNS look-up.
    LookingUp,
    /// TCP connect, a proxy's `CONNECT` included.
    Connecting,
    /// TLS handshake.
    TlsHandshaking,
    /// From the first byte written to the last.
    Sending,
    /// From the last byte written to the first one read.
    Waiting,
    /// From the first byte read to the last.
    Receiving,
}

impl Phase {
    /// Every phase, in the order they come in an exchange.
    pub const ALL: [Self; 7] = [
        Self::Blocked,
        Self::LookingUp,
        Self::Connecting,
        Self::TlsHandshaking,
        Self::Sending,
        Self::Waiting,
        Self::Receiving,
    ];

    /// The metric that its samples make up.
    pub fn metric(self) -> Metric {
        match self {
            Self::Blocked => Metric::HttpReqBlocked,
            Self::LookingUp => Metric::HttpReqLookingUp,
            Self::Connecting => Metric::HttpReqConnecting,
            Self::TlsHandshaking => Metric::HttpReqTlsHandshaking,
            Self::Sending => Metric::HttpReqSending,
            Self::Waiting => Metric::HttpReqWaiting,
            Self::Receiving => Metric::HttpReqReceiving,
        }
    }

    /// The phase whose samples make up this metric, if it is one of a phase.
    pub fn of(metric: Metric) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.metric() == metric)
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::LookingUp => "looking up",
            Self::Connecting => "connecting",
            Self::TlsHandshaking => "TLS handshake",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Receiving => "receiving",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How long the phases of one exchange took, those that there were. The default has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PhaseTimes([Option<Duration>; Phase::ALL.len()]);

impl PhaseTimes {
    /// How long this phase took; `None` where there was none.
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.0[phase as usize]
    }

    /// Says how long this phase took.
    pub fn set(&mut self, phase: Phase, time: Duration) {
        self.0[phase as usize] = Some(time);
    }

    /// The phases that there were, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> + '_ {
        Phase::ALL.into_iter().zip(self.0).filter_map(|(phase, time)| Some((phase, time?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_has_its_place_and_its_metric() {
        let mut times = PhaseTimes::default();
        assert_eq!(times.iter().count(), 0);
        for (n, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!((Phase::of(phase.metric()), times.get(phase)), (Some(phase), None));
            times.set(phase, Duration::from_millis(n as u64));
        }
        let seen: Vec<_> = times.iter().map(|(phase, time)| (phase, time.as_millis())).collect();
        assert_eq!(seen, Phase::ALL.into_iter().zip(0..).collect::<Vec<_>>());
        assert_eq!(Phase::of(Metric::HttpReqDuration), None);
        let of_phases = Metric::ALL.iter().filter(|metric| Phase::of(**metric).is_some()).count();
        assert_eq!(of_phases, Phase::ALL.len());
    }
}
