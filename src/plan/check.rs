//! Checks and extracts, compiled: paths, selectors and patterns parsed, texts turned into templates.

use super::{
    css, json_path,
    json_scan::{PlainPath, Scan},
    operand::Test,
    pattern,
    response::MOST_SCANS,
    scope::Scope,
    value_template::ValueTemplate,
};
use crate::{
    model::CheckId,
    scenario::{self, ExtractPick, Faults, Spanned},
};
use http::HeaderName;
use regex::Regex;
use scraper::Selector;
use serde_json_path::JsonPath;

/// A compiled check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its number.
    pub id: CheckId,
    /// Whether the request fails with it.
    pub is_expectation: bool,
    pub(super) subject: Subject,
    pub(super) test: Test,
}

/// A compiled extract.
#[derive(Debug, Clone)]
pub struct Extract {
    /// The variable's slot.
    pub slot: usize,
    /// The variable's name.
    pub variable: String,
    pub(super) subject: Subject,
    pub(super) pick: ExtractPick,
    pub(super) default: Option<ValueTemplate>,
}

#[derive(Debug, Clone)]
pub(super) enum Subject {
    Status,
    Duration,
    Waiting,
    Size,
    Body,
    Url,
    Protocol,
    Header(HeaderName),
    Cookie(String),
    Json(Box<JsonQuery>),
    Regex(Regex),
    Css(Box<Css>),
}

/// Values of a JSON document.
#[derive(Debug, Clone)]
pub(super) struct JsonQuery {
    pub path: JsonPath,
    /// The path as written.
    pub source: String,
    /// How to find the first of them in the text, where that is cheaper than making a tree of it.
    pub scan: Option<Scan>,
}

/// Elements of an HTML document, and what of them is looked at.
#[derive(Debug, Clone)]
pub(super) struct Css {
    pub selector: Selector,
    /// The selector as written.
    pub source: String,
    /// An attribute instead of the text.
    pub attribute: Option<String>,
}

impl Check {
    pub(super) fn compile(
        check: &scenario::Check,
        id: CheckId,
        is_expectation: bool,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let subject = Subject::compile(&check.subject, faults);
        let test = Test::compile(check, scope, faults);
        Some(Self { id, is_expectation, subject: subject?, test: test? })
    }

    /// Whether it looks at the URL.
    pub fn reads_url(&self) -> bool {
        matches!(self.subject, Subject::Url)
    }

    /// Whether it needs the body.
    pub fn reads_body(&self) -> bool {
        self.subject.reads_body()
    }

    /// Whether it is about the status, so that the default expectation does not apply.
    pub fn is_about_status(&self) -> bool {
        matches!(self.subject, Subject::Status)
    }
}

impl Extract {
    pub(super) fn compile(
        extract: &scenario::Extract,
        scope: &mut Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let subject = Subject::compile(&extract.subject, faults);
        // Before the variable has its new value: a default may well be the old one.
        let default = match &extract.default {
            None => Some(None),
            Some(value) => ValueTemplate::compile(value, scope, faults).map(Some),
        };
        let variable = extract.variable.value.clone();
        // Assigned even when the subject is wrong, so that its uses are not reported, too.
        let slot = scope.assign(&variable)?;
        Some(Self { slot, variable, subject: subject?, pick: extract.pick, default: default? })
    }

    /// Whether it looks at the URL.
    pub fn reads_url(&self) -> bool {
        matches!(self.subject, Subject::Url)
    }

    /// Whether it needs the body.
    pub fn reads_body(&self) -> bool {
        self.subject.reads_body()
    }
}

impl Subject {
    fn compile(subject: &scenario::Subject, faults: &mut Faults) -> Option<Self> {
        Some(match subject {
            scenario::Subject::Status => Self::Status,
            scenario::Subject::Duration => Self::Duration,
            scenario::Subject::Waiting => Self::Waiting,
            scenario::Subject::Size => Self::Size,
            scenario::Subject::Body => Self::Body,
            scenario::Subject::Url => Self::Url,
            scenario::Subject::Protocol => Self::Protocol,
            scenario::Subject::Header(name) => Self::Header(header_name(name, faults)?),
            scenario::Subject::Cookie(name) => Self::Cookie(name.value.clone()),
            scenario::Subject::Json(path) => {
                let (source, parsed) = (path.value.clone(), json_path::json_path(path, faults)?);
                Self::Json(Box::new(JsonQuery { path: parsed, source, scan: None }))
            }
            scenario::Subject::Regex(regex) => Self::Regex(pattern::regex(regex, faults)?),
            scenario::Subject::Css { selector, attribute } => Self::Css(Box::new(Css {
                selector: css::selector(selector, faults)?,
                source: selector.value.clone(),
                attribute: attribute.as_ref().map(|name| name.value.clone()),
            })),
        })
    }

    fn as_json(&mut self) -> Option<&mut JsonQuery> {
        if let Self::Json(query) = self { Some(query) } else { None }
    }

    pub(super) fn is_cookie(&self) -> bool {
        matches!(self, Self::Cookie(_))
    }

    pub(super) fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::Json(..) | Self::Regex(_) | Self::Css(_))
    }
}

/// Lets these find values in the text of a response, if all of them can and they are so few that this costs less
/// than making a tree for them all.
pub(super) fn scan_where_cheaper(checks: &mut [Check], extracts: &mut [Extract]) {
    if extracts
        .iter_mut()
        .any(|extract| extract.pick != ExtractPick::First && extract.subject.as_json().is_some())
    {
        return;
    }
    let subjects = checks.iter_mut().map(|check| &mut check.subject);
    let subjects = subjects.chain(extracts.iter_mut().map(|extract| &mut extract.subject));
    let mut queries: Vec<&mut JsonQuery> = subjects.filter_map(Subject::as_json).collect();
    let plain: Option<Vec<PlainPath>> = queries.iter().map(|query| PlainPath::of(&query.source)).collect();
    let Some(plain) = plain.filter(|plain| plain.len() <= MOST_SCANS) else { return };
    for (place, (query, path)) in queries.iter_mut().zip(plain).enumerate() {
        query.scan = Some(Scan { path, place });
    }
}

pub(super) fn header_name(name: &Spanned<String>, faults: &mut Faults) -> Option<HeaderName> {
    let read = HeaderName::try_from(name.value.as_str());
    if read.is_err() {
        let message = match name.value.as_str() {
            "" => "a header's name cannot be empty".to_owned(),
            name => format!("`{name}` cannot be a header's name"),
        };
        let fault = faults.report(name.span, message);
        fault.label("letters, digits and `-`, as in `x-api-key`");
    }
    read.ok()
}
