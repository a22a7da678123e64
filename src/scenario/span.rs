//! Places in the scenario file.

use std::ops::Range;

/// A range of the file's bytes, with the line and column of its start for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Line of the start, from 1.
    pub line: usize,
    /// Column of the start in characters, from 1.
    pub column: usize,
}

impl Span {
    /// The byte range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end.max(self.start)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl Spanned<String> {
    /// The place of a part of the text, in bytes; of all of it where it is written otherwise than it reads.
    pub fn part(&self, start: usize, end: usize) -> Span {
        let verbatim = self.span.end.saturating_sub(self.span.start) == self.value.len();
        match (verbatim, self.value.get(..start)) {
            (true, Some(before)) => Span {
                start: self.span.start + start,
                end: self.span.start + end.clamp(start, self.value.len()),
                line: self.span.line,
                column: self.span.column + before.chars().count(),
            },
            _ => self.span,
        }
    }
}
