//! Answers that take a known time in a known place.

use super::{
    bodies::pattern,
    route::{After, Visit},
};
use crate::answer::Answer;
use std::time::Duration;

pub(super) fn delay(visit: &mut Visit<'_>) -> After {
    let (head, body) = match visit.rest.first() {
        Some(&"head") => (visit.millis(1), Duration::ZERO),
        Some(&"body") => (Duration::ZERO, visit.millis(1)),
        Some(&"both") => (visit.millis(1), visit.millis(2)),
        // It has been waited for already, before the body was read.
        Some(&"read") => (Duration::ZERO, Duration::ZERO),
        _ => return visit.no_such_path(),
    };
    visit.conversation.pause(head);
    let answer = Answer::text("late");
    visit.send(answer.head());
    visit.conversation.pause(body);
    visit.send(answer.body_bytes())
}

pub(super) fn drip(visit: &mut Visit<'_>) -> After {
    let (body, pause) = (pattern(visit.number(0) as usize), visit.millis(1));
    visit.send(Answer::new(200).body(body.clone()).head());
    for byte in body {
        if !visit.conversation.pause(pause) || !visit.conversation.send([byte]) {
            return After::Cut;
        }
    }
    After::Keep
}
