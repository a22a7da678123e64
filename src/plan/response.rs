//! A response as checks and extracts look at it; the body is decoded at most once, and only when asked for.

use http::HeaderMap;
use serde_json::Value as Json;
use std::{borrow::Cow, cell::OnceCell, time::Duration};

/// What came back, and how long it took.
#[derive(Debug)]
pub struct Response<'r> {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: &'r HeaderMap,
    /// The body as far as it was kept.
    pub body: &'r [u8],
    /// Size of the whole body in bytes.
    pub body_bytes: u64,
    /// Service time.
    pub duration: Duration,
    json: OnceCell<Result<Json, String>>,
}

impl<'r> Response<'r> {
    /// A response.
    pub fn new(
        status: u16,
        headers: &'r HeaderMap,
        body: &'r [u8],
        body_bytes: u64,
        duration: Duration,
    ) -> Self {
        Self { status, headers, body, body_bytes, duration, json: OnceCell::new() }
    }

    /// The body as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> Cow<'r, str> {
        String::from_utf8_lossy(self.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Why it is not JSON.
    pub fn json(&self) -> Result<&Json, String> {
        let parsed = self.json.get_or_init(|| {
            if (self.body.len() as u64) < self.body_bytes {
                return Err(format!(
                    "only {} of {} bytes of the body were kept",
                    self.body.len(),
                    self.body_bytes
                ));
            }
            serde_json::from_slice(self.body).map_err(|error| format!("the body is not JSON: {error}"))
        });
        parsed.as_ref().map_err(Clone::clone)
    }
}
