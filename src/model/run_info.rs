//! Which run this was: what reports print above the numbers so that it can be found and repeated.

/// The machine that generated the load.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostInfo {
    /// Operating system and architecture.
    pub os: String,
    /// Processor, as the system names it.
    pub cpu: String,
    /// Processors this process may use.
    pub cores: usize,
    /// Memory of the machine, 0 where it is not known.
    pub memory_bytes: u64,
}

/// Steps that ran once around the load. Their requests are no load: they are in no metric and no threshold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnceInfo {
    /// Requests sent.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// How long the steps took, in milliseconds.
    pub duration_ms: u64,
    /// What went wrong, in the order it happened.
    pub errors: Vec<String>,
}

/// What became of the file of every request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SamplesInfo {
    /// Requests that have a row; where it is not finished, up to so many.
    pub rows: u64,
    /// Requests that have none.
    pub dropped: u64,
    /// Whether it was brought to its end.
    pub finished: bool,
}

/// How much load there is to be at a moment. Between two of them it follows the straight line.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LevelAt {
    /// When, in milliseconds from the start of the load.
    pub at_ms: u64,
    /// Users, or iterations per second where the workload is open.
    pub level: f64,
}

/// What the plan knew of a workload.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkloadInfo {
    /// How its load arrives, by k6's name: `constant_vus`.
    pub executor: String,
    /// The most users that it can have.
    pub max_users: u64,
    /// Iterations that it is to start; `None` where that follows from the target.
    pub planned_iterations: Option<u64>,
    /// How its load is to rise and fall, from its start to its end; two at one time are a step.
    pub levels: Vec<LevelAt>,
}

/// One generator's part of a run that several made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartInfo {
    /// The part's own name.
    pub id: String,
    /// UTC start of its load, RFC 3339.
    pub started_at: String,
    /// The base URL that its load went to.
    pub target: String,
    /// Seed of its random choices.
    pub seed: u64,
    /// Where it ran.
    pub host: HostInfo,
    /// The command line that repeats it.
    pub command: String,
}

/// A run's identity and circumstances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunInfo {
    /// Unique name: the scenario's slug and the UTC start.
    pub id: String,
    /// The scenario's name.
    pub name: String,
    /// What the scenario says it is for.
    pub description: Option<String>,
    /// UTC start of the load, RFC 3339.
    pub started_at: String,
    /// UTC end of the load, RFC 3339.
    pub ended_at: String,
    /// From the start of the load to its end.
    pub duration_ms: u64,
    /// How long the plan said it would be.
    pub planned_duration_ms: u64,
    /// The file as it was named on the command line.
    pub scenario_file: String,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub scenario_sha256: String,
    /// The overlay that was chosen.
    pub environment: Option<String>,
    /// The base URL that load went to.
    pub target: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// The scenario's tags.
    pub tags: Vec<(String, String)>,
    /// Where it ran.
    pub host: HostInfo,
    /// The command line that repeats it.
    pub command: String,
    /// The workloads in the file's order; empty where nothing is known of them.
    pub workloads: Vec<WorkloadInfo>,
    /// What was done before the load; `None` where the scenario has no `setup`.
    pub setup: Option<OnceInfo>,
    /// What was done after the load; `None` where the scenario has no `teardown`, or it was not reached.
    pub teardown: Option<OnceInfo>,
    /// The file of every request; `None` where none was asked for, or it is not known what became of it.
    pub samples: Option<SamplesInfo>,
    /// The generators' parts, where several made the run.
    pub parts: Vec<PartInfo>,
}
