//! The formats that are written second by second.

use super::{csv::Csv, hlog::Hlog, jsonl::Jsonl};
use crate::{
    measure::Interval,
    model::{Catalog, RunInfo},
};
use std::time::Duration;

/// A format of files that are written second by second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// A row for each second and request, RFC 4180.
    Csv,
    /// An object for each second, as in the series of `summary.json`.
    Jsonl,
    /// HdrHistogram's log of intervals.
    Hlog,
}

/// The run that seconds are of.
#[derive(Debug, Clone, Copy)]
pub struct StreamedRun<'r> {
    /// Which run.
    pub info: &'r RunInfo,
    /// What it can observe.
    pub catalog: &'r Catalog,
    /// Length of its seconds.
    pub interval: Duration,
    /// When its load began, in milliseconds since 1970.
    pub started_unix_ms: u64,
}

/// Seconds to bytes.
pub trait Encoder: Send {
    /// What stands before the first second.
    fn head(&mut self) -> Vec<u8>;

    /// A second that is over; `at` is when it began, as RFC 3339 writes it.
    fn second(&mut self, second: &Interval, at: &str) -> Vec<u8>;
}

impl Stream {
    /// What writes this run's seconds in this format.
    pub fn encoder(self, run: &StreamedRun<'_>) -> Box<dyn Encoder> {
        match self {
            Self::Csv => Box::new(Csv::new(run)),
            Self::Jsonl => Box::new(Jsonl::new(run)),
            Self::Hlog => Box::new(Hlog::new(run)),
        }
    }
}
