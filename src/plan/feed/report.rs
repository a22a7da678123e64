//! Faults of a data file, told at the place where the scenario names it: the first few, and how many more.

use crate::scenario::{Diagnostic, Faults, Span};

/// Most faults told of a file.
const MOST: u64 = 10;

/// What is told of one data file.
pub(super) struct Report<'f> {
    /// The file as the scenario names it.
    pub file: &'f str,
    span: Span,
    faults: &'f mut Faults,
    found: u64,
}

impl<'f> Report<'f> {
    pub fn new(file: &'f str, span: Span, faults: &'f mut Faults) -> Self {
        Self { file, span, faults, found: 0 }
    }

    /// A fault of the file as a whole.
    pub fn file(&mut self, what: &str) -> &mut Diagnostic {
        self.found += 1;
        self.faults.report(self.span, format!("`{}` {what}", self.file))
    }

    /// A fault of a row, if there were not too many already.
    pub fn row(&mut self, place: &str, what: &str) -> Option<&mut Diagnostic> {
        self.found += 1;
        let message = || format!("`{}`, {place}: {what}", self.file);
        (self.found <= MOST).then(|| self.faults.report(self.span, message()))
    }

    /// Tells how many faults were not told; whether there were none at all.
    pub fn finish(self) -> bool {
        if let Some(more @ 1..) = self.found.checked_sub(MOST) {
            let rows = if more == 1 { "row is" } else { "rows are" };
            self.faults.report(self.span, format!("`{}`: … and {more} more {rows} wrong", self.file));
        }
        self.found == 0
    }
}
