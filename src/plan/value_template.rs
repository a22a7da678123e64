//! Values of any kind with templates in their texts, rendered as values: defaults of extracts, variables that steps set.
//! JSON bodies are bytes and have their own, in `json_template`.

use super::{
    resolve::Compiled,
    scope::Scope,
    template::{Piece, RenderError, Template, Variables},
};
use crate::scenario::{Faults, Spanned, Text, Value, ValueKind};
use serde_json::Value as Json;

/// A compiled value.
#[derive(Debug, Clone)]
pub enum ValueTemplate {
    /// The same every time.
    Constant(Json),
    /// A text, or one whole reference that keeps its type.
    Text(Template),
    /// A list in which something varies.
    List(Vec<Self>),
    /// A map in which something varies.
    Map(Vec<(String, Self)>),
}

impl ValueTemplate {
    /// Compiles a value; what does not vary becomes a constant.
    pub(super) fn compile(value: &Value, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        Some(match &value.kind {
            ValueKind::Null => Self::Constant(Json::Null),
            ValueKind::Bool(flag) => Self::Constant(Json::Bool(*flag)),
            ValueKind::Int(number) => Self::Constant(Json::from(*number)),
            ValueKind::Float(number) => Self::Constant(Json::from(*number)),
            ValueKind::Text(text) => Self::text(text, scope, faults)?,
            ValueKind::List(items) => {
                // A wrong one does not end it, so that all of them are reported.
                let items: Vec<Option<Self>> =
                    items.iter().map(|item| Self::compile(item, scope, faults)).collect();
                Self::list(items.into_iter().collect::<Option<Vec<_>>>()?)
            }
            ValueKind::Map(entries) => {
                let entries: Vec<Option<(String, Self)>> = entries
                    .iter()
                    .map(|(key, value)| Some((key.value.clone(), Self::compile(value, scope, faults)?)))
                    .collect();
                Self::map(entries.into_iter().collect::<Option<Vec<_>>>()?)
            }
        })
    }

    /// Compiles a text; one that is a whole `${…}` keeps its type.
    pub(super) fn text(text: &Text, scope: &Scope<'_>, faults: &mut Faults) -> Option<Self> {
        if let Some(source) = text.as_whole_expression() {
            return Self::expression(source, scope, faults);
        }
        let template = scope.template(text, faults)?;
        Some(match template.as_fixed() {
            Some(fixed) => Self::Constant(Json::from(fixed)),
            None => Self::Text(template),
        })
    }

    /// An expression alone, which keeps its type.
    pub(super) fn expression(
        source: &Spanned<String>,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        Some(match scope.expression(source, faults)? {
            Compiled::Constant(value) => Self::Constant(value),
            Compiled::Dynamic(reference) => Self::Text(Template::new([Piece::Reference(reference)])),
        })
    }

    fn list(items: Vec<Self>) -> Self {
        match items.iter().map(Self::as_constant).collect::<Option<Vec<_>>>() {
            Some(constants) => Self::Constant(Json::Array(constants.into_iter().cloned().collect())),
            None => Self::List(items),
        }
    }

    fn map(entries: Vec<(String, Self)>) -> Self {
        let constants =
            entries.iter().map(|(key, value)| Some((key.clone(), value.as_constant()?.clone()))).collect();
        match constants {
            Some(constants) => Self::Constant(Json::Object(constants)),
            None => Self::Map(entries),
        }
    }

    /// The value where nothing in it varies.
    pub fn as_constant(&self) -> Option<&Json> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The value for a user.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn value(&self, variables: &Variables<'_>) -> Result<Json, RenderError> {
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Text(template) => template.to_value(variables)?.into_owned(),
            Self::List(items) => {
                Json::Array(items.iter().map(|item| item.value(variables)).collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((key.clone(), value.value(variables)?)));
                Json::Object(entries.collect::<Result<_, RenderError>>()?)
            }
        })
    }
}
