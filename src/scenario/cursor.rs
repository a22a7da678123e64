//! A place in a scalar's text: what the grammar of checks is read with.

use super::{
    diagnostic::Faults,
    span::{Span, Spanned},
    yaml::Node,
};

/// A scalar's text and how far it is read.
pub(super) struct Cursor<'n> {
    pub(super) node: &'n Node,
    pub(super) text: &'n str,
    pub(super) at: usize,
}

impl<'n> Cursor<'n> {
    /// At the start of a scalar's text.
    pub(super) fn new(node: &'n Node, text: &'n str) -> Self {
        Self { node, text, at: 0 }
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'n str {
        &self.text[self.at..]
    }

    /// Goes over blanks.
    pub(super) fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The place of a part of the text.
    pub(super) fn place(&self, start: usize, end: usize) -> Span {
        self.node.part(start, end)
    }

    /// The next run without blanks, and its place.
    pub(super) fn word(&mut self) -> Spanned<&'n str> {
        self.run_until(char::is_whitespace)
    }

    /// The next run up to what `ends` it, and its place.
    pub(super) fn run_until(&mut self, ends: impl Fn(char) -> bool) -> Spanned<&'n str> {
        self.skip_blanks();
        let start = self.at;
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        self.at += length;
        Spanned::new(&self.text[start..self.at], self.place(start, self.at))
    }

    /// Takes `word` if the text goes on with it.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = !word.ends_with(char::is_alphanumeric)
            || !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    /// Wants the text to end here.
    pub(super) fn expect_end(&mut self, label: &str, faults: &mut Faults) -> Option<()> {
        self.skip_blanks();
        let rest = self.rest().trim_end();
        if rest.is_empty() {
            return Some(());
        }
        let place = self.place(self.at, self.at + rest.len());
        faults.report(place, format!("`{rest}` is too much here")).label(label);
        None
    }
}
