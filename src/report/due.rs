//! How many iterations the plan wanted when: what the delivered ones are held against over time.

use crate::model::{Catalog, LevelAt, RunInfo};
use std::time::Duration;

/// The planned rates of a run's open workloads.
#[derive(Debug, Clone, Default)]
pub struct Due {
    rates: Vec<Vec<LevelAt>>,
}

impl Due {
    /// What was planned for this run.
    pub fn new(run: &RunInfo, catalog: &Catalog) -> Self {
        let open = run.workloads.iter().zip(&catalog.workloads).filter(|(_, workload)| workload.is_open);
        Self {
            rates: open.map(|(known, _)| known.levels.clone()).filter(|levels| !levels.is_empty()).collect(),
        }
    }

    /// Iterations that were to start between these times: the integral of the planned rates. `None` where no workload
    /// has a rate, or it is not known.
    pub fn within(&self, start: Duration, end: Duration) -> Option<f64> {
        let (start, end) = (start.as_secs_f64(), end.as_secs_f64());
        let due = self.rates.iter().map(|levels| integral(levels, start, end));
        (!self.rates.is_empty()).then(|| due.sum())
    }
}

/// The area below straight lines through `levels`, between two times in seconds.
fn integral(levels: &[LevelAt], start: f64, end: f64) -> f64 {
    let seconds = |level: &LevelAt| level.at_ms as f64 / 1e3;
    let lines = levels.iter().zip(levels.iter().skip(1));
    let areas = lines.map(|(from, to)| {
        let (begin, finish) = (seconds(from), seconds(to));
        let (left, right) = (start.max(begin), end.min(finish));
        if left >= right {
            return 0.0;
        }
        let at = |time: f64| from.level + (to.level - from.level) * (time - begin) / (finish - begin);
        (at(left) + at(right)) / 2.0 * (right - left)
    });
    areas.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_a_hold_and_a_step_add_up() {
        let levels = [(1_000, 0.0), (3_000, 20.0), (5_000, 20.0), (5_000, 50.0), (6_000, 50.0)];
        let levels = levels.map(|(at_ms, level)| LevelAt { at_ms, level }).to_vec();
        let due = Due { rates: vec![levels.clone(), levels] };
        for (start, end, expected) in
            [(0.0, 1.0, 0.0), (1.0, 2.0, 5.0), (2.5, 3.5, 18.75), (4.5, 5.5, 35.0), (0.0, 9.0, 110.0)]
        {
            let within = due.within(Duration::from_secs_f64(start), Duration::from_secs_f64(end));
            assert_eq!(within, Some(2.0 * expected), "{start} to {end}");
        }
        assert_eq!(Due::default().within(Duration::ZERO, Duration::MAX), None);
    }
}
