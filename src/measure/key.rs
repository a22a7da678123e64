//! What distinguishes one counted series from another: ids and the few tags that only show at run time.

use crate::model::{CheckId, ErrorKind, GroupId, IterationEnd, Protocol, RequestId, StageId, TaskId};

/// Identifies one series of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// Which request of the scenario.
    pub request: RequestId,
    /// The stage in which it started.
    pub stage: StageId,
    /// The response's status; 0 where there was no response, [`RequestKey::OTHER_STATUS`] where folded.
    pub status: u16,
    /// Why there was no response.
    pub error: Option<ErrorKind>,
    /// The response's protocol.
    pub protocol: Option<Protocol>,
    /// Whether the request counts as failed.
    pub failed: bool,
}

impl RequestKey {
    /// Stands for the statuses beyond the bound on series.
    pub const OTHER_STATUS: u16 = u16::MAX;
}

/// Identifies one series of iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IterationKey {
    /// Which task.
    pub task: TaskId,
    /// The stage in which it started.
    pub stage: StageId,
    /// How it ended.
    pub end: IterationEnd,
}

/// Identifies one series of groups of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// Which group.
    pub group: GroupId,
    /// The stage in which it started.
    pub stage: StageId,
}

/// Identifies one series of check results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckKey {
    /// Which check.
    pub check: CheckId,
    /// The stage in which its request started.
    pub stage: StageId,
}
