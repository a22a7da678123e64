//! A feed: its rows, which all users share, and what templates ask of them.

use super::{
    columns::{Column, columns_of},
    table::Table,
};
use crate::{
    plan::template::{Key, walk, write_value},
    scenario::{DataFeed, Diagnostic, Faults, OnEnd, Per, Pick, Spanned, listed, similar},
};
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, fmt, num::NonZeroU32};

/// Most columns listed in a message.
const MOST_LISTED: usize = 12;

/// The rows of a feed, as they were read.
pub(super) enum Rows {
    Table(Table),
    /// Maps.
    Objects(Vec<Json>),
}

/// A feed, loaded: at least one row, and how rows are given out.
pub struct Feed {
    name: String,
    pick: Pick,
    per: Per,
    on_end: OnEnd,
    rows: Rows,
    len: NonZeroU32,
    columns: Vec<Column>,
    file_bytes: u64,
}

/// Without the rows, of which there may be millions.
impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("name", &self.name).field("rows", &self.len).finish_non_exhaustive()
    }
}

impl Feed {
    /// A feed of these rows; `None` where there are none.
    pub(super) fn new(data: &DataFeed, rows: Rows, file_bytes: u64) -> Option<Self> {
        let (len, columns) = match &rows {
            Rows::Table(table) => {
                let column = |name: &String| Column { name: name.clone(), missing_in: None };
                (table.rows(), table.names().iter().map(column).collect())
            }
            Rows::Objects(rows) => (rows.len(), columns_of(rows)),
        };
        let len = NonZeroU32::new(u32::try_from(len).ok()?)?;
        let &DataFeed { pick, per, on_end, .. } = data;
        Some(Self { name: data.name.value.clone(), pick, per, on_end, rows, len, columns, file_bytes })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows it has.
    pub fn row_count(&self) -> NonZeroU32 {
        self.len
    }

    /// The size of the file that the rows were read from, in bytes; 0 where they stand in the scenario.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Which row comes next.
    pub fn pick(&self) -> Pick {
        self.pick
    }

    /// How long a user keeps its row.
    pub fn per(&self) -> Per {
        self.per
    }

    /// What happens when every row was given out.
    pub fn on_end(&self) -> OnEnd {
        self.on_end
    }

    /// The names that rows have at their first level: the header of a CSV file, or the keys of the maps.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What stands in a row (from 0) at a path, which is what follows the feed's name in `${users.email}`. The empty
    /// path is the whole row as a map; a cell of a CSV file is a text.
    ///
    /// `None` where the row has nothing there, which [`Self::check_path`] rules out before the run.
    pub fn value(&self, row: u32, path: &[Key]) -> Option<Cow<'_, Json>> {
        let row = row as usize;
        match (&self.rows, path) {
            (Rows::Objects(rows), path) => walk(rows.get(row)?, path).map(Cow::Borrowed),
            (Rows::Table(table), []) => Some(Cow::Owned(object(table, row)?)),
            (Rows::Table(table), [Key::Name(name)]) => {
                let cell = table.cell(row, table.column(name)?)?;
                Some(Cow::Owned(Json::String(cell.to_owned())))
            }
            (Rows::Table(_), _) => None,
        }
    }

    /// Appends what [`Self::value`] gives as text, a cell without a copy of its own; whether there was anything.
    pub fn write(&self, row: u32, path: &[Key], out: &mut String) -> bool {
        if let (Rows::Table(table), [Key::Name(name)]) = (&self.rows, path) {
            let cell = table.column(name).and_then(|column| table.cell(row as usize, column));
            out.push_str(cell.unwrap_or_default());
            return cell.is_some();
        }
        let found = self.value(row, path);
        if let Some(value) = &found {
            write_value(value, out);
        }
        found.is_some()
    }

    /// Reports a path that not every row has; `source` is the expression it stands in.
    ///
    /// To be asked while a template is compiled. A path that passes has a value in every row, so that no request
    /// fails for want of one.
    pub fn check_path(&self, path: &[Key], source: &Spanned<String>, faults: &mut Faults) -> Option<()> {
        let feed = &self.name;
        let first = match path {
            [] => return Some(()),
            [Key::Name(name), ..] => name,
            [Key::Index(_), ..] => {
                let message = format!("`{}` is undefined: a row of the feed `{feed}` is a map", source.value);
                faults.report(source.span, message).label(self.has());
                return None;
            }
        };
        let Some(column) = self.columns.iter().find(|column| column.name == *first) else {
            let fault = faults.report(source.span, format!("the feed `{feed}` has no `{first}`"));
            self.suggest(first, fault);
            return None;
        };
        let missing = column.missing_in.or_else(|| self.first_without(path));
        let Some(row) = missing else { return Some(()) };
        let message = match self.rows {
            Rows::Table(_) => format!("`{}` is undefined: `{feed}.{first}` is a text", source.value),
            Rows::Objects(_) => format!("`{}` is undefined in row {} of the feed", source.value, row + 1),
        };
        let fault = faults.report(source.span, message);
        fault.label(match self.rows {
            Rows::Table(_) => "a cell of a CSV file has nothing inside",
            Rows::Objects(_) => "give every row one, `null` if need be",
        });
        None
    }

    /// The first row that has nothing at a path.
    fn first_without(&self, path: &[Key]) -> Option<u32> {
        match &self.rows {
            Rows::Table(_) => (path.len() > 1).then_some(0),
            // That every row has its first level is known already.
            Rows::Objects(_) if path.len() == 1 => None,
            Rows::Objects(rows) => {
                (0u32..).zip(rows).find(|(_, row)| walk(row, path).is_none()).map(|(at, _)| at)
            }
        }
    }

    fn suggest(&self, name: &str, fault: &mut Diagnostic) {
        let names = self.columns.iter().map(|column| column.name.as_str());
        match similar(name, names) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None => fault.label(self.has()),
        };
        // A header that was not taken apart.
        if let ([only], Rows::Table(_)) = (self.columns.as_slice(), &self.rows)
            && let Some(found) = only.name.chars().find(|c| matches!(c, ';' | '\t' | '|' | ','))
        {
            let written = if found == '\t' { "tab".to_owned() } else { format!("\"{found}\"") };
            fault.help(format!(
                "the file has a single column: is `delimiter: {written}` missing in the feed?"
            ));
        }
    }

    fn has(&self) -> String {
        let names = self.columns.iter().map(|column| column.name.as_str());
        match self.columns.len().checked_sub(MOST_LISTED) {
            Some(more @ 1..) => format!("it has {} and {more} more", listed(names.take(MOST_LISTED))),
            _ => format!("it has {}", listed(names)),
        }
    }
}

fn object(table: &Table, row: usize) -> Option<Json> {
    let cells = table.names().iter().enumerate().map(|(column, name)| {
        let cell = table.cell(row, column)?;
        Some((name.clone(), Json::String(cell.to_owned())))
    });
    cells.collect::<Option<Map<String, Json>>>().map(Json::Object)
}
