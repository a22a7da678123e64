//! Diagnostics as text: file, line, column, the source line and a caret.
//!
//! The one file that knows the snippet renderer.

use super::diagnostic::Diagnostic;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Most faults printed; the rest are counted.
const MOST_PRINTED: usize = 50;

/// The faults as a person reads them, without colours.
pub fn render(path: &str, source: &str, faults: &[Diagnostic]) -> String {
    let renderer = Renderer::plain();
    let mut text: Vec<String> = faults
        .iter()
        .take(MOST_PRINTED)
        .map(|fault| renderer.render(&[group(path, source, fault)]))
        .collect();
    let count = faults.len();
    if count > MOST_PRINTED {
        text.push(format!("… and {} more", count - MOST_PRINTED));
    }
    let noun = if count == 1 { "fault" } else { "faults" };
    text.push(format!("{path}: {count} {noun}; nothing was sent\n"));
    text.join("\n\n")
}

fn group<'a>(path: &'a str, source: &'a str, fault: &'a Diagnostic) -> Group<'a> {
    let mut range = fault.span.range();
    range.end = range.end.min(source.len());
    range.start = range.start.min(range.end);
    // A span over several lines is shown by its first: the rest says nothing about the fault.
    if let Some(newline) = source.get(range.clone()).and_then(|text| text.find('\n')) {
        range.end = range.start + newline;
    }
    let annotation = AnnotationKind::Primary.span(range);
    let annotation = if fault.label.is_empty() { annotation } else { annotation.label(&fault.label) };
    let snippet = Snippet::source(source).path(path).annotation(annotation);
    let title = Level::ERROR.primary_title(&fault.message);
    fault
        .help
        .iter()
        .fold(title.element(snippet), |group, help| group.element(Level::HELP.message(help.as_str())))
}
