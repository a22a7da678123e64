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
    fn new(span: Span, message: String) -> Self {
        Self { message: shortened(message), span, label: String::new(), help: Vec::new() }
    }

    /// Sets what stands beside the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = shortened(label.into());
        self
    }

    /// Adds a line of advice.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help.push(help.into());
        self
    }
}

/// A text in one line that can be read: the middle of a very long one is left out.
fn shortened(text: String) -> String {
    let text = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text };
    if text.len() <= LONGEST {
        return text;
    }
    let boundary = |most: usize| (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let (head, tail) = (boundary(LONGEST * 2 / 3), boundary(text.len() - LONGEST / 3));
    format!("{} … {}", &text[..head], &text[tail..])
}

/// Most faults kept: the rest of a file that has more is not worth the memory.
pub(super) const MOST_KEPT: usize = 10_000;
/// From so many on a fault is told without looking for what may have been meant: nobody reads it.
const MANY: usize = 500;
/// Longest message or label; a longer one quotes a text that nobody reads as a whole.
const LONGEST: usize = 400;

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Diagnostic>,
    /// The last one that was reported and not kept.
    spare: Option<Diagnostic>,
}

impl Faults {
    /// Adds a fault; the returned diagnostic takes a label and advice.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        if self.list.len() < MOST_KEPT {
            return push(&mut self.list, span, message.into());
        }
        self.spare.insert(Diagnostic::new(span, message.into()))
    }

    /// Whether there are so many that looking for what was meant by one more is not worth the time.
    pub fn are_many(&self) -> bool {
        self.list.len() >= MANY
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds all that `other` found.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.list.truncate(MOST_KEPT);
    }

    /// The faults in the file's order, each once.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        sorted(self.list)
    }
}

fn push(list: &mut Vec<Diagnostic>, span: Span, message: String) -> &mut Diagnostic {
    let index = list.len();
    list.push(Diagnostic::new(span, message));
    &mut list[index]
}

fn sorted(mut list: Vec<Diagnostic>) -> Vec<Diagnostic> {
    list.sort_by_key(|fault| (fault.span.start, fault.span.end));
    list.dedup();
    list
}
