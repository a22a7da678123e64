//! Every request of the load in a file, where that was asked for: `--out samples=FILE`.
//!
//! A thread of its own writes it, and nothing in the run waits for that before the load is over; then the run waits, but not
//! for a disk that does not answer or a pipe that nobody reads. What finds no room meanwhile is in no row, and is counted:
//! rows and what is missing are together the requests that were seen. What a row says is `report`'s to decide.

mod sink;

use self::sink::{Sink, is_gzip};
use super::{
    load::Watch,
    places::{Place, Way},
    signals::{Asked, Signals},
};
use crate::{
    engine::{Clock, Common, SampleCounts, SampleReceiver, SampleSender, sample_queue},
    model::{Catalog, SamplesInfo},
    report::{SampleFormat, SampleRows, count},
};
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

/// How long the end waits in all.
const MOST_PATIENCE: Duration = Duration::from_secs(5);
/// The same where somebody wants an end at once.
const SHORT_PATIENCE: Duration = Duration::from_millis(500);
/// After so long the end says what it waits for.
const QUIET: Duration = Duration::from_secs(2);

/// What the thread that writes is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Opening it, which a pipe that nobody reads makes it wait for.
    Opening,
    Writing,
    /// Bringing it to the disk.
    Syncing,
}

impl Stage {
    /// How long the end waits without anything happening.
    fn patience(self) -> Duration {
        match self {
            Self::Opening => Duration::from_secs(1),
            Self::Writing | Self::Syncing => MOST_PATIENCE,
        }
    }

    /// Why nothing more is waited for.
    fn trouble(self) -> io::Error {
        let text = match self {
            Self::Opening => "nobody reads it",
            Self::Writing | Self::Syncing => "it was not written in time",
        };
        io::Error::new(ErrorKind::TimedOut, text)
    }
}

/// How far the thread has got.
#[derive(Debug, Default)]
struct Progress {
    stage: AtomicU8,
    rows: AtomicU64,
}

impl Progress {
    fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::SeqCst);
    }

    fn stage(&self) -> Stage {
        let stage = self.stage.load(Ordering::SeqCst);
        [Stage::Opening, Stage::Writing].into_iter().find(|one| *one as u8 == stage).unwrap_or(Stage::Syncing)
    }

    fn rows(&self) -> u64 {
        self.rows.load(Ordering::SeqCst)
    }
}

/// The file while the run goes on; nothing where none was asked for. Nothing is left of it where it is not brought to its
/// end: such a run has made no load.
#[derive(Debug, Default)]
pub(super) struct Samples {
    writing: Option<Writing>,
    /// Why there is none although one was asked for.
    problem: Option<String>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct SamplesEnd {
    /// The file, where it is whole.
    pub file: Option<PathBuf>,
    /// Why it is not.
    pub problem: Option<String>,
    /// The same in numbers, where it was begun.
    pub info: Option<SamplesInfo>,
    /// Whether it was not waited for to the end: nothing else should be, either.
    pub was_cut: bool,
}

#[derive(Debug)]
struct Writing {
    /// As it was asked for.
    path: PathBuf,
    place: Place,
    sender: Option<SampleSender>,
    begin: mpsc::Sender<i64>,
    counts: SampleCounts,
    progress: Arc<Progress>,
    done: oneshot::Receiver<io::Result<()>>,
}

impl Samples {
    /// Begins the file, where one was asked for, at the place that was found for it.
    pub fn open(asked: Option<(PathBuf, Place)>, catalog: &Catalog, watcher: &mut dyn Watch) -> Self {
        let Some((path, place)) = asked else { return Self::default() };
        match Writing::start(path.clone(), place, catalog) {
            Ok(writing) => Self { writing: Some(writing), problem: None },
            Err(error) => {
                let text = format!("{} cannot be written: {error}", path.display());
                watcher.warn(&format!("{text}; the run goes on without it"));
                Self { writing: None, problem: Some(text) }
            }
        }
    }

    /// What the workers of the load share, with the way to the file.
    pub fn attach(&mut self, common: &Common) -> Common {
        let sender = self.writing.as_mut().and_then(|writing| writing.sender.take());
        sender.map_or_else(|| common.clone(), |sender| common.clone().sampled(sender))
    }

    /// The load has begun, on this clock.
    pub fn begin(&self, clock: Clock) {
        if let Some(writing) = &self.writing {
            // A thread that has ended says why at the end.
            let _ = writing.begin.send(clock.wall_start_unix_nanos());
        }
    }

    /// The load is over: waits until all of it is written, but not for ever, less where the load was cut, and not past a
    /// signal, and says what is missing.
    pub async fn end(mut self, was_cut: bool, signals: &mut Signals, watcher: &mut dyn Watch) -> SamplesEnd {
        let patience = if was_cut { SHORT_PATIENCE } else { MOST_PATIENCE };
        match self.writing.take() {
            None => SamplesEnd { problem: self.problem.take(), was_cut, ..SamplesEnd::default() },
            Some(writing) => writing.end(patience, signals, watcher).await,
        }
    }
}

impl Writing {
    fn start(path: PathBuf, place: Place, catalog: &Catalog) -> io::Result<Self> {
        let way = place.way()?;
        let (sender, receiver) = sample_queue();
        let counts = receiver.counts();
        let (begin, begun) = mpsc::channel();
        let (tell, done) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let writer = Rows { path: path.clone(), progress: Arc::clone(&progress), catalog: catalog.clone() };
        let started = thread::Builder::new().name("samples".to_owned()).spawn(move || {
            let written = writer.write(way, &begun, &receiver);
            if let Err(error) = &written {
                receiver.give_up(format!("{} cannot be written any more: {error}", writer.path.display()));
            }
            // Where nobody waits for it any more, nobody is told.
            let _ = tell.send(written);
        });
        started.map(|_| Self { path, place, sender: Some(sender), begin, counts, progress, done })
    }

    async fn end(self, patience: Duration, signals: &mut Signals, watcher: &mut dyn Watch) -> SamplesEnd {
        let Self { path, mut place, sender, begin, counts, progress, done } = self;
        // With them gone, the thread comes to its end.
        drop((sender, begin));
        let waiting = wait(&path, &progress, done, signals, watcher);
        let waited = timeout(patience, waiting).await.unwrap_or_else(|_| Err(progress.stage().trouble()));
        let was_cut = patience < MOST_PATIENCE || waited.is_err();
        // A thread that goes on may still write some of what it was handed, or none.
        let (is_whole, has_failed) = (matches!(waited, Ok(Ok(()))), matches!(waited, Ok(Err(_))));
        let written = waited.flatten().and_then(|()| place.put());
        let (rows, seen) = (progress.rows(), counts.seen());
        let info = Some(SamplesInfo { rows, dropped: seen.saturating_sub(rows), finished: written.is_ok() });
        let end = SamplesEnd { info, was_cut, ..SamplesEnd::default() };
        match written {
            Ok(()) => {
                if rows < seen {
                    let missing = missing(seen - rows, seen, &path);
                    watcher.note(&format!("{missing}: it was not written fast enough"));
                }
                SamplesEnd { file: Some(path), ..end }
            }
            // Who closes a pipe has read enough of it.
            Err(error) if error.kind() == ErrorKind::BrokenPipe && place.part().is_none() => {
                watcher.note(&format!("{}: whoever read it has gone", missing(seen - rows, seen, &path)));
                end
            }
            Err(error) => {
                // What is whole and only not in its place says so itself.
                let left = place.left().filter(|_| !is_whole);
                let rows = has_failed.then_some((rows, seen));
                let within = left.map_or_else(String::new, |part| within(part, &path, rows));
                let problem = format!("{} could not be written: {error}{within}", path.display());
                place.keep();
                SamplesEnd { problem: Some(problem), ..end }
            }
        }
    }
}

/// What stands in the part that is left of a file: how many rows of how many, where that is known. Nobody knows what a
/// compressed one still held back.
fn within(part: &Path, path: &Path, rows: Option<(u64, u64)>) -> String {
    let part = part.display();
    match rows.filter(|_| !is_gzip(path)) {
        Some((rows, seen)) => format!("; up to {} of {} requests are in {part}", count(rows), count(seen)),
        None => format!("; what there is of it is in {part}"),
    }
}

fn missing(missing: u64, seen: u64, path: &Path) -> String {
    format!("samples: {} of {} requests are not in {}", count(missing), count(seen), path.display())
}

/// Waits for the thread that writes for as long as it gets on, and no signal comes; what it says, or why it was given up.
async fn wait(
    path: &Path,
    progress: &Progress,
    mut done: oneshot::Receiver<io::Result<()>>,
    signals: &mut Signals,
    watcher: &mut dyn Watch,
) -> io::Result<io::Result<()>> {
    let mut told = false;
    loop {
        let before = (progress.stage(), progress.rows());
        let patience = before.0.patience();
        tokio::select! {
            biased;
            written = &mut done => {
                return Ok(written.unwrap_or_else(|_| Err(io::Error::other("the thread that writes it crashed"))));
            }
            Asked { name, .. } = signals.next() => {
                return Err(io::Error::new(ErrorKind::Interrupted, format!("cut by {name}")));
            }
            () = sleep(QUIET), if !told && patience > QUIET => {
                told = true;
                watcher.note(&format!("waiting until {} is written (Ctrl-C to leave it unfinished)", path.display()));
            }
            () = sleep(patience) => {
                if before == (progress.stage(), progress.rows()) {
                    return Err(before.0.trouble());
                }
            }
        }
    }
}

/// The thread's own state.
struct Rows {
    path: PathBuf,
    progress: Arc<Progress>,
    catalog: Catalog,
}

impl Rows {
    fn write(&self, way: Way, begun: &mpsc::Receiver<i64>, receiver: &SampleReceiver) -> io::Result<()> {
        let mut sink = Sink::new(&self.path, way.open()?);
        self.progress.enter(Stage::Writing);
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        // Where no load begins there is no request, either.
        let started = begun.recv().unwrap_or(0);
        let rows = SampleRows::new(SampleFormat::of(&name), &self.catalog, started);
        sink.write(&rows.header()?)?;
        let mut bytes = Vec::new();
        while let Some(batch) = receiver.next() {
            bytes.clear();
            rows.append(batch.samples(), &mut bytes)?;
            let count = batch.samples().len() as u64;
            batch.reuse();
            sink.write(&bytes)?;
            self.progress.rows.fetch_add(count, Ordering::SeqCst);
        }
        self.progress.enter(Stage::Syncing);
        sink.finish()
    }
}

#[cfg(test)]
mod tests;
