//! Evaluating checks and extracts on a response.

use super::{
    check::{Check, Extract, Operand, Subject, Test},
    response::Response,
    template::{RenderError, Variables, write_value},
};
use crate::model::{Operator, format_bytes, format_duration};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Longest excerpt of a value in a failure's sample, in characters.
const EXCERPT: usize = 200;

/// What a subject is in a response.
#[derive(Debug, Clone)]
enum Found<'r> {
    /// Nothing, and why.
    Missing(String),
    Status(u16),
    Nanos(u128),
    Bytes(u64),
    Text(Cow<'r, str>),
    Json(&'r Json),
}

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
    /// The value.
    ///
    /// # Errors
    /// Why there is none, with an excerpt of the body.
    pub fn evaluate(&self, response: &Response<'_>) -> Result<Json, String> {
        match self.subject.find(response) {
            Found::Missing(reason) => {
                Err(format!("{reason}; the body starts with: {}", excerpt(&response.text())))
            }
            Found::Status(status) => Ok(Json::from(status)),
            Found::Nanos(nanos) => Ok(Json::from(nanos as f64 / 1e6)),
            Found::Bytes(bytes) => Ok(Json::from(bytes)),
            Found::Text(text) => Ok(Json::String(text.into_owned())),
            Found::Json(value) => Ok(value.clone()),
        }
    }
}

impl Subject {
    fn find<'r>(&self, response: &'r Response<'_>) -> Found<'r> {
        match self {
            Self::Status => Found::Status(response.status),
            Self::Duration => Found::Nanos(response.duration.as_nanos()),
            Self::Size => Found::Bytes(response.body_bytes),
            Self::Body => Found::Text(response.text()),
            Self::Header(name) => match response.headers.get(name) {
                Some(value) => Found::Text(String::from_utf8_lossy(value.as_bytes())),
                None => Found::Missing(format!("there is no header `{name}`")),
            },
            Self::Json(path, source) => match response.json() {
                Ok(json) => match path.query(json).first() {
                    Some(value) => Found::Json(value),
                    None => Found::Missing(format!("`{source}` matches nothing")),
                },
                Err(reason) => Found::Missing(reason),
            },
            Self::Regex(regex) => {
                let text = response.text();
                let group = regex.captures(&text).and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
                match group.map(|group| group.as_str().to_owned()) {
                    Some(text) => Found::Text(Cow::Owned(text)),
                    None => Found::Missing(format!("`/{regex}/` matches nothing")),
                }
            }
        }
    }
}

impl Found<'_> {
    fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Missing(_) => None,
            Self::Status(status) => Some(Cow::Owned(status.to_string())),
            Self::Bytes(bytes) => Some(Cow::Owned(bytes.to_string())),
            Self::Nanos(_) => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Json(Json::String(text)) => Some(Cow::Borrowed(text)),
            Self::Json(value) => Some(Cow::Owned(value.to_string())),
        }
    }

    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Status(status) => Some(f64::from(*status)),
            Self::Bytes(bytes) => Some(*bytes as f64),
            Self::Json(value) => value.as_f64(),
            // Headers and matches have no type of their own.
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
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

    /// What was seen, for people.
    fn describe(&self) -> String {
        match self {
            Self::Missing(reason) => reason.clone(),
            Self::Status(status) => format!("it was {status}"),
            Self::Nanos(nanos) => {
                let time = std::time::Duration::from_nanos(u64::try_from(*nanos).unwrap_or(u64::MAX));
                format!("it was {}", format_duration(time))
            }
            Self::Bytes(bytes) => format!("it was {}", format_bytes(*bytes)),
            Self::Text(text) => format!("it was {:?}", excerpt(text)),
            Self::Json(value) => format!("it was {}", excerpt(&value.to_string())),
        }
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
            Self::Length(operator, length) => {
                found.length().is_some_and(|found| operator.holds(&found, length))
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
        Ok(match (self, found) {
            (Self::Duration(limit), Found::Nanos(nanos)) => operator.holds(nanos, &limit.as_nanos()),
            (Self::Size(limit), Found::Bytes(bytes)) => operator.holds(bytes, limit),
            (Self::StatusClass(class), Found::Status(status)) => operator.holds(&(status / 100), class),
            (Self::Number(number), found) => {
                found.as_number().map_or(unequal, |found| operator.holds(&found, number))
            }
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
            (Self::Value(value), found) => compare_value(operator, found, value),
            (Self::Text(template), found) => {
                compare_value(operator, found, template.to_value(variables)?.as_ref())
            }
            _ => unequal,
        })
    }
}

/// Compares with a value that a template gave, in that value's own type.
fn compare_value(operator: Operator, found: &Found<'_>, value: &Json) -> bool {
    let unequal = operator == Operator::NotEqual;
    match (found, value) {
        (Found::Json(Json::String(found)), Json::String(value)) => {
            operator.holds(&found.as_str(), &value.as_str())
        }
        (Found::Json(found), value) if !found.is_number() || !value.is_number() => match operator {
            Operator::Equal => *found == value,
            Operator::NotEqual => *found != value,
            _ => false,
        },
        (found, Json::Number(number)) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            found.as_number().map_or(unequal, |found| operator.holds(&found, &number))
        }
        (found, value) => {
            let mut text = String::new();
            write_value(value, &mut text);
            found.as_text().map_or(unequal, |found| operator.holds(&found.as_ref(), &text.as_str()))
        }
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
