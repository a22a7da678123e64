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

/// The faults found so far, and what is sound but not carried out by this version.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Diagnostic>,
    later: Vec<Diagnostic>,
}

impl Faults {
    /// Adds a fault; the returned diagnostic takes a label and advice.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        push(&mut self.list, span, message.into())
    }

    /// Notes that something is of the language, but not of this version of the program: no fault, and no
    /// run either.
    pub fn not_yet(&mut self, span: Span, what: &str) -> &mut Diagnostic {
        push(&mut self.later, span, format!("{what} is not in this version")).label("leave it out")
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds all that `other` found.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.later.extend(other.later);
    }

    /// Takes what this version does not carry out, in the file's order, each once.
    pub fn take_later(&mut self) -> Vec<Diagnostic> {
        sorted(std::mem::take(&mut self.later))
    }

    /// The faults in the file's order, each once.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        sorted(self.list)
    }
}

fn push(list: &mut Vec<Diagnostic>, span: Span, message: String) -> &mut Diagnostic {
    let index = list.len();
    list.push(Diagnostic { message, span, label: String::new(), help: Vec::new() });
    &mut list[index]
}

fn sorted(mut list: Vec<Diagnostic>) -> Vec<Diagnostic> {
    list.sort_by_key(|fault| (fault.span.start, fault.span.end));
    list.dedup();
    list
}
