//! Texts with values in them, compiled: literals folded, plain `${name}` a numbered slot, the rest an
//! expression.

use super::{
    expression::Expression,
    feed::{Feed, Hand},
    functions::UserFunctions,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value as Json;
use std::{borrow::Cow, fmt::Write as _, sync::Arc, time::Duration};

/// What a template is rendered from: one user's values at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variables<'v> {
    /// The user's variables by slot; `None` where not yet set.
    pub slots: &'v [Option<Json>],
    /// What `setup` left to every user, by position.
    pub shared: &'v [Option<Json>],
    /// The data feeds.
    pub feeds: &'v [Arc<Feed>],
    /// The rows of them that the user holds.
    pub hand: Option<&'v Hand>,
    /// The user's number, from 1, unique over the run.
    pub vu: u64,
    /// The number of this user's iteration, from 0.
    pub iteration: u64,
    /// The number of this iteration over all users, from 0.
    pub run_iteration: u64,
    /// What random functions and those of time know of the user.
    pub functions: Option<&'v UserFunctions>,
    /// Time since the start of the run, for those of time.
    pub now: Duration,
}

impl<'v> Variables<'v> {
    /// A feed and the row of it that the user holds.
    pub(super) fn row(&self, feed: usize) -> Option<(&'v Feed, u32)> {
        Some((&**self.feeds.get(feed)?, self.hand?.row(feed)?))
    }
}

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable had no value.
    #[error("`{0}` is not set")]
    Unset(String),
    /// An expression failed.
    #[error("`${{{source_text}}}`: {problem}{}{remedy}", if .remedy.is_empty() { "" } else { "; " })]
    Expression {
        /// The expression.
        source_text: String,
        /// What went wrong.
        problem: String,
        /// What to write instead; may be empty.
        remedy: String,
    },
    /// The rendered text cannot be used for what it is.
    #[error("{0}")]
    Unusable(String),
}

/// A step into a value: `.name` or `[0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// `.name`
    Name(String),
    /// `[0]`
    Index(usize),
}

/// A value known only while the run goes on.
#[derive(Debug, Clone)]
pub(super) enum Reference {
    Vu,
    Iteration,
    RunIteration,
    Slot { slot: usize, path: Vec<Key>, source: String },
    Shared { index: usize, path: Vec<Key>, source: String },
    Row { feed: usize, path: Vec<Key>, source: String },
    Computed(Expression),
}

impl Reference {
    /// The value, in its own type.
    pub(super) fn value<'v>(&self, variables: &Variables<'v>) -> Result<Cow<'v, Json>, RenderError> {
        match self {
            Self::Vu => Ok(Cow::Owned(Json::from(variables.vu))),
            Self::Iteration => Ok(Cow::Owned(Json::from(variables.iteration))),
            Self::RunIteration => Ok(Cow::Owned(Json::from(variables.run_iteration))),
            Self::Slot { slot, path, source } => held(variables.slots, *slot, path, source),
            Self::Shared { index, path, source } => held(variables.shared, *index, path, source),
            Self::Row { feed, path, source } => {
                let unset = || RenderError::Unset(source.clone());
                let (feed, row) = variables.row(*feed).ok_or_else(unset)?;
                feed.value(row, path).ok_or_else(unset)
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
            Self::Row { feed, path, source } => {
                let written = variables.row(*feed).is_some_and(|(feed, row)| feed.write(row, path, out));
                if !written {
                    return Err(RenderError::Unset(source.clone()));
                }
            }
            _ => write_value(&*self.value(variables)?, out),
        }
        Ok(())
    }
}

fn held<'v>(
    values: &'v [Option<Json>],
    index: usize,
    path: &[Key],
    source: &str,
) -> Result<Cow<'v, Json>, RenderError> {
    let value = values.get(index).and_then(Option::as_ref).and_then(|value| walk(value, path));
    value.map(Cow::Borrowed).ok_or_else(|| RenderError::Unset(source.to_owned()))
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

/// Bytes that most values have at most.
const USUAL_VALUE: usize = 16;

/// A piece of a template.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Literal(String),
    Reference(Reference),
    /// What two templates give, with a colon between them, as base64: basic authentication (RFC 7617).
    Credentials(Box<(Template, Template)>),
}

fn encoded(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
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

    /// A literal and what follows it.
    pub(super) fn joined(before: &str, after: Self) -> Self {
        Self::new(std::iter::once(Piece::Literal(before.to_owned())).chain(after.pieces))
    }

    /// The value of a header of basic authentication.
    pub(super) fn basic(user: Self, password: Self) -> Self {
        let credentials = match (user.as_fixed(), password.as_fixed()) {
            (Some(user), Some(password)) => Piece::Literal(encoded(user, password)),
            _ => Piece::Credentials(Box::new((user, password))),
        };
        Self::new([Piece::Literal("Basic ".to_owned()), credentials])
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

    /// Bytes that the rendered text will need, by guess: growing step by step costs more than a little too much.
    pub(super) fn room(&self) -> usize {
        let of = |piece: &Piece| if let Piece::Literal(text) = piece { text.len() } else { USUAL_VALUE };
        self.pieces.iter().map(of).sum()
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
            Piece::Credentials(both) => {
                let (user, password) = &**both;
                out.push_str(&encoded(&user.to_text(variables)?, &password.to_text(variables)?));
                Ok(())
            }
        })
    }

    /// The rendered text.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn to_text(&self, variables: &Variables<'_>) -> Result<String, RenderError> {
        let mut out = String::with_capacity(self.room());
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
