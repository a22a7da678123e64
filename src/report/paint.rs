//! Colours, where they are wanted. They only repeat what the words and signs say.

/// Paints, or leaves text as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    /// Whether to use ANSI escapes.
    pub color: bool,
}

/// How a line of a list went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it should.
    Good,
    /// Not as it should.
    Bad,
    /// Nothing was seen of it.
    Unknown,
}

impl Paint {
    fn with(self, codes: &str, text: &str) -> String {
        if self.color { format!("\x1b[{codes}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For what matters most.
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// For what is there if one looks for it.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// For a word that says that something failed.
    pub fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// A verdict's word.
    pub fn verdict(self, passed: bool) -> String {
        if passed { self.with("1;32", "PASSED") } else { self.with("1;31", "FAILED") }
    }

    /// A sign of one column.
    pub fn mark(self, mark: Mark) -> String {
        match mark {
            Mark::Good => self.with("32", "✓"),
            Mark::Bad => self.with("31", "✗"),
            Mark::Unknown => self.with("33", "?"),
        }
    }
}
