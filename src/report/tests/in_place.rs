//! How the panel stays in place on a made-up terminal. What is in it is tested in `progress`.

use super::progress::{busy, progress};
use crate::report::progress::{Bar, Progress, Room, panel};
use indicatif::TermLike;
use std::{
    io,
    sync::{Arc, Mutex},
};

/// A terminal as large as it says: it wraps lines, and wraps them anew when it is resized.
#[derive(Debug, Clone)]
struct Screen(Arc<Mutex<Shown>>);

#[derive(Debug)]
struct Shown {
    width: usize,
    height: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// Times that a picture was seen.
    pictures: Vec<String>,
}

impl Shown {
    fn put(&mut self, c: char) {
        match c {
            '\r' => self.column = 0,
            '\n' => (self.row, self.column) = (self.row + 1, 0),
            c => {
                if self.column == self.width {
                    (self.row, self.column) = (self.row + 1, 0);
                }
                self.reach();
                let row = &mut self.rows[self.row];
                row.resize(row.len().max(self.column + 1), ' ');
                row[self.column] = c;
                self.column += 1;
            }
        }
        self.reach();
    }

    fn reach(&mut self) {
        let rows = self.rows.len().max(self.row + 1);
        self.rows.resize(rows, Vec::new());
    }

    fn write(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\x1b[K") {
                self.rows[self.row].truncate(self.column);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("\x1b[J") {
                self.rows[self.row].truncate(self.column);
                self.rows.truncate(self.row + 1);
                rest = after;
            } else {
                assert_ne!(c, '\x1b', "{rest:?}");
                self.put(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }

    fn resize(&mut self, width: usize) {
        let (mut rows, mut row, mut column) = (Vec::new(), 0, 0);
        for (at, line) in self.rows.iter().enumerate() {
            let pieces: Vec<Vec<char>> = match line.len() {
                0 => vec![Vec::new()],
                _ => line.chunks(width).map(<[char]>::to_vec).collect(),
            };
            if at == self.row {
                row = rows.len() + (self.column.saturating_sub(1)) / width;
                column = self.column - (row - rows.len()) * width;
            }
            rows.extend(pieces);
        }
        (self.rows, self.row, self.column, self.width) = (rows, row, column, width);
    }

    fn text(&self) -> String {
        let rows = self.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned() + "\n");
        rows.collect::<String>().trim_end().to_owned()
    }
}

impl Screen {
    fn new(width: usize, height: usize) -> Self {
        let rows = vec!["$ loadgen run".chars().collect(), Vec::new()];
        Self(Arc::new(Mutex::new(Shown { width, height, rows, row: 1, column: 0, pictures: Vec::new() })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shown) -> T) -> T {
        act(&mut self.0.lock().expect("one thread"))
    }

    fn text(&self) -> String {
        self.with(|shown| shown.text())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.with(|shown| shown.width as u16)
    }
    fn height(&self) -> u16 {
        self.with(|shown| shown.height as u16)
    }
    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.with(|shown| shown.row = shown.row.saturating_sub(lines));
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        panic!("nothing is cleared line by line")
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.with(|shown| shown.write(text));
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        panic!("a cleared line would be seen")
    }
    fn flush(&self) -> io::Result<()> {
        self.with(|shown| {
            let text = shown.text();
            shown.pictures.push(text);
        });
        Ok(())
    }
}

fn expected(above: &[&str], progress: &Progress, width: usize, height: usize) -> String {
    let lines = panel(progress, Room { columns: width - 2, rows: height - 1, color: false });
    above.iter().copied().chain(lines.iter().map(|line| line.trim_end())).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_panel_stays_in_place_and_is_gone_at_the_end() {
    for (width, height) in [(100, 30), (80, 24), (60, 12), (40, 10), (40, 3), (20, 24), (3, 3)] {
        let screen = Screen::new(width, height);
        let bar = Bar::new(screen.clone(), false);
        let mut above = vec!["$ loadgen run"];
        for (progress, note) in [(progress(), None), (busy(), Some("a note")), (progress(), Some("next"))] {
            bar.update(&progress);
            assert_eq!(screen.text(), expected(&above, &progress, width, height), "{width}x{height}");
            // What a terminal writes for whoever presses Ctrl-C.
            screen.write_str("^C").expect("a screen");
            bar.update(&progress);
            assert_eq!(screen.text(), expected(&above, &progress, width, height), "{width}x{height} ^C");
            if let Some(note) = note.filter(|note| note.len() <= width) {
                bar.note(note);
                above.push(note);
                assert_eq!(
                    screen.text(),
                    expected(&above, &progress, width, height),
                    "{width}x{height} {note}"
                );
            }
        }
        bar.finish();
        assert_eq!(screen.text(), above.join("\n"));
        assert!(screen.with(|shown| (shown.row, shown.column) == (above.len(), 0)), "{width}x{height}");
    }
}

#[test]
fn no_picture_is_without_its_panel() {
    let screen = Screen::new(80, 24);
    let bar = Bar::new(screen.clone(), false);
    for _ in 0..5 {
        bar.update(&busy());
        bar.update(&progress());
    }
    let pictures = screen.with(|shown| std::mem::take(&mut shown.pictures));
    assert_eq!(pictures.len(), 10);
    assert!(pictures.iter().all(|picture| picture.contains("12s of 30s")), "{pictures:#?}");
}

#[test]
fn a_note_longer_than_the_terminal_is_wide_leaves_nothing_of_the_panel_behind() {
    let screen = Screen::new(60, 24);
    let bar = Bar::new(screen.clone(), false);
    bar.update(&busy());
    let note = "n".repeat(90);
    bar.note(&note);
    let (first, second) = note.split_at(60);
    assert_eq!(screen.text(), expected(&["$ loadgen run", first, second], &busy(), 60, 24));
}

#[test]
fn a_terminal_that_gets_narrower_or_wider_shows_one_panel() {
    let screen = Screen::new(100, 30);
    let bar = Bar::new(screen.clone(), false);
    bar.update(&busy());
    for width in [60, 41, 100, 30, 120] {
        screen.with(|shown| shown.resize(width));
        bar.update(&busy());
        assert_eq!(screen.text(), expected(&["$ loadgen run"], &busy(), width, 30), "{width}");
    }
}
