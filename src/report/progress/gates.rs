//! The thresholds in the panel: how many hold, and those that there is room for, the broken ones first.

use super::{
    fit::{Look, Part, columns, padded},
    panel::{Room, label},
    state::Progress,
};
use crate::{
    judge::{Outcome, ThresholdResult},
    model::format_duration,
    report::{
        format::{count, observed},
        paint::Mark,
        text::{inert, shorten},
    },
};

/// Thresholds that are listed at most: the panel is to be read at a glance.
const MOST: usize = 12;

/// What the sign and the gaps of a row take.
const SIGN: usize = 6;
/// What is left of a subject at least.
const LEAST_SUBJECT: usize = 8;

/// How a threshold stands while the run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum State {
    /// It would fail the run if that ended now.
    Broken,
    /// Nothing can be said yet: too little was seen, or its number has still to grow.
    Open,
    /// It holds.
    Holds,
}

pub(in crate::report) fn state(result: &ThresholdResult) -> State {
    let condition = &result.threshold.condition;
    match result.outcome {
        Outcome::Passed => State::Holds,
        Outcome::Failed if result.threshold.over.is_none() && condition.comes_true_late() => State::Open,
        Outcome::Failed => State::Broken,
        Outcome::NoData | Outcome::TooFewSamples => State::Open,
    }
}

impl State {
    fn sign(self) -> Part {
        match self {
            Self::Broken => Part::kept("  ✗").looking(Look::Sign(Mark::Bad)),
            Self::Open => Part::kept("  …").looking(Look::Dim),
            Self::Holds => Part::kept("  ✓").looking(Look::Sign(Mark::Good)),
        }
    }
}

/// How many stand how.
pub(super) fn summary(progress: &Progress, room: Room) -> Vec<Part> {
    let number = |wanted: State| progress.thresholds.iter().filter(|result| state(result) == wanted).count();
    let told = |wanted: State, words: &str| match number(wanted) {
        0 => None,
        some => Some(format!("{some} {words}")),
    };
    let broken = told(State::Broken, "broken").map(|text| Part::kept(text).looking(Look::Bad));
    let holds = told(State::Holds, "hold").map(Part::kept);
    let open = told(State::Open, "open").map(|text| Part::spared(text, 1));
    [label("Thresholds", room)].into_iter().chain([broken, holds, open].into_iter().flatten()).collect()
}

/// At most `most` of them, a line each, those that are broken first.
pub(super) fn rows(progress: &Progress, most: usize, room: Room) -> Vec<Vec<Part>> {
    let mut results: Vec<&ThresholdResult> = progress.thresholds.iter().collect();
    // Stable: otherwise in the file's order.
    results.sort_by_key(|result| state(result));
    results.truncate(most.min(MOST));
    let widest = results.iter().map(|result| columns(&now(result))).max().unwrap_or(0);
    // Where it is narrow, what must hold comes before straight columns.
    let aligned = widest.min(room.columns / 4);
    results.into_iter().map(|result| row(result, aligned, room.columns)).collect()
}

fn row(result: &ThresholdResult, aligned: usize, most: usize) -> Vec<Part> {
    let threshold = &result.threshold;
    let over = threshold.over.map(|over| format!(" over {}", format_duration(over))).unwrap_or_default();
    let condition = inert(&format!("{}{over}", threshold.condition));
    let now = padded(&now(result), aligned);
    // A name gives way to what must hold.
    let left = most.saturating_sub(SIGN + columns(&now) + columns(&condition) + ": ".len());
    let subject = shorten(&inert(&threshold.subject()), left.max(LEAST_SUBJECT));
    let state = state(result);
    let look = if state == State::Broken { Look::Bad } else { Look::Strong };
    let now = Part::kept(now).looking(look).close();
    vec![state.sign(), now, Part::kept(format!("{subject}: {condition}"))]
}

/// What was seen so far.
fn now(result: &ThresholdResult) -> String {
    let worst = result.worst_window.filter(|window| !window.held && result.outcome == Outcome::Failed);
    match (result.outcome, worst, result.observed) {
        (Outcome::TooFewSamples, ..) => {
            let needed = result.threshold.min_samples.unwrap_or_default();
            format!("{} of {} samples", count(result.samples), count(needed))
        }
        (_, Some(window), _) => format!("{} at worst", observed(window.observed)),
        (Outcome::NoData, ..) | (_, _, None) => "no data".to_owned(),
        (.., Some(value)) => observed(value),
    }
}
