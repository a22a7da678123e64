//! One run out of the journals of several generators: what they saw in the same second is added up, and the sum is
//! judged like a run of its own.

use super::{
    command_line::typed,
    in_step::{InStep, Intervals},
    journal::{JOURNAL, Lines},
    judgement::{Case, Judgement, judged},
    outputs::{InPlay, Refused, Wanted, Written},
    recovery::{Rebuilt, RecoveryError, Tape},
    results::{ResultsFolder, slug},
    sinks::{Begun, Feed},
};
use crate::{
    engine::WallClock,
    judge::Gates,
    measure::{Collector, Interval, Snapshot},
    model::{Ending, Mask, OnceInfo, PartInfo, RunInfo, SamplesInfo, Threshold, WorkloadInfo},
    report::journal_v1::{End, Header, Start, end_line, interval_line, start_line},
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Why runs cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A part cannot be read.
    #[error(transparent)]
    Part(#[from] RecoveryError),
    /// A file that was asked for cannot be written.
    #[error(transparent)]
    Output(#[from] Refused),
    /// A part was named twice.
    #[error("`{0}` is named twice, and would be counted twice")]
    Twice(PathBuf),
    /// A part is a copy of another.
    #[error("`{0}` and `{1}` are the same run, `{2}`, which would be counted twice")]
    Copied(PathBuf, PathBuf, String),
    /// Two parts are not of one run.
    #[error("`{other}` is no part of the same run as `{first}`: {what}")]
    Different {
        /// The first part.
        first: PathBuf,
        /// The one that differs from it.
        other: PathBuf,
        /// In what.
        what: &'static str,
    },
}

/// Joins the runs in these folders, and writes the results into a folder of its own below `results`.
///
/// # Errors
/// A part cannot be read, the parts are not of the same scenario with the same options, or a file that is asked for cannot
/// be written.
pub fn merge(folders: &[PathBuf], results: &Path, wanted: &Wanted) -> Result<Rebuilt, MergeError> {
    let mut parts = open(folders)?;
    let Some(first) = parts.first().map(|part| part.tape.header.clone()) else {
        return Err(RecoveryError::NoFolder(PathBuf::new()).into());
    };
    let in_play = InPlay { results: folders, ..InPlay::default() };
    let opened = wanted.open(&in_play, Some(results))?.sinks;
    let begun = begun(&parts, &first);
    let mut place = Place::make(results, begun, &first);
    let mut feed = Feed::begin(opened, Begun::new(place.info.clone(), first.catalog.clone(), first.interval));
    let mut collector = Collector::new(&first.catalog, 1, first.interval);
    let mut gates = Gates::new(&without_abort(&first.thresholds), &first.catalog);
    let mut in_step = InStep::new(parts.len());
    while let Some(mut interval) = in_step.next(&mut parts) {
        if parts.iter().all(|part| part.ahead().is_none()) {
            interval.end_with_load(elapsed(&parts), first.interval);
        }
        place.write(&interval_line(&interval, &first.catalog));
        // Nothing is stopped any more.
        let _ = gates.look(&interval);
        collector.replay(&interval);
        feed.take(&interval);
    }
    let stops = parts.iter().map(|part| part.tape.end.as_ref().and_then(|end| end.stopped_at));
    // The load goes on for as long as that of one part does.
    let stopped_at = stops.collect::<Option<Vec<_>>>().and_then(|stops| stops.into_iter().max());
    if let Some(at) = stopped_at {
        collector.end_load(at);
    }
    let mut joined = joined(&parts, collector.snapshot(elapsed(&parts)), stopped_at, place.info.clone());
    let streamed = feed.end();
    joined.end.not_written = !streamed.problems.is_empty();
    place.end(&end_line(&joined.end));
    let folder = place.folder.clone();
    let mut rebuilt = conclude(joined, &gates, &first, &parts, place);
    // What is known to be missing stands in what is written.
    let Written { files, problems } = streamed;
    problems.into_iter().for_each(|problem| rebuilt.refused(problem));
    rebuilt.write(folder.as_ref(), wanted);
    rebuilt.files.extend(files);
    Ok(rebuilt)
}

/// The thresholds of what cannot be stopped any more: each is judged on all there is.
fn without_abort(thresholds: &[Threshold]) -> Vec<Threshold> {
    thresholds.iter().map(|threshold| Threshold { abort: false, ..threshold.clone() }).collect()
}

/// A generator's part.
struct Part {
    folder: PathBuf,
    tape: Tape,
}

impl Intervals for Part {
    fn ahead(&self) -> Option<&Interval> {
        self.tape.ahead()
    }

    fn take(&mut self) -> Option<Box<Interval>> {
        self.tape.next_interval()
    }
}

/// How long the load took: for as long as that of one part did.
fn elapsed(parts: &[Part]) -> Duration {
    parts.iter().map(|part| part.tape.elapsed()).max().unwrap_or_default()
}

fn open(folders: &[PathBuf]) -> Result<Vec<Part>, MergeError> {
    let mut parts: Vec<Part> = Vec::new();
    for folder in folders {
        let tape = Tape::open(folder)?;
        // What cannot be told is taken as written.
        let real = |folder: &Path| fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        if parts.iter().any(|part| real(&part.folder) == real(folder)) {
            return Err(MergeError::Twice(folder.clone()));
        }
        if let Some(same) = parts.iter().find(|part| is_same_run(&part.tape, &tape)) {
            return Err(MergeError::Copied(same.folder.clone(), folder.clone(), tape.header.info.id));
        }
        if let Some(first) = parts.first()
            && let Some(what) = difference(&first.tape.header, &tape.header)
        {
            let (first, other) = (first.folder.clone(), folder.clone());
            return Err(MergeError::Different { first, other, what });
        }
        parts.push(Part { folder: folder.clone(), tape });
    }
    Ok(parts)
}

/// Whether two journals are of the same run, and not of two that began in the same second on two machines.
fn is_same_run(one: &Tape, other: &Tape) -> bool {
    let facts = |tape: &Tape| {
        let info = tape.info();
        (info.id, info.started_at, info.ended_at, info.seed, info.command)
    };
    facts(one) == facts(other)
}

/// What keeps two journals from being of one run.
fn difference(one: &Header, other: &Header) -> Option<&'static str> {
    let (a, b) = (&one.catalog, &other.catalog);
    let differs = [
        (one.info.scenario_sha256 != other.info.scenario_sha256, "the text of the scenario differs (sha256)"),
        (a.workloads != b.workloads, "the workloads differ; run each part with the same flags"),
        (a.stages != b.stages, "the stages of the load differ; run each part with the same flags"),
        (a.tasks != b.tasks, "the tasks differ; run each part with the same flags"),
        (a.requests != b.requests, "the requests or their tags differ; run each part with the same flags"),
        (a.groups != b.groups, "the groups differ; run each part with the same flags"),
        (a.checks != b.checks, "the checks differ; run each part with the same flags"),
        (one.thresholds != other.thresholds, "the thresholds differ; run each part with the same flags"),
        (one.interval != other.interval, "their intervals have different lengths"),
    ];
    differs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}

/// What is known of the whole before its load.
fn begun(parts: &[Part], first: &Header) -> (RunInfo, Option<OnceInfo>) {
    let infos: Vec<RunInfo> = parts.iter().map(|part| part.tape.info()).collect();
    let part = |info: &RunInfo| PartInfo {
        id: info.id.clone(),
        started_at: info.started_at.clone(),
        target: info.target.clone(),
        seed: info.seed,
        host: info.host.clone(),
        command: info.command.clone(),
    };
    let mut targets: Vec<&str> = infos.iter().map(|info| info.target.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    let earliest = infos.iter().min_by_key(|info| nanos(&info.started_at));
    let words = parts.iter().map(|part| part.folder.display().to_string());
    let words: Vec<String> = ["loadgen", "merge"].map(str::to_owned).into_iter().chain(words).collect();
    let info = RunInfo {
        started_at: earliest.map_or_else(String::new, |info| info.started_at.clone()),
        planned_duration_ms: infos.iter().map(|info| info.planned_duration_ms).max().unwrap_or(0),
        target: targets.join(", "),
        command: typed(&words, &Mask::default()),
        workloads: workloads(&infos),
        parts: infos.iter().map(part).collect(),
        ..first.info.clone()
    };
    (info, once(infos.iter().filter_map(|info| info.setup.as_ref())))
}

/// What the parts were to do together: each had a share of the users and of the iterations.
fn workloads(infos: &[RunInfo]) -> Vec<WorkloadInfo> {
    let all = infos.iter().map(|info| info.workloads.clone());
    all.reduce(|mut sum, next| {
        for (mine, theirs) in sum.iter_mut().zip(next) {
            mine.max_users = mine.max_users.saturating_add(theirs.max_users);
            let both = mine.planned_iterations.zip(theirs.planned_iterations);
            mine.planned_iterations = both.map(|(mine, theirs)| mine.saturating_add(theirs));
            // The parts have one scenario, and so their corners at the same times.
            for (level, more) in mine.levels.iter_mut().zip(theirs.levels) {
                level.level += more.level;
            }
        }
        sum
    })
    .unwrap_or_default()
}

/// Nanoseconds since 1970; the end of time where that cannot be told.
fn nanos(time: &str) -> u64 {
    WallClock::parse(time).map_or(u64::MAX, WallClock::nanos)
}

/// What several generators did once each.
fn once<'o>(all: impl Iterator<Item = &'o OnceInfo>) -> Option<OnceInfo> {
    all.cloned().reduce(|mut sum, next| {
        sum.requests = sum.requests.saturating_add(next.requests);
        sum.failed = sum.failed.saturating_add(next.failed);
        sum.duration_ms = sum.duration_ms.max(next.duration_ms);
        sum.errors.extend(next.errors);
        sum
    })
}

/// What became of all their files; nothing unless each has one, since the sum would be that of no run.
fn samples(all: impl Iterator<Item = Option<SamplesInfo>>) -> Option<SamplesInfo> {
    all.collect::<Option<Vec<_>>>()?.into_iter().reduce(|sum, next| SamplesInfo {
        rows: sum.rows.saturating_add(next.rows),
        dropped: sum.dropped.saturating_add(next.dropped),
        finished: sum.finished && next.finished,
    })
}

/// The joined run.
struct Joined {
    info: RunInfo,
    snapshot: Snapshot,
    end: End,
}

fn joined(parts: &[Part], snapshot: Snapshot, stopped_at: Option<Duration>, mut info: RunInfo) -> Joined {
    let infos: Vec<RunInfo> = parts.iter().map(|part| part.tape.info()).collect();
    let latest = infos.iter().max_by_key(|info| nanos(&info.ended_at));
    info.ended_at = latest.map_or_else(String::new, |info| info.ended_at.clone());
    info.duration_ms = snapshot.elapsed.as_millis() as u64;
    info.teardown = once(infos.iter().filter_map(|info| info.teardown.as_ref()));
    info.samples = samples(infos.iter().map(|info| info.samples));
    let ends = || parts.iter().filter_map(|part| part.tape.end.as_ref());
    let end = End {
        ending: worst_ending(parts),
        elapsed: snapshot.elapsed,
        stopped_at,
        ended_at: info.ended_at.clone(),
        setup_failed: ends().any(|end| end.setup_failed),
        setup_cut: ends().any(|end| end.setup_cut),
        teardown: info.teardown.clone(),
        samples: info.samples,
        fault: ends().find_map(|end| end.fault.clone()),
        not_written: false,
    };
    Joined { info, snapshot, end }
}

fn named(part: &Part) -> String {
    format!("the part `{}`", part.folder.display())
}

/// The ending that weighs the most. Of those that were cut off, all are named.
fn worst_ending(parts: &[Part]) -> Ending {
    let endings: Vec<Ending> = parts.iter().map(|part| part.tape.ending(&named(part))).collect();
    let lost: Vec<&str> = (endings.iter())
        .filter_map(|ending| match ending {
            Ending::Lost(what) => Some(what.as_str()),
            _ => None,
        })
        .collect();
    let lost = lost.join("; ");
    let worst = endings.into_iter().min_by_key(weight).unwrap_or(Ending::Completed);
    if let Ending::Lost(_) = worst { Ending::Lost(lost) } else { worst }
}

/// The order of the exit codes that endings lead to.
fn weight(ending: &Ending) -> u8 {
    match ending {
        Ending::Signal(_) => 0,
        Ending::StoppedByStep(_) => 1,
        Ending::Aborted(_) => 2,
        Ending::Lost(_) => 3,
        Ending::Completed => 4,
    }
}

fn conclude(joined: Joined, gates: &Gates, header: &Header, parts: &[Part], place: Place) -> Rebuilt {
    let Joined { mut info, snapshot, end } = joined;
    info.setup = place.setup;
    let Judgement { thresholds, health, verdict } = judged(&Case {
        gates,
        catalog: &header.catalog,
        snapshot: &snapshot,
        ending: &end.ending,
        setup: info.setup.as_ref(),
        setup_failed: end.setup_failed,
        setup_cut: end.setup_cut,
        fault: end.fault.as_deref(),
        allow_saturated: parts.iter().all(|part| part.tape.header.allow_saturated),
    });
    let lost = parts.iter().filter(|part| part.tape.end.is_none() && !matches!(end.ending, Ending::Lost(_)));
    let lost =
        lost.map(|part| format!("{} was cut off; up to two seconds of it may be missing", named(part)));
    let notes = parts.iter().flat_map(|part| part.tape.notes.clone()).chain(lost).collect();
    let catalog = header.catalog.clone();
    let mut rebuilt = Rebuilt {
        info,
        catalog,
        snapshot,
        health,
        thresholds,
        verdict,
        notes,
        files: Vec::new(),
        not_written: Vec::new(),
        says_not_written: false,
    };
    if let Some(problem) = place.problem {
        rebuilt.refused(problem);
    }
    rebuilt
}

/// Where the joined run is written to.
struct Place {
    info: RunInfo,
    setup: Option<OnceInfo>,
    folder: Option<ResultsFolder>,
    journal: Option<Lines<File>>,
    /// Why something was not written.
    problem: Option<String>,
}

impl Place {
    /// Makes the folder and begins the journal.
    fn make(results: &Path, (mut info, setup): (RunInfo, Option<OnceInfo>), first: &Header) -> Self {
        let start =
            WallClock::parse(&info.started_at).map_or_else(|| "merged".to_owned(), WallClock::compact);
        let name = format!("{} merged", info.name);
        let folder = ResultsFolder::create(results, &name, &start);
        info.id = folder.as_ref().map_or_else(|_| format!("{}-{start}", slug(&name)), ResultsFolder::id);
        let mut place = Self { info, setup, folder: None, journal: None, problem: None };
        match folder {
            Ok(folder) => place.begin(folder, first),
            Err(error) => {
                let problem = format!("results cannot be written to {}: {error}", results.display());
                place.problem = Some(problem);
            }
        }
        place
    }

    fn begin(&mut self, folder: ResultsFolder, first: &Header) {
        let header = Header { info: self.info.clone(), ..first.clone() };
        let journal = Lines::create(&folder.path().join(JOURNAL), &header);
        self.folder = Some(folder);
        match journal {
            Ok(journal) => self.journal = Some(journal),
            Err(error) => self.refused(&error),
        }
        let started_at = self.info.started_at.clone();
        self.write(&start_line(&Start { started_at, setup: self.setup.clone() }));
    }

    /// Writes a line of the journal, as long as all before it were written.
    fn write(&mut self, line: &[u8]) {
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.write(line)
        {
            self.refused(&error);
        }
    }

    fn end(&mut self, line: &[u8]) {
        self.write(line);
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.sync()
        {
            self.refused(&error);
        }
    }

    fn refused(&mut self, error: &io::Error) {
        self.journal = None;
        let place = self.folder.as_ref().map(|folder| folder.path().join(JOURNAL)).unwrap_or_default();
        self.problem = Some(format!("{} could not be written: {error}", place.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_added_up_where_each_part_has_them() {
        let one = |rows, dropped, finished| Some(SamplesInfo { rows, dropped, finished });
        for (parts, sum) in [
            (vec![], None),
            (vec![None, None], None),
            (vec![one(3, 1, true), None], None),
            (vec![None, one(3, 1, true)], None),
            (vec![one(3, 1, true), one(4, 0, true)], one(7, 1, true)),
            (vec![one(3, 1, true), one(0, 9, false)], one(3, 10, false)),
        ] {
            assert_eq!(samples(parts.into_iter()), sum);
        }
    }
}
