//! The terminal as indicatif sees it: two columns narrower than it is, and without the blanks that indicatif fills
//! each line with.
//!
//! With the cursor at the right edge, the `^C` that a terminal writes for whoever presses it would go to the next line,
//! and the bar would be drawn anew there, below a bar that stays.

use indicatif::TermLike;
use std::{
    fmt::Debug,
    io,
    sync::atomic::{AtomicBool, Ordering},
};

/// What `^C` takes.
const ECHO_WIDTH: u16 = 2;

/// Puts line ends where indicatif puts blanks up to the edge.
#[derive(Debug)]
pub(super) struct Unpadded<T> {
    terminal: T,
    /// Whether the next text begins a line.
    is_at_end: AtomicBool,
}

impl<T: TermLike> Unpadded<T> {
    pub fn new(terminal: T) -> Self {
        Self { terminal, is_at_end: AtomicBool::new(false) }
    }

    /// The terminal, where something else than text follows.
    fn behind_text(&self) -> &T {
        self.is_at_end.store(false, Ordering::Relaxed);
        &self.terminal
    }
}

impl<T: TermLike> TermLike for Unpadded<T> {
    fn width(&self) -> u16 {
        self.terminal.width().saturating_sub(ECHO_WIDTH).max(1)
    }

    fn height(&self) -> u16 {
        self.terminal.height()
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.behind_text().move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.behind_text().move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.behind_text().move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.behind_text().move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.behind_text().write_line("")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| byte == b' ') {
            self.is_at_end.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if self.is_at_end.swap(false, Ordering::Relaxed) {
            self.terminal.write_line("")?;
        }
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.behind_text().clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.terminal.flush()
    }
}
