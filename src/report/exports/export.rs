//! The formats that results are written in when the run is over, by name.

use super::{bencher, benchmark, gitlab, html, junit, k6_summary, markdown};
use crate::report::{Baseline, HeatMap, summary_v1::SummaryV1};

/// A format of results that are written as a whole, when the run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    /// `summary.json`, in another place.
    Json,
    /// The report for people, one page.
    Html,
    /// JUnit's XML: a test case for each threshold and each check.
    Junit,
    /// For a job's summary or a comment below a pull request.
    Markdown,
    /// The shape of k6's `--summary-export`.
    K6Summary,
    /// GitLab's load performance report.
    Gitlab,
    /// github-action-benchmark's `customSmallerIsBetter`: times and the share of failures.
    Benchmark,
    /// github-action-benchmark's `customBiggerIsBetter`: rates.
    BenchmarkBigger,
    /// Bencher's metric format.
    Bencher,
}

/// What exports are made of.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'e> {
    /// The run's results.
    pub summary: &'e SummaryV1,
    /// Its response times over time.
    pub heat_map: &'e HeatMap,
    /// The run to hold it against.
    pub baseline: Option<&'e Baseline>,
}

impl Export {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Json,
        Self::Html,
        Self::Junit,
        Self::Markdown,
        Self::K6Summary,
        Self::Gitlab,
        Self::Benchmark,
        Self::BenchmarkBigger,
        Self::Bencher,
    ];

    /// Its name in `--out NAME=FILE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::K6Summary => "k6-summary",
            Self::Gitlab => "gitlab",
            Self::Benchmark => "benchmark",
            Self::BenchmarkBigger => "benchmark-bigger",
            Self::Bencher => "bencher",
        }
    }

    /// The file's bytes.
    pub fn bytes(self, exported: &Exported<'_>) -> Vec<u8> {
        let Exported { summary, .. } = exported;
        match self {
            Self::Json => summary.to_json(),
            Self::Html => html::page(exported),
            Self::Junit => junit::xml(summary),
            Self::Markdown => markdown::text(exported),
            Self::K6Summary => k6_summary::json(summary),
            Self::Gitlab => gitlab::json(summary),
            Self::Benchmark => benchmark::smaller_is_better(summary),
            Self::BenchmarkBigger => benchmark::bigger_is_better(summary),
            Self::Bencher => bencher::json(summary),
        }
    }
}
