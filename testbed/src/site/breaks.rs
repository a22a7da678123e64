//! Answers that end too early.

use super::route::{After, Visit};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
const HALF_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-le";
const HALF_BODY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const HALF_CHUNK: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nonly this";
const WHOLE_CHUNK: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";

/// What is sent, and what comes then. `None`: nothing comes, until the client goes.
const BREAKS: &[(&str, &str, Option<After>)] = &[
    ("reset-before-head", "", Some(After::Reset)),
    ("reset-mid-head", HALF_HEAD, Some(After::Reset)),
    ("reset-after-head", HEAD, Some(After::Reset)),
    ("reset-mid-body", HALF_BODY, Some(After::Reset)),
    ("reset-mid-chunk", HALF_CHUNK, Some(After::Reset)),
    ("fin-before-head", "", Some(After::Close)),
    ("fin-mid-head", HALF_HEAD, Some(After::Close)),
    ("fin-after-head", HEAD, Some(After::Close)),
    ("fin-mid-body", HALF_BODY, Some(After::Close)),
    ("fin-before-chunks", CHUNKED, Some(After::Close)),
    ("fin-mid-chunk", HALF_CHUNK, Some(After::Close)),
    ("fin-between-chunks", WHOLE_CHUNK, Some(After::Close)),
    ("cut-mid-body", HALF_BODY, Some(After::Cut)),
    ("cut-until-close", "HTTP/1.1 200 OK\r\n\r\nsome", Some(After::Cut)),
    ("hang", "", None),
    ("hang-mid-head", HALF_HEAD, None),
    ("hang-after-head", HEAD, None),
    ("hang-mid-body", HALF_BODY, None),
    ("hang-mid-chunk", HALF_CHUNK, None),
];

pub(super) fn break_off(visit: &mut Visit<'_>) -> After {
    let wanted = visit.rest.first().copied();
    let Some(&(_, bytes, after)) = BREAKS.iter().find(|(name, ..)| Some(*name) == wanted) else {
        return visit.no_such_path();
    };
    visit.send(bytes);
    after.unwrap_or_else(|| {
        visit.conversation.hang();
        After::Cut
    })
}
