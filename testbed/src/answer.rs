//! A response that is in order, as bytes.

use std::fmt::Write;

/// A response that is in order.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// A response with this status, and neither headers nor body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// 200 with this text.
    pub fn text(body: impl Into<String>) -> Self {
        Self::new(200).header("content-type", "text/plain").body(body.into())
    }

    /// 200 with this JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::new(200).header("content-type", "application/json").body(value.to_string())
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The head. It announces the body's length wherever there may be a body.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.has_body() {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The body.
    pub fn body_bytes(&self) -> &[u8] {
        &self.body
    }

    /// All of it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        if self.has_body() {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    fn has_body(&self) -> bool {
        self.status >= 200 && self.status != 204 && self.status != 304
    }
}
