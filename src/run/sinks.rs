//! Those who take the seconds of a run as they are over: writers of files today, of live systems later.
//!
//! Each has a thread of its own behind a bounded queue. A second is shared and never changed, nothing in the run waits
//! for whoever takes it, and one that fails takes nothing more while the run goes on.

use super::{
    load::Watch,
    outputs::{Output, Written},
    queue::{Joins, Queue},
    signals::Signals,
};
use crate::{
    engine::WallClock,
    measure::Interval,
    model::{Catalog, RunInfo},
};
use std::{
    io,
    pin::{Pin, pin},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::sleep,
};

/// How long the end waits for sinks where somebody wants an end at once.
pub(super) const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// A run whose load begins.
#[derive(Debug)]
pub(super) struct Begun {
    /// Which run.
    pub info: RunInfo,
    /// What it can observe.
    pub catalog: Catalog,
    /// Length of its seconds.
    pub interval: Duration,
    /// When its load began, to the millisecond that results tell.
    pub wall: WallClock,
}

impl Begun {
    /// A run that began when `info` says.
    pub fn new(info: RunInfo, catalog: Catalog, interval: Duration) -> Self {
        let wall = WallClock::parse(&info.started_at).unwrap_or_else(WallClock::start);
        Self { info, catalog, interval, wall }
    }
}

/// Somebody who takes the seconds of a run. Each call may take its time; where it takes more than a second for long, the
/// seconds that wait are joined ([`Interval::joined`]), so that none is missing.
pub(super) trait Sink: Send {
    /// The load begins.
    ///
    /// # Errors
    /// This and every other error is told, ends the sink, and makes the run one whose results could not be written.
    fn begin(&mut self, run: &Arc<Begun>) -> io::Result<()>;

    /// A second is over.
    fn take(&mut self, second: &Interval) -> io::Result<()>;

    /// There are no more. Without this call what was begun is given up.
    fn end(&mut self) -> io::Result<()>;
}

/// A sink and what it was asked for as.
pub(super) struct Opened {
    pub output: Output,
    pub sink: Box<dyn Sink>,
}

/// What a sink's thread is told.
#[derive(Debug)]
enum Message {
    Begin(Arc<Begun>),
    Second(Arc<Interval>),
    End,
}

impl Joins for Message {
    fn join(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Second(last), Self::Second(next)) => {
                Arc::make_mut(last).absorb(&next);
                None
            }
            (_, next) => Some(next),
        }
    }
}

/// All sinks of a run that goes on.
#[derive(Debug, Default)]
pub(super) struct Sinks {
    lanes: Vec<Lane>,
}

/// One of them.
#[derive(Debug)]
struct Lane {
    output: Output,
    queue: Arc<Queue<Message>>,
    /// What its thread says at its end.
    ended: oneshot::Receiver<io::Result<()>>,
    /// The same, once it was heard.
    result: Option<io::Result<()>>,
    /// Seconds that were joined to those before them.
    joined: u64,
}

impl Lane {
    fn start(Opened { output, sink }: Opened) -> Self {
        let queue = Arc::new(Queue::default());
        let (tell, ended) = oneshot::channel();
        let its = Arc::clone(&queue);
        let spawned = thread::Builder::new().name(format!("out {}", output.format.name())).spawn(move || {
            let result = serve(sink, &its);
            its.done();
            // Where nobody listens any more the run has ended without it.
            let _ = tell.send(result);
        });
        let result = spawned.err().map(Err);
        Self { output, queue, ended, result, joined: 0 }
    }

    fn take(&mut self, second: &Arc<Interval>, watcher: &mut dyn Watch) {
        if self.result.is_some() {
            return;
        }
        self.listen();
        if let Some(Err(error)) = &self.result {
            watcher.warn(&format!("{} cannot be written: {error}; the run goes on without it", self.output));
        }
        if self.queue.push(Message::Second(Arc::clone(second))) {
            self.joined += 1;
            if self.joined == 1 {
                watcher.note(&format!(
                    "{} is slower than the run: seconds that wait for it are joined",
                    self.output
                ));
            }
        }
    }

    /// Hears whether its thread has ended.
    fn listen(&mut self) {
        if self.result.is_none() {
            self.result = match self.ended.try_recv() {
                Ok(result) => Some(result),
                Err(TryRecvError::Closed) => Some(Err(crashed())),
                Err(TryRecvError::Empty) => None,
            };
        }
    }

    /// What became of it, as far as it is known.
    fn conclude(self, written: &mut Written, watcher: &mut dyn Watch) {
        if self.joined > 0 {
            let seconds = crate::report::counted(self.joined, "second");
            watcher
                .note(&format!("{}: {seconds} joined to those before, since it was too slow", self.output));
        }
        let silent = || Err(io::Error::new(io::ErrorKind::TimedOut, "it takes no more, and was given up"));
        written.note(&self.output.path, self.result.unwrap_or_else(silent));
    }
}

impl Drop for Sinks {
    fn drop(&mut self) {
        self.lanes.iter().for_each(|lane| lane.queue.close());
    }
}

/// A sink's thread.
fn serve(mut sink: Box<dyn Sink>, queue: &Queue<Message>) -> io::Result<()> {
    while let Some(message) = queue.next() {
        match message {
            Message::Begin(run) => sink.begin(&run)?,
            Message::Second(second) => sink.take(&second)?,
            Message::End => return sink.end(),
        }
    }
    Ok(())
}

impl Sinks {
    /// Starts their threads.
    pub fn start(opened: Vec<Opened>) -> Self {
        Self { lanes: opened.into_iter().map(Lane::start).collect() }
    }

    /// The load begins.
    pub fn begin(&self, run: &Arc<Begun>) {
        for lane in &self.lanes {
            lane.queue.push(Message::Begin(Arc::clone(run)));
        }
    }

    /// A second is over. Says once where one of them has failed or is too slow.
    pub fn take(&mut self, second: &Arc<Interval>, watcher: &mut dyn Watch) {
        self.lanes.iter_mut().for_each(|lane| lane.take(second, watcher));
    }

    /// Takes out those that have failed, and says why.
    pub fn failed(&mut self) -> Vec<String> {
        self.lanes.iter_mut().for_each(Lane::listen);
        let failed = self.lanes.extract_if(.., |lane| matches!(lane.result, Some(Err(_))));
        let mut written = Written::default();
        failed.for_each(|mut lane| written.note(&lane.output.path, lane.result.take().unwrap_or(Ok(()))));
        written.problems
    }

    /// There are no more seconds: they come to their end by themselves.
    pub fn end(&self) {
        for lane in &self.lanes {
            lane.queue.push(Message::End);
            lane.queue.close();
        }
    }

    /// Waits until all have come to their end, but no longer than this, nor long after a signal; what became of them.
    pub async fn finish(
        &mut self,
        patience: Duration,
        signals: &mut Signals,
        watcher: &mut dyn Watch,
    ) -> Written {
        let mut written = Written::default();
        let mut over = pin!(async {
            tokio::select! {
                () = sleep(patience) => {}
                _ = signals.next() => sleep(patience.min(SHORT_PATIENCE)).await,
            }
        });
        let mut is_over = false;
        for mut lane in std::mem::take(&mut self.lanes) {
            if lane.result.is_none() {
                // Those that have ended have, whether the time is over or not.
                lane.result = tokio::select! {
                    biased;
                    ended = &mut lane.ended => Some(ended.unwrap_or_else(|_| Err(crashed()))),
                    () = given_up(&mut is_over, over.as_mut()) => None,
                };
            }
            lane.conclude(&mut written, watcher);
        }
        written
    }
}

/// Waits for the end of all waiting, which comes once.
async fn given_up(is_over: &mut bool, over: Pin<&mut impl Future<Output = ()>>) {
    if !*is_over {
        over.await;
        *is_over = true;
    }
}

fn crashed() -> io::Error {
    io::Error::other("its thread crashed")
}

/// Sinks that are fed from a journal. No load waits for them, and so they are waited for.
#[derive(Default)]
pub(super) struct Feed {
    sinks: Vec<(Opened, io::Result<()>)>,
}

impl Feed {
    /// Begins with the first second.
    pub fn begin(opened: Vec<Opened>, run: Begun) -> Self {
        let run = Arc::new(run);
        let begun = opened.into_iter().map(|mut opened| {
            let begun = opened.sink.begin(&run);
            (opened, begun)
        });
        Self { sinks: begun.collect() }
    }

    /// A second.
    pub fn take(&mut self, second: &Interval) {
        for (opened, result) in self.sinks.iter_mut().filter(|(_, result)| result.is_ok()) {
            *result = opened.sink.take(second);
        }
    }

    /// There are no more; what became of them.
    pub fn end(self) -> Written {
        let mut written = Written::default();
        for (Opened { output, mut sink }, result) in self.sinks {
            written.note(&output.path, result.and_then(|()| sink.end()));
        }
        written
    }
}

#[cfg(test)]
mod tests;
