//! A request as it came in.

use crate::clock::now;
use std::{borrow::Cow, time::Instant};
use url::{Url, form_urlencoded};

/// Bytes of a body that are kept; the rest is counted.
pub(crate) const KEPT: usize = 1 << 20;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The target of the request line as it was written; of HTTP/2, the path and query.
    pub target: String,
    /// The version as the request line has it.
    pub version: String,
    /// Names and values, in order, as they were written. HTTP/2's `:authority` is among them.
    pub headers: Vec<(String, String)>,
    /// The first mebibyte of the body, without the framing.
    pub body: Vec<u8>,
    /// Size of the whole body in bytes, without the framing.
    pub body_bytes: u64,
    /// When the head was complete.
    pub head_at: Instant,
    /// When the last byte of the body was there.
    pub ended_at: Instant,
}

impl Request {
    /// Reads a head, which ends with an empty line; bytes that are not UTF-8 are replaced.
    pub(crate) fn parse(head: &[u8]) -> Self {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Self {
            method: words.next().unwrap_or_default(),
            target: words.next().unwrap_or_default(),
            version: words.next().unwrap_or_default(),
            headers,
            body: Vec::new(),
            body_bytes: 0,
            head_at: now(),
            ended_at: now(),
        }
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |header: &&(String, String)| header.0.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// All headers of this name, in whatever case.
    pub fn all_headers<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let named = move |header: &&(String, String)| header.0.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// The path, without host and query.
    pub fn path(&self) -> &str {
        let local = self.local_part();
        local.split('?').next().unwrap_or(local)
    }

    /// The segments of the path.
    pub fn segments(&self) -> Vec<&str> {
        self.path().split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// The query's pairs, decoded.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.local_part().split_once('?').map_or("", |(_, query)| query);
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    /// The first value of this name in the query, decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|pair| pair.0 == name).map(|(_, value)| value)
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The whole target, as a URL, where it was written so: a proxy is asked like that.
    pub fn absolute_url(&self) -> Option<Url> {
        Url::parse(&self.target).ok()
    }

    pub(crate) fn add_to_body(&mut self, bytes: &[u8]) {
        self.body_bytes += bytes.len() as u64;
        let room = KEPT.saturating_sub(self.body.len()).min(bytes.len());
        self.body.extend_from_slice(&bytes[..room]);
    }

    fn local_part(&self) -> &str {
        match self.target.split_once("://") {
            // A URL may also stand in the query of a path.
            Some((_, rest)) if !self.target.starts_with('/') => {
                rest.find('/').map_or("/", |start| &rest[start..])
            }
            _ => &self.target,
        }
    }
}
