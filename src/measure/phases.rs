//! Distributions of the phases of requests. A phase that never was has no histogram: most requests make no
//! connection, and most targets speak no TLS.

use super::latency::Latency;
use crate::model::{Phase, PhaseTimes};

/// How long the phases of some requests took, each phase by itself.
#[derive(Debug, Clone, Default)]
pub struct PhaseLatencies([Option<Box<Latency>>; Phase::ALL.len()]);

impl PhaseLatencies {
    /// The samples of a phase; `None` where there are none.
    pub fn get(&self, phase: Phase) -> Option<&Latency> {
        self.0[phase as usize].as_deref().filter(|latency| latency.count() > 0)
    }

    /// Adds all samples of `other`, as exactly as [`Latency::merge`] does.
    pub fn merge(&mut self, other: &Self) {
        for phase in Phase::ALL {
            if let Some(theirs) = other.get(phase) {
                self.of(phase).merge(theirs);
            }
        }
    }

    /// Adds all samples of one phase.
    pub fn add(&mut self, phase: Phase, samples: &Latency) {
        self.of(phase).merge(samples);
    }

    /// Adds the phases that there were.
    pub(super) fn record(&mut self, times: &PhaseTimes) {
        times.iter().for_each(|(phase, time)| self.of(phase).record(time));
    }

    /// Forgets all samples and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.0.iter_mut().flatten().for_each(|latency| latency.clear());
    }

    fn of(&mut self, phase: Phase) -> &mut Latency {
        self.0[phase as usize].get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_phases_that_were_have_a_histogram() {
        let mut phases = PhaseLatencies::default();
        let mut times = PhaseTimes::default();
        phases.record(&times);
        assert_eq!(phases.0.iter().flatten().count(), 0);
        times.set(Phase::Blocked, Duration::ZERO);
        times.set(Phase::Waiting, Duration::from_millis(3));
        phases.record(&times);
        let mut merged = PhaseLatencies::default();
        merged.merge(&phases);
        assert_eq!(merged.0.iter().flatten().count(), 2);
        assert_eq!(merged.get(Phase::Blocked).and_then(Latency::max), Some(Duration::ZERO));
        phases.clear();
        assert!(Phase::ALL.iter().all(|phase| phases.get(*phase).is_none()));
        merged.merge(&phases);
        assert_eq!(merged.get(Phase::Waiting).map(Latency::count), Some(1));
    }
}
