//! Faults of a scenario file: collected, so that all of them are told in one go.

use super::span::Span;

/// One fault: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What stands beside the caret; may be empty.
    pub label: String,
    /// What to do, a line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// Sets what stands beside the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    /// Adds a line of advice.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help.push(help.into());
        self
    }
}

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Diagnostic>,
}

impl Faults {
    /// Adds a fault; the returned diagnostic takes a label and advice.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let index = self.list.len();
        self.list.push(Diagnostic { message: message.into(), span, label: String::new(), help: Vec::new() });
        &mut self.list[index]
    }

    /// Adds the fault that a key or value is of the language, but not of this version of the program.
    pub fn not_yet(&mut self, span: Span, what: &str) -> &mut Diagnostic {
        self.report(span, format!("{what} is not in this version")).label("leave it out")
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The faults in the file's order, each once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|fault| (fault.span.start, fault.span.end));
        self.list.dedup();
        self.list
    }
}
