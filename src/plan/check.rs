//! Checks and extracts, compiled: paths and patterns parsed, texts turned into templates.

use super::{
    scope::{Compiled, Scope},
    template::{Piece, Template},
};
use crate::{
    model::{CheckId, Operator},
    scenario::{self, CheckOperator, Faults, Span, Spanned},
};
use http::HeaderName;
use regex::Regex;
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use std::time::Duration;

/// A compiled check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its number.
    pub id: CheckId,
    /// Whether the request fails with it.
    pub is_expectation: bool,
    pub(super) subject: Subject,
    pub(super) test: Test,
}

/// A compiled extract.
#[derive(Debug, Clone)]
pub struct Extract {
    /// The variable's slot.
    pub slot: usize,
    /// The variable's name.
    pub variable: String,
    pub(super) subject: Subject,
}

#[derive(Debug, Clone)]
pub(super) enum Subject {
    Status,
    Duration,
    Size,
    Body,
    Header(HeaderName),
    Json(Box<JsonPath>, String),
    Regex(Regex),
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Exists,
    Missing,
    Is(Operator, Operand),
    Contains(Template),
    NotContains(Template),
    StartsWith(Template),
    EndsWith(Template),
    Matches(Regex),
    In(Vec<Operand>),
    Length(Operator, u64),
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Number(f64),
    Duration(Duration),
    Size(u64),
    Bool(bool),
    Null,
    StatusClass(u16),
    /// A text, or one whole reference that keeps its type.
    Text(Template),
    /// One whole expression whose value is known before the run, in its own type.
    Value(Json),
}

impl Check {
    pub(super) fn compile(
        check: &scenario::Check,
        id: CheckId,
        is_expectation: bool,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let subject = Subject::compile(&check.subject, faults);
        let test = Test::compile(check, scope, faults);
        Some(Self { id, is_expectation, subject: subject?, test: test? })
    }

    /// Whether it needs the body.
    pub fn reads_body(&self) -> bool {
        self.subject.reads_body()
    }

    /// Whether it is about the status, so that the default expectation does not apply.
    pub fn is_about_status(&self) -> bool {
        matches!(self.subject, Subject::Status)
    }
}

impl Extract {
    pub(super) fn compile(
        extract: &scenario::Extract,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let subject = Subject::compile(&extract.subject, faults);
        let variable = extract.variable.value.clone();
        // Assigned even when the subject is wrong, so that its uses are not reported, too.
        let slot = scope.assign(&variable)?;
        Some(Self { slot, variable, subject: subject? })
    }

    /// Whether it needs the body.
    pub fn reads_body(&self) -> bool {
        self.subject.reads_body()
    }
}

impl Subject {
    fn compile(subject: &scenario::Subject, faults: &mut Faults) -> Option<Self> {
        Some(match subject {
            scenario::Subject::Status => Self::Status,
            scenario::Subject::Duration => Self::Duration,
            scenario::Subject::Size => Self::Size,
            scenario::Subject::Body => Self::Body,
            scenario::Subject::Header(name) => Self::Header(header_name(name, faults)?),
            scenario::Subject::Json(path) => {
                Self::Json(Box::new(json_path(path, faults)?), path.value.clone())
            }
            scenario::Subject::Regex(pattern) => Self::Regex(regex(pattern, faults)?),
        })
    }

    fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::Json(..) | Self::Regex(_))
    }
}

pub(super) fn header_name(name: &Spanned<String>, faults: &mut Faults) -> Option<HeaderName> {
    let read = HeaderName::try_from(name.value.as_str());
    if read.is_err() {
        faults.report(name.span, format!("`{}` cannot be a header's name", name.value));
    }
    read.ok()
}

fn json_path(path: &Spanned<String>, faults: &mut Faults) -> Option<JsonPath> {
    JsonPath::parse(&path.value)
        .map_err(|error| {
            let at = error.position();
            let message = format!("this JSONPath is wrong: {}", error.message());
            faults.report(shifted(path.span, &path.value, at), message).label("from here on");
        })
        .ok()
}

/// The place of the rest of `text` from byte `at` on.
fn shifted(span: Span, text: &str, at: usize) -> Span {
    let at = at.min(text.len());
    let columns = text.get(..at).map_or(at, |before| before.chars().count());
    Span { start: span.start + at, column: span.column + columns, ..span }
}

fn regex(pattern: &Spanned<String>, faults: &mut Faults) -> Option<Regex> {
    Regex::new(&pattern.value)
        .map_err(|error| {
            // The crate's message draws its own caret over several lines; the last one says what is wrong.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            faults.report(pattern.span, format!("this regular expression is wrong: {reason}"));
        })
        .ok()
}

impl Test {
    fn compile(check: &scenario::Check, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        let Some(operand) = &check.operand else {
            return Some(if check.operator == CheckOperator::Exists { Self::Exists } else { Self::Missing });
        };
        Some(match check.operator {
            CheckOperator::Exists => Self::Exists,
            CheckOperator::IsMissing => Self::Missing,
            CheckOperator::Is(operator) => {
                let operand = Operand::compile(operand, scope, faults)?;
                check_comparable(check, operator, &operand, faults)?;
                Self::Is(operator, operand)
            }
            CheckOperator::Contains => Self::Contains(text(operand, scope, check, faults)?),
            CheckOperator::NotContains => Self::NotContains(text(operand, scope, check, faults)?),
            CheckOperator::StartsWith => Self::StartsWith(text(operand, scope, check, faults)?),
            CheckOperator::EndsWith => Self::EndsWith(text(operand, scope, check, faults)?),
            CheckOperator::Matches => match operand {
                scenario::Operand::Regex(pattern) => Self::Matches(regex(pattern, faults)?),
                _ => return None,
            },
            CheckOperator::In => match operand {
                scenario::Operand::List(items) => {
                    let items: Vec<Option<Operand>> =
                        items.iter().map(|item| Operand::compile(item, scope, faults)).collect();
                    Self::In(items.into_iter().collect::<Option<Vec<_>>>()?)
                }
                _ => return None,
            },
            CheckOperator::HasLength(operator) => match operand {
                scenario::Operand::Number(length) => Self::Length(operator, *length as u64),
                _ => return None,
            },
        })
    }
}

/// A class of statuses has no order, and a duration is nothing but a duration.
fn check_comparable(
    check: &scenario::Check,
    operator: Operator,
    operand: &Operand,
    faults: &mut Faults,
) -> Option<()> {
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    if matches!(operand, Operand::StatusClass(_)) && !equality {
        faults
            .report(check.span, format!("`{}` cannot compare with a class of statuses", operator.symbol()))
            .label("use `==` or `!=`, or a number");
        return None;
    }
    if check.subject == scenario::Subject::Duration && !matches!(operand, Operand::Duration(_)) {
        faults
            .report(check.span, "`duration` is compared with a time, not with an expression")
            .label("write the time, as in `duration < 200ms`");
        return None;
    }
    Some(())
}

fn text(
    operand: &scenario::Operand,
    scope: &Scope<'_>,
    check: &scenario::Check,
    faults: &mut Faults,
) -> Option<Template> {
    Some(match operand {
        scenario::Operand::Text(text) => scope.template(text, faults)?,
        scenario::Operand::Number(number) => Template::fixed(number.to_string()),
        scenario::Operand::Bool(flag) => Template::fixed(flag.to_string()),
        scenario::Operand::Null => Template::fixed("null"),
        _ => {
            faults.report(check.span, "this operator compares texts, which this subject is not");
            return None;
        }
    })
}

impl Operand {
    fn compile(operand: &scenario::Operand, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        Some(match operand {
            scenario::Operand::Number(number) => Self::Number(*number),
            scenario::Operand::Duration(duration) => Self::Duration(*duration),
            scenario::Operand::Size(size) => Self::Size(*size),
            scenario::Operand::Bool(flag) => Self::Bool(*flag),
            scenario::Operand::Null => Self::Null,
            scenario::Operand::StatusClass(class) => Self::StatusClass(*class),
            scenario::Operand::Text(text) => match text.as_whole_expression() {
                None => Self::Text(scope.template(text, faults)?),
                Some(source) => match scope.expression(source, faults)? {
                    Compiled::Constant(value) => Self::Value(value),
                    Compiled::Dynamic(reference) => Self::Text(Template::new([Piece::Reference(reference)])),
                },
            },
            scenario::Operand::Regex(_) | scenario::Operand::List(_) => return None,
        })
    }
}
