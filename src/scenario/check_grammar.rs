//! The grammar of checks and extracts: `SUBJECT OPERATOR VALUE`, and `SUBJECT` alone.

use super::{
    check::{Check, CheckOperator, Operand, Subject},
    diagnostic::Faults,
    reader::quantity,
    span::{Span, Spanned},
    suggest::nearest,
    text::Text,
    yaml::Node,
};
use crate::model::{Operator, parse_bytes, parse_duration};

const SUBJECTS: [&str; 7] = ["status", "duration", "size", "body", "header", "json", "regex"];
const LATER_SUBJECTS: [&str; 5] = ["waiting", "cookie", "css", "url", "protocol"];
const SUBJECT_HELP: &str =
    "it has `status`, `duration`, `size`, `body`, `header NAME`, `json $.path` and `regex /…/`";
const OPERATOR_HELP: &str = "operators are `== != < <= > >=`, `contains`, `not contains`, `matches /…/`, `starts with`, \
     `ends with`, `in [a, b]`, `exists`, `is missing`, `has length N`";

/// Reads `SUBJECT OPERATOR VALUE` from a scalar's text.
pub(super) fn parse_check(node: &Node, text: &str, name: &str, faults: &mut Faults) -> Option<Check> {
    let mut cursor = Cursor { node, text, at: 0 };
    let subject = cursor.subject(faults)?;
    let operator = cursor.operator(&subject, faults)?;
    let operand = match operator {
        CheckOperator::Exists | CheckOperator::IsMissing => {
            cursor.expect_end(faults)?;
            None
        }
        _ => Some(cursor.operand(&subject, operator, faults)?),
    };
    Some(Check { name: name.to_owned(), subject, operator, operand, span: node.span })
}

/// Reads a `SUBJECT` that is the whole text.
pub(super) fn parse_subject(node: &Node, text: &str, faults: &mut Faults) -> Option<Subject> {
    let mut cursor = Cursor { node, text, at: 0 };
    let subject = cursor.subject(faults)?;
    cursor.expect_end(faults)?;
    Some(subject)
}

struct Cursor<'n> {
    node: &'n Node,
    text: &'n str,
    at: usize,
}

impl<'n> Cursor<'n> {
    fn rest(&self) -> &'n str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn place(&self, start: usize, end: usize) -> Span {
        self.node.part(start, end)
    }

    /// The next run without blanks, and its place.
    fn word(&mut self) -> (&'n str, Span) {
        self.run_until(char::is_whitespace)
    }

    /// The next run up to what `ends` it, and its place.
    fn run_until(&mut self, ends: impl Fn(char) -> bool) -> (&'n str, Span) {
        self.skip_blanks();
        let start = self.at;
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        self.at += length;
        (&self.text[start..self.at], self.place(start, self.at))
    }

    /// Takes `word` if the text goes on with it.
    fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = !word.ends_with(char::is_alphanumeric)
            || !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    fn expect_end(&mut self, faults: &mut Faults) -> Option<()> {
        self.skip_blanks();
        if self.rest().is_empty() {
            return Some(());
        }
        let place = self.place(self.at, self.text.len());
        faults.report(place, format!("`{}` is too much here", self.rest())).label("nothing more is expected");
        None
    }

    fn subject(&mut self, faults: &mut Faults) -> Option<Subject> {
        // `status==200` is as clear as `status == 200`.
        let (word, place) = self.run_until(|c| c.is_whitespace() || "=!<>".contains(c));
        match word {
            "status" => Some(Subject::Status),
            "duration" => Some(Subject::Duration),
            "size" => Some(Subject::Size),
            "body" => Some(Subject::Body),
            "header" => self.header(place, faults).map(Subject::Header),
            "json" => self.json_path(place, faults).map(Subject::Json),
            "regex" => self.regex(place, faults).map(Subject::Regex),
            later if LATER_SUBJECTS.contains(&later) => {
                faults.not_yet(place, &format!("the check subject `{later}`"));
                None
            }
            other => {
                let fault = faults.report(place, format!("`{other}` is nothing in a response"));
                if let Some(near) = nearest(other, SUBJECTS) {
                    fault.label(format!("did you mean `{near}`?"));
                } else if other.starts_with('$') {
                    fault.label(format!("did you mean `json {other}`?"));
                }
                fault.help(SUBJECT_HELP);
                None
            }
        }
    }

    fn header(&mut self, subject: Span, faults: &mut Faults) -> Option<Spanned<String>> {
        let (name, place) = self.word();
        if name.is_empty() {
            faults.report(subject, "`header` needs a name, as in `header content-type`");
            return None;
        }
        Some(Spanned::new(name.trim_matches(['"', '\'']).to_owned(), place))
    }

    /// A JSONPath: up to the first blank outside brackets and quotes.
    fn json_path(&mut self, subject: Span, faults: &mut Faults) -> Option<Spanned<String>> {
        self.skip_blanks();
        let start = self.at;
        let (mut depth, mut quote) = (0usize, None);
        let end = self.rest().char_indices().find_map(|(at, c)| {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '[' | '(') => depth += 1,
                (None, ']' | ')') => depth = depth.saturating_sub(1),
                (None, _) if depth == 0 && c.is_whitespace() => return Some(at),
                _ => {}
            }
            None
        });
        self.at = start + end.unwrap_or(self.rest().len());
        let path = &self.text[start..self.at];
        if !path.starts_with('$') {
            let fault = faults.report(subject, "`json` needs a JSONPath, as in `json $.items[0].id`");
            fault.label("a path starts with `$`");
            return None;
        }
        Some(Spanned::new(path.to_owned(), self.place(start, self.at)))
    }

    /// `/…/`, in which `\/` is a slash.
    fn regex(&mut self, subject: Span, faults: &mut Faults) -> Option<Spanned<String>> {
        self.skip_blanks();
        let start = self.at;
        let mut escaped = false;
        let close = self.rest().strip_prefix('/').and_then(|inner| {
            inner.char_indices().find_map(|(at, c)| {
                let closes = c == '/' && !escaped;
                escaped = c == '\\' && !escaped;
                closes.then_some(at + 1)
            })
        });
        let Some(close) = close else {
            faults.report(subject, "a regular expression stands between slashes, as in `/id=(\\d+)/`");
            return None;
        };
        self.at = start + close + 1;
        let pattern = self.text[start + 1..start + close].replace("\\/", "/");
        Some(Spanned::new(pattern, self.place(start, self.at)))
    }

    fn comparison(&mut self) -> Option<Operator> {
        [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find_map(|(sign, operator)| self.take(sign).then_some(operator))
    }

    fn operator(&mut self, subject: &Subject, faults: &mut Faults) -> Option<CheckOperator> {
        if let Some(operator) = self.comparison() {
            return Some(CheckOperator::Is(operator));
        }
        let start = self.at;
        let words: [(&[&str], CheckOperator); 8] = [
            (&["not", "contains"], CheckOperator::NotContains),
            (&["contains"], CheckOperator::Contains),
            (&["matches"], CheckOperator::Matches),
            (&["starts", "with"], CheckOperator::StartsWith),
            (&["ends", "with"], CheckOperator::EndsWith),
            (&["in"], CheckOperator::In),
            (&["exists"], CheckOperator::Exists),
            (&["is", "missing"], CheckOperator::IsMissing),
        ];
        for (sequence, operator) in words {
            if sequence.iter().all(|word| self.take(word)) {
                return Some(operator);
            }
            self.at = start;
        }
        if self.take("has") && self.take("length") {
            return Some(CheckOperator::HasLength(self.comparison().unwrap_or(Operator::Equal)));
        }
        self.at = start;
        let (word, place) = self.word();
        let fault = match word {
            "" => faults.report(self.node.span, "an operator and a value are missing"),
            "=" => faults.report(place, "`=` is not an operator"),
            other => faults.report(place, format!("`{other}` is not an operator")),
        };
        match (word, subject) {
            ("=", _) => fault.label("did you mean `==`?"),
            ("", Subject::Status) => fault.help("for example `status == 200` or `status == 2xx`"),
            _ => fault.help(OPERATOR_HELP),
        };
        None
    }

    fn operand(
        &mut self,
        subject: &Subject,
        operator: CheckOperator,
        faults: &mut Faults,
    ) -> Option<Operand> {
        self.skip_blanks();
        let (start, text) = (self.at, self.rest().trim_end());
        let place = self.place(start, start + text.len());
        if text.is_empty() {
            faults.report(self.node.span, "the value is missing").label("nothing to compare with");
            return None;
        }
        self.at = self.text.len();
        match operator {
            CheckOperator::Matches => {
                self.at = start;
                let pattern = self.regex(place, faults)?;
                self.expect_end(faults)?;
                Some(Operand::Regex(pattern))
            }
            CheckOperator::In => self.list(start, text, subject, faults),
            CheckOperator::HasLength(_) => match text.parse::<u32>() {
                Ok(length) => Some(Operand::Number(f64::from(length))),
                Err(_) => {
                    faults.report(place, format!("a length is a whole number, this is `{text}`"));
                    None
                }
            },
            _ => self.single(start, text, subject, faults),
        }
    }

    fn list(&self, start: usize, text: &str, subject: &Subject, faults: &mut Faults) -> Option<Operand> {
        let place = self.place(start, start + text.len());
        let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
            faults.report(place, "`in` takes a list, as in `in [200, 201]`");
            return None;
        };
        let mut at = start + 1;
        let mut operands = Vec::new();
        for item in split_items(inner) {
            let lead = item.len() - item.trim_start().len();
            if item.trim().is_empty() {
                faults.report(place, "an item of this list is empty");
                return None;
            }
            operands.push(self.single(at + lead, item.trim(), subject, faults)?);
            at += item.len() + 1;
        }
        Some(Operand::List(operands))
    }

    fn single(&self, start: usize, text: &str, subject: &Subject, faults: &mut Faults) -> Option<Operand> {
        let place = self.place(start, start + text.len());
        if !text.contains("${") {
            match subject {
                Subject::Duration => {
                    return quantity(parse_duration(text), place, "a duration", faults)
                        .map(Operand::Duration);
                }
                Subject::Size => {
                    return quantity(parse_bytes(text), place, "a size", faults).map(Operand::Size);
                }
                Subject::Status => return status(text, place, faults),
                _ => {}
            }
        }
        Some(match text {
            "true" => Operand::Bool(true),
            "false" => Operand::Bool(false),
            "null" => Operand::Null,
            _ => match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
                Some(number) => Operand::Number(number),
                None => self.text(start, text, faults),
            },
        })
    }

    fn text(&self, start: usize, text: &str, faults: &mut Faults) -> Operand {
        let opened = text.chars().next().filter(|c| matches!(c, '"' | '\''));
        if opened.is_some_and(|quote| text.len() < 2 || !text.ends_with(quote)) {
            let place = self.place(start, start + text.len());
            faults.report(place, "this quote is never closed").label("the text ends without it");
        }
        let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
        let (inner, start) = quoted.map_or((text, start), |inner| (inner, start + 1));
        let place = |from: usize, to: usize| self.place(start + from, start + to);
        Operand::Text(Text::split(inner, place(0, inner.len()), place, faults))
    }
}

/// The items of a list: between commas that do not stand in quotes.
fn split_items(text: &str) -> Vec<&str> {
    let mut quote = None;
    text.split(|c| {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        c == ',' && quote.is_none()
    })
    .collect()
}

fn status(text: &str, place: Span, faults: &mut Faults) -> Option<Operand> {
    let class = text.strip_suffix("xx").and_then(|digit| digit.parse::<u16>().ok());
    let number = text.parse::<u16>().ok();
    match (class, number) {
        (Some(class @ 1..=5), _) => Some(Operand::StatusClass(class)),
        (_, Some(number @ 100..=599)) => Some(Operand::Number(f64::from(number))),
        _ => {
            let fault = faults.report(place, format!("`{text}` is not an HTTP status"));
            fault.label("write a number from 100 to 599, or a class such as `2xx`");
            None
        }
    }
}
