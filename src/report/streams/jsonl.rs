//! One JSON object a second, each on a line of its own: a point of the series of `summary.json`.

use super::stream::{Encoder, StreamedRun};
use crate::{
    measure::Interval,
    report::{Due, summary_v1::PointV1},
};
use std::time::Duration;

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
        let point = second.point(self.interval);
        match serde_json::to_vec(&PointV1::new(&point, point.span, self.interval, &self.due)) {
            Ok(mut bytes) => {
                bytes.push(b'\n');
                bytes
            }
            Err(_) => unreachable!("all keys are strings, and writing to memory does not fail"),
        }
    }
}
