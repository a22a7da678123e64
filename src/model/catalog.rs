//! Everything a run can observe, named once and numbered, so that recording needs an index and no string.

use std::time::Duration;

/// Index of a workload in [`Catalog::workloads`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadId(pub u32);

/// Index of a task in [`Catalog::tasks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// Index of a request in [`Catalog::requests`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// Index of a check in [`Catalog::checks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub u32);

/// Index of a stage in [`Catalog::stages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageId(pub u32);

/// Index of a group in [`Catalog::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// A workload's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadMeta {
    /// The key it stands under, or `default`.
    pub name: String,
    /// Whether its iterations arrive at a rate (the open model), rather than one after the other of each user.
    pub is_open: bool,
}

/// What kind of work a task's steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// Iterations run it.
    Iteration,
    /// A user runs it once, before its first iteration.
    OnStart,
    /// A user runs it once, after its last iteration.
    OnStop,
}

/// A task as results name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskMeta {
    /// Its name, or its request's.
    pub name: String,
    /// The workload it belongs to.
    pub workload: WorkloadId,
    /// Whether iterations run it.
    pub kind: TaskKind,
}

/// A request as results name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestMeta {
    /// Its `name`, or METHOD and the URL as written.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The task it belongs to.
    pub task: TaskId,
    /// The name of the innermost group that it stands in.
    pub group: Option<String>,
    /// The user's own tags: the request's over the task's, the workload's and the file's.
    pub tags: Vec<(String, String)>,
}

/// A group of steps as results name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMeta {
    /// Its name, with those of the groups around it in front: `outer::inner`.
    pub name: String,
    /// The task it belongs to.
    pub task: TaskId,
}

/// A check or expectation as results name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckMeta {
    /// Its name, or its text.
    pub name: String,
    /// The request whose response it looks at.
    pub request: RequestId,
    /// Whether the request fails with it (`expect`) or not (`check`).
    pub is_expectation: bool,
}

/// A stage of a workload's load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageMeta {
    /// Its `name`, or its number from 1.
    pub name: String,
    /// The workload it belongs to.
    pub workload: WorkloadId,
    /// Where it starts, in milliseconds from the start of the run.
    pub start_ms: u64,
    /// Where it ends, in milliseconds from the start of the run.
    pub end_ms: u64,
    /// Whether what begins in it is in no summary and no threshold, only in the course of the run.
    pub warm_up: bool,
}

/// The tables that ids point into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Workloads by id.
    pub workloads: Vec<WorkloadMeta>,
    /// Tasks by id.
    pub tasks: Vec<TaskMeta>,
    /// Requests by id.
    pub requests: Vec<RequestMeta>,
    /// Checks by id.
    pub checks: Vec<CheckMeta>,
    /// Stages by id. Each workload has at least one.
    pub stages: Vec<StageMeta>,
    /// Groups by id.
    pub groups: Vec<GroupMeta>,
}

impl Catalog {
    /// The workload of this id.
    pub fn workload(&self, id: WorkloadId) -> &WorkloadMeta {
        &self.workloads[id.0 as usize]
    }

    /// The task of this id.
    pub fn task(&self, id: TaskId) -> &TaskMeta {
        &self.tasks[id.0 as usize]
    }

    /// The request of this id.
    pub fn request(&self, id: RequestId) -> &RequestMeta {
        &self.requests[id.0 as usize]
    }

    /// The check of this id.
    pub fn check(&self, id: CheckId) -> &CheckMeta {
        &self.checks[id.0 as usize]
    }

    /// The stage of this id.
    pub fn stage(&self, id: StageId) -> &StageMeta {
        &self.stages[id.0 as usize]
    }

    /// How much of the time from the start of the run to `at` was warm-up and nothing else: a stage of another
    /// workload that counts makes the time count.
    pub fn warm_up_before(&self, at: Duration) -> Duration {
        let mut edges: Vec<u64> =
            self.stages.iter().flat_map(|stage| [stage.start_ms, stage.end_ms]).collect();
        edges.sort_unstable();
        edges.dedup();
        let now = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let covers = |from: u64, warm_up: bool| {
            let mut stages = self.stages.iter();
            stages.any(|stage| stage.warm_up == warm_up && stage.start_ms <= from && from < stage.end_ms)
        };
        let pairs = edges.windows(2).filter(|pair| covers(pair[0], true) && !covers(pair[0], false));
        Duration::from_millis(pairs.map(|pair| pair[1].min(now).saturating_sub(pair[0])).sum())
    }

    /// How much of the time from `start` to `end` was in the stages that `selects` takes and no warm-up. Where several
    /// went on at once, the time counts once. The last stage goes on for as long as its iterations send requests.
    pub fn counted_in_stages(
        &self,
        selects: impl Fn(&StageMeta) -> bool,
        start: Duration,
        end: Duration,
    ) -> Duration {
        let ms = Duration::from_millis;
        let last = self.stages.iter().map(|stage| stage.end_ms).max();
        let until =
            |stage: &StageMeta| if Some(stage.end_ms) == last { end } else { ms(stage.end_ms).min(end) };
        let selected = self.stages.iter().filter(|stage| !stage.warm_up && selects(stage));
        let mut spans: Vec<(Duration, Duration)> = selected
            .map(|stage| (ms(stage.start_ms).max(start), until(stage)))
            .filter(|(from, to)| from < to)
            .collect();
        spans.sort_unstable();
        let (mut sum, mut done) = (Duration::ZERO, start);
        for (from, to) in spans {
            sum += to.saturating_sub(from.max(done));
            done = done.max(to);
        }
        sum
    }

    /// When load ended in a run that took `elapsed`: with the last stage, or where it was ended before (`stopped_at`), or
    /// with the last request where iterations went on after that (`last_began`), and never after the run. What is left is
    /// waiting for the last answers.
    pub fn load_end_within(
        &self,
        elapsed: Duration,
        stopped_at: Option<Duration>,
        last_began: Duration,
    ) -> Duration {
        let planned = self.stages.iter().map(|stage| Duration::from_millis(stage.end_ms)).max();
        let meant = planned.into_iter().chain(stopped_at).min();
        meant.map_or(elapsed, |meant| meant.max(last_began).min(elapsed))
    }

    /// The group of this id.
    pub fn group(&self, id: GroupId) -> &GroupMeta {
        &self.groups[id.0 as usize]
    }

    /// All request ids, in the file's order.
    pub fn request_ids(&self) -> impl Iterator<Item = RequestId> + use<> {
        (0..self.requests.len() as u32).map(RequestId)
    }

    /// All task ids, in the file's order.
    pub fn task_ids(&self) -> impl Iterator<Item = TaskId> + use<> {
        (0..self.tasks.len() as u32).map(TaskId)
    }

    /// All check ids, in the file's order.
    pub fn check_ids(&self) -> impl Iterator<Item = CheckId> + use<> {
        (0..self.checks.len() as u32).map(CheckId)
    }

    /// All stage ids, in the file's order.
    pub fn stage_ids(&self) -> impl Iterator<Item = StageId> + use<> {
        (0..self.stages.len() as u32).map(StageId)
    }

    /// All group ids, in the file's order.
    pub fn group_ids(&self) -> impl Iterator<Item = GroupId> + use<> {
        (0..self.groups.len() as u32).map(GroupId)
    }

    /// All workload ids, in the file's order.
    pub fn workload_ids(&self) -> impl Iterator<Item = WorkloadId> + use<> {
        (0..self.workloads.len() as u32).map(WorkloadId)
    }
}

/// Tags that are known before the run.
impl Catalog {
    /// The value of a request's tag: `workload`, `task`, `group`, `name`, `method` or one of the user's own.
    pub fn request_tag(&self, id: RequestId, tag: &str) -> Option<&str> {
        let request = self.request(id);
        match tag {
            "name" => Some(&request.name),
            "method" => Some(&request.method),
            "task" => Some(&self.task(request.task).name),
            "group" => request.group.as_deref(),
            "workload" => Some(&self.workload(self.task(request.task).workload).name),
            own => request.tags.iter().find(|(known, _)| known == own).map(|(_, value)| value.as_str()),
        }
    }
}
