//! Which run a journal is of, how its load began, and how it ended, as they are written.

use super::lines::{End, JournalFault, Start};
use crate::model::{Ending, HostInfo, LevelAt, OnceInfo, PartInfo, RunInfo, SamplesInfo, WorkloadInfo};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The signals that a run heeds.
const SIGNALS: [&str; 3] = ["SIGINT", "SIGTERM", "SIGHUP"];
/// Longer than any run, in nanoseconds: ten years.
const LONGEST_NS: u64 = 315_360_000 * 1_000_000_000;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HostV1 {
    os: String,
    cpu: String,
    cores: usize,
    memory_bytes: u64,
}

impl HostV1 {
    fn new(host: &HostInfo) -> Self {
        let HostInfo { os, cpu, cores, memory_bytes } = host.clone();
        Self { os, cpu, cores, memory_bytes }
    }

    fn read(self) -> HostInfo {
        let Self { os, cpu, cores, memory_bytes } = self;
        HostInfo { os, cpu, cores, memory_bytes }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PartV1 {
    id: String,
    started_at: String,
    target: String,
    seed: u64,
    host: HostV1,
    command: String,
}

impl PartV1 {
    fn new(part: &PartInfo) -> Self {
        let host = HostV1::new(&part.host);
        let PartInfo { id, started_at, target, seed, command, .. } = part.clone();
        Self { id, started_at, target, seed, host, command }
    }

    fn read(self) -> PartInfo {
        let Self { id, started_at, target, seed, host, command } = self;
        PartInfo { id, started_at, target, seed, host: host.read(), command }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WorkloadV1 {
    executor: String,
    max_users: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    planned_iterations: Option<u64>,
    /// When, in milliseconds, and how much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    levels: Vec<(u64, f64)>,
}

impl WorkloadV1 {
    fn new(workload: &WorkloadInfo) -> Self {
        let WorkloadInfo { executor, max_users, planned_iterations, levels } = workload.clone();
        let levels = levels.into_iter().map(|LevelAt { at_ms, level }| (at_ms, level)).collect();
        Self { executor, max_users, planned_iterations, levels }
    }

    fn read(self) -> WorkloadInfo {
        let Self { executor, max_users, planned_iterations, levels } = self;
        let levels = levels.into_iter().map(|(at_ms, level)| LevelAt { at_ms, level }).collect();
        WorkloadInfo { executor, max_users, planned_iterations, levels }
    }
}

/// What is known of a run before its load. `started_at` is when it was called.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunV1 {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    started_at: String,
    planned_duration_ms: u64,
    scenario_file: String,
    scenario_sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    target: String,
    seed: u64,
    tags: Vec<(String, String)>,
    host: HostV1,
    command: String,
    #[serde(default)]
    workloads: Vec<WorkloadV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartV1>,
}

impl RunV1 {
    pub fn new(run: &RunInfo) -> Self {
        Self {
            id: run.id.clone(),
            name: run.name.clone(),
            description: run.description.clone(),
            started_at: run.started_at.clone(),
            planned_duration_ms: run.planned_duration_ms,
            scenario_file: run.scenario_file.clone(),
            scenario_sha256: run.scenario_sha256.clone(),
            environment: run.environment.clone(),
            target: run.target.clone(),
            seed: run.seed,
            tags: run.tags.clone(),
            host: HostV1::new(&run.host),
            command: run.command.clone(),
            workloads: run.workloads.iter().map(WorkloadV1::new).collect(),
            parts: run.parts.iter().map(PartV1::new).collect(),
        }
    }

    pub fn read(self) -> RunInfo {
        RunInfo {
            id: self.id,
            name: self.name,
            description: self.description,
            ended_at: self.started_at.clone(),
            started_at: self.started_at,
            duration_ms: 0,
            planned_duration_ms: self.planned_duration_ms,
            scenario_file: self.scenario_file,
            scenario_sha256: self.scenario_sha256,
            environment: self.environment,
            target: self.target,
            seed: self.seed,
            tags: self.tags,
            host: self.host.read(),
            command: self.command,
            setup: None,
            teardown: None,
            samples: None,
            workloads: self.workloads.into_iter().map(WorkloadV1::read).collect(),
            parts: self.parts.into_iter().map(PartV1::read).collect(),
        }
    }
}

/// What `setup` or `teardown` did.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OnceV1 {
    requests: u64,
    failed: u64,
    duration_ms: u64,
    errors: Vec<String>,
}

impl OnceV1 {
    fn new(once: &OnceInfo) -> Self {
        let OnceInfo { requests, failed, duration_ms, errors } = once.clone();
        Self { requests, failed, duration_ms, errors }
    }

    fn read(self) -> OnceInfo {
        let Self { requests, failed, duration_ms, errors } = self;
        OnceInfo { requests, failed, duration_ms, errors }
    }
}

/// What became of the file of every request.
#[derive(Debug, Serialize, Deserialize)]
struct SamplesV1 {
    rows: u64,
    dropped: u64,
    finished: bool,
}

impl SamplesV1 {
    fn new(&SamplesInfo { rows, dropped, finished }: &SamplesInfo) -> Self {
        Self { rows, dropped, finished }
    }

    fn read(self) -> SamplesInfo {
        let Self { rows, dropped, finished } = self;
        SamplesInfo { rows, dropped, finished }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StartV1 {
    started_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    setup: Option<OnceV1>,
}

impl StartV1 {
    pub fn new(start: &Start) -> Self {
        Self { started_at: start.started_at.clone(), setup: start.setup.as_ref().map(OnceV1::new) }
    }

    pub fn read(self) -> Start {
        Start { started_at: self.started_at, setup: self.setup.map(OnceV1::read) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EndingV1 {
    Completed,
    Signal(String),
    Stopped(String),
    Aborted(String),
    Lost(String),
}

impl EndingV1 {
    fn new(ending: &Ending) -> Self {
        match ending {
            Ending::Completed => Self::Completed,
            Ending::Signal(name) => Self::Signal((*name).to_owned()),
            Ending::StoppedByStep(step) => Self::Stopped(step.clone()),
            Ending::Aborted(why) => Self::Aborted(why.clone()),
            Ending::Lost(what) => Self::Lost(what.clone()),
        }
    }

    fn read(self) -> Result<Ending, JournalFault> {
        Ok(match self {
            Self::Completed => Ending::Completed,
            Self::Signal(name) => {
                let known = SIGNALS.into_iter().find(|known| *known == name);
                Ending::Signal(
                    known.ok_or_else(|| JournalFault::Damaged(format!("it names a signal `{name}`")))?,
                )
            }
            Self::Stopped(step) => Ending::StoppedByStep(step),
            Self::Aborted(why) => Ending::Aborted(why),
            Self::Lost(what) => Ending::Lost(what),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EndV1 {
    ending: EndingV1,
    elapsed_ns: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped_at_ns: Option<u64>,
    ended_at: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    setup_failed: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    setup_cut: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    teardown: Option<OnceV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    samples: Option<SamplesV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    not_written: bool,
}

impl EndV1 {
    pub fn new(end: &End) -> Self {
        Self {
            ending: EndingV1::new(&end.ending),
            elapsed_ns: end.elapsed.as_nanos() as u64,
            stopped_at_ns: end.stopped_at.map(|at| at.as_nanos() as u64),
            ended_at: end.ended_at.clone(),
            setup_failed: end.setup_failed,
            setup_cut: end.setup_cut,
            teardown: end.teardown.as_ref().map(OnceV1::new),
            samples: end.samples.as_ref().map(SamplesV1::new),
            fault: end.fault.clone(),
            not_written: end.not_written,
        }
    }

    pub fn read(self) -> Result<End, JournalFault> {
        if self.elapsed_ns > LONGEST_NS {
            return Err(JournalFault::Damaged("its length is that of no run".to_owned()));
        }
        Ok(End {
            ending: self.ending.read()?,
            elapsed: Duration::from_nanos(self.elapsed_ns),
            stopped_at: self.stopped_at_ns.map(Duration::from_nanos),
            ended_at: self.ended_at,
            setup_failed: self.setup_failed,
            setup_cut: self.setup_cut,
            teardown: self.teardown.map(OnceV1::read),
            samples: self.samples.map(SamplesV1::read),
            fault: self.fault,
            not_written: self.not_written,
        })
    }
}
