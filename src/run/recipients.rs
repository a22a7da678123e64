//! Who is given each second of a run when it is over: the journal, and the sinks that were asked for.

use super::{
    journal::Journal,
    load::Watch,
    outputs::Written,
    signals::Signals,
    sinks::{Begun, Opened, SHORT_PATIENCE, Sinks},
};
use crate::{
    engine::Engine,
    measure::Interval,
    model::{Catalog, RunInfo},
    report::journal_v1::{End, Start},
};
use std::{sync::Arc, time::Duration};

/// How long the end waits for sinks: long enough for a disk that is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// The journal and the sinks of a run.
#[derive(Debug)]
pub(super) struct Recipients {
    journal: Journal,
    sinks: Sinks,
    info: RunInfo,
}

impl Recipients {
    /// Those of this run.
    pub fn new(journal: Journal, sinks: Vec<Opened>, info: RunInfo) -> Self {
        Self { journal, sinks: Sinks::start(sinks), info }
    }

    /// Nobody.
    #[cfg(test)]
    pub fn none() -> Self {
        Self::new(Journal::none(), Vec::new(), RunInfo::default())
    }

    /// The load begins.
    pub fn begin(&self, start: &Start, catalog: &Catalog) {
        self.journal.start(start);
        let info = RunInfo { started_at: start.started_at.clone(), ..self.info.clone() };
        self.sinks.begin(&Arc::new(Begun::new(info, catalog.clone(), Engine::INTERVAL)));
    }

    /// A second is over.
    pub fn take(&mut self, interval: Interval, watcher: &mut dyn Watch) {
        let interval = Arc::new(interval);
        self.sinks.take(&interval, watcher);
        self.journal.push(interval, watcher);
    }

    /// There are no more seconds. Sinks come to their end while the results are written.
    pub fn no_more(&self) {
        self.sinks.end();
    }

    /// What has failed by now, which results can still tell of.
    pub fn failed(&mut self) -> Vec<String> {
        self.sinks.failed()
    }

    /// The results are written: what became of the sinks. Waits for them, but not for ever, and less where the load was cut.
    pub async fn end(
        mut self,
        mut end: End,
        was_cut: bool,
        signals: &mut Signals,
        watcher: &mut dyn Watch,
    ) -> Written {
        let problems = self.failed();
        end.not_written |= !problems.is_empty();
        self.journal.end(&end, watcher);
        let patience = if was_cut { SHORT_PATIENCE } else { PATIENCE };
        let mut written = self.sinks.finish(patience, signals, watcher).await;
        written.problems.splice(0..0, problems);
        written
    }
}
