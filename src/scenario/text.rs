//! Text with `${…}` in it, split at its expressions. What the expressions mean is the plan's matter.

use super::{
    diagnostic::Faults,
    span::{Span, Spanned},
    yaml::{Node, NodeValue},
};
use std::cell::Cell;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Characters as they are.
    Literal(String),
    /// The source between `${` and `}`.
    Expression(Spanned<String>),
}

impl Part {
    /// Its characters, where it is no expression.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Expression(_) => None,
        }
    }

    /// What it says, without the signs around an expression.
    pub(super) fn source(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Expression(expression) => &expression.value,
        }
    }
}

/// A text value of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// Its pieces; empty for the empty text.
    pub parts: Vec<Part>,
    /// The text as written.
    pub source: String,
    /// Its place.
    pub span: Span,
}

impl Text {
    /// A text without expressions.
    pub fn literal(text: impl Into<String>, span: Span) -> Self {
        let source = text.into();
        let parts = if source.is_empty() { Vec::new() } else { vec![Part::Literal(source.clone())] };
        Self { parts, source, span }
    }

    /// Splits a scalar at its expressions.
    pub(super) fn of_node(node: &Node, faults: &mut Faults) -> Self {
        let source = match &node.value {
            NodeValue::Scalar(scalar) => scalar.text.as_str(),
            _ => "",
        };
        // Columns are counted from the expression before: a text can have very many.
        let last = Cell::new((0, 0));
        let place = |start: usize, end: usize| {
            let (from, columns) = last.get();
            let columns = match source.get(from..start) {
                Some(between) => columns + between.chars().count(),
                None => source.get(..start).map_or(0, |before| before.chars().count()),
            };
            last.set((start, columns));
            node.part_at(start, end, columns)
        };
        Self::split(source, node.span, place, faults)
    }

    /// Splits `source` at its expressions; `place` tells where a part of it stands.
    pub(super) fn split(
        source: &str,
        span: Span,
        place: impl Fn(usize, usize) -> Span,
        faults: &mut Faults,
    ) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = source[at..].find("${") {
            let start = at + found;
            // `$${` is a literal `${`.
            if source[at..start].ends_with('$') {
                literal += &source[at..start];
                literal.push('{');
                at = start + 2;
                continue;
            }
            literal += &source[at..start];
            let Some(end) = end_of_expression(source, start + 2) else {
                let fault = faults.report(place(start, source.len()), "this `${` is never closed");
                fault.label("the matching `}` is missing").help("a literal `${` is written `$${`");
                return Self { parts, source: source.to_owned(), span };
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            let inner = &source[start + 2..end];
            if inner.trim().is_empty() {
                faults
                    .report(place(start, end + 1), "this `${}` is empty")
                    .label("a name or an expression is missing, as in `${vu}`");
                at = end + 1;
                continue;
            }
            let expression = Spanned::new(inner.trim().to_owned(), place(start, end + 1));
            parts.push(Part::Expression(expression));
            at = end + 1;
        }
        literal += &source[at..];
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Self { parts, source: source.to_owned(), span }
    }

    /// The text where it has no expressions.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The expression where the text is nothing but one.
    pub fn as_whole_expression(&self) -> Option<&Spanned<String>> {
        match self.parts.as_slice() {
            [Part::Expression(expression)] => Some(expression),
            _ => None,
        }
    }
}

/// Where the `}` of an expression stands: not inside a string, and not that of a nested `{`.
pub(super) fn end_of_expression(source: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in source[from..].char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' => quote = Some(c),
                '{' => depth += 1,
                '}' if depth == 0 => return Some(from + at),
                '}' => depth -= 1,
                _ => {}
            },
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(source: &str) -> (Vec<String>, usize) {
        let mut faults = Faults::default();
        let text = Text::split(
            source,
            Span::default(),
            |start, end| Span { start, end, ..Span::default() },
            &mut faults,
        );
        let parts = text.parts.iter().map(|part| match part {
            Part::Literal(text) => format!("'{text}'"),
            Part::Expression(inner) => format!("<{}>", inner.value),
        });
        (parts.collect(), faults.into_sorted().len())
    }

    #[test]
    fn texts_split_at_their_expressions() {
        for (source, parts, faults) in [
            ("", vec![], 0),
            ("plain", vec!["'plain'"], 0),
            ("${a}", vec!["<a>"], 0),
            ("/x/${ a }/${b.c}?", vec!["'/x/'", "<a>", "'/'", "<b.c>", "'?'"], 0),
            ("cost $${a} $5", vec!["'cost ${a} $5'"], 0),
            ("${ {'a': '}'}.a }", vec!["<{'a': '}'}.a>"], 0),
            ("a ${b", vec![], 1),
            ("${}", vec![], 1),
        ] {
            assert_eq!(split(source), (parts.into_iter().map(String::from).collect(), faults), "{source}");
        }
    }
}
