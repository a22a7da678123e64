//! The tables: targets, requests, checks, errors.

use super::page::Rows;
use crate::report::{
    format::{count, number, percent, time},
    inert_markdown::plain_within,
    summary_v1::{CheckV1, ErrorV1, ModelV1, RequestV1, SummaryV1, ThresholdV1, TrendV1},
    targets::{Held, Target},
};
use std::time::Duration;

/// Longest name in a table, in characters.
const NAME: usize = 80;
/// Longest sample.
const SAMPLE: usize = 160;
/// Most thresholds that are shown.
const MOST_TARGETS: usize = 40;
/// Most requests that are shown.
const MOST_REQUESTS: usize = 30;
/// Most checks that are shown.
const MOST_CHECKS: usize = 20;
/// Most errors that are shown.
const MOST_ERRORS: usize = 15;
/// What stands where there is nothing.
pub(super) const NOTHING: &str = "–";

/// Which time of requests is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// From the first byte sent to the last received.
    Service,
    /// From the intended start to the last byte received.
    Response,
}

impl Time {
    /// Response time where load arrives at a rate, as a comparison has it.
    pub fn of(summary: &SummaryV1) -> Self {
        let is_open = summary.workloads.iter().any(|workload| workload.model == ModelV1::Open);
        if is_open { Self::Response } else { Self::Service }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service time",
            Self::Response => "response time",
        }
    }

    fn trend(self, request: &RequestV1) -> &TrendV1 {
        match self {
            Self::Service => &request.duration_ms,
            Self::Response => &request.response_time_ms,
        }
    }
}

/// The thresholds as teams write them down: target, actual, margin, status. The failed ones first where not all are shown.
pub(super) fn targets(summary: &SummaryV1) -> Rows {
    let mut thresholds: Vec<&ThresholdV1> = summary.thresholds.iter().collect();
    if thresholds.len() > MOST_TARGETS {
        thresholds.sort_by_key(|threshold| threshold.passed);
    }
    Rows {
        head: "| subject | target | actual | margin | status |\n|---|---|--:|--:|---|\n".to_owned(),
        rows: thresholds.into_iter().map(target).collect(),
        most: MOST_TARGETS,
        noun: "thresholds",
    }
}

fn target(threshold: &ThresholdV1) -> String {
    let target = Target::new(threshold);
    let mut status = match target.held {
        Held::Passed => "✅ pass".to_owned(),
        Held::Failed => "❌ **fail**".to_owned(),
        Held::Unjudged => "❌ **not judged**".to_owned(),
    };
    for remark in &target.remarks {
        status += &format!("<br>{}", plain_within(remark, SAMPLE));
    }
    let subject = plain_within(&target.subject, NAME);
    let wanted = plain_within(&target.wanted, NAME);
    let margin = target.margin.as_deref().unwrap_or(NOTHING).replace('<', "&lt;");
    format!("| {subject} | {wanted} | {} | {margin} | {status} |\n", target.actual)
}

/// The requests in the file's order; where not all are shown, the most failing first, and then the slowest.
pub(super) fn requests(summary: &SummaryV1) -> Rows {
    let time = Time::of(summary);
    let mut requests: Vec<&RequestV1> = summary.requests.iter().collect();
    // A table of nothing but nothing would bury why that is.
    if requests.iter().all(|request| request.count == 0) {
        requests.clear();
    }
    if requests.len() > MOST_REQUESTS {
        let p95 = |request: &RequestV1| time.trend(request).p95.unwrap_or(0.0);
        let failed = |request: &RequestV1| request.failed_rate.unwrap_or(0.0);
        requests.sort_by(|one, other| {
            failed(other).total_cmp(&failed(one)).then(p95(other).total_cmp(&p95(one)))
        });
    }
    Rows {
        head: "| request | sent | per second | failed | p50 | p95 | p99 | max |\n\
               |---|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_owned(),
        rows: requests.into_iter().map(|one| request(one, time)).collect(),
        most: MOST_REQUESTS,
        noun: "requests",
    }
}

fn request(request: &RequestV1, by: Time) -> String {
    let name = plain_within(&request.name, NAME);
    let rate = request.rate_per_s.filter(|_| request.count > 0).map_or(NOTHING.to_owned(), number);
    let failed = match (request.count, request.failed) {
        (0, _) => NOTHING.to_owned(),
        (_, 0) => "0%".to_owned(),
        (all, failed) => format!("❌ {}", percent(failed, all).replace('<', "&lt;").replace('>', "&gt;")),
    };
    let times = times(by.trend(request), false);
    format!("| {name} | {} | {rate} | {failed} | {times} |\n", count(request.count))
}

/// The cells of a distribution, with its mean first if it is wanted.
pub(super) fn times(trend: &TrendV1, with_mean: bool) -> String {
    let doubted = |key: &str| trend.low_confidence.iter().any(|doubted| doubted == key);
    let shown = |key: &str, value: Option<f64>| match value {
        None => NOTHING.to_owned(),
        Some(value) if doubted(key) => format!("≈ {}", ms(value)),
        Some(value) => ms(value),
    };
    let mean = with_mean.then(|| shown("avg", trend.avg));
    let rest = [("p50", trend.p50), ("p95", trend.p95), ("p99", trend.p99), ("max", trend.max)].into_iter();
    let cells: Vec<String> = mean.into_iter().chain(rest.map(|(key, value)| shown(key, value))).collect();
    cells.join(" | ")
}

fn ms(value: f64) -> String {
    time(Duration::try_from_secs_f64(value / 1e3).unwrap_or_default())
}

/// Checks and expectations that did not hold every time, the worst first.
pub(super) fn broken_checks(summary: &SummaryV1) -> Rows {
    let mut broken: Vec<&CheckV1> = summary.checks.iter().filter(|check| check.fails > 0).collect();
    let held = |check: &CheckV1| check.rate.unwrap_or(0.0);
    broken.sort_by(|one, other| held(one).total_cmp(&held(other)));
    let row = |check: &CheckV1| {
        let all = check.passes + check.fails;
        let held = percent(check.passes, all).replace('<', "&lt;").replace('>', "&gt;");
        let (name, request) = (plain_within(&check.name, NAME), plain_within(&check.request, NAME));
        format!("| ❌ {name} | {request} | {held} | {} of {} |\n", count(check.fails), count(all))
    };
    Rows {
        head: "| check | request | held | did not hold |\n|---|---|--:|--:|\n".to_owned(),
        rows: broken.into_iter().map(row).collect(),
        most: MOST_CHECKS,
        noun: "checks",
    }
}

/// Failures by place and kind, the most frequent first.
pub(super) fn errors(summary: &SummaryV1) -> Rows {
    let row = |error: &ErrorV1| {
        let (kind, name) = (plain_within(&error.error, NAME), plain_within(&error.name, NAME));
        let sample = plain_within(&error.sample, SAMPLE);
        let first = ms(error.first_at_ms as f64);
        format!("| {kind} | {name} | {} | {first} | {sample} |\n", count(error.count))
    };
    Rows {
        head: "| error | where | times | first after | sample |\n|---|---|--:|--:|---|\n".to_owned(),
        rows: summary.errors.iter().map(row).collect(),
        most: MOST_ERRORS,
        noun: "kinds of errors",
    }
}
