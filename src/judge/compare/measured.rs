//! What a run measured, as far as two runs can be compared by it.

use super::comparable::RunFacts;
use crate::measure::Latency;

/// Which of the two times of requests is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeKind {
    /// From the first byte sent to the last received.
    Service,
    /// From the intended start to the last byte received.
    Response,
}

/// What a row of the comparison is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// All requests of the run.
    All,
    /// A request of the scenario.
    Request,
    /// A task's iterations.
    Task,
}

/// What was measured by name, so that it is found again in another run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// The workload it belongs to; empty for all requests.
    pub workload: String,
    /// The task it belongs to, or is; empty for all requests.
    pub task: String,
    /// Its name.
    pub name: String,
    /// Which one it is of those with the same names, from 0.
    pub nth: u32,
}

/// What one run measured of a subject.
#[derive(Debug, Clone)]
pub struct Part {
    /// Of what.
    pub subject: Subject,
    /// Service times; of a task, the durations of its iterations.
    pub service: Latency,
    /// Response times; of a task, the durations of its iterations.
    pub response: Latency,
    /// Requests sent, or iterations that ended by themselves.
    pub count: u64,
    /// Those of them that failed.
    pub failed: u64,
}

/// A run, read back.
#[derive(Debug, Clone)]
pub struct MeasuredRun {
    /// Which run, and whether it can be compared.
    pub facts: RunFacts,
    /// Time that counts, in seconds: all but the warm-up.
    pub seconds: f64,
    /// What it measured: all requests first, then requests and tasks in the file's order.
    pub parts: Vec<Part>,
}

/// What one run measured of a row, with the time that was chosen.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The times.
    pub times: Latency,
    /// Requests or iterations.
    pub count: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Time in which they were counted, in seconds.
    pub seconds: f64,
}

impl Sample {
    /// All of several runs together.
    pub fn merged(samples: &[Self]) -> Self {
        samples.iter().fold(Self::default(), |mut all, sample| {
            all.times.merge(&sample.times);
            all.count += sample.count;
            all.failed += sample.failed;
            all.seconds += sample.seconds;
            all
        })
    }
}
