//! The texts that a scenario is made of: its file, and what the command line adds. A span's bytes count
//! through all of them, so that a fault knows which one it is in.

use super::{diagnostic::Diagnostic, overrides::Override, span::Span};
use std::borrow::Cow;

/// A text and its name in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file's path, or the flag.
    pub name: String,
    /// What it says.
    pub text: String,
    /// Where it begins, counted in bytes through all texts.
    base: usize,
}

/// The texts of a scenario, the file first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    list: Vec<Source>,
    /// The first of the overrides.
    overrides: usize,
}

impl Sources {
    /// The file and what the command line adds to it: the task of `--only`, and overrides.
    pub fn new(name: &str, text: &str, only: Option<&str>, overrides: &[Override]) -> Self {
        let mut sources = Self { list: Vec::new(), overrides: 0 };
        sources.add(name.to_owned(), unix_breaks(text).into_owned());
        if let Some(task) = only {
            sources.add(COMMAND_LINE.to_owned(), format!("--only {task}"));
        }
        sources.overrides = sources.list.len();
        for change in overrides {
            sources.add(COMMAND_LINE.to_owned(), change.source());
        }
        sources
    }

    fn add(&mut self, name: String, text: String) {
        let base = self.list.last().map_or(0, |last| last.base + last.text.len() + 1);
        self.list.push(Source { name, text, base });
    }

    /// Where the text of an override begins.
    pub(super) fn base_of_override(&self, index: usize) -> usize {
        self.list.get(self.overrides + index).map_or(0, |source| source.base)
    }

    /// The place of the task's name in `--only NAME`.
    pub(super) fn only_place(&self) -> Span {
        let Some(source) = self.list.get(1).filter(|_| self.overrides > 1) else { return Span::default() };
        let before = "--only ".len();
        Span {
            start: source.base + before,
            end: source.base + source.text.len(),
            line: 1,
            column: before + 1,
        }
    }

    /// The text that a fault is in, and its bytes in that text.
    pub fn of(&self, fault: &Diagnostic) -> (&Source, std::ops::Range<usize>) {
        let index = self.list.partition_point(|source| source.base <= fault.span.start).saturating_sub(1);
        let source = &self.list[index];
        let within = |at: usize| at.saturating_sub(source.base).min(source.text.len());
        let range = fault.span.range();
        (source, within(range.start)..within(range.end))
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        self.list.first().map_or("", |source| source.name.as_str())
    }
}

/// The text with lines that end in a CR alone ended by a line feed, byte for byte, so that everybody counts the same lines.
pub(super) fn unix_breaks(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_alone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    if !text.contains('\r') || !(0..bytes.len()).any(is_alone) {
        return Cow::Borrowed(text);
    }
    let mut rest = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        out.push(if c == '\r' && rest.peek() != Some(&'\n') { '\n' } else { c });
    }
    Cow::Owned(out)
}

const COMMAND_LINE: &str = "command line";
