//! Connections that are kept by their words and end by their deeds.

use super::route::{After, Visit};
use crate::answer::Answer;

pub(super) fn keep(visit: &mut Visit<'_>) -> After {
    let answer = Answer::text("kept");
    match visit.rest[..] {
        ["close"] => {
            visit.answer(&answer);
            After::Close
        }
        ["close-after", _] => {
            visit.answer(&answer);
            let idle = visit.millis(1);
            if visit.conversation.comes_within(idle) { After::Keep } else { After::Close }
        }
        ["drop-next"] => next_ends(visit, &answer, After::Close),
        ["reset-next"] => next_ends(visit, &answer, After::Reset),
        _ => visit.no_such_path(),
    }
}

/// Answers, reads one more request, which then is in the truth log, and leaves it without an answer.
fn next_ends(visit: &mut Visit<'_>, answer: &Answer, after: After) -> After {
    visit.answer(answer);
    visit.conversation.request();
    after
}
