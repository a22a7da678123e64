//! What a subject is in a response: where to look, one match or all of them.

use super::{
    check::{Css, JsonQuery, Subject},
    response::Response,
};
use crate::model::{Protocol, format_bytes, format_duration};
use http::{HeaderMap, header::SET_COOKIE};
use regex::Regex;
use serde_json::Value as Json;
use std::{borrow::Cow, time::Duration};

/// Longest excerpt of a value in a failure's sample, in characters.
const EXCERPT: usize = 200;

/// What a subject is in a response.
#[derive(Debug, Clone)]
pub(super) enum Found<'r> {
    /// Nothing, and why.
    Missing(String),
    Status(u16),
    Time(Duration),
    Bytes(u64),
    Protocol(Protocol),
    Text(Cow<'r, str>),
    Json(&'r Json),
}

impl Subject {
    /// The match that a check looks at: the first one, of a cookie the last one set.
    pub(super) fn find<'r>(&self, response: &'r Response<'_>) -> Found<'r> {
        match self {
            Self::Status => Found::Status(response.status),
            Self::Duration => Found::Time(response.duration),
            Self::Waiting => response
                .waiting
                .map_or_else(|| Found::missing("the time to the first byte was not measured"), Found::Time),
            Self::Size => Found::Bytes(response.body_bytes),
            Self::Body => Found::Text(response.text()),
            Self::Url => Found::Text(Cow::Borrowed(response.url)),
            Self::Protocol => {
                response.protocol.map_or_else(|| Found::missing("the protocol is not known"), Found::Protocol)
            }
            Self::Header(name) => match response.headers.get(name) {
                Some(value) => Found::Text(String::from_utf8_lossy(value.as_bytes())),
                None => self.nothing(),
            },
            Self::Cookie(name) => {
                cookies(response.headers, name).last().map_or_else(|| self.nothing(), Found::Text)
            }
            Self::Json(query) => match query.first(response) {
                Ok(value) => value.map_or_else(|| self.nothing(), Found::Json),
                Err(reason) => Found::Missing(reason),
            },
            Self::Regex(regex) => {
                first_match(regex, &response.text()).map_or_else(|| self.nothing(), Found::text)
            }
            Self::Css(css) => match response.html() {
                Ok(html) => css.values(html).next().map_or_else(|| self.nothing(), Found::Text),
                Err(reason) => Found::Missing(reason),
            },
        }
    }

    /// Every match, in the response's order.
    pub(super) fn find_all<'r>(&self, response: &'r Response<'_>) -> Vec<Found<'r>> {
        match self {
            Self::Header(name) => {
                let values = response.headers.get_all(name).iter();
                values.map(|value| Found::Text(String::from_utf8_lossy(value.as_bytes()))).collect()
            }
            Self::Cookie(name) => cookies(response.headers, name).map(Found::Text).collect(),
            Self::Json(query) => match response.json() {
                Ok(json) => query.path.query(json).all().into_iter().map(Found::Json).collect(),
                Err(_) => Vec::new(),
            },
            Self::Regex(regex) => {
                let text = response.text();
                regex.captures_iter(&text).filter_map(|groups| group_of(&groups)).map(Found::text).collect()
            }
            Self::Css(css) => match response.html() {
                Ok(html) => css.values(html).map(Found::Text).collect(),
                Err(_) => Vec::new(),
            },
            _ => match self.find(response) {
                Found::Missing(_) => Vec::new(),
                found => vec![found],
            },
        }
    }

    fn nothing<'r>(&self) -> Found<'r> {
        Found::Missing(match self {
            Self::Header(name) => format!("there is no header `{name}`"),
            Self::Cookie(name) => format!("no cookie `{name}` was set"),
            Self::Json(query) => format!("`{}` matches nothing", query.source),
            Self::Regex(regex) => format!("`/{regex}/` matches nothing"),
            Self::Css(css) => match &css.attribute {
                None => format!("`{}` matches nothing", css.source),
                Some(name) => format!("`{}` matches nothing that has an attribute `{name}`", css.source),
            },
            _ => "it is missing".to_owned(),
        })
    }
}

impl JsonQuery {
    /// The first match.
    fn first<'r>(&self, response: &'r Response<'_>) -> Result<Option<&'r Json>, String> {
        // A text that cannot be scanned is no JSON: whoever makes the tree says why.
        match self.scan.as_ref().and_then(|scan| response.scanned(scan)) {
            Some(found) => Ok(found),
            None => Ok(self.path.query(response.json()?).first()),
        }
    }
}

impl Css {
    fn values<'h>(&self, html: &'h scraper::Html) -> impl Iterator<Item = Cow<'h, str>> {
        html.select(&self.selector).filter_map(|element| match &self.attribute {
            None => Some(Cow::Owned(element.text().collect::<String>().trim().to_owned())),
            // Names of attributes know no case in HTML, but some of SVG's are kept with theirs.
            Some(wanted) => {
                let mut attributes = element.value().attrs();
                attributes
                    .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                    .map(|(_, value)| Cow::Borrowed(value))
            }
        })
    }
}

/// The values of the cookies of this name that a response sets, in its order.
fn cookies<'r>(headers: &'r HeaderMap, name: &str) -> impl Iterator<Item = Cow<'r, str>> {
    headers.get_all(SET_COOKIE).iter().filter_map(move |header| {
        let pair = header.as_bytes().split(|byte| *byte == b';').next()?;
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (found, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
        (found == name.as_bytes()).then(|| String::from_utf8_lossy(value))
    })
}

/// The first group of the first match, or all of that match.
fn first_match(regex: &Regex, text: &str) -> Option<String> {
    regex.captures(text).and_then(|groups| group_of(&groups))
}

fn group_of(groups: &regex::Captures<'_>) -> Option<String> {
    groups.get(1).or_else(|| groups.get(0)).map(|group| group.as_str().to_owned())
}

impl Found<'_> {
    fn missing(reason: &str) -> Self {
        Self::Missing(reason.to_owned())
    }

    fn text(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// As a value to keep; a time in milliseconds.
    pub(super) fn into_json(self) -> Option<Json> {
        Some(match self {
            Self::Missing(_) => return None,
            Self::Status(status) => Json::from(status),
            Self::Time(time) => Json::from(time.as_nanos() as f64 / 1e6),
            Self::Bytes(bytes) => Json::from(bytes),
            Self::Protocol(protocol) => Json::from(protocol.name()),
            Self::Text(text) => Json::String(text.into_owned()),
            Self::Json(value) => value.clone(),
        })
    }

    /// What was seen, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Missing(reason) => reason.clone(),
            Self::Status(status) => format!("it was {status}"),
            Self::Time(time) => format!("it was {}", format_duration(*time)),
            Self::Bytes(bytes) => format!("it was {}", format_bytes(*bytes)),
            Self::Protocol(protocol) => format!("it was {}", protocol.name()),
            Self::Text(text) => format!("it was {:?}", excerpt(text)),
            Self::Json(value) => format!("it was {}", excerpt(&value.to_string())),
        }
    }
}

/// The start of a text, for a failure's sample.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
