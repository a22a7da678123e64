//! JSON bodies: serialised once where nothing in them changes, else as literal bytes with values between.

use super::{
    resolve::Compiled,
    scope::Scope,
    template::{Reference, RenderError, Template, Variables},
};
use crate::scenario::{Faults, Text, Value, ValueKind};
use bytes::Bytes;

/// A compiled JSON body.
#[derive(Debug, Clone)]
pub enum JsonTemplate {
    /// The same bytes every time.
    Fixed(Bytes),
    /// Bytes with values between them.
    Varying(Vec<JsonPiece>),
}

/// A piece of a varying JSON body.
#[derive(Debug, Clone)]
pub enum JsonPiece {
    /// JSON as it is.
    Literal(String),
    /// A text to be quoted.
    Text(Template),
    /// A value that keeps its type.
    Value(TypedReference),
}

/// A reference whose value keeps its type.
#[derive(Debug, Clone)]
pub struct TypedReference(Reference);

impl JsonTemplate {
    pub(super) fn compile(value: &Value, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        let mut pieces = Vec::new();
        write(value, scope, &mut pieces, faults)?;
        Some(match pieces.as_slice() {
            [JsonPiece::Literal(text)] => Self::Fixed(Bytes::from(text.clone())),
            _ => Self::Varying(pieces),
        })
    }

    /// The body for a user.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn render(&self, variables: &Variables<'_>) -> Result<Bytes, RenderError> {
        let pieces = match self {
            Self::Fixed(bytes) => return Ok(bytes.clone()),
            Self::Varying(pieces) => pieces,
        };
        let mut out = String::new();
        for piece in pieces {
            match piece {
                JsonPiece::Literal(text) => out.push_str(text),
                JsonPiece::Text(template) => push_quoted(&template.to_text(variables)?, &mut out),
                JsonPiece::Value(reference) => out.push_str(&reference.0.value(variables)?.to_string()),
            }
        }
        Ok(Bytes::from(out))
    }
}

fn push_quoted(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn literal(pieces: &mut Vec<JsonPiece>, text: &str) {
    match pieces.last_mut() {
        Some(JsonPiece::Literal(before)) => before.push_str(text),
        _ => pieces.push(JsonPiece::Literal(text.to_owned())),
    }
}

fn write(value: &Value, scope: &Scope<'_>, pieces: &mut Vec<JsonPiece>, faults: &mut Faults) -> Option<()> {
    match &value.kind {
        ValueKind::Null => literal(pieces, "null"),
        ValueKind::Bool(flag) => literal(pieces, if *flag { "true" } else { "false" }),
        ValueKind::Int(number) => literal(pieces, &number.to_string()),
        ValueKind::Float(number) => literal(pieces, &serde_json::Value::from(*number).to_string()),
        ValueKind::Text(text) => write_text(text, scope, pieces, faults)?,
        ValueKind::List(items) => {
            literal(pieces, "[");
            let mut sound = true;
            for (index, item) in items.iter().enumerate() {
                literal(pieces, if index > 0 { "," } else { "" });
                // A wrong one does not end it, so that all of them are reported.
                sound &= write(item, scope, pieces, faults).is_some();
            }
            literal(pieces, "]");
            return sound.then_some(());
        }
        ValueKind::Map(entries) => {
            literal(pieces, "{");
            let mut sound = true;
            for (index, (key, value)) in entries.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                literal(pieces, &format!("{comma}{}:", serde_json::Value::from(key.value.as_str())));
                sound &= write(value, scope, pieces, faults).is_some();
            }
            literal(pieces, "}");
            return sound.then_some(());
        }
    }
    Some(())
}

fn write_text(
    text: &Text,
    scope: &Scope<'_>,
    pieces: &mut Vec<JsonPiece>,
    faults: &mut Faults,
) -> Option<()> {
    if let Some(source) = text.as_whole_expression() {
        match scope.expression(source, faults)? {
            Compiled::Constant(value) => literal(pieces, &value.to_string()),
            Compiled::Dynamic(reference) => pieces.push(JsonPiece::Value(TypedReference(reference))),
        }
        return Some(());
    }
    let template = scope.template(text, faults)?;
    match template.as_fixed() {
        Some(fixed) => literal(pieces, &serde_json::Value::from(fixed).to_string()),
        None => pieces.push(JsonPiece::Text(template)),
    }
    Some(())
}
