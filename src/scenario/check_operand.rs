//! How the values of checks are written: what the subject's kind wants, and otherwise as JSON reads it.

use super::{
    check::{CheckOperator, Operand, Subject},
    cursor::Cursor,
    diagnostic::Faults,
    extent,
    reader::quantity,
    span::Span,
    text::Text,
};
use crate::model::{Protocol, parse_bytes, parse_duration};

impl Cursor<'_> {
    /// Reads the value that a subject is compared with, to the end of the text.
    pub(super) fn operand(
        &mut self,
        subject: &Subject,
        operator: CheckOperator,
        faults: &mut Faults,
    ) -> Option<Operand> {
        self.skip_blanks();
        let (start, text) = (self.at, self.rest().trim_end());
        let place = self.place(start, start + text.len());
        if text.is_empty() {
            let message = format!("the value after `{}` is missing", operator.words());
            faults.report(self.node.span, message).label(example(subject, operator));
            return None;
        }
        if operator == CheckOperator::Matches {
            let pattern = self.regex(place, faults)?;
            self.expect_end("nothing more is expected", faults)?;
            return Some(Operand::Regex(pattern));
        }
        self.at = self.text.len();
        match operator {
            CheckOperator::In => self.list(start, text, subject, faults),
            CheckOperator::HasLength(_) => self.length(start, text, faults),
            CheckOperator::Is(_) => self.single(start, text, subject, faults),
            // Part of a text is itself a text: `contains 1.10` is not `contains 1.1`.
            _ => self.text(start, text, faults).map(Operand::Text),
        }
    }

    fn length(&self, start: usize, text: &str, faults: &mut Faults) -> Option<Operand> {
        let place = self.place(start, start + text.len());
        if let Ok(length) = text.parse::<u32>() {
            return Some(Operand::Int(i64::from(length)));
        }
        let read =
            if text.contains("${") { self.text(start, text, faults)? } else { Text::literal(text, place) };
        if read.as_whole_expression().is_some() {
            return Some(Operand::Text(read));
        }
        faults
            .report(place, format!("a length is a whole number, this is `{text}`"))
            .label("as in `has length 3`, `has length > 0` or `has length ${count}`");
        None
    }

    fn list(&self, start: usize, text: &str, subject: &Subject, faults: &mut Faults) -> Option<Operand> {
        let place = self.place(start, start + text.len());
        let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
            return self.rendered_list(start, text, faults);
        };
        if inner.trim().is_empty() {
            faults
                .report(place, "this list is empty, and nothing is ever in it")
                .label("as in `in [200, 201]`");
            return None;
        }
        let mut at = start + 1;
        let mut operands = Vec::new();
        for item in extent::list_items(inner) {
            let lead = item.len() - item.trim_start().len();
            if item.trim().is_empty() {
                faults.report(place, "an item of this list is empty").label("a comma is too much");
                return None;
            }
            operands.push(self.single(at + lead, item.trim(), subject, faults)?);
            at += item.len() + 1;
        }
        Some(Operand::List(operands))
    }

    /// `in ${list}`
    fn rendered_list(&self, start: usize, text: &str, faults: &mut Faults) -> Option<Operand> {
        if text.starts_with("${") {
            let read = self.text(start, text, faults)?;
            if read.as_whole_expression().is_some() {
                return Some(Operand::Text(read));
            }
        }
        let place = self.place(start, start + text.len());
        let inner = text.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
        faults
            .report(place, "`in` takes a list, as in `in [200, 201]`")
            .label(format!("did you mean `[{inner}]`?"));
        None
    }

    fn single(&self, start: usize, text: &str, subject: &Subject, faults: &mut Faults) -> Option<Operand> {
        let place = self.place(start, start + text.len());
        let rendered = text.contains("${");
        if !rendered {
            let bare = unquoted(text);
            match subject {
                Subject::Duration | Subject::Waiting => {
                    let what = format!("`{}`", subject.keyword());
                    return quantity(parse_duration(bare), place, &what, faults).map(Operand::Duration);
                }
                Subject::Size => {
                    return quantity(parse_bytes(bare), place, "`size`", faults).map(Operand::Size);
                }
                Subject::Status => return status(bare, place, faults),
                Subject::Protocol => return protocol(bare, place, faults),
                _ => {}
            }
        }
        Some(match text {
            "true" => Operand::Bool(true),
            "false" => Operand::Bool(false),
            "null" => Operand::Null,
            _ => match number(text) {
                Some(number) => number,
                None => Operand::Text(self.text(start, text, faults)?),
            },
        })
    }

    /// A text, in quotes or without.
    fn text(&self, start: usize, text: &str, faults: &mut Faults) -> Option<Text> {
        let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Some(self.split(start, text, text, faults));
        };
        let Some((inner, length)) = extent::escaped(text, quote) else {
            let place = self.place(start, start + text.len());
            faults.report(place, "this quote is never closed").label("the text ends without it");
            return None;
        };
        if length < text.len() {
            let place = self.place(start + length, start + text.len());
            faults
                .report(place, format!("`{}` is too much here", text[length..].trim()))
                .label("the quoted text ends before it")
                .help("a quote inside quotes is written `\\\"`");
            return None;
        }
        Some(self.split(start + 1, &text[1..length - 1], &inner, faults))
    }

    /// Splits a text at its expressions, pointing into what was written where that reads the same.
    fn split(&self, start: usize, written: &str, text: &str, faults: &mut Faults) -> Text {
        let whole = self.place(start, start + written.len());
        let same = written == text;
        let place = |from: usize, to: usize| if same { self.place(start + from, start + to) } else { whole };
        Text::split(text, whole, place, faults)
    }
}

/// What stands in quotes, or all of it.
fn unquoted(text: &str) -> &str {
    let stripped = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    stripped.unwrap_or(text)
}

/// A number as JSON writes it. `007`, `+49` and `1_000` are words, and so are `NaN` and `inf`.
fn number(text: &str) -> Option<Operand> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    let shaped = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let delimited = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if leading_zero || !shaped || !delimited(digits.chars().next()) || !delimited(digits.chars().last()) {
        return None;
    }
    if let Ok(whole) = text.parse() {
        return Some(Operand::Int(whole));
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Operand::Number)
}

fn status(text: &str, place: Span, faults: &mut Faults) -> Option<Operand> {
    let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
    let class = class.filter(|digit| digit.len() == 1).and_then(|digit| digit.parse::<u16>().ok());
    match (class, text.parse::<u16>().ok()) {
        (Some(class @ 1..=5), _) => Some(Operand::StatusClass(class)),
        (_, Some(number @ 100..=599)) if text.len() == 3 => Some(Operand::Int(i64::from(number))),
        _ => {
            let fault = faults.report(place, format!("`{text}` is not an HTTP status"));
            fault.label("write a number from 100 to 599, or a class such as `2xx`");
            None
        }
    }
}

fn protocol(text: &str, place: Span, faults: &mut Faults) -> Option<Operand> {
    if let Some(protocol) = Protocol::parse(text) {
        return Some(Operand::Text(Text::literal(protocol.name(), place)));
    }
    faults
        .report(place, format!("`{text}` is no protocol that loadgen speaks"))
        .label("write `HTTP/1.1` or `HTTP/2`");
    None
}

/// How a check of this subject and operator looks.
pub(super) fn example(subject: &Subject, operator: CheckOperator) -> String {
    let (left, value) = match subject {
        Subject::Status => ("status", "200"),
        Subject::Duration => ("duration", "200ms"),
        Subject::Waiting => ("waiting", "100ms"),
        Subject::Size => ("size", "64KiB"),
        Subject::Body => ("body", "hello"),
        Subject::Url => ("url", "/login"),
        Subject::Protocol => ("protocol", "HTTP/2"),
        Subject::Header(_) => ("header content-type", "application/json"),
        Subject::Cookie(_) => ("cookie session", "abc"),
        Subject::Json(_) => ("json $.id", "7"),
        Subject::Regex(_) => ("regex /id=(\\d+)/", "7"),
        Subject::Css { .. } => ("css h1", "Welcome"),
    };
    let words = operator.words();
    match operator {
        CheckOperator::Exists | CheckOperator::IsMissing => format!("as in `{left} {words}`"),
        CheckOperator::In => format!("as in `{left} in [{value}]`"),
        CheckOperator::HasLength(_) => format!("as in `{left} has length 3`"),
        CheckOperator::Matches => format!("as in `{left} matches /^{}/`", value.replace('/', "\\/")),
        _ => format!("as in `{left} {words} {value}`"),
    }
}
