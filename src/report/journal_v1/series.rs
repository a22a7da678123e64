//! The rows of an interval as they are written: requests, iterations, groups, checks, failures, slow requests.

use super::{
    distribution::{LatencyV1, is_empty},
    lines::JournalFault,
};
use crate::{
    measure::{
        CheckKey, FailureSample, GroupKey, GroupStats, IterationKey, IterationStats, PhaseLatencies,
        RequestKey, RequestStats, SlowRequest, Tally,
    },
    model::{
        CheckId, ErrorKind, FailureKind, FailureSite, GroupId, IterationEnd, Phase, Protocol, RequestId,
        StageId, TaskId,
    },
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The largest count that is read: what is larger was never counted, and sums of many cannot overflow.
const MOST: u64 = 1 << 40;

/// A count that a run can have come to.
pub(super) fn sane(count: u64) -> Result<u64, JournalFault> {
    if count <= MOST {
        Ok(count)
    } else {
        Err(JournalFault::Damaged(format!("nothing is counted {count} times")))
    }
}

fn error_named(name: Option<&str>) -> Result<Option<ErrorKind>, JournalFault> {
    let Some(name) = name else { return Ok(None) };
    let known = ErrorKind::ALL.into_iter().find(|known| known.name() == name);
    known.map(Some).ok_or_else(|| JournalFault::Damaged(format!("there is no error `{name}`")))
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RequestV1 {
    request: u32,
    stage: u32,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proto: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
    count: u64,
    sent_bytes: u64,
    received_bytes: u64,
    #[serde(default, skip_serializing_if = "is_empty")]
    duration: Option<LatencyV1>,
    #[serde(default, skip_serializing_if = "is_empty")]
    response_time: Option<LatencyV1>,
    /// By the name of the phase's metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    phases: BTreeMap<String, LatencyV1>,
}

impl RequestV1 {
    pub fn new((key, stats): (&RequestKey, &RequestStats)) -> Self {
        let phase = |phase: Phase| {
            let samples = stats.phases.get(phase).and_then(LatencyV1::new)?;
            Some((phase.metric().name().to_owned(), samples))
        };
        Self {
            request: key.request.0,
            stage: key.stage.0,
            status: key.status,
            error: key.error.map(|error| error.name().to_owned()),
            proto: key.protocol.map(|protocol| protocol.name().to_owned()),
            failed: key.failed,
            count: stats.count,
            sent_bytes: stats.sent_bytes,
            received_bytes: stats.received_bytes,
            duration: LatencyV1::new(&stats.duration),
            response_time: LatencyV1::new(&stats.response_time),
            phases: Phase::ALL.into_iter().filter_map(phase).collect(),
        }
    }

    pub fn read(self) -> Result<(RequestKey, RequestStats), JournalFault> {
        let unknown = |what: &str, name: &str| JournalFault::Damaged(format!("there is no {what} `{name}`"));
        let protocol = match &self.proto {
            None => None,
            Some(name) => {
                let known = Protocol::ALL.into_iter().find(|known| known.name() == name);
                Some(known.ok_or_else(|| unknown("protocol", name))?)
            }
        };
        let mut phases = PhaseLatencies::default();
        for (name, samples) in self.phases {
            let phase = Phase::ALL.into_iter().find(|phase| phase.metric().name() == name);
            let phase = phase.ok_or_else(|| unknown("phase", &name))?;
            phases.add(phase, &LatencyV1::read(&Some(samples))?);
        }
        let key = RequestKey {
            request: RequestId(self.request),
            stage: StageId(self.stage),
            status: self.status,
            error: error_named(self.error.as_deref())?,
            protocol,
            failed: self.failed,
        };
        let stats = RequestStats {
            count: sane(self.count)?,
            duration: LatencyV1::read(&self.duration)?,
            response_time: LatencyV1::read(&self.response_time)?,
            phases,
            sent_bytes: sane(self.sent_bytes)?,
            received_bytes: sane(self.received_bytes)?,
        };
        Ok((key, stats))
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IterationEndV1 {
    Completed,
    Failed,
    Interrupted,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IterationV1 {
    task: u32,
    stage: u32,
    end: IterationEndV1,
    count: u64,
    #[serde(default, skip_serializing_if = "is_empty")]
    duration: Option<LatencyV1>,
    #[serde(default, skip_serializing_if = "is_empty")]
    lag: Option<LatencyV1>,
}

impl IterationV1 {
    pub fn new((key, stats): (&IterationKey, &IterationStats)) -> Self {
        Self {
            task: key.task.0,
            stage: key.stage.0,
            end: match key.end {
                IterationEnd::Completed => IterationEndV1::Completed,
                IterationEnd::Failed => IterationEndV1::Failed,
                IterationEnd::Interrupted => IterationEndV1::Interrupted,
            },
            count: stats.count,
            duration: LatencyV1::new(&stats.duration),
            lag: LatencyV1::new(&stats.lag),
        }
    }

    pub fn read(self) -> Result<(IterationKey, IterationStats), JournalFault> {
        let end = match self.end {
            IterationEndV1::Completed => IterationEnd::Completed,
            IterationEndV1::Failed => IterationEnd::Failed,
            IterationEndV1::Interrupted => IterationEnd::Interrupted,
        };
        let key = IterationKey { task: TaskId(self.task), stage: StageId(self.stage), end };
        let stats = IterationStats {
            count: sane(self.count)?,
            duration: LatencyV1::read(&self.duration)?,
            lag: LatencyV1::read(&self.lag)?,
        };
        Ok((key, stats))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GroupV1 {
    group: u32,
    stage: u32,
    count: u64,
    #[serde(default, skip_serializing_if = "is_empty")]
    duration: Option<LatencyV1>,
}

impl GroupV1 {
    pub fn new((key, stats): (&GroupKey, &GroupStats)) -> Self {
        let duration = LatencyV1::new(&stats.duration);
        Self { group: key.group.0, stage: key.stage.0, count: stats.count, duration }
    }

    pub fn read(self) -> Result<(GroupKey, GroupStats), JournalFault> {
        let key = GroupKey { group: GroupId(self.group), stage: StageId(self.stage) };
        let duration = LatencyV1::read(&self.duration)?;
        Ok((key, GroupStats { count: sane(self.count)?, duration }))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CheckV1 {
    check: u32,
    stage: u32,
    passes: u64,
    fails: u64,
}

impl CheckV1 {
    pub fn new((key, tally): (&CheckKey, &Tally)) -> Self {
        Self { check: key.check.0, stage: key.stage.0, passes: tally.passes, fails: tally.fails }
    }

    pub fn read(self) -> Result<(CheckKey, Tally), JournalFault> {
        let key = CheckKey { check: CheckId(self.check), stage: StageId(self.stage) };
        Ok((key, Tally { passes: sane(self.passes)?, fails: sane(self.fails)? }))
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SiteV1 {
    Request(u32),
    Task(u32),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FailureKindV1 {
    NoResponse(String),
    Status(u16),
    Expectation(u32),
    Extract,
    Template,
    Feed,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FailureV1 {
    site: SiteV1,
    kind: FailureKindV1,
    count: u64,
    first_at_ns: u64,
    sample: String,
}

impl FailureV1 {
    pub fn new((site, kind, seen): (FailureSite, FailureKind, &FailureSample)) -> Self {
        Self {
            site: match site {
                FailureSite::Request(id) => SiteV1::Request(id.0),
                FailureSite::Task(id) => SiteV1::Task(id.0),
            },
            kind: match kind {
                FailureKind::NoResponse(error) => FailureKindV1::NoResponse(error.name().to_owned()),
                FailureKind::Status(status) => FailureKindV1::Status(status),
                FailureKind::Expectation(check) => FailureKindV1::Expectation(check.0),
                FailureKind::Extract => FailureKindV1::Extract,
                FailureKind::Template => FailureKindV1::Template,
                FailureKind::Feed => FailureKindV1::Feed,
            },
            count: seen.count,
            first_at_ns: seen.first_at.as_nanos() as u64,
            sample: seen.sample.clone(),
        }
    }

    pub fn read(self) -> Result<(FailureSite, FailureKind, FailureSample), JournalFault> {
        let site = match self.site {
            SiteV1::Request(id) => FailureSite::Request(RequestId(id)),
            SiteV1::Task(id) => FailureSite::Task(TaskId(id)),
        };
        let kind = match self.kind {
            FailureKindV1::NoResponse(name) => match error_named(Some(&name))? {
                Some(error) => FailureKind::NoResponse(error),
                None => FailureKind::NoResponse(ErrorKind::Other),
            },
            FailureKindV1::Status(status) => FailureKind::Status(status),
            FailureKindV1::Expectation(check) => FailureKind::Expectation(CheckId(check)),
            FailureKindV1::Extract => FailureKind::Extract,
            FailureKindV1::Template => FailureKind::Template,
            FailureKindV1::Feed => FailureKind::Feed,
        };
        let first_at = Duration::from_nanos(self.first_at_ns);
        Ok((site, kind, FailureSample { count: sane(self.count)?, first_at, sample: self.sample }))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SlowV1 {
    request: u32,
    response_time_ns: u64,
    service_time_ns: u64,
    at_ns: u64,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    trace_id: String,
}

impl SlowV1 {
    pub fn new((id, slow): (RequestId, &SlowRequest)) -> Self {
        Self {
            request: id.0,
            response_time_ns: slow.response_time.as_nanos() as u64,
            service_time_ns: slow.service_time.as_nanos() as u64,
            at_ns: slow.at.as_nanos() as u64,
            status: slow.status,
            error: slow.error.map(|error| error.name().to_owned()),
            trace_id: format!("{:032x}", slow.trace_id),
        }
    }

    pub fn read(self) -> Result<(RequestId, SlowRequest), JournalFault> {
        let trace_id = u128::from_str_radix(&self.trace_id, 16);
        let slow = SlowRequest {
            response_time: Duration::from_nanos(self.response_time_ns),
            service_time: Duration::from_nanos(self.service_time_ns),
            at: Duration::from_nanos(self.at_ns),
            status: self.status,
            error: error_named(self.error.as_deref())?,
            trace_id: trace_id.map_err(|_| JournalFault::Damaged("a trace id is none".to_owned()))?,
        };
        Ok((RequestId(self.request), slow))
    }
}
