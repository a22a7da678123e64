//! Answers that do not end. Each stops when the client goes or the target ends.

use super::route::{After, Visit};
use std::time::Duration;

pub(super) fn endless(visit: &mut Visit<'_>) -> After {
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mebibyte = "x".repeat(1 << 20);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    match visit.rest[..] {
        ["head"] => repeat(visit, "HTTP/1.1 200 OK\r\n", "x-drop: of many\r\n", Duration::from_millis(5)),
        ["interim"] => repeat(visit, "", "HTTP/1.1 100 Continue\r\n\r\n", Duration::ZERO),
        ["body"] => repeat(visit, chunked, &chunk, Duration::ZERO),
        ["chunk"] => repeat(visit, &format!("{chunked}ffffffffffff\r\n"), &mebibyte, Duration::ZERO),
        _ => visit.no_such_path(),
    }
}

fn repeat(visit: &mut Visit<'_>, start: &str, more: &str, pause: Duration) -> After {
    visit.send(start);
    while visit.conversation.pause(pause) && visit.conversation.send(more) {}
    After::Cut
}
