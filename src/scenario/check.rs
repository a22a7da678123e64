//! Checks and extracts as written. Their grammar is in `check_grammar`, their meaning in `plan`.

use super::{
    span::{Span, Spanned},
    text::Text,
};
use crate::model::Operator;
use std::time::Duration;

/// What of a response is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// `status`
    Status,
    /// `duration`: the service time.
    Duration,
    /// `size` of the body in bytes.
    Size,
    /// `body` as text.
    Body,
    /// `header NAME`
    Header(Spanned<String>),
    /// `json PATH`, RFC 9535.
    Json(Spanned<String>),
    /// `regex /…/` on the body: its first group, or the match.
    Regex(Spanned<String>),
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOperator {
    /// `== != < <= > >=`
    Is(Operator),
    /// `contains`
    Contains,
    /// `not contains`
    NotContains,
    /// `matches /…/`
    Matches,
    /// `starts with`
    StartsWith,
    /// `ends with`
    EndsWith,
    /// `in [a, b]`
    In,
    /// `exists`
    Exists,
    /// `is missing`
    IsMissing,
    /// `has length N`, `has length > N`
    HasLength(Operator),
}

/// What it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number, possibly with the digits it was written in.
    Number(f64),
    /// A duration.
    Duration(Duration),
    /// A number of bytes.
    Size(u64),
    /// A text, or one expression that keeps its type.
    Text(Text),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
    /// `2xx`: statuses by their first digit.
    StatusClass(u16),
    /// `/…/`
    Regex(Spanned<String>),
    /// `[a, b]`
    List(Vec<Self>),
}

/// `SUBJECT OPERATOR VALUE` under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its name; the text where it has none.
    pub name: String,
    /// What is looked at.
    pub subject: Subject,
    /// How it is compared.
    pub operator: CheckOperator,
    /// With what; `None` for `exists` and `is missing`.
    pub operand: Option<Operand>,
    /// The expression's place.
    pub span: Span,
}

/// A variable and where its value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// The variable.
    pub variable: Spanned<String>,
    /// Where in the response.
    pub subject: Subject,
    /// The subject's place.
    pub span: Span,
}
