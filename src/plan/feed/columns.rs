//! Which keys the rows of a feed have, so that a template that asks for another is refused before the run.

use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// A name that rows have at their first level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The first row without it, from 0; `None` where every row has it.
    pub missing_in: Option<u32>,
}

/// The columns of rows that are maps, in the order in which they first turn up.
pub(super) fn columns_of(rows: &[Json]) -> Vec<Column> {
    let mut seen = Seen::default();
    for (row, value) in (0u32..).zip(rows) {
        if let Json::Object(entries) = value {
            seen.row(row, entries);
        }
    }
    seen.finish(rows.len() as u32)
}

/// Each row adds to what its own keys say, so that many rows with many keys of their own cost no more.
#[derive(Default)]
struct Seen<'r> {
    columns: Vec<Column>,
    /// How many rows there were up to and with the last one that had the column.
    until: Vec<u32>,
    numbers: HashMap<&'r str, usize>,
}

impl<'r> Seen<'r> {
    fn row(&mut self, row: u32, entries: &'r Map<String, Json>) {
        for name in entries.keys() {
            let number = *self.numbers.entry(name).or_insert(self.columns.len());
            if number == self.columns.len() {
                self.columns.push(Column { name: name.clone(), missing_in: None });
                self.until.push(0);
            }
            self.note_gap(number, row);
            self.until[number] = row + 1;
        }
    }

    fn note_gap(&mut self, number: usize, row: u32) {
        let until = self.until[number];
        if until < row {
            self.columns[number].missing_in.get_or_insert(until);
        }
    }

    fn finish(mut self, rows: u32) -> Vec<Column> {
        (0..self.columns.len()).for_each(|number| self.note_gap(number, rows));
        self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_tell_the_first_row_without_them() {
        for (rows, columns) in [
            (vec![json!({"a": 1, "b": 2}), json!({"b": 1, "a": null})], vec![("a", None), ("b", None)]),
            (vec![json!({"a": 1}), json!({"b": 1}), json!({"a": 1})], vec![("a", Some(1)), ("b", Some(0))]),
            (vec![json!({"a": 1}), json!({"a": 1}), json!({})], vec![("a", Some(2))]),
            (vec![json!({})], vec![]),
        ] {
            let found = columns_of(&rows);
            let found: Vec<_> =
                found.iter().map(|column| (column.name.as_str(), column.missing_in)).collect();
            assert_eq!(found, columns, "{rows:?}");
        }
    }
}
