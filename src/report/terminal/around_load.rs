//! What ran once around the load: `setup` and `teardown`, a line each, and what went wrong in them.

use crate::{
    model::{OnceInfo, RunInfo},
    report::{
        format::{count, counted, time},
        text::{inert, wrap},
    },
};
use std::time::Duration;

/// Errors that are printed; the results have them all.
const MOST_ERRORS: usize = 3;

/// The lines; empty where there was neither.
pub(super) fn lines(run: &RunInfo, most: usize) -> String {
    let title_width = if run.teardown.is_some() { "Teardown".len() } else { "Setup".len() };
    let parts = [("Setup", &run.setup), ("Teardown", &run.teardown)];
    let there = parts.into_iter().filter_map(|(title, seen)| Some((title, seen.as_ref()?)));
    there.map(|(title, seen)| part(&format!("{title:title_width$}  "), seen, most)).collect()
}

fn part(title: &str, seen: &OnceInfo, most: usize) -> String {
    let took = time(Duration::from_millis(seen.duration_ms));
    let mut text =
        format!("{title}{}, {} failed, {took}\n", counted(seen.requests, "request"), count(seen.failed));
    let indent = title.len();
    for error in seen.errors.iter().take(MOST_ERRORS) {
        for line in wrap(&inert(error), most.saturating_sub(indent)) {
            text += &format!("{:indent$}{line}\n", "");
        }
    }
    match seen.errors.len().saturating_sub(MOST_ERRORS) {
        0 => text,
        more => text + &format!("{:indent$}and {}\n", "", counted(more as u64, "more error")),
    }
}
