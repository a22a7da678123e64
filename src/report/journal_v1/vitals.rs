//! What the generator saw of itself in an interval, as it is written.

use super::{lines::JournalFault, series::sane};
use crate::measure::{Gaps, ProcessorTime, VitalsSecond};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longer than any processor time of an interval, in nanoseconds: a day of ten thousand cores.
const LONGEST_NS: u64 = 864_000_000 * 1_000_000_000;
/// A step of the clock over a million years is none.
const LARGEST_STEP_MS: i64 = 1 << 55;

#[derive(Debug, Serialize, Deserialize)]
struct ProcessorTimeV1 {
    all_ns: u64,
    busy_ns: u64,
    stolen_ns: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct GapsV1 {
    count: u64,
    sum_ns: u64,
    longest_ns: u64,
}

/// What is not known is left out.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct VitalsV1 {
    span_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cores: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<ProcessorTimeV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    least_busy_permille: Option<u32>,
    gaps: GapsV1,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files_limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ports_limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    suspended_ns: u64,
    clock_step_ms: i64,
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn time(nanos: u64) -> Result<Duration, JournalFault> {
    if nanos <= LONGEST_NS {
        Ok(Duration::from_nanos(nanos))
    } else {
        Err(JournalFault::Damaged("a time in it is that of no interval".to_owned()))
    }
}

impl VitalsV1 {
    pub fn new(seen: &VitalsSecond) -> Self {
        Self {
            span_ns: nanos(seen.span),
            process_ns: seen.process.map(nanos),
            cores: seen.cores,
            machine: seen.machine.map(|machine| ProcessorTimeV1 {
                all_ns: nanos(machine.all),
                busy_ns: nanos(machine.busy),
                stolen_ns: nanos(machine.stolen),
            }),
            least_busy_permille: seen.least_busy_permille,
            gaps: GapsV1 {
                count: seen.gaps.count,
                sum_ns: nanos(seen.gaps.sum),
                longest_ns: nanos(seen.gaps.longest),
            },
            open_files: seen.open_files,
            open_files_limit: seen.open_files_limit,
            ports: seen.ports,
            ports_limit: seen.ports_limit,
            memory_bytes: seen.memory_bytes,
            suspended_ns: nanos(seen.suspended),
            clock_step_ms: seen.clock_step_ms,
        }
    }

    pub fn read(self) -> Result<VitalsSecond, JournalFault> {
        if self.clock_step_ms.unsigned_abs() > LARGEST_STEP_MS.unsigned_abs() || self.cores > Some(1 << 16) {
            return Err(JournalFault::Damaged("what the generator saw of itself cannot be".to_owned()));
        }
        let machine = self.machine.map(|machine| {
            Ok::<_, JournalFault>(ProcessorTime {
                all: time(machine.all_ns)?,
                busy: time(machine.busy_ns)?,
                stolen: time(machine.stolen_ns)?,
            })
        });
        Ok(VitalsSecond {
            span: time(self.span_ns)?,
            process: self.process_ns.map(time).transpose()?,
            cores: self.cores,
            machine: machine.transpose()?,
            least_busy_permille: self.least_busy_permille,
            gaps: Gaps {
                count: sane(self.gaps.count)?,
                sum: time(self.gaps.sum_ns)?,
                longest: time(self.gaps.longest_ns)?,
            },
            open_files: self.open_files,
            open_files_limit: self.open_files_limit,
            ports: self.ports,
            ports_limit: self.ports_limit,
            memory_bytes: self.memory_bytes,
            suspended: time(self.suspended_ns)?,
            clock_step_ms: self.clock_step_ms,
        })
    }
}
