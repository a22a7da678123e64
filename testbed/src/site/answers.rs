//! Answers that are in order.

use super::route::{After, Visit};
use crate::answer::Answer;
use std::fmt::Write;

pub(super) fn status(visit: &mut Visit<'_>) -> After {
    let status = visit.number(0);
    visit.answer(&Answer::new(u16::try_from(status).unwrap_or(500)).body(format!("status {status}")))
}

pub(super) fn headers(visit: &mut Visit<'_>) -> After {
    let headers = visit.request.query();
    let answer =
        headers.into_iter().fold(Answer::text("ok"), |answer, (name, value)| answer.header(name, value));
    visit.answer(&answer)
}

pub(super) fn http10(visit: &mut Visit<'_>) -> After {
    visit.send("HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nold");
    After::Close
}

pub(super) fn http10_keep_alive(visit: &mut Visit<'_>) -> After {
    visit.send("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 3\r\n\r\nold")
}

pub(super) fn connection_close(visit: &mut Visit<'_>) -> After {
    visit.answer(&Answer::text("bye").header("connection", "close"));
    After::Close
}

pub(super) fn early_hints(visit: &mut Visit<'_>) -> After {
    visit.send("HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n");
    visit.answer(&Answer::text("ok"))
}

pub(super) fn interim(visit: &mut Visit<'_>) -> After {
    visit.send("HTTP/1.1 100 Continue\r\n\r\n");
    visit.answer(&Answer::text("ok"))
}

pub(super) fn extra_bytes(visit: &mut Visit<'_>) -> After {
    let mut bytes = Answer::text("ok").bytes();
    bytes.extend_from_slice(b"and more than was announced");
    visit.send(bytes)
}

pub(super) fn pieces(visit: &mut Visit<'_>) -> After {
    let mut text = String::new();
    let _ = write!(text, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconte");
    visit.send(text);
    visit.conversation.pause(visit.millis(0));
    visit.send("nt-length: 2\r\n\r\nok")
}
