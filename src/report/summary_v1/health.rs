//! What the generator's numbers are worth, in the document.

use super::words;
use crate::{
    judge::{Health, HealthFinding, HealthStatus},
    measure::{Latency, Point, Snapshot},
    model::Percent,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whether the numbers are about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatusV1 {
    /// They are.
    Ok,
    /// Something was not as it should be; they count.
    Degraded,
    /// They are about the generator; the run fails with exit code 96 unless `--allow-saturated` was given.
    Saturated,
}

/// Something that was not as it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthReasonV1 {
    /// What it is about: `lag`, `gap`, `cpu`, `steal`, `dropped`, `not_delivered`, `target_limit`, `ports`, `files`,
    /// `suspended`, `clock_step`, `clipped`.
    #[schemars(extend("enum" = words::health_codes()))]
    pub code: String,
    /// What it alone amounts to.
    pub status: HealthStatusV1,
    /// A sentence with its numbers, for people.
    pub text: String,
    /// What to do about it, for people.
    pub remedy: String,
}

/// What the generator saw of itself over the run. What the system does not tell is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthV1 {
    /// The worst that a reason amounts to.
    pub status: HealthStatusV1,
    /// Why it is not `ok`, the worst first.
    pub reasons: Vec<HealthReasonV1>,
    /// How late iterations began, p99 in milliseconds, the warm-up left out; null without iterations.
    pub iteration_lag_p99_ms: Option<f64>,
    /// Processors that the process used on average, with the demo API where it is part of the process.
    pub cpu_cores_used: Option<f64>,
    /// Processors that it might use.
    pub cores: Option<u32>,
    /// Share of those processors' time that was not idle, from 0 to 1, whoever had it, in the second in which it was
    /// highest.
    pub cpu_machine_share_max: Option<f64>,
    /// Share of it that the hypervisor gave to other machines, in the second in which that was highest.
    pub steal_share_max: Option<f64>,
    /// The longest stretch in which the generator stood still, in milliseconds; 0 where none was longer than 100 ms.
    pub longest_gap_ms: f64,
    /// Such stretches together, in milliseconds.
    pub gaps_ms: f64,
    /// Most open files of the process.
    pub open_files_max: Option<u64>,
    /// Open files that it may have; null also where there is no limit.
    pub open_files_limit: Option<u64>,
    /// Most TCP sockets of the whole machine, those in `TIME_WAIT` included, and both ends of a connection within it: at
    /// least as many as there were local ports in use.
    pub ports_max: Option<u64>,
    /// Local ports that there are, for connections to one address and port of a target.
    pub ports_limit: Option<u64>,
    /// Times beyond an hour, which percentiles know nothing of.
    pub clipped_samples: u64,
    /// How long the machine slept during the run, in milliseconds.
    pub suspended_ms: f64,
    /// The largest step of the machine's civil clock, in milliseconds: negative if it was set back, 0 where there was
    /// none of more than 100 ms.
    pub clock_step_ms: i64,
    /// Most resident memory of the process, in bytes.
    pub memory_max_bytes: Option<u64>,
}

impl HealthV1 {
    pub(super) fn new(health: &Health, snapshot: &Snapshot) -> Self {
        let (vitals, whole) = (&snapshot.vitals, &snapshot.vitals.whole);
        Self {
            status: health.status.into(),
            reasons: health.findings.iter().map(reason).collect(),
            iteration_lag_p99_ms: lag_p99(snapshot).map(ms),
            cpu_cores_used: whole.cores_used().map(thousandths),
            cores: whole.cores,
            cpu_machine_share_max: vitals.machine_share_max.map(thousandths),
            steal_share_max: vitals.steal_share_max.map(thousandths),
            longest_gap_ms: ms(whole.gaps.longest),
            gaps_ms: ms(whole.gaps.sum),
            open_files_max: whole.open_files,
            open_files_limit: whole.open_files_limit,
            ports_max: whole.ports,
            ports_limit: whole.ports_limit,
            clipped_samples: snapshot.total.clipped(),
            suspended_ms: ms(whole.suspended),
            clock_step_ms: whole.clock_step_ms,
            memory_max_bytes: whole.memory_bytes,
        }
    }
}

impl From<HealthStatus> for HealthStatusV1 {
    fn from(status: HealthStatus) -> Self {
        match status {
            HealthStatus::Ok => Self::Ok,
            HealthStatus::Degraded => Self::Degraded,
            HealthStatus::Saturated => Self::Saturated,
        }
    }
}

fn reason(finding: &HealthFinding) -> HealthReasonV1 {
    HealthReasonV1 {
        code: finding.code.name().to_owned(),
        status: finding.status.into(),
        text: finding.text.clone(),
        remedy: finding.remedy.clone(),
    }
}

fn lag_p99(snapshot: &Snapshot) -> Option<Duration> {
    let mut all = Latency::new();
    snapshot.total.iterations().for_each(|(_, stats)| all.merge(&stats.lag));
    all.percentile(Percent::whole(99))
}

/// To the microsecond.
fn ms(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// What the generator saw of itself in an interval of the series. What the system does not tell is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointHealthV1 {
    /// Processors that the process used.
    pub cpu_cores_used: Option<f64>,
    /// Share of the processors' time that was not idle, from 0 to 1, whoever had it.
    pub machine_share: Option<f64>,
    /// Share of it that the hypervisor gave to other machines.
    pub steal_share: Option<f64>,
    /// The longest stretch in which the generator stood still, in milliseconds; 0 where none was longer than 100 ms.
    pub longest_gap_ms: f64,
    /// How late iterations began that ended in the interval, p99 in milliseconds; null without iterations.
    pub lag_p99_ms: Option<f64>,
    /// Open files of the process.
    pub open_files: Option<u64>,
    /// TCP sockets of the whole machine, those in `TIME_WAIT` included.
    pub ports: Option<u64>,
    /// Resident memory of the process, in bytes.
    pub memory_bytes: Option<u64>,
}

impl PointHealthV1 {
    pub(super) fn new(point: &Point) -> Self {
        let seen = &point.vitals;
        let machine = seen.machine.as_ref();
        Self {
            cpu_cores_used: seen.cores_used().map(thousandths),
            machine_share: machine.and_then(|time| time.busy_share()).map(thousandths),
            steal_share: machine.and_then(|time| time.stolen_share()).map(thousandths),
            longest_gap_ms: ms(seen.gaps.longest),
            lag_p99_ms: point.lag.percentile(Percent::whole(99)).map(ms),
            open_files: seen.open_files,
            ports: seen.ports,
            memory_bytes: seen.memory_bytes,
        }
    }
}
