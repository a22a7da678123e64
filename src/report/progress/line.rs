//! Where a run stands, in one line.

use super::state::Progress;
use crate::{
    model::Percent,
    report::{
        format::{count, counted, number, percent, time},
        percentile::Percentile,
        text::{inert, shorten},
    },
};
use std::time::Duration;

/// Columns that the names of stages may take.
pub(super) const STAGE_WIDTH: usize = 16;

/// The view in one line without escapes and without a line end:
/// `12s/30s  10 users  843 req/s  p95 12.3ms  0 failed  2,104 iterations`.
pub fn plain_line(progress: &Progress) -> String {
    let Progress { last, total, .. } = progress;
    let mut parts = vec![format!("{}/{}", whole_seconds(progress.elapsed), whole_seconds(progress.planned))];
    if let Some(stage) = &progress.stage {
        parts.push(format!("stage {}", shorten(&inert(stage), STAGE_WIDTH)));
    }
    if progress.warm_up {
        parts.push("warm-up".to_owned());
    }
    parts.extend(progress.asked_per_s.map(|rate| format!("{}/s due", number(rate))));
    // Where the line is cut at its end, this must not be what goes.
    if total.dropped > 0 {
        parts.push(format!("{} dropped", count(total.dropped)));
    }
    parts.push(counted(last.users, "user"));
    parts.push(format!("{} req/s", number(last.requests_per_s())));
    let p95 = last.duration.percentile(Percent::whole(95));
    parts.push(format!("p95 {}", quantile(p95, Percentile::P95, last.duration.count())));
    parts.push(match last.failed {
        0 => format!("{} failed", count(total.failed)),
        now => format!("{} failed ({} now)", count(total.failed), percent(now, last.requests)),
    });
    parts.push(counted(total.iterations, "iteration"));
    parts.join("  ")
}

/// A percentile, marked where its samples are too few for it; `-` without any.
pub(super) fn quantile(value: Option<Duration>, which: Percentile, samples: u64) -> String {
    let doubt = if which.is_doubtful(samples) { "~" } else { "" };
    format!("{doubt}{}", value.map_or_else(|| "-".to_owned(), time))
}

/// A time as a clock shows it, without its fraction.
pub(super) fn whole_seconds(time: Duration) -> String {
    crate::report::format::clock(Duration::from_secs(time.as_secs()))
}
