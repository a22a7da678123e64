//! A page that does not grow beyond what GitHub takes.

use crate::report::format::count;

/// Longest page, in characters. A comment may have 65,536; a job's summary more.
pub(super) const LONGEST: usize = 60_000;
/// Kept free below a table, for the line that says what is left out.
const NOTE: usize = 200;

/// Markdown that is being put together.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    length: usize,
}

/// Rows of a table.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The line of headings and the one below it, with line ends.
    pub head: String,
    /// The rows, with line ends; the most important first where not all are shown.
    pub rows: Vec<String>,
    /// The most that are shown.
    pub most: usize,
    /// What a row is, in the plural: `requests`.
    pub noun: &'static str,
}

/// Whether a section can be read at once, or is folded below its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It can be read at once.
    Open,
    /// It is folded.
    Folded,
}

impl Page {
    pub fn into_text(self) -> String {
        self.text
    }

    /// Characters that there is room for.
    pub fn left(&self) -> usize {
        LONGEST.saturating_sub(self.length)
    }

    /// Adds a part as it is, where there is room for it.
    pub fn add(&mut self, part: &str) {
        let length = part.chars().count();
        if length <= self.left() {
            self.text += part;
            self.length += length;
        }
    }

    /// Adds a table below its title, with as many of its rows as there is room for in `room` characters at the most.
    pub fn add_rows(&mut self, title: &str, table: &Rows, shown: Shown, room: usize) {
        if table.rows.is_empty() {
            return;
        }
        let (before, after) = match shown {
            Shown::Open => (format!("### {title}\n\n"), "\n"),
            Shown::Folded => (format!("<details><summary>{title}</summary>\n\n"), "\n</details>\n\n"),
        };
        let mut part = format!("{before}{}", table.head);
        let mut length = part.chars().count() + after.len() + NOTE;
        let room = room.min(self.left());
        let mut taken = 0;
        for row in table.rows.iter().take(table.most) {
            length += row.chars().count();
            if length > room {
                break;
            }
            part += row;
            taken += 1;
        }
        if taken == 0 {
            return;
        }
        if let Some(left_out) = table.rows.len().checked_sub(taken).filter(|number| *number > 0) {
            part += &format!("\n{} more {} are left out here.\n", count(left_out as u64), table.noun);
        }
        self.add(&format!("{part}{after}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(number: usize, most: usize) -> Rows {
        let rows = (0..number).map(|n| format!("| {n} |\n")).collect();
        Rows { head: "| n |\n|--:|\n".to_owned(), rows, most, noun: "numbers" }
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let mut page = Page::default();
        page.add_rows("Numbers", &rows(3, 2), Shown::Open, LONGEST);
        assert_eq!(
            page.into_text(),
            "### Numbers\n\n| n |\n|--:|\n| 0 |\n| 1 |\n\n1 more numbers are left out here.\n\n"
        );
    }

    #[test]
    fn a_page_never_grows_beyond_its_length() {
        let mut page = Page::default();
        for _ in 0..20 {
            page.add_rows("Numbers", &rows(5_000, 4_000), Shown::Folded, LONGEST);
        }
        page.add(&"x".repeat(LONGEST));
        let text = page.into_text();
        assert!(text.chars().count() <= LONGEST && text.chars().count() > LONGEST / 2);
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert!(text.contains("are left out here"));
    }
}
