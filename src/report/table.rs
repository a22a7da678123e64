//! Tables that fit a width: first columns go, in the order they can be spared, then names lose their middle. A name with
//! nothing beside it has the whole line.

use super::paint::{Mark, Paint};
use super::text::{shorten, width};

/// Columns between two cells.
const GAP: usize = 2;
/// What a name is given before columns of numbers are, if it is that long.
const NAME_WANTS: usize = 18;
/// What a name is given in any case.
const NAME_NEEDS: usize = 8;

/// A column after the name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// When it goes where space is short, the lowest first; `None`: never.
    pub spare: Option<u8>,
    /// Whether its cells stand at its left side; numbers do not.
    pub is_left: bool,
}

impl Column {
    /// A column of numbers that stays.
    pub const fn kept(title: &'static str) -> Self {
        Self { title, spare: None, is_left: false }
    }

    /// A column of numbers that can go.
    pub const fn spared(title: &'static str, order: u8) -> Self {
        Self { title, spare: Some(order), is_left: false }
    }

    /// A column of words that stays.
    pub const fn words(title: &'static str) -> Self {
        Self { title, spare: None, is_left: true }
    }
}

/// A line of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// The sign before the name.
    pub mark: Option<Mark>,
    /// The name, made inert.
    pub name: String,
    /// As many as there are columns, or none for a heading.
    pub cells: Vec<String>,
    /// Whether it stands out.
    pub is_strong: bool,
}

/// Rows under a title.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// What stands above the names.
    pub title: &'static str,
    /// The columns after the name.
    pub columns: Vec<Column>,
    /// The lines.
    pub rows: Vec<Row>,
}

/// What a table gives to whom.
struct Layout {
    /// Columns of a line.
    most: usize,
    name: usize,
    /// Index and width of the columns that fit.
    columns: Vec<(usize, usize)>,
}

impl Table {
    /// The table in lines of at most `most` columns, each with a line end.
    pub fn render(&self, most: usize, paint: Paint) -> String {
        let layout = self.layout(most);
        let titles = self.columns.iter().map(|column| column.title.to_owned()).collect();
        let header = self.line(&layout, self.title, titles);
        let mut text = paint.strong(&header) + "\n";
        for row in &self.rows {
            text += &self.row(&layout, row, paint);
            text.push('\n');
        }
        text
    }

    fn has_marks(&self) -> bool {
        self.rows.iter().any(|row| row.mark.is_some())
    }

    fn layout(&self, most: usize) -> Layout {
        let sign = if self.has_marks() { 2 } else { 0 };
        let rows = self.rows.iter().filter(|row| !row.cells.is_empty());
        let names = rows.map(|row| width(&row.name) + 2 + sign);
        let longest = names.chain([width(self.title)]).max().unwrap_or(0);
        let mut columns: Vec<(usize, usize)> =
            (0..self.columns.len()).map(|index| (index, self.column_width(index))).collect();
        loop {
            let taken: usize = columns.iter().map(|(_, width)| width + GAP).sum();
            let left = most.saturating_sub(taken);
            let next = columns.iter().filter_map(|(index, _)| Some((self.columns[*index].spare?, *index)));
            match next.min() {
                Some((_, goes)) if left < longest.min(NAME_WANTS) => {
                    columns.retain(|(index, _)| *index != goes);
                }
                _ => return Layout { most, name: longest.min(left.max(NAME_NEEDS)), columns },
            }
        }
    }

    fn column_width(&self, index: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.cells.get(index)).map(|cell| width(cell));
        cells.chain([width(self.columns[index].title)]).max().unwrap_or(0)
    }

    fn row(&self, layout: &Layout, row: &Row, paint: Paint) -> String {
        let sign = if self.has_marks() { 2 } else { 0 };
        let room = if row.cells.is_empty() { layout.most } else { layout.name };
        let name = shorten(&row.name, room.saturating_sub(2 + sign));
        let line = self.line(layout, &format!("{:1$}{name}", "", 2 + sign), row.cells.clone());
        match row.mark {
            // The sign is put in last: its escapes take no column.
            Some(mark) => format!("  {} {}", paint.mark(mark), line.get(4..).unwrap_or_default()),
            None if row.is_strong => paint.strong(&line),
            None => line,
        }
    }

    fn line(&self, layout: &Layout, name: &str, cells: Vec<String>) -> String {
        let mut line = format!("{name:0$}", layout.name);
        for (index, width) in &layout.columns {
            let Some(cell) = cells.get(*index) else { break };
            line += &" ".repeat(GAP);
            line += &if self.columns[*index].is_left {
                format!("{cell:<0$}", *width)
            } else {
                format!("{cell:>0$}", *width)
            };
        }
        line.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_nothing_beside_it_has_the_whole_line() {
        let row = |name: &str, cells: &[&str]| Row {
            name: name.to_owned(),
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            ..Row::default()
        };
        let rows =
            vec![row("orders / ramp (not counted)", &[]), row("peak", &["480"]), row(&"x".repeat(90), &[])];
        let table = Table { title: "Stages", columns: vec![Column::kept("requests")], rows };
        let text = table.render(40, Paint { color: false });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..3], ["Stages  requests", "  orders / ramp (not counted)", "  peak       480"]);
        assert_eq!(lines[3].chars().count(), 40, "{text}");
    }
}
