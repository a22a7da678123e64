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

/// A run's identity and circumstances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// What was done before the load; `None` where the scenario has no `setup`.
    pub setup: Option<OnceInfo>,
    /// What was done after the load; `None` where the scenario has no `teardown`, or it was not reached.
    pub teardown: Option<OnceInfo>,
}
