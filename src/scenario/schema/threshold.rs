//! `thresholds`: one property per metric of the closed set, so that editors offer them.

use super::quantity::{Count, Duration, duration, number, rate};
use crate::model::{Metric, MetricKind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};
use std::borrow::Cow;

macro_rules! condition {
    ($($parts:expr),+) => { concat!(r"^\s*(?:", $($parts),+, r")\s*$") };
}
macro_rules! operator {
    () => {
        r"\s*(?:<=|>=|==|!=|<|>)\s*"
    };
}

const TREND: &str = condition!(
    r"(?:p\s*\(?\s*[0-9]{1,3}(?:\.[0-9]{1,6})?\s*\)?|avg|med|min|max|stddev)",
    operator!(),
    duration!(),
    "|count",
    operator!(),
    number!()
);
const SHARE: &str = condition!("rate", operator!(), r"[0-9]+(?:\.[0-9]+)?\s*%?");
const COUNTER: &str = condition!("count", operator!(), number!(), "|rate", operator!(), rate!());
const GAUGE: &str = condition!("(?:value|min|max)", operator!(), number!());

/// What must hold of times: `p95 < 500ms`. Aggregations: `p` and any percentile (`p99.9`), `avg`, `med`, `min`, `max`,
/// `stddev`, and `count` (a bare number).
#[derive(JsonSchema)]
#[schemars(rename = "TrendCondition", extend(
    "pattern" = TREND,
    "errorMessage" = "write what must hold, as in `p95 < 500ms`",
    "examples" = ["p95 < 500ms", "p99.9 < 1s", "avg < 100ms", "max < 2s"]
))]
struct Trend(String);

/// What must hold of a share: `rate < 1%`.
#[derive(JsonSchema)]
#[schemars(rename = "RateCondition", extend(
    "pattern" = SHARE,
    "errorMessage" = "write what must hold, as in `rate < 1%`",
    "examples" = ["rate < 1%", "rate > 99%"]
))]
struct Share(String);

/// What must hold of a count: `count == 0`, or `rate > 100/s`.
#[derive(JsonSchema)]
#[schemars(rename = "CounterCondition", extend(
    "pattern" = COUNTER,
    "errorMessage" = "write what must hold, as in `count == 0` or `rate > 100/s`",
    "examples" = ["count == 0", "rate > 100/s"]
))]
struct Counter(String);

/// What must hold of a level: `max <= 100`. Aggregations: `value` (the last), `min`, `max`.
#[derive(JsonSchema)]
#[schemars(rename = "GaugeCondition", extend(
    "pattern" = GAUGE,
    "errorMessage" = "write what must hold, as in `max <= 100`",
    "examples" = ["max <= 100", "value > 0"]
))]
struct Gauge(String);

/// One condition, or a list of them.
#[derive(JsonSchema)]
#[schemars(rename = "{C}s", untagged)]
enum Conditions<C> {
    One(OneCondition<C>),
    All(Vec<OneCondition<C>>),
}

/// A condition by itself, or with how and when it is judged.
#[derive(JsonSchema)]
#[schemars(rename = "One{C}", untagged)]
enum OneCondition<C> {
    Bare(C),
    Judged(Judged<C>),
}

/// A condition, and how and when it is judged.
#[derive(JsonSchema)]
#[schemars(rename = "Judged{C}", deny_unknown_fields)]
struct Judged<C> {
    /// What must hold.
    expect: C,
    /// It must hold over every window of this length, in whole seconds, and not only over the whole run.
    #[schemars(extend("examples" = ["10s"]))]
    over: Option<Duration>,
    /// Whether the run is stopped when it is clearly broken, three times in a row.
    #[schemars(extend("default" = false))]
    abort: Option<bool>,
    /// What ended so soon after the start is not judged.
    #[schemars(extend("default" = "0s", "examples" = ["30s"]))]
    after: Option<Duration>,
    /// With fewer samples it is not judged, and has failed.
    min_samples: Option<Count>,
}

/// A map of metric to conditions, each metric with or without tags: `http_req_duration{task:login}`.
pub(super) struct Thresholds;

impl JsonSchema for Thresholds {
    fn schema_name() -> Cow<'static, str> {
        "Thresholds".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (mut whole, mut tagged) = (Map::new(), Map::new());
        for metric in Metric::ALL {
            let mut conditions = conditions(metric.kind(), generator);
            conditions.insert("description".to_owned(), Value::from(metric.description()));
            tagged.insert(format!(r"^{}\s*\{{.*\}}\s*$", metric.name()), conditions.clone().to_value());
            whole.insert(metric.name().to_owned(), conditions.to_value());
        }
        json_schema!({
            "description": "What must hold for the run to have passed, by metric. Tags after the metric choose \
                among its samples: `http_req_duration{task:login}`; all must match, and `*` in a value is a wildcard.",
            "type": "object",
            "properties": whole,
            "patternProperties": tagged,
            "additionalProperties": false,
            "examples": [{ "http_req_duration": "p95 < 500ms", "http_req_failed": "rate < 1%" }],
        })
    }
}

fn conditions(kind: MetricKind, generator: &mut SchemaGenerator) -> Schema {
    match kind {
        MetricKind::Trend => generator.subschema_for::<Conditions<Trend>>(),
        MetricKind::Rate => generator.subschema_for::<Conditions<Share>>(),
        MetricKind::Counter => generator.subschema_for::<Conditions<Counter>>(),
        MetricKind::Gauge => generator.subschema_for::<Conditions<Gauge>>(),
    }
}
