//! Texts with values in them, compiled: literals folded, plain `${name}` a numbered slot, the rest an
//! expression.

use super::expression::Expression;
use serde_json::Value as Json;
use std::{borrow::Cow, fmt::Write as _};

/// What a template is rendered from: one user's values at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Variables<'v> {
    /// The user's variables by slot; `None` where not yet set.
    pub slots: &'v [Option<Json>],
    /// The user's number, from 1, unique over the run.
    pub vu: u64,
    /// The number of this user's iteration, from 0.
    pub iteration: u64,
}

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable had no value.
    #[error("`{0}` is not set")]
    Unset(String),
    /// An expression failed.
    #[error("`${{{source_text}}}`: {problem}")]
    Expression {
        /// The expression.
        source_text: String,
        /// What went wrong.
        problem: String,
    },
    /// The rendered text cannot be used for what it is.
    #[error("{0}")]
    Unusable(String),
}

/// A step into a value: `.name` or `[0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    Index(usize),
}

/// A value known only while the run goes on.
#[derive(Debug, Clone)]
pub(super) enum Reference {
    Vu,
    Iteration,
    Slot { slot: usize, path: Vec<Key>, source: String },
    Computed(Expression),
}

impl Reference {
    /// The value, in its own type.
    pub(super) fn value<'v>(&self, variables: &Variables<'v>) -> Result<Cow<'v, Json>, RenderError> {
        match self {
            Self::Vu => Ok(Cow::Owned(Json::from(variables.vu))),
            Self::Iteration => Ok(Cow::Owned(Json::from(variables.iteration))),
            Self::Slot { slot, path, source } => {
                let unset = || RenderError::Unset(source.clone());
                let value = variables.slots.get(*slot).and_then(Option::as_ref).ok_or_else(unset)?;
                walk(value, path).map(Cow::Borrowed).ok_or_else(unset)
            }
            Self::Computed(expression) => expression.evaluate(variables).map(Cow::Owned),
        }
    }

    fn write(&self, variables: &Variables<'_>, out: &mut String) -> Result<(), RenderError> {
        match self {
            Self::Vu => {
                let _ = write!(out, "{}", variables.vu);
            }
            Self::Iteration => {
                let _ = write!(out, "{}", variables.iteration);
            }
            _ => write_value(&*self.value(variables)?, out),
        }
        Ok(())
    }
}

pub(super) fn walk<'v>(value: &'v Json, path: &[Key]) -> Option<&'v Json> {
    path.iter().try_fold(value, |value, key| match key {
        Key::Name(name) => value.get(name),
        Key::Index(index) => value.get(index),
    })
}

/// A value as text: strings as they are, everything else as JSON.
pub(super) fn write_value(value: &Json, out: &mut String) {
    match value {
        Json::String(text) => out.push_str(text),
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Literal(String),
    Reference(Reference),
}

/// A compiled text.
#[derive(Debug, Clone)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// A template without references.
    pub fn fixed(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text)] } }
    }

    /// From pieces; neighbouring literals become one.
    pub(super) fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (Some(Piece::Literal(text)), Piece::Literal(more)) => text.push_str(&more),
                (_, piece) => joined.push(piece),
            }
        }
        Self { pieces: joined }
    }

    /// The text where nothing in it depends on the user.
    pub fn as_fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference where the template is nothing else.
    pub(super) fn as_reference(&self) -> Option<&Reference> {
        match self.pieces.as_slice() {
            [Piece::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// The literal it starts with, if any.
    pub(super) fn prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// Appends the rendered text.
    ///
    /// # Errors
    /// A variable that is not set, or an expression that fails.
    pub fn render(&self, variables: &Variables<'_>, out: &mut String) -> Result<(), RenderError> {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Literal(text) => {
                out.push_str(text);
                Ok(())
            }
            Piece::Reference(reference) => reference.write(variables, out),
        })
    }

    /// The rendered text.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn to_text(&self, variables: &Variables<'_>) -> Result<String, RenderError> {
        let mut out = String::new();
        self.render(variables, &mut out)?;
        Ok(out)
    }

    /// The value: of its own type where the template is one whole reference, else a text.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn to_value<'v>(&self, variables: &Variables<'v>) -> Result<Cow<'v, Json>, RenderError> {
        match self.as_reference() {
            Some(reference) => reference.value(variables),
            None => self.to_text(variables).map(|text| Cow::Owned(Json::String(text))),
        }
    }
}
