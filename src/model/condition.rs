//! Conditions on metrics, as thresholds state them. Parsing them is the scenario's work, judging them judge's.

use super::{Glob, Metric, MetricKind, Percent, format_duration};
use std::{fmt, time::Duration};

/// How a metric's samples become one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregation {
    /// The smallest value that at least this share of samples do not exceed.
    Percentile(Percent),
    /// Arithmetic mean.
    Avg,
    /// The 50th percentile.
    Med,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Standard deviation.
    StdDev,
    /// How many.
    Count,
    /// Share of true samples of a rate; per second of a counter.
    Rate,
    /// Last value of a gauge.
    Value,
}

impl Aggregation {
    /// Whether metrics of this kind have it.
    pub fn fits(self, kind: MetricKind) -> bool {
        match kind {
            MetricKind::Trend => !matches!(self, Self::Rate | Self::Value),
            MetricKind::Rate => self == Self::Rate,
            MetricKind::Counter => matches!(self, Self::Count | Self::Rate),
            MetricKind::Gauge => matches!(self, Self::Value | Self::Min | Self::Max),
        }
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(percent) => write!(f, "p{percent}"),
            Self::Avg => f.write_str("avg"),
            Self::Med => f.write_str("med"),
            Self::Min => f.write_str("min"),
            Self::Max => f.write_str("max"),
            Self::StdDev => f.write_str("stddev"),
            Self::Count => f.write_str("count"),
            Self::Rate => f.write_str("rate"),
            Self::Value => f.write_str("value"),
        }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Operator {
    /// Its sign.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    /// Whether `left OP right` holds. NaN satisfies nothing but `!=`.
    pub fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }
}

impl Operator {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual, Self::Equal, Self::NotEqual];
}

/// The right side of a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A time, for trends.
    Time(Duration),
    /// A share between 0 and 1, for rates.
    Share(f64),
    /// Per second, for the rate of a counter.
    PerSecond(f64),
    /// A count or a level.
    Number(f64),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&format_duration(*time)),
            // Rounded, because 0.07 * 100 is 7.000000000000001.
            Self::Share(share) => write!(f, "{}%", (share * 1e6).round() / 1e4),
            Self::PerSecond(rate) => write!(f, "{rate}/s"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Limit {
    /// The bare number: seconds of a time, else what was written.
    pub fn amount(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Share(number) | Self::PerSecond(number) | Self::Number(number) => number,
        }
    }
}

/// `AGGREGATION OPERATOR LIMIT`: what must hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// The number that is looked at.
    pub aggregation: Aggregation,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with.
    pub limit: Limit,
}

impl Condition {
    /// Whether a number of the run satisfies it. One of another kind than the limit does not.
    pub fn holds(&self, value: Limit) -> bool {
        let operator = self.operator;
        match (value, self.limit) {
            (Limit::Time(value), Limit::Time(limit)) => operator.holds(&value, &limit),
            (Limit::Share(value), Limit::Share(limit))
            | (Limit::PerSecond(value), Limit::PerSecond(limit))
            | (Limit::Number(value), Limit::Number(limit)) => operator.holds(&value, &limit),
            _ => false,
        }
    }

    /// Whether it can be broken while a run goes on and hold at its end, because the number only grows (a count, a
    /// maximum), or only falls (a minimum), towards what it asks for.
    pub fn comes_true_late(&self) -> bool {
        let is_zero = self.limit.amount() == 0.0;
        match (self.aggregation, self.operator) {
            (Aggregation::Count | Aggregation::Max, Operator::Less | Operator::LessOrEqual)
            | (Aggregation::Min, Operator::Greater | Operator::GreaterOrEqual) => false,
            (Aggregation::Count | Aggregation::Max, Operator::Equal) => !is_zero,
            (Aggregation::Count | Aggregation::Max | Aggregation::Min, _) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.aggregation, self.operator.symbol(), self.limit)
    }
}

/// Tag patterns that a sample must all match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Tag and pattern.
    pub tags: Vec<(String, Glob)>,
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tags.is_empty() {
            return Ok(());
        }
        let tags: Vec<String> =
            self.tags.iter().map(|(tag, value)| format!("{tag}:{}", value.as_str())).collect();
        write!(f, "{{{}}}", tags.join(", "))
    }
}

/// A gate: a condition on a metric's selected samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What is measured.
    pub metric: Metric,
    /// Which of its samples.
    pub selector: Selector,
    /// What must hold.
    pub condition: Condition,
    /// It must hold over every window of this length, too: whole seconds, at least one.
    pub over: Option<Duration>,
    /// Whether the run is stopped where it is clearly broken.
    pub abort: bool,
    /// How long after the start of the run it is judged first; what ended before is not looked at.
    pub after: Duration,
    /// With fewer samples it is not judged, and has not held.
    pub min_samples: Option<u64>,
    /// Line of the scenario file, from 1.
    pub line: usize,
}

impl Threshold {
    /// A condition on the whole run, with nothing else said.
    pub fn new(metric: Metric, selector: Selector, condition: Condition, line: usize) -> Self {
        let (over, after) = (None, Duration::ZERO);
        Self { metric, selector, condition, over, abort: false, after, min_samples: None, line }
    }

    /// The right side for people: `p95 < 200ms over every 10s, after 30s, of 50 samples or more, or the run is stopped`.
    pub fn terms(&self) -> String {
        let mut text = self.condition.to_string();
        if let Some(over) = self.over {
            text += &format!(" over every {}", format_duration(over));
        }
        if !self.after.is_zero() {
            text += &format!(", after {}", format_duration(self.after));
        }
        if let Some(fewest) = self.min_samples {
            text += &format!(", of {fewest} sample{} or more", if fewest == 1 { "" } else { "s" });
        }
        if self.abort {
            text += ", or the run is stopped";
        }
        text
    }

    /// The left side as written: the metric and its selector.
    pub fn subject(&self) -> String {
        format!("{}{}", self.metric, self.selector)
    }
}
