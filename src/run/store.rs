//! Where a run's results go, and what became of that.

use super::{
    journal::{JOURNAL, Journal},
    load::Watch,
    results::{ResultsFolder, slug},
};
use crate::{engine::WallClock, report::journal_v1::Header};
use std::path::{Path, PathBuf};

/// The results' place.
pub(super) struct Store {
    name: String,
    folder: Option<ResultsFolder>,
    /// Why something was not written.
    pub failure: Option<String>,
}

impl Store {
    /// Makes the folder before the load, so that a wrong place is known before the time is spent.
    pub fn open(parent: Option<&Path>, name: &str, wall: WallClock, watcher: &mut dyn Watch) -> Self {
        let mut store = Self { name: name.to_owned(), folder: None, failure: None };
        let Some(parent) = parent else { return store };
        match ResultsFolder::create(parent, name, &wall.compact()) {
            Ok(folder) => store.folder = Some(folder),
            Err(error) => {
                let text = format!("results cannot be written to {}: {error}", parent.display());
                watcher.note(&format!(
                    "{text}; the run goes on and prints them (--results DIR chooses another place)"
                ));
                store.failure = Some(text);
            }
        }
        store
    }

    /// The run's id: the name of its folder, or what it would be.
    pub fn id(&self, wall: WallClock) -> String {
        let made = || format!("{}-{}", slug(&self.name), wall.compact());
        self.folder.as_ref().map_or_else(made, ResultsFolder::id)
    }

    /// Begins the journal of the run. Where there is no place for one, or it cannot be made, it takes nothing: what
    /// is asked for is the results, and a journal is for when those cannot be had.
    pub fn journal(&self, header: &Header, watcher: &mut dyn Watch) -> Journal {
        let Some(folder) = &self.folder else { return Journal::none() };
        Journal::create(&folder.path().join(JOURNAL), header, watcher)
    }

    /// Writes a file of the results, and notes where it cannot.
    pub fn write(&mut self, name: &str, bytes: &[u8]) {
        let Some(folder) = &self.folder else { return };
        if let Err(error) = folder.write(name, bytes) {
            let place = folder.path().join(name);
            self.failure = Some(format!("{} could not be written: {error}", place.display()));
            folder.remove_if_empty();
        }
    }

    /// The folder, where everything was written.
    pub fn written(&self) -> Option<PathBuf> {
        let written = self.folder.as_ref().filter(|_| self.failure.is_none());
        written.map(|folder| folder.path().to_owned())
    }
}
