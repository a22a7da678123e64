//! Steps as written: requests, and what stands around them.

use super::{
    check::{Check, Extract},
    span::{Span, Spanned},
    text::Text,
    types::{Pairs, Tags},
    value::Value,
};
use crate::model::{OnFailure, StopScope, ThinkTime};
use std::time::Duration;

/// One thing a user does, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of steps.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// An HTTP request.
    Request(Box<Request>),
    /// `think`: a pause.
    Think(ThinkTime),
    /// `set`: variables of the user.
    Set(Vec<(Spanned<String>, Value)>),
    /// `if`, `then`, `else`.
    If {
        /// What decides.
        condition: Spanned<String>,
        /// Where it is true.
        then: Vec<Step>,
        /// Where it is not.
        otherwise: Vec<Step>,
    },
    /// `repeat` with `steps`.
    Repeat {
        /// How often.
        times: Times,
        /// What.
        steps: Vec<Step>,
    },
    /// `for_each` with `as` and `steps`.
    ForEach {
        /// The list.
        list: Spanned<String>,
        /// What its items are called inside.
        item: Spanned<String>,
        /// What to do with each.
        steps: Vec<Step>,
    },
    /// `while` with `max` and `steps`.
    While {
        /// What decides, before each round.
        condition: Spanned<String>,
        /// Most rounds.
        max: u64,
        /// What.
        steps: Vec<Step>,
    },
    /// `choose`: one branch by weight.
    Choose(Vec<Branch>),
    /// `parallel`: all at once.
    Parallel {
        /// What.
        steps: Vec<Step>,
        /// Most at once; all of them where not said.
        max_concurrency: Option<usize>,
    },
    /// `group` with `steps`: timed as one.
    Group {
        /// Its name.
        name: String,
        /// What is inside.
        steps: Vec<Step>,
    },
    /// `check` on the last response.
    Check(Vec<Check>),
    /// `log`.
    Log(Text),
    /// `stop`, perhaps with `if`.
    Stop {
        /// What ends.
        scope: StopScope,
        /// Only where this is true.
        condition: Option<Spanned<String>>,
    },
}

/// How often a `repeat` runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Times {
    /// Any number between both, included.
    Between(u64, u64),
    /// What an expression says.
    Expression(Spanned<String>),
}

/// A branch of `choose`.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// How often it is chosen, relative to the others.
    pub weight: f64,
    /// What it does.
    pub steps: Vec<Step>,
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The HTTP method, in capitals.
    pub method: String,
    /// The URL, absolute or relative to the target.
    pub url: Text,
    /// `name`, or method and URL as written.
    pub name: String,
    /// `query`.
    pub query: Pairs,
    /// `headers`.
    pub headers: Pairs,
    /// `json`, `form`, `body` and the like.
    pub body: Option<Body>,
    /// `auth`.
    pub auth: Option<Auth>,
    /// `cookies`, beside those of the user's jar.
    pub cookies: Pairs,
    /// `follow_redirects`: the most that are followed.
    pub redirects: Option<u32>,
    /// `timeout`.
    pub timeout: Option<Duration>,
    /// `tags`.
    pub tags: Tags,
    /// `expect`: the request fails with them.
    pub expect: Vec<Check>,
    /// `check`: only counted.
    pub check: Vec<Check>,
    /// `extract`.
    pub extract: Vec<Extract>,
    /// `on_failure`, in place of what follows from the kind of failure.
    pub on_failure: Option<OnFailure>,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// `json`.
    Json(Value),
    /// `form`, url-encoded.
    Form(Pairs),
    /// `body`.
    Text(Text),
    /// `body: { base64: … }`.
    Base64(Text),
    /// `multipart`: fields in the file's order.
    Multipart(Vec<MultipartField>),
    /// `body_file`: the content of the file at this path.
    File(Spanned<String>),
}

/// A field of a multipart body.
#[derive(Debug, Clone, PartialEq)]
pub struct MultipartField {
    /// Its name.
    pub name: Spanned<String>,
    /// What it carries.
    pub content: FieldContent,
}

/// What a field of a multipart body carries.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldContent {
    /// A text.
    Text(Text),
    /// A file.
    File {
        /// Its path.
        path: Spanned<String>,
        /// `content_type`.
        content_type: Option<Spanned<String>>,
    },
}

/// How a request says who asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Auth {
    /// HTTP basic authentication.
    Basic {
        /// The user's name.
        user: Text,
        /// The password.
        password: Text,
    },
    /// A bearer token.
    Bearer(Text),
    /// HTTP digest authentication.
    Digest {
        /// The user's name.
        user: Text,
        /// The password.
        password: Text,
    },
}
