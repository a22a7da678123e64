//! Thresholds as they are written.

use super::lines::JournalFault;
use crate::model::{Aggregation, Condition, Glob, Limit, Metric, Operator, Percent, Selector, Threshold};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A limit. Numbers with a point are written as texts, which Rust reads back exactly, infinities included.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LimitV1 {
    TimeNs(u64),
    Share(String),
    PerSecond(String),
    Number(String),
}

/// A threshold; what is added to `model::Threshold` is added here, as a field with a default.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ThresholdV1 {
    metric: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<(String, String)>,
    /// Tags of which a `*` in the value is no wildcard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    literal: Vec<String>,
    aggregation: String,
    operator: String,
    limit: LimitV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    abort: bool,
    #[serde(default)]
    after_ns: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_samples: Option<u64>,
    line: usize,
}

impl ThresholdV1 {
    pub fn new(threshold: &Threshold) -> Self {
        let Condition { aggregation, operator, limit } = threshold.condition;
        let exact = |number: f64| format!("{number:?}");
        Self {
            metric: threshold.metric.name().to_owned(),
            tags: tags(&threshold.selector),
            literal: literal(&threshold.selector),
            aggregation: aggregation.to_string(),
            operator: operator.symbol().to_owned(),
            limit: match limit {
                Limit::Time(time) => LimitV1::TimeNs(time.as_nanos() as u64),
                Limit::Share(share) => LimitV1::Share(exact(share)),
                Limit::PerSecond(rate) => LimitV1::PerSecond(exact(rate)),
                Limit::Number(number) => LimitV1::Number(exact(number)),
            },
            over_ns: threshold.over.map(|over| over.as_nanos() as u64),
            abort: threshold.abort,
            after_ns: threshold.after.as_nanos() as u64,
            min_samples: threshold.min_samples,
            line: threshold.line,
        }
    }

    pub fn read(&self) -> Result<Threshold, JournalFault> {
        let unknown = |what: &str, text: &str| JournalFault::Damaged(format!("it has a {what} `{text}`"));
        let metric = Metric::from_name(&self.metric).ok_or_else(|| unknown("metric", &self.metric))?;
        let aggregation =
            aggregation(&self.aggregation).ok_or_else(|| unknown("aggregation", &self.aggregation))?;
        let mut operators = Operator::ALL.into_iter();
        let operator = operators.find(|operator| operator.symbol() == self.operator);
        let operator = operator.ok_or_else(|| unknown("comparison", &self.operator))?;
        let exact = |text: &str| text.parse::<f64>().map_err(|_| unknown("limit", text));
        let limit = match &self.limit {
            LimitV1::TimeNs(nanos) => Limit::Time(Duration::from_nanos(*nanos)),
            LimitV1::Share(share) => Limit::Share(exact(share)?),
            LimitV1::PerSecond(rate) => Limit::PerSecond(exact(rate)?),
            LimitV1::Number(number) => Limit::Number(exact(number)?),
        };
        if !aggregation.fits(metric.kind()) {
            return Err(unknown("threshold on another kind of metric,", &self.aggregation));
        }
        Ok(Threshold {
            metric,
            selector: selector(&self.tags, &self.literal),
            condition: Condition { aggregation, operator, limit },
            over: self.over_ns.map(Duration::from_nanos),
            abort: self.abort,
            after: Duration::from_nanos(self.after_ns),
            min_samples: self.min_samples,
            line: self.line,
        })
    }
}

fn tags(selector: &Selector) -> Vec<(String, String)> {
    selector.tags.iter().map(|(tag, value)| (tag.clone(), value.as_str().to_owned())).collect()
}

fn literal(selector: &Selector) -> Vec<String> {
    let literal = selector.tags.iter().filter(|(_, value)| !value.is_wild() && value.as_str().contains('*'));
    literal.map(|(tag, _)| tag.clone()).collect()
}

fn selector(tags: &[(String, String)], literal: &[String]) -> Selector {
    let glob = |tag: &String, value: &str| {
        if literal.contains(tag) { Glob::literal(value) } else { Glob::new(value) }
    };
    Selector { tags: tags.iter().map(|(tag, value)| (tag.clone(), glob(tag, value))).collect() }
}

/// The aggregation that prints like this.
fn aggregation(text: &str) -> Option<Aggregation> {
    let plain = [
        Aggregation::Avg,
        Aggregation::Med,
        Aggregation::Min,
        Aggregation::Max,
        Aggregation::StdDev,
        Aggregation::Count,
        Aggregation::Rate,
        Aggregation::Value,
    ];
    let named = plain.into_iter().find(|known| known.to_string() == text);
    named.or_else(|| text.strip_prefix('p').and_then(Percent::parse).map(Aggregation::Percentile))
}
