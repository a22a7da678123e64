//! Answers that are not HTTP, or not quite. Each keeps the connection open: it is the client that has to find out.

use super::route::{After, Visit};

/// Paths and what they send. What clients make of the last ones is up to them: the specification lets them be lenient.
const GARBAGE: &[(&str, &str)] = &[
    ("banner", "220 mail.example ESMTP ready\r\n\r\n"),
    ("http-9.9", "HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\nok"),
    ("status-99999", "HTTP/1.1 99999 OK\r\ncontent-length: 2\r\n\r\nok"),
    ("status-text", "HTTP/1.1 good OK\r\ncontent-length: 2\r\n\r\nok"),
    ("length-bad", "HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok"),
    ("length-negative", "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok"),
    ("length-twice", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!"),
    ("length-overflow", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nok"),
    ("nul", "HTTP/1.1 200 OK\r\nx-nul: a\0b\r\ncontent-length: 2\r\n\r\nok"),
    ("space-before-colon", "HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok"),
    ("obs-fold", "HTTP/1.1 200 OK\r\nx-folded: a\r\n b\r\ncontent-length: 2\r\n\r\nok"),
    ("chunk-size-bad", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\nok\r\n0\r\n\r\n"),
    (
        "chunk-size-overflow",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nok\r\n0\r\n\r\n",
    ),
    ("chunk-without-end", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n"),
    ("status-999", "HTTP/1.1 999 Whatever\r\ncontent-length: 2\r\n\r\nok"),
    ("bare-lf", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"),
    (
        "length-and-chunked",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ),
];

pub(super) fn garbage(visit: &mut Visit<'_>) -> After {
    let wanted = visit.rest.first().copied();
    match GARBAGE.iter().find(|(name, _)| Some(*name) == wanted) {
        Some((_, bytes)) => visit.send(bytes),
        None => visit.no_such_path(),
    }
}

pub(super) fn head_of(visit: &mut Visit<'_>) -> After {
    let value = "x".repeat(visit.number(0) as usize * 1024);
    visit.send(format!("HTTP/1.1 200 OK\r\nx-long: {value}\r\ncontent-length: 2\r\n\r\nok"))
}

pub(super) fn headers_of(visit: &mut Visit<'_>) -> After {
    let lines: String = (0..visit.number(0)).map(|number| format!("x-{number}: {number}\r\n")).collect();
    visit.send(format!("HTTP/1.1 200 OK\r\n{lines}content-length: 2\r\n\r\nok"))
}
