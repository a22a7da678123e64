//! What both sides measured, brought together by name; and what only one of them has.

use super::measured::{MeasuredRun, Sample, Subject, TimeKind};

/// A subject with a sample of each run.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was measured.
    pub subject: Subject,
    /// A sample of each run of the base.
    pub base: Vec<Sample>,
    /// A sample of each new run.
    pub new: Vec<Sample>,
}

/// Two sides by subject.
#[derive(Debug, Clone)]
pub struct Aligned {
    /// What both sides have, in the order of the new runs.
    pub rows: Vec<Row>,
    /// What only the new runs have.
    pub added: Vec<Subject>,
    /// What only the base has.
    pub gone: Vec<Subject>,
}

/// Brings two sides together. A run that lacks what others of its side have gives an empty sample.
pub fn align(base: &[MeasuredRun], new: &[MeasuredRun], time: TimeKind) -> Aligned {
    let (known, now) = (subjects(base), subjects(new));
    let (kept, added): (Vec<_>, Vec<_>) = now.iter().cloned().partition(|subject| known.contains(subject));
    let rows = kept.into_iter().map(|subject| Row {
        base: samples(base, &subject, time),
        new: samples(new, &subject, time),
        subject,
    });
    let rows = rows.collect();
    let gone = known.into_iter().filter(|subject| !now.contains(subject)).collect();
    Aligned { rows, added, gone }
}

/// All subjects of a side, in the order of its first run.
fn subjects(runs: &[MeasuredRun]) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for part in runs.iter().flat_map(|run| &run.parts) {
        if !subjects.contains(&part.subject) {
            subjects.push(part.subject.clone());
        }
    }
    subjects
}

fn samples(runs: &[MeasuredRun], subject: &Subject, time: TimeKind) -> Vec<Sample> {
    let of = |run: &MeasuredRun| {
        let part = run.parts.iter().find(|part| part.subject == *subject);
        part.map_or_else(
            || Sample { seconds: run.seconds, ..Sample::default() },
            |part| Sample {
                times: match time {
                    TimeKind::Service => part.service.clone(),
                    TimeKind::Response => part.response.clone(),
                },
                count: part.count,
                failed: part.failed,
                seconds: run.seconds,
            },
        )
    };
    runs.iter().map(of).collect()
}
