//! The terminal as indicatif sees it: two columns narrower than it is, and never blank in between.
//!
//! indicatif clears all of its lines, and then writes them anew, filled up with blanks. Here they are written over
//! instead, and what is left of the older text is cleared behind each, so that no eye ever meets an empty panel. Where
//! the terminal got narrower, it has wrapped the lines that are there: there are more rows to go up than indicatif
//! counted.
//!
//! With the cursor at the right edge, the `^C` that a terminal writes for whoever presses it would go to the next line,
//! and the panel would be drawn anew there, below one that stays.

use super::fit::columns;
use indicatif::TermLike;
use std::{
    fmt::Debug,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Clears the rest of the line.
const CLEAR_LINE: &str = "\x1b[K";
/// Clears the rest of the line, and all lines below.
const CLEAR_BELOW: &str = "\x1b[J";
/// What `^C` takes.
const ECHO_WIDTH: u16 = 2;

/// Draws each picture over the one before.
#[derive(Debug)]
pub(super) struct InPlace<T> {
    terminal: T,
    drawing: Mutex<Drawing>,
}

/// How far a picture is drawn.
#[derive(Debug, Default)]
struct Drawing {
    /// Whether one is begun.
    is_begun: bool,
    /// Whether the next text begins a line.
    is_at_end: bool,
    /// Columns of its lines.
    lines: Vec<usize>,
    /// Those of the picture before.
    before: Vec<usize>,
}

impl Drawing {
    /// Rows from the cursor, behind the last line of the picture before, up to the first of its last `lines` lines, on a
    /// terminal of so many columns.
    fn rows_up(&self, lines: usize, width: usize) -> usize {
        let drawn = &self.before[self.before.len().saturating_sub(lines)..];
        let rows: usize = drawn.iter().map(|columns| columns.div_ceil(width.max(1)).max(1)).sum();
        rows.saturating_sub(1)
    }
}

impl<T: TermLike> InPlace<T> {
    pub fn new(terminal: T) -> Self {
        Self { terminal, drawing: Mutex::default() }
    }

    fn drawing(&self) -> MutexGuard<'_, Drawing> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: TermLike> TermLike for InPlace<T> {
    fn width(&self) -> u16 {
        self.terminal.width().saturating_sub(ECHO_WIDTH).max(1)
    }

    fn height(&self) -> u16 {
        self.terminal.height()
    }

    /// Each picture begins with it: to the first of its lines.
    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        let mut drawing = self.drawing();
        if drawing.is_begun {
            return Ok(());
        }
        drawing.is_begun = true;
        let up = drawing.rows_up(lines + 1, usize::from(self.terminal.width()));
        self.terminal.move_cursor_up(up)?;
        self.terminal.write_str("\r")
    }

    /// Lines are not cleared one after the other, so there is no way from one to the next.
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.drawing().is_at_end = true;
        Ok(())
    }

    /// Text is a line, and blanks are what it is filled up with.
    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut drawing = self.drawing();
        if !drawing.lines.is_empty() && text.bytes().all(|byte| byte == b' ') {
            drawing.is_at_end = true;
            return Ok(());
        }
        if drawing.is_at_end {
            self.terminal.write_line("")?;
        }
        drawing.is_at_end = false;
        let taken = columns(&without_colours(text));
        drawing.lines.push(taken);
        if taken < usize::from(self.terminal.width()) {
            self.terminal.write_str(text)?;
            return self.terminal.write_str(CLEAR_LINE);
        }
        // A long note: its last line would end before what is left of the older one.
        self.terminal.write_str(CLEAR_BELOW)?;
        self.terminal.write_str(text)
    }

    /// Lines are written over.
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    /// Each picture ends with it.
    fn flush(&self) -> io::Result<()> {
        let mut drawing = self.drawing();
        let lines = std::mem::take(&mut drawing.lines);
        *drawing = Drawing { before: lines, ..Drawing::default() };
        self.terminal.write_str(CLEAR_BELOW)?;
        self.terminal.flush()
    }
}

/// The text that is seen.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|part| part.split_once('m').map_or(part, |(_, seen)| seen)).collect::<String>()
}
