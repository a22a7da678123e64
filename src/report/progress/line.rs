//! Where a run stands, in one line.

use super::state::Progress;
use crate::{
    model::Percent,
    report::{
        format::{count, counted, number, percent, time},
        percentile::Percentile,
        text::{beginning, inert, width},
    },
};
use std::time::Duration;

/// Columns that the names of stages may take.
const STAGE_WIDTH: usize = 16;

/// The view in one line without escapes and without a line end:
/// `12s/30s  10 users  843 req/s  p95 12.3ms  0 failed  2,104 iterations`.
pub fn plain_line(progress: &Progress) -> String {
    let Progress { last, total, .. } = progress;
    let mut parts = vec![format!("{}/{}", whole_seconds(progress.elapsed), whole_seconds(progress.planned))];
    if let Some(stage) = &progress.stage {
        parts.push(format!("stage {}", stage_names(stage, STAGE_WIDTH)));
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

/// The names of stages, as `ramp+peak`, in so many columns: each keeps its beginning, and what a short one leaves is the
/// others'.
pub(super) fn stage_names(stages: &str, most: usize) -> String {
    let names: Vec<&str> = stages.split('+').collect();
    let mut left = most.saturating_sub(names.len() - 1);
    let mut by_length: Vec<usize> = (0..names.len()).collect();
    by_length.sort_by_key(|at| width(&inert(names[*at])));
    let mut shown = vec![String::new(); names.len()];
    for (done, at) in by_length.into_iter().enumerate() {
        shown[at] = beginning(names[at], left / (names.len() - done));
        left = left.saturating_sub(width(&shown[at]));
    }
    // Of very many nothing but the signs between them would be left.
    beginning(&shown.join("+"), most)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stages_keep_their_beginnings_and_share_the_room() {
        for (stages, most, expected) in [
            ("ramp", 16, "ramp"),
            ("morning ramp-up of users", 16, "morning ramp-up…"),
            ("morning ramp-up of users+ramp", 20, "morning ramp-u…+ramp"),
            ("ramp+morning ramp-up of users", 20, "ramp+morning ramp-u…"),
            ("steady plateau+morning ramp-up", 20, "steady p…+morning r…"),
            ("a\u{202e}b", 24, "a\\u{202e}b"),
            ("", 9, ""),
        ] {
            assert_eq!(stage_names(stages, most), expected, "{stages} in {most}");
        }
        assert!(width(&stage_names("a+b+c+d+e+f", 4)) <= 4);
    }
}
