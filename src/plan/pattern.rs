//! Regular expressions of checks, and what is wrong with them in words for people who do not write them every day.

use crate::scenario::{Faults, Span, Spanned};
use regex::Regex;
use regex_syntax::{
    Error,
    ast::{self, ErrorKind},
};

/// Compiles a regular expression.
pub(super) fn regex(pattern: &Spanned<String>, faults: &mut Faults) -> Option<Regex> {
    match Regex::new(&pattern.value) {
        Ok(regex) => Some(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            let fault = faults.report(pattern.span, "this regular expression is too large");
            fault.label("its repetitions multiply each other");
            None
        }
        Err(_) => {
            explain(pattern, faults);
            None
        }
    }
}

fn explain(pattern: &Spanned<String>, faults: &mut Faults) {
    let (place, message, label) = match regex_syntax::parse(&pattern.value) {
        Err(Error::Parse(error)) => {
            let (message, label) = in_words(&error);
            (place(pattern, error.span()), message, label)
        }
        Err(Error::Translate(error)) => {
            (place(pattern, error.span()), error.kind().to_string(), "this is as far as it makes sense")
        }
        _ => (pattern.span, "it cannot be read".to_owned(), ""),
    };
    faults
        .report(place, format!("this regular expression is wrong: {message}"))
        .label(label)
        .help("for example `/id=(\\d+)/`, `/\"token\": \"([^\"]+)\"/` or `/^OK$/`");
}

fn place(pattern: &Spanned<String>, span: &ast::Span) -> Span {
    pattern.part(span.start.offset, span.end.offset.max(span.start.offset + 1))
}

/// What is wrong, and what to do about it.
fn in_words(error: &ast::Error) -> (String, &'static str) {
    const ITSELF: &str = "for the character itself, write a `\\` before it";
    let (message, label) = match error.kind() {
        ErrorKind::GroupUnclosed => ("this `(` is never closed", ITSELF),
        ErrorKind::GroupUnopened => ("this `)` closes nothing", ITSELF),
        ErrorKind::ClassUnclosed => ("this `[` is never closed", ITSELF),
        ErrorKind::ClassRangeInvalid => ("this range runs backwards", "the smaller character stands first"),
        ErrorKind::ClassRangeLiteral => ("a range is from one character to another", "as in `[a-z]`"),
        ErrorKind::RepetitionMissing => ("nothing stands before this to be repeated", ITSELF),
        ErrorKind::RepetitionCountInvalid => ("this repetition runs backwards", "as in `{2,5}`"),
        ErrorKind::RepetitionCountUnclosed
        | ErrorKind::RepetitionCountDecimalEmpty
        | ErrorKind::DecimalEmpty
        | ErrorKind::DecimalInvalid => ("a repetition is `{2}`, `{2,}` or `{2,5}`", ITSELF),
        ErrorKind::EscapeUnrecognized => ("this character has no meaning after `\\`", "leave the `\\` out"),
        ErrorKind::EscapeUnexpectedEof => ("nothing follows the last `\\`", "a backslash itself is `\\\\`"),
        ErrorKind::UnsupportedLookAround => {
            ("it cannot look ahead or behind", "match more, and put what is wanted in `( )`")
        }
        ErrorKind::UnsupportedBackreference => {
            ("it cannot refer back to a group", "write the group's pattern again")
        }
        ErrorKind::FlagUnrecognized | ErrorKind::FlagUnexpectedEof => {
            ("there is no such flag", "flags are `i`, `m`, `s`, `x`, as in `(?i)`")
        }
        ErrorKind::GroupNameDuplicate { .. } => ("two groups have this name", "give it another one, or none"),
        kind => return (kind.to_string(), ""),
    };
    (message.to_owned(), label)
}
