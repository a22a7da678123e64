//! The world as a value, so that tests can give another one.

use crate::report::{github::without_commands, inert_lines};
use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
};

/// Columns where the terminal does not tell.
const DEFAULT_WIDTH: usize = 100;

/// What is known of the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Whether standard output is one.
    pub stdout: bool,
    /// Whether standard error is one, so that progress can be drawn in place.
    pub stderr: bool,
    /// Columns of standard output; `None` where not known.
    pub width: Option<usize>,
    /// Columns of standard error; `None` where not known.
    pub stderr_width: Option<usize>,
}

/// Streams, environment and terminal.
pub struct World {
    /// Standard output: results.
    pub stdout: Box<dyn Write>,
    /// Standard error: progress and complaints.
    pub stderr: Box<dyn Write>,
    /// The variables of the environment.
    pub env: BTreeMap<String, String>,
    /// The terminal.
    pub terminal: Terminal,
}

impl World {
    /// This process's own.
    pub fn real() -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let env = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        let columns = |stream: console::Term| stream.size_checked().map(|(_, columns)| usize::from(columns));
        let (width, stderr_width) = (columns(console::Term::stdout()), columns(console::Term::stderr()));
        let (stdout, stderr) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            env,
            terminal: Terminal { stdout, stderr, width, stderr_width },
        }
    }

    /// Prints a result. A closed pipe is no reason to end: the results are in their files.
    pub fn say(&mut self, text: &str) {
        let _ = self.print(text);
    }

    /// The same for who has to know what became of it.
    ///
    /// # Errors
    /// Nobody reads it any more, or the file that it goes to cannot take it.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.stdout.write_all(text.as_bytes())?;
        self.stdout.flush()
    }

    /// The same with text for people, a part of which can come from a target or a file: where GitHub's runner reads along,
    /// nothing in it is a command.
    ///
    /// # Errors
    /// As above.
    pub fn print_text(&mut self, text: &str) -> io::Result<()> {
        if self.is_on_github() { self.print(&without_commands(text)) } else { self.print(text) }
    }

    /// Prints a complaint or a note; GitHub's runner finds no command in it either.
    pub fn complain(&mut self, text: &str) {
        if self.is_on_github() { self.put(&without_commands(text)) } else { self.put(text) }
    }

    fn put(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }

    /// Prints a complaint or a note with a part that a target or a file has given.
    pub fn complain_of(&mut self, text: &str) {
        self.complain(&inert_lines(text));
    }

    /// Whether this is a step of one of GitHub's workflows.
    pub fn is_on_github(&self) -> bool {
        self.env.get("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    /// Columns that results may take.
    pub fn width(&self) -> usize {
        self.terminal.width.filter(|_| self.terminal.stdout).unwrap_or(DEFAULT_WIDTH)
    }

    /// Columns that text on standard error may take.
    pub fn width_of_complaints(&self) -> usize {
        self.terminal.stderr_width.filter(|_| self.terminal.stderr).unwrap_or(DEFAULT_WIDTH)
    }

    /// Whether results may be coloured.
    pub fn colours(&self) -> bool {
        self.terminal.stdout && !self.forbids_colours() && !self.is_dumb()
    }

    fn forbids_colours(&self) -> bool {
        self.env.get("NO_COLOR").is_some_and(|value| !value.is_empty())
    }

    /// Whether progress can be drawn in place.
    pub fn redraws(&self) -> bool {
        self.terminal.stderr && !self.is_dumb()
    }

    /// Whether progress may be coloured.
    pub fn progress_colours(&self) -> bool {
        self.redraws() && !self.forbids_colours()
    }

    /// The terminal that progress is drawn on: standard error.
    pub fn drawing_board() -> console::Term {
        console::Term::buffered_stderr()
    }

    /// Whether the terminal takes text only.
    fn is_dumb(&self) -> bool {
        self.env.get("TERM").is_some_and(|term| term == "dumb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stream_has_the_width_of_its_own_terminal() {
        for (stdout, stderr, expected) in [
            (true, true, (80, 132)),
            (false, true, (100, 132)),
            (true, false, (80, 100)),
            (false, false, (100, 100)),
        ] {
            let terminal = Terminal { stdout, stderr, width: Some(80), stderr_width: Some(132) };
            let (stdout, stderr) = (Box::new(io::sink()), Box::new(io::sink()));
            let world = World { stdout, stderr, env: BTreeMap::new(), terminal };
            assert_eq!((world.width(), world.width_of_complaints()), expected);
        }
    }
}
