//! Lines that fit: parts that are left out one by one where there is no room, and a cut where that is not enough.
//!
//! The columns are those that a terminal gives a character. A line that is wider than it seems would be wrapped, and the
//! panel could not be drawn over any more.

use crate::report::paint::{Mark, Paint};
use unicode_width::UnicodeWidthChar;

/// How a part is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Strong,
    Dim,
    Bad,
    Sign(Mark),
}

/// A part of a line.
#[derive(Debug, Clone)]
pub(super) struct Part {
    text: String,
    look: Look,
    /// Parts with a higher number are left out first; those with 0 never.
    spare: u8,
    /// What stands between it and the part before.
    gap: &'static str,
}

impl Part {
    /// What is left out first where it has the highest number.
    pub fn spared(text: impl Into<String>, spare: u8) -> Self {
        Self { text: text.into(), look: Look::Plain, spare, gap: "  " }
    }

    /// What is never left out.
    pub fn kept(text: impl Into<String>) -> Self {
        Self::spared(text, 0)
    }

    pub fn looking(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// Close to the part before.
    pub fn close(mut self) -> Self {
        self.gap = " ";
        self
    }

    fn painted(&self, paint: Paint) -> String {
        match self.look {
            Look::Plain => self.text.clone(),
            Look::Strong => paint.strong(&self.text),
            Look::Dim => paint.dim(&self.text),
            Look::Bad => paint.bad(&self.text),
            // Indented as the text is.
            Look::Sign(mark) => self.text.replace(|c: char| !c.is_whitespace(), &paint.mark(mark)),
        }
    }
}

/// The parts side by side, in at most `most` columns.
pub(super) fn line(mut parts: Vec<Part>, most: usize, paint: Paint) -> String {
    parts.retain(|part| !part.text.is_empty());
    while taken(&parts) > most {
        let spare = (0..parts.len()).filter(|at| parts[*at].spare > 0).max_by_key(|at| parts[*at].spare);
        match spare {
            Some(at) => drop(parts.remove(at)),
            None => break,
        }
    }
    let mut line = String::new();
    let mut left = most;
    for part in &mut parts {
        let gap = if line.is_empty() { "" } else { part.gap };
        if left <= gap.len() {
            break;
        }
        left -= gap.len();
        part.text = cut(&part.text, left);
        left -= columns(&part.text);
        line += gap;
        line += &part.painted(paint);
    }
    line
}

fn taken(parts: &[Part]) -> usize {
    let texts: usize = parts.iter().map(|part| columns(&part.text)).sum();
    texts + parts.iter().skip(1).map(|part| part.gap.len()).sum::<usize>()
}

/// Columns that a terminal gives `text`. What controls the terminal is not in it.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(taken_by).sum()
}

/// Columns of a character. Not every terminal puts a mark over the character before it.
fn taken_by(c: char) -> usize {
    c.width().unwrap_or(1).max(1)
}

/// The beginning of `text` in at most `most` columns, with a sign where something was cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let Some(kept) = most.checked_sub(1) else { return String::new() };
    let mut used = 0;
    let fits = |c: &char| {
        used += taken_by(*c);
        used <= kept
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// `text` with blanks behind it up to this many columns.
pub(super) fn padded(text: &str, to: usize) -> String {
    format!("{text}{:1$}", "", to.saturating_sub(columns(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_spared_goes_first_and_then_the_end_is_cut() {
        let parts = || {
            vec![
                Part::kept("one"),
                Part::spared("two", 2),
                Part::spared("three", 1),
                Part::kept("four words"),
            ]
        };
        for (most, expected) in [
            (99, "one  two  three  four words"),
            (27, "one  two  three  four words"),
            (26, "one  three  four words"),
            (21, "one  four words"),
            (14, "one  four wor…"),
            (6, "one  …"),
            (5, "one"),
            (2, "o…"),
            (1, "…"),
            (0, ""),
        ] {
            assert_eq!(line(parts(), most, Paint { color: false }), expected, "{most}");
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!((columns("日本"), columns("a日"), columns("é✓█…"), columns("a\u{a926}")), (4, 3, 4, 2));
        let texts = [5, 4, 3, 2, 1].map(|most| cut("日本語", most));
        assert_eq!(texts, ["日本…", "日…", "日…", "…", "…"]);
        assert_eq!(padded("日", 4), "日  ");
    }

    #[test]
    fn colours_take_no_columns() {
        let parts = vec![Part::kept("ab").looking(Look::Strong), Part::kept("cd").looking(Look::Bad)];
        assert_eq!(line(parts, 6, Paint { color: true }), "\x1b[1mab\x1b[0m  \x1b[31mcd\x1b[0m");
    }
}
