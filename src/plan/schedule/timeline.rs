//! Which stage it is when. Levels of load are not its business.

use crate::model::StageId;
use std::time::Duration;

/// A workload's stages along the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    begin: Duration,
    end: Duration,
    /// Each stage with its start, in order.
    stages: Vec<(Duration, StageId)>,
}

impl Timeline {
    /// From where it begins in the run, and each stage's id and length.
    pub fn new(begin: Duration, stages: impl IntoIterator<Item = (StageId, Duration)>) -> Self {
        let mut end = begin;
        let starts = stages.into_iter().map(|(stage, length)| {
            let start = end;
            end += length;
            (start, stage)
        });
        let stages = starts.collect();
        Self { begin, end, stages }
    }

    /// Where it begins in the run.
    pub fn begin(&self) -> Duration {
        self.begin
    }

    /// The end of the last stage.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// The stage at a moment; the last one from its start on.
    pub fn stage_at(&self, at: Duration) -> StageId {
        // Most loads have one stage, and this is asked for every request.
        if let [(_, only)] = self.stages.as_slice() {
            return *only;
        }
        let index = self.stages.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.stages.get(index).map_or(StageId(0), |(_, stage)| *stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_lasts_up_to_the_next_one_and_the_last_one_for_ever() {
        let second = Duration::from_secs;
        let stages = [(StageId(4), 2), (StageId(5), 0), (StageId(6), 3)];
        let timeline =
            Timeline::new(second(10), stages.map(|(stage, length)| (stage, Duration::from_secs(length))));
        assert_eq!((timeline.begin(), timeline.end()), (second(10), second(15)));
        for (at, stage) in [(0, 4), (10, 4), (11, 4), (12, 6), (14, 6), (99, 6)] {
            assert_eq!(timeline.stage_at(second(at)), StageId(stage), "{at}");
        }
    }
}
