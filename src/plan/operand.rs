//! What checks ask of what they find, compiled. Whether it holds is `evaluate`'s matter.

use super::{pattern, scope::Scope, template::Template, value_template::ValueTemplate};
use crate::{
    model::{Operator, Protocol, QuantityError, parse_bytes, parse_duration},
    scenario::{self, CheckOperator, Faults, Span, Text},
};
use regex::Regex;
use serde_json::Value as Json;
use std::time::Duration;

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
    /// `in ${list}`
    InRendered(ValueTemplate),
    Length(Operator, ValueTemplate),
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Int(i64),
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

impl Test {
    pub(super) fn compile(check: &scenario::Check, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        let Some(operand) = &check.operand else {
            return Some(if check.operator == CheckOperator::Exists { Self::Exists } else { Self::Missing });
        };
        Some(match (check.operator, operand) {
            (CheckOperator::Exists, _) => Self::Exists,
            (CheckOperator::IsMissing, _) => Self::Missing,
            (CheckOperator::Is(operator), operand) => {
                let compiled = Operand::compile(operand, &check.subject, scope, faults)?;
                check_order(check, operator, &compiled, faults)?;
                Self::Is(operator, compiled)
            }
            (CheckOperator::Matches, scenario::Operand::Regex(regex)) => {
                Self::Matches(pattern::regex(regex, faults)?)
            }
            (CheckOperator::In, scenario::Operand::List(items)) => {
                let items: Vec<Option<Operand>> =
                    items.iter().map(|item| Operand::compile(item, &check.subject, scope, faults)).collect();
                Self::In(items.into_iter().collect::<Option<Vec<_>>>()?)
            }
            (CheckOperator::In, scenario::Operand::Text(text)) => {
                Self::InRendered(rendered_list(text, scope, faults)?)
            }
            (CheckOperator::HasLength(operator), scenario::Operand::Int(length)) => {
                Self::Length(operator, ValueTemplate::Constant(Json::from(*length)))
            }
            (CheckOperator::HasLength(operator), scenario::Operand::Text(text)) => {
                Self::Length(operator, rendered_length(text, scope, faults)?)
            }
            (operator, scenario::Operand::Text(text)) => {
                let template = scope.template(text, faults)?;
                match operator {
                    CheckOperator::Contains => Self::Contains(template),
                    CheckOperator::NotContains => Self::NotContains(template),
                    CheckOperator::StartsWith => Self::StartsWith(template),
                    CheckOperator::EndsWith => Self::EndsWith(template),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }
}

/// Classes of statuses, truth values and nothing have no order.
fn check_order(
    check: &scenario::Check,
    operator: Operator,
    operand: &Operand,
    faults: &mut Faults,
) -> Option<()> {
    if matches!(operator, Operator::Equal | Operator::NotEqual) {
        return Some(());
    }
    let what = match operand {
        Operand::StatusClass(class) => format!("a class of statuses: `{class}xx`"),
        Operand::Bool(flag) => format!("`{flag}`"),
        Operand::Null => "`null`".to_owned(),
        _ => return Some(()),
    };
    faults
        .report(check.span, format!("`{}` cannot compare with {what}", operator.symbol()))
        .label("use `==` or `!=`, or a number");
    None
}

/// `in ${list}`: where its value is known already, it must be a list.
fn rendered_list(text: &Text, scope: &Scope<'_>, faults: &mut Faults) -> Option<ValueTemplate> {
    let template = ValueTemplate::text(text, scope, faults)?;
    if template.as_constant().is_none_or(Json::is_array) {
        return Some(template);
    }
    faults.report(text.span, format!("`{}` is not a list", text.source)).label("`in` takes a list");
    None
}

/// `has length ${n}`: where its value is known already, it must be a whole number.
fn rendered_length(text: &Text, scope: &Scope<'_>, faults: &mut Faults) -> Option<ValueTemplate> {
    let template = ValueTemplate::text(text, scope, faults)?;
    match template.as_constant() {
        Some(value) if length_of(value).is_none() => {
            faults
                .report(text.span, format!("`{}` is {value}, and no length", text.source))
                .label("a length is a whole number");
            None
        }
        _ => Some(template),
    }
}

/// A length from a rendered value: a whole number, also one that a text holds.
pub(super) fn length_of(value: &Json) -> Option<u64> {
    match value {
        Json::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    }
}

impl Operand {
    fn compile(
        operand: &scenario::Operand,
        subject: &scenario::Subject,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        Some(match operand {
            scenario::Operand::Int(number) => Self::Int(*number),
            scenario::Operand::Number(number) => Self::Number(*number),
            scenario::Operand::Duration(duration) => Self::Duration(*duration),
            scenario::Operand::Size(size) => Self::Size(*size),
            scenario::Operand::Bool(flag) => Self::Bool(*flag),
            scenario::Operand::Null => Self::Null,
            scenario::Operand::StatusClass(class) => Self::StatusClass(*class),
            scenario::Operand::Text(text) => match ValueTemplate::text(text, scope, faults)? {
                ValueTemplate::Text(template) => Self::Text(template),
                template => Self::of_value(template.as_constant()?, subject, text.span, faults)?,
            },
            scenario::Operand::Regex(_) | scenario::Operand::List(_) => return None,
        })
    }

    /// A value that is known before the run, read as what its subject is compared with.
    fn of_value(value: &Json, subject: &scenario::Subject, span: Span, faults: &mut Faults) -> Option<Self> {
        let text = match value {
            Json::String(text) => text.clone(),
            value => value.to_string(),
        };
        let mut wrong = |error: QuantityError| {
            let message = format!("`{}`: {}", subject.keyword(), error.problem);
            faults.report(span, message).label(error.help);
        };
        match subject {
            scenario::Subject::Duration | scenario::Subject::Waiting => {
                parse_duration(&text).map(Self::Duration).map_err(&mut wrong).ok()
            }
            // A number that something computed is one of bytes.
            scenario::Subject::Size if value.is_number() => Some(Self::Value(value.clone())),
            scenario::Subject::Size => parse_bytes(&text).map(Self::Size).map_err(&mut wrong).ok(),
            scenario::Subject::Protocol if Protocol::parse(&text).is_none() => {
                let fault = faults.report(span, format!("`{text}` is no protocol that loadgen speaks"));
                fault.label("write `HTTP/1.1` or `HTTP/2`");
                None
            }
            scenario::Subject::Status => {
                let status = status(&text);
                if status.is_none() {
                    let fault = faults.report(span, format!("`{text}` is not an HTTP status"));
                    fault.label("a number from 100 to 599, or a class such as `2xx`");
                }
                status
            }
            _ => Some(Self::Value(value.clone())),
        }
    }
}

fn status(text: &str) -> Option<Operand> {
    let number = |text: &str, range: std::ops::RangeInclusive<u16>| {
        text.parse().ok().filter(|number| range.contains(number))
    };
    match text.strip_suffix("xx") {
        Some(class) => number(class, 1..=5).map(Operand::StatusClass),
        None => number(text, 100..=599).map(|number| Operand::Int(i64::from(number))),
    }
}
