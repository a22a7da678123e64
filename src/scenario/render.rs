//! Diagnostics as text: file, line, column, the source line and a caret.
//!
//! The one file that knows the snippet renderer.

use super::{
    diagnostic::{Diagnostic, MOST_KEPT},
    sources::Sources,
};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Most faults printed; the rest are counted.
const MOST_PRINTED: usize = 50;

/// The faults as a person reads them, without colours.
pub fn render(sources: &Sources, faults: &[Diagnostic]) -> String {
    let renderer = Renderer::plain();
    let mut text: Vec<String> = faults
        .iter()
        .take(MOST_PRINTED)
        .map(|fault| renderer.render(&[group(sources, fault, Level::ERROR)]))
        .collect();
    let count = faults.len();
    if count > MOST_PRINTED {
        text.push(format!("… and {} more", count - MOST_PRINTED));
    }
    let noun = if count == 1 { "fault" } else { "faults" };
    let more = if count >= MOST_KEPT { " or more" } else { "" };
    text.push(format!("{}: {count}{more} {noun}; nothing was sent\n", sources.file()));
    text.join("\n\n")
}

fn group<'a>(sources: &'a Sources, fault: &'a Diagnostic, level: Level<'a>) -> Group<'a> {
    let (source, mut range) = sources.of(fault);
    let (path, source) = (source.name.as_str(), source.text.as_str());
    while !source.is_char_boundary(range.start) {
        range.start -= 1;
    }
    while !source.is_char_boundary(range.end) {
        range.end += 1;
    }
    // A span over several lines is shown by its first: the rest says nothing about the fault.
    if let Some(newline) = source.get(range.clone()).and_then(|text| text.find('\n')) {
        range.end = range.start + newline;
    }
    let annotation = AnnotationKind::Primary.span(range);
    let annotation = if fault.label.is_empty() { annotation } else { annotation.label(&fault.label) };
    let snippet = Snippet::source(source).path(path).annotation(annotation);
    let title = level.primary_title(&fault.message);
    fault
        .help
        .iter()
        .fold(title.element(snippet), |group, help| group.element(Level::HELP.message(help.as_str())))
}
