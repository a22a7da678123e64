//! A run's results rebuilt from its journal: what it had seen, judged as the run itself would have judged it.

use super::{
    journal::JOURNAL,
    judgement::{Case, Judgement, judged},
    outputs::{self, InPlay, REPORT, Refused, SUMMARY, Wanted, Written},
    results::ResultsFolder,
    session::not_written,
    sinks::{Begun, Feed},
};
use crate::{
    engine::WallClock,
    judge::{Gates, Health, ThresholdResult},
    measure::{Collector, Interval, Snapshot},
    model::{Catalog, Ending, RunInfo, Verdict, format_duration},
    report::{
        Results,
        journal_v1::{End, Entry, Header, JournalFault, Start, read_header, read_line},
    },
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    time::Duration,
};

/// Longer than any line of a journal.
const LONGEST_LINE: u64 = 256 * 1024 * 1024;
/// What is told of a run that ended so.
const NOT_WRITTEN: &str = "when the run ended, not all that was asked for could be written; its verdict and exit code stay those of then";

/// Why results cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// There is no such folder.
    #[error("there is no folder `{0}`; the folder of a run is the one that it made below `--results`")]
    NoFolder(PathBuf),
    /// The folder has no journal.
    #[error(
        "`{0}` has no {JOURNAL}; name the folder of a run, in which `loadgen run` writes one while it goes on"
    )]
    NoJournal(PathBuf),
    /// The journal cannot be read.
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    /// The journal has nothing in it.
    #[error("`{0}` is empty: the run was cut off before it could write anything, and nothing can be rebuilt")]
    Empty(PathBuf),
    /// Its first line is not that of a journal that this version reads.
    #[error("`{0}` cannot be read: {1}")]
    Header(PathBuf, JournalFault),
    /// A file that was asked for cannot be written.
    #[error(transparent)]
    Output(#[from] Refused),
}

/// A run whose results were rebuilt.
#[derive(Debug)]
pub struct Rebuilt {
    /// Which run.
    pub info: RunInfo,
    /// What it could observe.
    pub catalog: Catalog,
    /// What was seen.
    pub snapshot: Snapshot,
    /// How the generator itself was.
    pub health: Health,
    /// The gates.
    pub thresholds: Vec<ThresholdResult>,
    /// What it amounts to.
    pub verdict: Verdict,
    /// What should be known of its journals.
    pub notes: Vec<String>,
    /// Where its results are.
    pub files: Vec<PathBuf>,
    /// Why others were not written.
    pub not_written: Vec<String>,
    /// Whether the verdict says already that something was not written: when the run itself ended, or now.
    pub(super) says_not_written: bool,
}

impl Rebuilt {
    /// As reports are given it.
    pub fn results(&self) -> Results<'_> {
        let Self { info, snapshot, catalog, verdict, health, thresholds, .. } = self;
        Results { info, snapshot, catalog, verdict, health, thresholds }
    }

    /// Writes the results into this folder, if there is one, and to the files that were asked for.
    pub(super) fn write(&mut self, folder: Option<&ResultsFolder>, wanted: &Wanted) {
        let written = outputs::write(&self.results(), folder, wanted);
        self.add(written);
    }

    /// Adds what became of files.
    pub(super) fn add(&mut self, written: Written) {
        self.files.extend(written.files);
        written.problems.into_iter().for_each(|problem| self.refused(problem));
    }

    /// Says that something was not written.
    pub(super) fn refused(&mut self, problem: String) {
        self.say_not_written();
        self.not_written.push(problem);
    }

    /// Has the verdict say, once, that something was not written.
    fn say_not_written(&mut self) {
        if !self.says_not_written {
            self.verdict = not_written(self.verdict.clone());
            self.says_not_written = true;
        }
    }
}

/// Rebuilds the results of the run in this folder. They are written there if it lacks any, if they are to be held against
/// another run, or if `replace` says so; and to the files that are asked for.
///
/// # Errors
/// There is no journal that this version reads, or a file that is asked for cannot be written.
pub fn rebuild(folder: &Path, replace: bool, wanted: &Wanted) -> Result<Rebuilt, RecoveryError> {
    let mut tape = Tape::open(folder)?;
    let begun = Begun::new(tape.info(), tape.header.catalog.clone(), tape.header.interval);
    let in_play = InPlay { own: Some(folder), ..InPlay::default() };
    let mut feed = Feed::begin(wanted.open(&in_play, None)?.sinks, begun);
    let mut collector = Collector::new(&tape.header.catalog, 1, tape.header.interval);
    let mut gates = Gates::new(&tape.header.thresholds, &tape.header.catalog);
    while let Some(mut interval) = tape.next_interval() {
        // Journals used not to say it.
        if tape.ahead().is_none() {
            interval.end_with_load(tape.elapsed(), tape.header.interval);
        }
        // What it says was said, and heeded, while the run went on.
        let _ = gates.look(&interval);
        collector.replay(&interval);
        feed.take(&interval);
    }
    if let Some(at) = tape.end.as_ref().and_then(|end| end.stopped_at) {
        collector.end_load(at);
    }
    let snapshot = collector.snapshot(tape.elapsed());
    let (info, ending) = (tape.info(), tape.ending("the run"));
    let Tape { header: Header { catalog, allow_saturated, .. }, end, notes, .. } = tape;
    let Judgement { thresholds, health, verdict } = judged(&Case {
        gates: &gates,
        catalog: &catalog,
        snapshot: &snapshot,
        ending: &ending,
        setup: info.setup.as_ref(),
        setup_failed: end.as_ref().is_some_and(|end| end.setup_failed),
        setup_cut: end.as_ref().is_some_and(|end| end.setup_cut),
        fault: end.as_ref().and_then(|end| end.fault.as_deref()),
        allow_saturated,
    });
    let there = ResultsFolder::existing(folder);
    let has = |name: &str| there.path().join(name).exists();
    let is_complete = has(SUMMARY) && has(REPORT) && wanted.baseline.is_none();
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
    if end.is_some_and(|end| end.not_written) {
        rebuilt.say_not_written();
        rebuilt.notes.push(NOT_WRITTEN.to_owned());
    }
    let writes = replace || !is_complete;
    if !writes {
        rebuilt.files.extend([SUMMARY, REPORT].map(|name| there.path().join(name)));
    }
    rebuilt.write(writes.then_some(&there), wanted);
    rebuilt.add(feed.end());
    Ok(rebuilt)
}

/// A journal, read line by line.
pub(super) struct Tape {
    /// Its first line.
    pub header: Header,
    /// The load's beginning, if it came to that.
    pub start: Option<Start>,
    /// The end, if it was reached and read.
    pub end: Option<End>,
    /// What should be known of it.
    pub notes: Vec<String>,
    place: PathBuf,
    lines: BufReader<File>,
    line: u64,
    /// An interval that was read to see what comes.
    ahead: Option<Box<Interval>>,
    /// The interval behind the last one.
    next: u64,
    /// When the last one ended, from the start of the load.
    seen: Duration,
    over: bool,
}

impl Tape {
    /// Opens the journal of this folder.
    pub fn open(folder: &Path) -> Result<Self, RecoveryError> {
        if !folder.is_dir() {
            return Err(RecoveryError::NoFolder(folder.to_owned()));
        }
        let place = folder.join(JOURNAL);
        let file = match File::open(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(RecoveryError::NoJournal(folder.to_owned()));
            }
            opened => opened.map_err(|error| RecoveryError::Unreadable(place.clone(), error))?,
        };
        let mut lines = BufReader::new(file);
        let first = next_line(&mut lines).map_err(|error| RecoveryError::Unreadable(place.clone(), error))?;
        let header = match first {
            Line::End | Line::Torn => return Err(RecoveryError::Empty(place)),
            Line::Whole(text) => {
                read_header(&text).map_err(|fault| RecoveryError::Header(place.clone(), fault))?
            }
        };
        let (start, end, notes, seen) = (None, None, Vec::new(), Duration::ZERO);
        let mut tape = Self {
            header,
            start,
            end,
            notes,
            place,
            lines,
            line: 1,
            ahead: None,
            next: 0,
            seen,
            over: false,
        };
        // The start stands before the first interval, and is wanted before it.
        tape.ahead = tape.read();
        Ok(tape)
    }

    /// The next interval; `None` at the end of what can be read.
    pub fn next_interval(&mut self) -> Option<Box<Interval>> {
        let interval = self.ahead.take();
        if interval.is_some() {
            self.ahead = self.read();
        }
        interval
    }

    /// The interval that comes next.
    pub fn ahead(&self) -> Option<&Interval> {
        self.ahead.as_deref()
    }

    fn read(&mut self) -> Option<Box<Interval>> {
        while !self.over {
            let entry = match next_line(&mut self.lines) {
                Ok(Line::End) => {
                    self.over = true;
                    return None;
                }
                Ok(Line::Torn) => {
                    self.stop(|place| {
                        format!("{place}: the last line is torn, as a run that is cut off leaves it")
                    });
                    return None;
                }
                Ok(Line::Whole(text)) => read_line(&text, &self.header.catalog),
                Err(error) => Err(JournalFault::Damaged(error.to_string())),
            };
            self.line += 1;
            match entry {
                Ok(Entry::Start(start)) => self.start = Some(start),
                Ok(Entry::Interval(interval)) if self.next <= interval.number => {
                    return Some(self.behind_the_last(interval));
                }
                Ok(Entry::Interval(_)) => self.damaged("it does not lie behind the one before it"),
                Ok(Entry::End(end)) => {
                    self.end = Some(end);
                    self.over = true;
                }
                Err(fault) => self.damaged(&fault.to_string()),
            }
        }
        None
    }

    /// The interval, with those before it that nobody reported.
    fn behind_the_last(&mut self, mut interval: Box<Interval>) -> Box<Interval> {
        // Joined journals used to have entries that reach over those before them: their time is counted once.
        interval.joined = interval.joined.min(interval.number - self.next);
        interval.missed = interval.first_joined() - self.next;
        self.next = interval.number + 1;
        let length = self.header.interval;
        self.seen = interval.start(length) + interval.span(length);
        interval
    }

    /// What lies behind a damaged line may be anything: what lies before it counts.
    fn damaged(&mut self, why: &str) {
        let line = self.line;
        self.stop(|place| {
            format!("{place}: line {line} is damaged: {why}; only what stands before it counts")
        });
    }

    fn stop(&mut self, note: impl FnOnce(&str) -> String) {
        self.over = true;
        self.notes.push(note(&self.place.display().to_string()));
    }

    /// How long the load took, as far as it is known.
    pub fn elapsed(&self) -> Duration {
        self.end.as_ref().map_or(self.seen, |end| end.elapsed)
    }

    /// Which run it is of, all of which has been read.
    pub fn info(&self) -> RunInfo {
        let (mut info, elapsed) = (self.header.info.clone(), self.elapsed());
        if let Some(start) = &self.start {
            (info.started_at, info.setup) = (start.started_at.clone(), start.setup.clone());
        }
        info.duration_ms = elapsed.as_millis() as u64;
        let ended_at = || WallClock::parse(&info.started_at).map(|wall| wall.rfc3339(elapsed));
        let known = self.end.as_ref().map(|end| end.ended_at.clone());
        info.ended_at = known.or_else(ended_at).unwrap_or_else(|| info.started_at.clone());
        info.teardown = self.end.as_ref().and_then(|end| end.teardown.clone());
        info.samples = self.end.as_ref().and_then(|end| end.samples);
        info
    }

    /// Why the load of `who` ended.
    pub fn ending(&self, who: &str) -> Ending {
        if let Some(end) = &self.end {
            return end.ending.clone();
        }
        let elapsed = self.elapsed();
        Ending::Lost(match (&self.start, elapsed.is_zero()) {
            (None, _) => format!("{who} was cut off before its load began"),
            (_, true) => format!("{who} was cut off in the first second of its load"),
            _ => format!("{who} was cut off after {}", format_duration(elapsed)),
        })
    }
}

/// A line of a file.
enum Line {
    Whole(Vec<u8>),
    /// Without the line end that was to follow it.
    Torn,
    End,
}

fn next_line(lines: &mut impl BufRead) -> io::Result<Line> {
    let mut text = Vec::new();
    lines.take(LONGEST_LINE).read_until(b'\n', &mut text)?;
    Ok(match text.last() {
        None => Line::End,
        Some(b'\n') => Line::Whole(text),
        Some(_) if text.len() as u64 == LONGEST_LINE => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it is longer than any line of a journal",
            ));
        }
        Some(_) => Line::Torn,
    })
}
