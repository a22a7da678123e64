//! Checks and extracts as written. Their grammar is in `check_grammar`, their meaning in `plan`.

use super::{
    span::{Span, Spanned},
    text::Text,
    value::Value,
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
    /// `waiting`: the time to the first byte.
    Waiting,
    /// `size` of the body in bytes.
    Size,
    /// `body` as text.
    Body,
    /// `url` of the request, after redirects.
    Url,
    /// `protocol`: `HTTP/1.1`, `HTTP/2`.
    Protocol,
    /// `header NAME`
    Header(Spanned<String>),
    /// `cookie NAME`: the value that the response sets.
    Cookie(Spanned<String>),
    /// `json PATH`, RFC 9535.
    Json(Spanned<String>),
    /// `regex /…/` on the body: its first group, or the match. As written, so that `\/` is still escaped.
    Regex(Spanned<String>),
    /// `css SELECTOR`, an element's text, or `css SELECTOR @ATTR`, its attribute.
    Css {
        /// Which elements.
        selector: Spanned<String>,
        /// Which attribute, instead of the text.
        attribute: Option<Spanned<String>>,
    },
}

impl Subject {
    /// The word it begins with.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Duration => "duration",
            Self::Waiting => "waiting",
            Self::Size => "size",
            Self::Body => "body",
            Self::Url => "url",
            Self::Protocol => "protocol",
            Self::Header(_) => "header",
            Self::Cookie(_) => "cookie",
            Self::Json(_) => "json",
            Self::Regex(_) => "regex",
            Self::Css { .. } => "css",
        }
    }

    /// Whether a response can have several of it, to pick from.
    pub fn can_be_many(&self) -> bool {
        matches!(self, Self::Header(_) | Self::Cookie(_) | Self::Json(_) | Self::Regex(_) | Self::Css { .. })
    }
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

impl CheckOperator {
    /// As it is written.
    pub fn words(self) -> &'static str {
        match self {
            Self::Is(operator) => operator.symbol(),
            Self::Contains => "contains",
            Self::NotContains => "not contains",
            Self::Matches => "matches",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::In => "in",
            Self::Exists => "exists",
            Self::IsMissing => "is missing",
            Self::HasLength(_) => "has length",
        }
    }
}

/// What it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A whole number, compared exactly: numbers of records have more digits than a decimal number keeps.
    Int(i64),
    /// A decimal number; never NaN or infinite, those are words.
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
    /// `/…/`, as written between the slashes.
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

/// Which of several matches an extract takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtractPick {
    /// The first one.
    First,
    /// The last one; for a cookie the default, since the last one set is the one that clients keep.
    Last,
    /// One at random, following the user's own stream of random numbers.
    Random,
    /// All of them, as a list.
    All,
    /// The one of this number, from 0.
    Nth(usize),
}

/// A variable and where its value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// The variable.
    pub variable: Spanned<String>,
    /// Where in the response.
    pub subject: Subject,
    /// Which of several matches.
    pub pick: ExtractPick,
    /// The value where nothing matches; without it the extract fails.
    pub default: Option<Value>,
    /// The subject's place.
    pub span: Span,
}
