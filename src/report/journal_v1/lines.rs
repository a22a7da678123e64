//! The lines of a journal: a header, the start of the load, an interval each second, the end. Each is a JSON object
//! with a line end behind it.

use super::{
    catalog::CatalogV1,
    circumstances::{EndV1, RunV1, StartV1},
    observations::IntervalV1,
    threshold::ThresholdV1,
};
use crate::{
    measure::{Contradiction, Interval},
    model::{Catalog, Ending, OnceInfo, RunInfo, SamplesInfo, Threshold},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the header's `schema` says.
pub const SCHEMA: &str = "loadgen/journal/v1";
/// Longest interval that is read, in milliseconds.
const LONGEST_INTERVAL_MS: u64 = 60_000;

/// What is known before the load.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Which run; what only its end tells is not read from here.
    pub info: RunInfo,
    /// What it can observe.
    pub catalog: Catalog,
    /// What it is judged by.
    pub thresholds: Vec<Threshold>,
    /// Length of its intervals.
    pub interval: Duration,
    /// Whether it counts although the generator was saturated.
    pub allow_saturated: bool,
}

/// What is known when the load begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// UTC start of the load, RFC 3339.
    pub started_at: String,
    /// What was done before it.
    pub setup: Option<OnceInfo>,
}

/// What is known at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Why the load ended.
    pub ending: Ending,
    /// From its start to its end.
    pub elapsed: Duration,
    /// When the load was ended, where that was before its time.
    pub stopped_at: Option<Duration>,
    /// UTC end of the load, RFC 3339.
    pub ended_at: String,
    /// Whether there was no load because `setup` had failed.
    pub setup_failed: bool,
    /// Whether there was no load because a signal came during `setup`.
    pub setup_cut: bool,
    /// What was done after the load.
    pub teardown: Option<OnceInfo>,
    /// What became of the file of every request.
    pub samples: Option<SamplesInfo>,
    /// The first fault of loadgen itself.
    pub fault: Option<String>,
    /// Whether something that was asked for could not be written, as far as that was known.
    pub not_written: bool,
}

/// A line behind the header.
#[derive(Debug, Clone)]
pub enum Entry {
    /// The load began.
    Start(Start),
    /// An interval was over. Boxed: it is much larger than the others.
    Interval(Box<Interval>),
    /// The run is over.
    End(End),
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalFault {
    /// It is of no journal.
    #[error("this is not a journal of loadgen: {0}")]
    Foreign(String),
    /// It is of a version that this program does not read.
    #[error("the journal has the format `{0}`, and this version of loadgen reads `{SCHEMA}`")]
    OtherVersion(String),
    /// It is damaged.
    #[error("{0}")]
    Damaged(String),
}

impl From<serde_json::Error> for JournalFault {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(format!("it is not as loadgen writes it: {error}"))
    }
}

impl From<Contradiction> for JournalFault {
    fn from(error: Contradiction) -> Self {
        Self::Damaged(error.to_string())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct HeaderV1 {
    schema: String,
    loadgen_version: String,
    interval_ms: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    allow_saturated: bool,
    run: RunV1,
    catalog: CatalogV1,
    thresholds: Vec<ThresholdV1>,
}

/// The part of a header that says whether the rest can be read.
#[derive(Debug, Deserialize)]
struct Version {
    schema: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineV1 {
    Start(StartV1),
    Interval(Box<IntervalV1>),
    End(EndV1),
}

/// The first line.
pub fn header_line(header: &Header) -> Vec<u8> {
    written(&HeaderV1 {
        schema: SCHEMA.to_owned(),
        loadgen_version: env!("CARGO_PKG_VERSION").to_owned(),
        interval_ms: header.interval.as_millis() as u64,
        allow_saturated: header.allow_saturated,
        run: RunV1::new(&header.info),
        catalog: CatalogV1::new(&header.catalog),
        thresholds: header.thresholds.iter().map(ThresholdV1::new).collect(),
    })
}

/// The line that says that the load begins.
pub fn start_line(start: &Start) -> Vec<u8> {
    written(&LineV1::Start(StartV1::new(start)))
}

/// The line of an interval of what this catalogue lists.
pub fn interval_line(interval: &Interval, catalog: &Catalog) -> Vec<u8> {
    written(&LineV1::Interval(Box::new(IntervalV1::new(interval, catalog))))
}

/// The last line.
pub fn end_line(end: &End) -> Vec<u8> {
    written(&LineV1::End(EndV1::new(end)))
}

fn written(line: &impl Serialize) -> Vec<u8> {
    match serde_json::to_vec(line) {
        Ok(mut bytes) => {
            bytes.push(b'\n');
            bytes
        }
        Err(_) => unreachable!("all keys are strings, and writing to memory does not fail"),
    }
}

/// Reads the first line.
///
/// # Errors
/// It is not the header of a journal, or of one of another version.
pub fn read_header(line: &[u8]) -> Result<Header, JournalFault> {
    let version: Version =
        serde_json::from_slice(line).map_err(|error| JournalFault::Foreign(error.to_string()))?;
    if version.schema != SCHEMA {
        let is_journal = version.schema.starts_with("loadgen/journal/");
        let foreign = JournalFault::Foreign(format!("its format is `{}`", version.schema));
        return Err(if is_journal { JournalFault::OtherVersion(version.schema) } else { foreign });
    }
    let header: HeaderV1 = serde_json::from_slice(line)?;
    if !(1..=LONGEST_INTERVAL_MS).contains(&header.interval_ms) {
        return Err(JournalFault::Damaged("its intervals have no sensible length".to_owned()));
    }
    Ok(Header {
        info: header.run.read(),
        catalog: header.catalog.read()?,
        thresholds: header.thresholds.iter().map(ThresholdV1::read).collect::<Result<_, _>>()?,
        interval: Duration::from_millis(header.interval_ms),
        allow_saturated: header.allow_saturated,
    })
}

/// Reads a line behind the header.
///
/// # Errors
/// It is damaged, or tells what a run of this catalogue cannot have seen.
pub fn read_line(line: &[u8], catalog: &Catalog) -> Result<Entry, JournalFault> {
    Ok(match serde_json::from_slice(line)? {
        LineV1::Start(start) => Entry::Start(start.read()),
        LineV1::Interval(interval) => Entry::Interval(Box::new(interval.read(catalog)?)),
        LineV1::End(end) => Entry::End(end.read()?),
    })
}
