//! Evaluating checks and extracts on a response.

use super::{
    check::{Check, Extract},
    find::{Found, excerpt},
    operand::{Operand, Test, length_of},
    random::UserRandom,
    response::Response,
    template::{RenderError, Variables, write_value},
};
use crate::{
    model::{Operator, Protocol, parse_bytes, parse_duration},
    scenario::ExtractPick,
};
use serde_json::Value as Json;
use std::borrow::Cow;

impl Check {
    /// Whether the check holds; where it does not, what was seen instead.
    ///
    /// # Errors
    /// What was seen, for the failure's sample.
    pub fn evaluate(&self, response: &Response<'_>, variables: &Variables<'_>) -> Result<(), String> {
        let found = self.subject.find(response);
        match self.test.holds(&found, variables) {
            Ok(true) => Ok(()),
            Ok(false) => Err(found.describe()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Extract {
    /// The value; `random` is asked only where one match is picked at random.
    ///
    /// # Errors
    /// Why there is none, with an excerpt of the body, or why the default could not be rendered.
    pub fn evaluate(
        &self,
        response: &Response<'_>,
        variables: &Variables<'_>,
        random: &mut UserRandom,
    ) -> Result<Json, String> {
        let reason = match self.picked(response, random) {
            Ok(value) => return Ok(value),
            Err(reason) => reason,
        };
        if let Some(default) = &self.default {
            return default.value(variables).map_err(|error| format!("its default: {error}"));
        }
        if self.subject.reads_body() {
            return Err(format!("{reason}; the body starts with: {}", excerpt(&response.text())));
        }
        Err(reason)
    }

    fn picked(&self, response: &Response<'_>, random: &mut UserRandom) -> Result<Json, String> {
        let wanted = match self.pick {
            ExtractPick::First if !self.subject.is_cookie() => None,
            pick => Some(pick),
        };
        let Some(pick) = wanted else { return value_of(self.subject.find(response)) };
        let mut all = self.subject.find_all(response);
        let count = all.len();
        if count == 0 {
            // Whoever finds one says best why there is none.
            return value_of(self.subject.find(response));
        }
        let index = match pick {
            ExtractPick::All => {
                return Ok(Json::Array(all.into_iter().filter_map(Found::into_json).collect()));
            }
            ExtractPick::First => 0,
            ExtractPick::Last => count - 1,
            ExtractPick::Random => random.index(count),
            ExtractPick::Nth(index) if index < count => index,
            ExtractPick::Nth(index) => {
                let noun = if count == 1 { "match" } else { "matches" };
                return Err(format!("it has {count} {noun}, and so none of number {index}, counted from 0"));
            }
        };
        value_of(all.swap_remove(index))
    }
}

fn value_of(found: Found<'_>) -> Result<Json, String> {
    match found {
        Found::Missing(reason) => Err(reason),
        found => found.into_json().ok_or_else(|| "it is missing".to_owned()),
    }
}

/// A number that compares exactly where it is whole.
#[derive(Debug, Clone, Copy)]
enum Number {
    Whole(i128),
    Decimal(f64),
}

impl Number {
    fn of_json(value: &Json) -> Option<Self> {
        let whole = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
        whole.map(Self::Whole).or_else(|| value.as_f64().map(Self::Decimal))
    }

    /// Headers, matches and elements have no type of their own.
    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let decimal = || text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Decimal);
        text.parse().ok().map(Self::Whole).or_else(decimal)
    }

    fn decimal(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Decimal(number) => number,
        }
    }

    fn holds(self, operator: Operator, other: Self) -> bool {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => operator.holds(&left, &right),
            (left, right) => operator.holds(&left.decimal(), &right.decimal()),
        }
    }
}

impl Found<'_> {
    fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Missing(_) | Self::Time(_) => None,
            Self::Status(status) => Some(Cow::Owned(status.to_string())),
            Self::Bytes(bytes) => Some(Cow::Owned(bytes.to_string())),
            Self::Protocol(protocol) => Some(Cow::Borrowed(protocol.name())),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Json(Json::String(text)) => Some(Cow::Borrowed(text)),
            Self::Json(value) => Some(Cow::Owned(value.to_string())),
        }
    }

    fn as_number(&self) -> Option<Number> {
        match self {
            Self::Status(status) => Some(Number::Whole(i128::from(*status))),
            Self::Bytes(bytes) => Some(Number::Whole(i128::from(*bytes))),
            Self::Json(value) => Number::of_json(value),
            Self::Text(text) => Number::of_text(text),
            Self::Missing(_) | Self::Time(_) | Self::Protocol(_) => None,
        }
    }

    fn length(&self) -> Option<u64> {
        let length = match self {
            Self::Json(Json::Array(items)) => items.len(),
            Self::Json(Json::Object(entries)) => entries.len(),
            Self::Json(Json::String(text)) => text.chars().count(),
            Self::Text(text) => text.chars().count(),
            _ => return None,
        };
        Some(length as u64)
    }
}

impl Test {
    fn holds(&self, found: &Found<'_>, variables: &Variables<'_>) -> Result<bool, RenderError> {
        let missing = matches!(found, Found::Missing(_));
        if missing || matches!(self, Self::Exists | Self::Missing) {
            // Whatever is asked of a value, a missing one does not satisfy it.
            return Ok(missing == matches!(self, Self::Missing));
        }
        Ok(match self {
            Self::Exists | Self::Missing => false,
            Self::Is(operator, operand) => operand.compare(*operator, found, variables)?,
            Self::In(operands) => {
                let mut any = false;
                for operand in operands {
                    any |= operand.compare(Operator::Equal, found, variables)?;
                }
                any
            }
            Self::InRendered(list) => match list.as_constant() {
                Some(list) => is_in(found, list)?,
                None => is_in(found, &list.value(variables)?)?,
            },
            Self::Length(operator, length) => {
                let value = length.value(variables)?;
                let wanted = length_of(&value).ok_or_else(|| unusable(&value, "no length"))?;
                found.length().is_some_and(|length| operator.holds(&length, &wanted))
            }
            Self::Matches(regex) => found.as_text().is_some_and(|text| regex.is_match(&text)),
            Self::Contains(part) => contains(found, part.to_value(variables)?.as_ref()),
            Self::NotContains(part) => !contains(found, part.to_value(variables)?.as_ref()),
            Self::StartsWith(part) => {
                let part = part.to_text(variables)?;
                found.as_text().is_some_and(|text| text.starts_with(&part))
            }
            Self::EndsWith(part) => {
                let part = part.to_text(variables)?;
                found.as_text().is_some_and(|text| text.ends_with(&part))
            }
        })
    }
}

fn unusable(value: &Json, what: &str) -> RenderError {
    RenderError::Unusable(format!("{} is {what}", excerpt(&value.to_string())))
}

fn is_in(found: &Found<'_>, list: &Json) -> Result<bool, RenderError> {
    let Json::Array(items) = list else { return Err(unusable(list, "no list")) };
    for item in items {
        if compare_value(Operator::Equal, found, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A list contains an element, a map a key, everything else a piece of its text.
fn contains(found: &Found<'_>, part: &Json) -> bool {
    let mut text = String::new();
    write_value(part, &mut text);
    match found {
        Found::Json(Json::Array(items)) => items.iter().any(|item| {
            let mut written = String::new();
            write_value(item, &mut written);
            item == part || written == text
        }),
        Found::Json(Json::Object(entries)) => entries.contains_key(&text),
        found => found.as_text().is_some_and(|found| found.contains(&text)),
    }
}

impl Operand {
    fn compare(
        &self,
        operator: Operator,
        found: &Found<'_>,
        variables: &Variables<'_>,
    ) -> Result<bool, RenderError> {
        // Values of different kinds are unequal, and have no order.
        let unequal = operator == Operator::NotEqual;
        let number = |number| found.as_number().map_or(unequal, |found| found.holds(operator, number));
        Ok(match (self, found) {
            (Self::Duration(limit), Found::Time(time)) => operator.holds(time, limit),
            (Self::Size(limit), Found::Bytes(bytes)) => operator.holds(bytes, limit),
            (Self::StatusClass(class), Found::Status(status)) => operator.holds(&(status / 100), class),
            (Self::Int(whole), _) => number(Number::Whole(i128::from(*whole))),
            (Self::Number(decimal), _) => number(Number::Decimal(*decimal)),
            (Self::Bool(flag), Found::Json(Json::Bool(found))) => operator.holds(found, flag),
            (Self::Null, Found::Json(found)) => match operator {
                Operator::Equal => found.is_null(),
                Operator::NotEqual => !found.is_null(),
                _ => false,
            },
            (Self::Bool(_) | Self::Null, Found::Text(found)) => {
                let text = if let Self::Bool(flag) = self { flag.to_string() } else { "null".to_owned() };
                operator.holds(&found.as_ref(), &text.as_str())
            }
            (Self::Value(value), found) => compare_value(operator, found, value)?,
            (Self::Text(template), found) => {
                compare_value(operator, found, template.to_value(variables)?.as_ref())?
            }
            _ => unequal,
        })
    }
}

/// Compares with a value that a template gave: in that value's own type, but times, sizes and protocols as they are
/// written.
fn compare_value(operator: Operator, found: &Found<'_>, value: &Json) -> Result<bool, RenderError> {
    let unequal = operator == Operator::NotEqual;
    let mut text = String::new();
    write_value(value, &mut text);
    Ok(match (found, value) {
        (Found::Time(time), _) => {
            let limit = parse_duration(&text).map_err(|error| RenderError::Unusable(error.problem))?;
            operator.holds(time, &limit)
        }
        (Found::Bytes(bytes), Json::String(_)) => {
            let limit = parse_bytes(&text).map_err(|error| RenderError::Unusable(error.problem))?;
            operator.holds(bytes, &limit)
        }
        (Found::Protocol(protocol), _) => match Protocol::parse(&text) {
            Some(wanted) => (*protocol == wanted) != unequal,
            None => return Err(unusable(value, "no protocol that loadgen speaks")),
        },
        (Found::Json(Json::String(found)), Json::String(value)) => {
            operator.holds(&found.as_str(), &value.as_str())
        }
        (Found::Json(found), value) if !found.is_number() || !value.is_number() => match operator {
            Operator::Equal => *found == value,
            Operator::NotEqual => *found != value,
            _ => false,
        },
        (found, Json::Number(_)) => match (found.as_number(), Number::of_json(value)) {
            (Some(found), Some(value)) => found.holds(operator, value),
            _ => unequal,
        },
        (found, _) => {
            found.as_text().map_or(unequal, |found| operator.holds(&found.as_ref(), &text.as_str()))
        }
    })
}

#[cfg(test)]
mod tests;
