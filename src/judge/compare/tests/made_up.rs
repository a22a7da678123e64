//! Runs that never were.

use crate::{
    judge::compare::{Health, MeasuredRun, Part, RunFacts, StageFacts, Subject, SubjectKind, WorkloadFacts},
    measure::Latency,
};
use std::time::Duration;

/// A request's or a task's name in a subject.
pub fn subject(kind: SubjectKind, name: &str) -> Subject {
    Subject { kind, workload: "default".to_owned(), task: name.to_owned(), name: name.to_owned(), nth: 0 }
}

/// A part with these times in ms, none of which failed.
pub fn part(kind: SubjectKind, name: &str, times: impl IntoIterator<Item = f64>) -> Part {
    let mut service = Latency::new();
    times.into_iter().for_each(|ms| service.record(Duration::from_secs_f64(ms / 1e3)));
    let count = service.count();
    Part { subject: subject(kind, name), response: service.clone(), service, count, failed: 0 }
}

/// A run of ten seconds.
pub fn run(id: &str, parts: Vec<Part>) -> MeasuredRun {
    MeasuredRun { facts: facts(id), seconds: 10.0, parts }
}

/// A run of ten users in the closed model.
pub fn facts(id: &str) -> RunFacts {
    RunFacts {
        place: format!("results/{id}"),
        id: id.to_owned(),
        started_at: "2026-11-21T04:15:39Z".to_owned(),
        scenario_sha256: "0123456789abcdef".to_owned(),
        target: "http://127.0.0.1:8080".to_owned(),
        environment: None,
        workloads: vec![WorkloadFacts { name: "default".to_owned(), is_open: false, arrivals: None }],
        stages: vec![StageFacts {
            workload: "default".to_owned(),
            start_ms: 0,
            end_ms: 10_000,
            warm_up: false,
        }],
        users: Some(10),
        options: String::new(),
        incomplete: false,
        exit_code: 0,
        reason: "2 thresholds held".to_owned(),
        health: Health::Ok,
        host: "linux x86_64, a processor, 2 cores".to_owned(),
        version: "0.1.0".to_owned(),
    }
}
