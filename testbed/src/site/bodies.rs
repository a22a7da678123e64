//! Bodies of a wanted size, and the request played back.

use super::route::{After, Visit};
use crate::{answer::Answer, request::Request};
use serde_json::{Value, json};

/// `a` to `z`, over and over, so that a byte that is missing shows.
pub(crate) fn pattern(bytes: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(bytes).collect()
}

/// A request as JSON.
pub(crate) fn echo_of(request: &Request) -> Value {
    let headers: Vec<Value> = request.headers.iter().map(|(name, value)| json!([name, value])).collect();
    let query: Vec<Value> = request.query().into_iter().map(|(name, value)| json!([name, value])).collect();
    json!({
        "method": request.method,
        "target": request.target,
        "path": request.path(),
        "query": query,
        "version": request.version,
        "headers": headers,
        "body": request.body_text(),
        "body_bytes": request.body_bytes,
    })
}

pub(super) fn echo(visit: &mut Visit<'_>) -> After {
    let answer = Answer::json(&echo_of(visit.request));
    visit.answer(&answer)
}

pub(super) fn bytes(visit: &mut Visit<'_>) -> After {
    let body = pattern(visit.number(0) as usize);
    visit.answer(&Answer::new(200).header("content-type", "application/octet-stream").body(body))
}

pub(super) fn chunked(visit: &mut Visit<'_>) -> After {
    let body = pattern(visit.number(0) as usize);
    let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(visit.number(1).max(1) as usize) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    visit.send(bytes)
}

pub(super) fn until_close(visit: &mut Visit<'_>) -> After {
    visit.send("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n");
    visit.send(pattern(visit.number(0) as usize));
    After::Close
}
