//! Whether there is a time in the run at which a threshold can be judged: one that is never judged holds nothing.

use crate::{
    model::{Catalog, Threshold, format_duration},
    scenario::{Faults, Spanned},
};
use std::time::Duration;

/// Reports the thresholds whose `after` or `over` reach beyond the end of the load.
pub(super) fn check(thresholds: &[Spanned<Threshold>], catalog: &Catalog, faults: &mut Faults) {
    // Without a load there are other faults.
    let Some(end) = catalog.stages.iter().map(|stage| stage.end_ms).max().filter(|end| *end > 0) else {
        return;
    };
    let end = Duration::from_millis(end);
    for threshold in thresholds {
        if let Some((problem, remedy)) = problem(&threshold.value, catalog, end) {
            let fault = faults.report(threshold.span, problem);
            fault.label(format!("the load ends after {}", format_duration(end))).help(remedy);
        }
    }
}

/// What is wrong, and what to do about it.
fn problem(threshold: &Threshold, catalog: &Catalog, end: Duration) -> Option<(String, &'static str)> {
    let Threshold { over, after, .. } = threshold;
    let told = format_duration(*after);
    if *after >= end {
        let problem = format!("`after: {told}` is not before the end of the load");
        return Some((problem, "choose an earlier `after`, or let the load go on longer"));
    }
    let over = (*over)?;
    let length = format_duration(over);
    let remedy = "choose a shorter `over`, or let the load go on longer";
    // Windows begin with a second.
    let first = Duration::from_secs(after.as_millis().div_ceil(1_000) as u64);
    if first + over > end {
        let problem = match after.is_zero() {
            true => format!("no window of `over: {length}` fits into the load"),
            false => {
                format!("no window of `over: {length}` fits between `after: {told}` and the end of the load")
            }
        };
        return Some((problem, remedy));
    }
    // The warm-up that everybody has is at the beginning.
    let warm_up = catalog.warm_up_before(end);
    if catalog.warm_up_before(warm_up) == warm_up && warm_up + over > end {
        let warm_up = format_duration(warm_up);
        let problem = format!(
            "no window of `over: {length}` fits between the {warm_up} of warm-up and the end of the load"
        );
        return Some((problem, remedy));
    }
    None
}
