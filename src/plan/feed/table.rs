//! The rows of a CSV file in one piece of text: no allocation for a row or a cell, four bytes beside a cell's text.

use super::input::Record;

/// Rows of texts, all of the same width.
#[derive(Clone, Default)]
pub(super) struct Table {
    names: Vec<String>,
    /// All cells, one after the other.
    text: String,
    /// Where each cell ends in it.
    ends: Vec<u32>,
}

impl Table {
    pub fn new(names: Vec<String>) -> Self {
        Self { names, ..Self::default() }
    }

    /// The columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn rows(&self) -> usize {
        self.ends.len().checked_div(self.names.len()).unwrap_or(0)
    }

    /// Adds a row of as many cells as there are columns.
    ///
    /// # Errors
    /// The column, from 0, whose cell is not UTF-8, and its first wrong byte.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), (usize, u8)> {
        // A character may not reach from one cell into the next, so each is looked at by itself.
        let ascii = record.text.is_ascii();
        let start = self.text.len();
        for (column, cell) in record.cells().enumerate() {
            match std::str::from_utf8(cell) {
                Ok(cell) if !ascii => self.text.push_str(cell),
                Ok(_) => {}
                Err(error) => {
                    self.text.truncate(start);
                    return Err((column, cell.get(error.valid_up_to()).copied().unwrap_or_default()));
                }
            }
        }
        if ascii {
            self.text.push_str(std::str::from_utf8(record.text).unwrap_or_default());
        }
        self.ends.extend(record.ends.iter().map(|end| (start + end) as u32));
        Ok(())
    }

    /// Gives back what was reserved for rows that did not come.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// A cell, by row and column from 0.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        if column >= self.names.len() {
            return None;
        }
        let index = row.checked_mul(self.names.len())?.checked_add(column)?;
        let end = *self.ends.get(index)? as usize;
        let start =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..end)
    }

    /// A column's number.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Bytes of memory held, the columns' names left out.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}
