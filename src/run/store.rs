//! Where a run's results go, and what became of that.

use super::{
    journal::{JOURNAL, Journal},
    load::Watch,
    outputs::{self, SUMMARY, Wanted},
    results::{ResultsFolder, slug},
    samples::SamplesEnd,
};
use crate::{
    engine::WallClock,
    report::{Results, journal_v1::Header},
};
use std::path::{Path, PathBuf};

/// The results' place.
pub(super) struct Store {
    name: String,
    folder: Option<ResultsFolder>,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Why others were not.
    pub problems: Vec<String>,
}

impl Store {
    /// Makes the folder before the load, so that a wrong place is known before the time is spent.
    pub fn open(parent: Option<&Path>, name: &str, wall: WallClock, watcher: &mut dyn Watch) -> Self {
        let mut store = Self { name: name.to_owned(), folder: None, files: Vec::new(), problems: Vec::new() };
        let Some(parent) = parent else { return store };
        match ResultsFolder::create(parent, name, &wall.compact()) {
            Ok(folder) => store.folder = Some(folder),
            Err(error) => {
                let text = format!("results cannot be written to {}: {error}", parent.display());
                watcher.warn(&format!(
                    "{text}; the run goes on and prints them (--results DIR chooses another place)"
                ));
                store.problems.push(text);
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

    /// Adds the file of every request, or why there is none.
    pub fn add(&mut self, samples: SamplesEnd) {
        self.files.extend(samples.file);
        self.problems.extend(samples.problem);
    }

    /// Notes why files that were written while the run went on are not whole.
    pub fn note_failed(&mut self, problems: Vec<String>) {
        let remedy = from_journal(self.folder.as_ref().map(ResultsFolder::path));
        self.problems.extend(problems.into_iter().map(|problem| problem + &remedy));
    }

    /// Writes the results to their folder and to the files that were asked for, and notes what cannot be written.
    pub fn write(&mut self, results: &Results<'_>, wanted: &Wanted) {
        let written = outputs::write(results, self.folder.as_ref(), wanted);
        if let Some(folder) = &self.folder {
            folder.remove_if_empty();
        }
        self.files.splice(0..0, written.files);
        self.problems.extend(written.problems);
    }

    /// The folder, where there are results in it.
    pub fn written(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        self.files.contains(&folder.path().join(SUMMARY)).then(|| folder.path().to_owned())
    }
}

/// What helps where a file that is written while a run goes on is not whole.
pub(super) fn from_journal(folder: Option<&Path>) -> String {
    folder.map_or_else(String::new, |folder| {
        format!("; `loadgen report {} --out FORMAT=FILE` makes it from the journal", folder.display())
    })
}
