//! A response as checks and extracts look at it; the body is decoded at most once, and only when asked for.

use super::json_scan::Scan;
use crate::model::Protocol;
use http::HeaderMap;
use scraper::Html;
use serde_json::Value as Json;
use std::{borrow::Cow, cell::OnceCell, time::Duration};

/// Most values that are looked for in the text of a body. For more, one tree costs less.
pub(super) const MOST_SCANS: usize = 2;

/// What came back, and how long it took.
#[derive(Debug)]
pub struct Response<'r> {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: &'r HeaderMap,
    /// The body as far as it was kept, without its encoding.
    pub body: &'r [u8],
    /// Whether all of it was kept.
    pub is_whole: bool,
    /// Size of the whole body as it came, in bytes.
    pub body_bytes: u64,
    /// The URL of the request that it answers, after redirects.
    pub url: &'r str,
    /// Protocol it came over.
    pub protocol: Option<Protocol>,
    /// Service time.
    pub duration: Duration,
    /// Time to the first byte, where it was measured.
    pub waiting: Option<Duration>,
    /// What the body was decoded to; nothing at first.
    pub decoded: Decoded,
}

/// A body's decoded forms, each made when it is first asked for.
#[derive(Debug, Default)]
pub struct Decoded {
    json: OnceCell<Result<Json, String>>,
    html: OnceCell<Result<Html, String>>,
    /// What was looked for in the text, without a tree: nothing where that is not JSON, else what was found.
    scanned: [OnceCell<Option<Option<Json>>>; MOST_SCANS],
}

impl<'r> Response<'r> {
    /// The body as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> Cow<'r, str> {
        String::from_utf8_lossy(self.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Why it is not JSON.
    pub fn json(&self) -> Result<&Json, String> {
        let parsed = self.decoded.json.get_or_init(|| {
            self.kept_whole()?;
            serde_json::from_slice(self.body).map_err(|error| format!("the body is not JSON: {error}"))
        });
        parsed.as_ref().map_err(Clone::clone)
    }

    /// The value that a scan finds in the body, or nothing; `None` where only the tree can tell.
    pub(super) fn scanned(&self, scan: &Scan) -> Option<Option<&Json>> {
        let found = self.decoded.scanned.get(scan.place)?;
        let found = found.get_or_init(|| {
            self.kept_whole().ok()?;
            scan.path.find(self.body).ok()
        });
        found.as_ref().map(Option::as_ref)
    }

    /// The body as HTML; whatever it is, browsers make a document of it, and so does this.
    ///
    /// # Errors
    /// The body was not kept as a whole.
    pub fn html(&self) -> Result<&Html, String> {
        let parsed = self.decoded.html.get_or_init(|| {
            self.kept_whole()?;
            Ok(Html::parse_document(&self.text()))
        });
        parsed.as_ref().map_err(Clone::clone)
    }

    fn kept_whole(&self) -> Result<(), String> {
        if !self.is_whole {
            let kept = self.body.len();
            return Err(format!("only {kept} of {} bytes of the body were kept", self.body_bytes));
        }
        Ok(())
    }
}
