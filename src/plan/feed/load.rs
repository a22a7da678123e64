//! From a feed as written to its rows.

use super::{
    csv, json,
    loaded::{Feed, Rows},
    report::Report,
};
use crate::{
    plan::{files::Files, scope::Scope},
    scenario::{DataFeed, Faults, FeedSource, FileFormat, Spanned, Value},
};
use serde_json::Value as Json;
use std::{
    cell::Cell,
    io::{self, Read},
    sync::Arc,
};

/// Loads the feeds, in their order; `None` stands for one that could not be loaded, which is reported.
pub fn load_all(
    data: &[DataFeed],
    scope: &Scope<'_>,
    files: &dyn Files,
    faults: &mut Faults,
) -> Vec<Option<Arc<Feed>>> {
    data.iter().map(|data| load(data, scope, files, faults).map(Arc::new)).collect()
}

pub(super) fn load(
    data: &DataFeed,
    scope: &Scope<'_>,
    files: &dyn Files,
    faults: &mut Faults,
) -> Option<Feed> {
    let bytes = Cell::new(0);
    let rows = match &data.source {
        FeedSource::Rows(rows) => Rows::Objects(inline(&rows.value, scope, faults)?),
        FeedSource::File { path, delimiter } => file(path, *delimiter, files, &bytes, faults)?,
    };
    Feed::new(data, rows, bytes.get())
}

/// A file whose bytes are counted as they are read.
struct Counted<'c> {
    inner: Box<dyn Read>,
    bytes: &'c Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

fn inline(rows: &[Value], scope: &Scope<'_>, faults: &mut Faults) -> Option<Vec<Json>> {
    // All of them, so that all that is wrong is reported.
    let rows: Vec<Option<Json>> = rows.iter().map(|row| scope.constant(row, faults)).collect();
    rows.into_iter().collect()
}

fn file(
    path: &Spanned<String>,
    delimiter: Option<u8>,
    files: &dyn Files,
    bytes: &Cell<u64>,
    faults: &mut Faults,
) -> Option<Rows> {
    let source = match files.open(&path.value) {
        Ok(inner) => Counted { inner, bytes },
        Err(reason) => {
            faults.report(path.span, format!("`{}` cannot be read", path.value)).label(reason);
            return None;
        }
    };
    let report = Report::new(&path.value, path.span, faults);
    match FileFormat::of(&path.value)? {
        FileFormat::Csv { delimiter: usual } => {
            csv::read(source, delimiter.unwrap_or(usual), csv::MOST_BYTES, report).map(Rows::Table)
        }
        FileFormat::Json => json::read_list(source, json::MOST_BYTES, report).map(Rows::Objects),
        FileFormat::JsonLines => json::read_lines(source, json::MOST_BYTES, report).map(Rows::Objects),
    }
}
