//! One JSON object a second, each on a line of its own: a point of the series of `summary.json`.

use super::stream::{Encoder, StreamedRun};
use crate::{
    measure::Interval,
    report::{Due, summary_v1::PointV1},
};
use serde::Serialize;
use std::time::Duration;

/// A line: a point of the series.
#[derive(Debug, Serialize)]
struct LineV1 {
    #[serde(flatten)]
    point: PointV1,
    /// How much time it covers, where that is more than one interval of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<u64>,
}

pub(super) struct Jsonl {
    due: Due,
    interval: Duration,
}

impl Jsonl {
    pub fn new(run: &StreamedRun<'_>) -> Self {
        Self { due: Due::new(run.info, run.catalog), interval: run.interval }
    }
}

impl Encoder for Jsonl {
    fn head(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn second(&mut self, second: &Interval, _: &str) -> Vec<u8> {
        let span = second.span(self.interval);
        let mut point = second.point(self.interval);
        point.start = second.start(self.interval);
        let line = LineV1 {
            point: PointV1::new(&point, span, &self.due),
            interval_ms: (second.joined > 0).then(|| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        };
        match serde_json::to_vec(&line) {
            Ok(mut bytes) => {
                bytes.push(b'\n');
                bytes
            }
            Err(_) => unreachable!("all keys are strings, and writing to memory does not fail"),
        }
    }
}
