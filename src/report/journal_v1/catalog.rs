//! The catalogue of what a run observes, as it is written: rows point to each other by their place in the lists.

use super::lines::JournalFault;
use crate::model::{
    Catalog, CheckMeta, GroupMeta, RequestId, RequestMeta, StageMeta, TaskId, TaskKind, TaskMeta, WorkloadId,
    WorkloadMeta,
};
use serde::{Deserialize, Serialize};

/// Later than any stage ends: ten years after the start, in milliseconds.
const LATEST_MS: u64 = 315_360_000_000;

#[derive(Debug, Serialize, Deserialize)]
struct WorkloadV1 {
    name: String,
    is_open: bool,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TaskKindV1 {
    Iteration,
    OnStart,
    OnStop,
}

#[derive(Debug, Serialize, Deserialize)]
struct TaskV1 {
    name: String,
    workload: u32,
    kind: TaskKindV1,
}

#[derive(Debug, Serialize, Deserialize)]
struct RequestV1 {
    name: String,
    method: String,
    task: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<(String, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CheckV1 {
    name: String,
    request: u32,
    is_expectation: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct StageV1 {
    name: String,
    workload: u32,
    start_ms: u64,
    end_ms: u64,
    warm_up: bool,
}

impl StageV1 {
    fn is_sane(&self) -> bool {
        self.start_ms <= self.end_ms && self.end_ms <= LATEST_MS
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct GroupV1 {
    name: String,
    task: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CatalogV1 {
    workloads: Vec<WorkloadV1>,
    tasks: Vec<TaskV1>,
    requests: Vec<RequestV1>,
    checks: Vec<CheckV1>,
    stages: Vec<StageV1>,
    groups: Vec<GroupV1>,
}

impl CatalogV1 {
    pub fn new(catalog: &Catalog) -> Self {
        let Catalog { workloads, tasks, requests, checks, stages, groups } = catalog.clone();
        let workload = |WorkloadMeta { name, is_open }| WorkloadV1 { name, is_open };
        let task = |task: TaskMeta| {
            let kind = match task.kind {
                TaskKind::Iteration => TaskKindV1::Iteration,
                TaskKind::OnStart => TaskKindV1::OnStart,
                TaskKind::OnStop => TaskKindV1::OnStop,
            };
            TaskV1 { name: task.name, workload: task.workload.0, kind }
        };
        let request = |RequestMeta { name, method, task, group, tags }| {
            let TaskId(task) = task;
            RequestV1 { name, method, task, group, tags }
        };
        let check = |CheckMeta { name, request, is_expectation }| {
            let RequestId(request) = request;
            CheckV1 { name, request, is_expectation }
        };
        let stage = |StageMeta { name, workload, start_ms, end_ms, warm_up }| {
            let WorkloadId(workload) = workload;
            StageV1 { name, workload, start_ms, end_ms, warm_up }
        };
        let group = |GroupMeta { name, task }| GroupV1 { name, task: task.0 };
        Self {
            workloads: workloads.into_iter().map(workload).collect(),
            tasks: tasks.into_iter().map(task).collect(),
            requests: requests.into_iter().map(request).collect(),
            checks: checks.into_iter().map(check).collect(),
            stages: stages.into_iter().map(stage).collect(),
            groups: groups.into_iter().map(group).collect(),
        }
    }

    pub fn read(self) -> Result<Catalog, JournalFault> {
        if !self.points_to_what_is_there() {
            return Err(JournalFault::Damaged("its catalogue points to what it does not list".to_owned()));
        }
        let workload = |WorkloadV1 { name, is_open }| WorkloadMeta { name, is_open };
        let task = |task: TaskV1| {
            let kind = match task.kind {
                TaskKindV1::Iteration => TaskKind::Iteration,
                TaskKindV1::OnStart => TaskKind::OnStart,
                TaskKindV1::OnStop => TaskKind::OnStop,
            };
            TaskMeta { name: task.name, workload: WorkloadId(task.workload), kind }
        };
        let request = |RequestV1 { name, method, task, group, tags }| {
            let task = TaskId(task);
            RequestMeta { name, method, task, group, tags }
        };
        let check = |CheckV1 { name, request, is_expectation }| {
            let request = RequestId(request);
            CheckMeta { name, request, is_expectation }
        };
        let stage = |StageV1 { name, workload, start_ms, end_ms, warm_up }| {
            let workload = WorkloadId(workload);
            StageMeta { name, workload, start_ms, end_ms, warm_up }
        };
        let group = |GroupV1 { name, task }| GroupMeta { name, task: TaskId(task) };
        Ok(Catalog {
            workloads: self.workloads.into_iter().map(workload).collect(),
            tasks: self.tasks.into_iter().map(task).collect(),
            requests: self.requests.into_iter().map(request).collect(),
            checks: self.checks.into_iter().map(check).collect(),
            stages: self.stages.into_iter().map(stage).collect(),
            groups: self.groups.into_iter().map(group).collect(),
        })
    }

    fn points_to_what_is_there(&self) -> bool {
        let (workloads, tasks, requests) = (self.workloads.len(), self.tasks.len(), self.requests.len());
        let within = |id: u32, length: usize| (id as usize) < length;
        self.tasks.iter().all(|task| within(task.workload, workloads))
            && self.requests.iter().all(|request| within(request.task, tasks))
            && self.checks.iter().all(|check| within(check.request, requests))
            && self.stages.iter().all(|stage| within(stage.workload, workloads) && stage.is_sane())
            && self.groups.iter().all(|group| within(group.task, tasks))
    }
}
