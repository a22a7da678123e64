//! Texts, numbers and quantities with their units.

use schemars::JsonSchema;

macro_rules! number {
    () => {
        r"[0-9][0-9_]*(?:\.[0-9]+)?"
    };
}
macro_rules! duration {
    () => {
        concat!("(?:", number!(), r"\s*(?:ns|us|µs|μs|ms|s|m|h|d)\s*)+")
    };
}
macro_rules! range {
    () => {
        concat!(duration!(), r"(?:\.\.\s*", duration!(), ")?")
    };
}
macro_rules! rate {
    () => {
        concat!(number!(), r"\s*/\s*(?:s|sec|second|m|min|minute|h|hour)\s*")
    };
}
/// What the limits of thresholds are made of.
pub(super) use {duration, number, rate};

const DURATION: &str = concat!(r"^\s*", duration!(), "$");
const RANGE: &str = concat!(r"^\s*", range!(), "$");
const TEMPLATED_DURATION: &str = concat!(r"\$\{|^\s*", duration!(), "$");
const TEMPLATED_RANGE: &str = concat!(r"\$\{|^\s*", range!(), "$");
const RATE: &str = concat!(r"^\s*", rate!(), "$");
const SIZE: &str = concat!(r"^\s*", number!(), r"\s*(?:B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)\s*$");
const DURATION_WANTED: &str = "write a number and a unit: `500us`, `200ms`, `30s`, `5m`, `1h`, `1m30s`";
const RANGE_WANTED: &str = "write a duration such as `1s`, or a range such as `1s..3s`";

/// A text; `${…}` in it is replaced by the value of the expression.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["string", "number", "boolean"]))]
pub(super) struct Text(String);

/// A text that is known before the run: it takes no `${…}`.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["string", "number", "boolean"]))]
pub(super) struct Literal(String);

/// An expression in `${…}`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = r"\$\{", "errorMessage" = "write an expression in `${…}`"))]
pub(super) struct Expression(String);

/// A condition: an expression in `${…}`, or `true` or `false`.
#[derive(JsonSchema)]
#[schemars(extend(
    "type" = ["string", "boolean"],
    "pattern" = r"\$\{|^(?:true|false)$",
    "errorMessage" = "write an expression in `${…}`"
))]
pub(super) struct Truth(String);

/// The path of a file, relative to the scenario file. It may not leave that file's folder unless `--allow-files`
/// says so.
#[derive(JsonSchema)]
pub(super) struct FilePath(String);

/// A number and a unit: `500us`, `200ms`, `30s`, `5m`, `1h`, `1m30s`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = DURATION, "errorMessage" = DURATION_WANTED))]
pub(super) struct Duration(String);

/// A number and a unit, such as `30s`, or an expression in `${…}`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = TEMPLATED_DURATION, "errorMessage" = DURATION_WANTED))]
pub(super) struct TemplatedDuration(String);

/// A duration such as `1s`, or a range such as `1s..3s`, from which each value is drawn with equal chance.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = RANGE, "errorMessage" = RANGE_WANTED))]
pub(super) struct DurationRange(String);

/// A duration such as `1s`, a range such as `1s..3s`, or an expression in `${…}`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = TEMPLATED_RANGE, "errorMessage" = RANGE_WANTED))]
pub(super) struct TemplatedRange(String);

/// How often in which time: `100/s`, `30/m`, `10/h`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = RATE, "errorMessage" = "write a number and a time: `100/s`, `30/m`, `0.5/s`"))]
pub(super) struct Rate(String);

/// A number and a unit: `512B`, `64KiB`, `10MiB`, `1GB`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = SIZE, "errorMessage" = "write a number and a unit: `512B`, `64KiB`, `10MiB`"))]
pub(super) struct Size(String);

/// A whole number, 0 or above.
#[derive(JsonSchema)]
#[schemars(extend(
    "type" = ["integer", "string"],
    "minimum" = 0,
    "pattern" = "^[0-9][0-9_]*$",
    "errorMessage" = "write a whole number"
))]
pub(super) struct Count(String);

/// A whole number above 0.
#[derive(JsonSchema)]
#[schemars(extend(
    "type" = ["integer", "string"],
    "minimum" = 1,
    "pattern" = "^0*[1-9][0-9_]*$",
    "errorMessage" = "write a whole number above zero"
))]
pub(super) struct PositiveCount(String);

/// A number above 0.
#[derive(JsonSchema)]
#[schemars(extend(
    "type" = ["number", "string"],
    "exclusiveMinimum" = 0,
    "pattern" = r"^[0-9]*\.?[0-9]+$",
    "errorMessage" = "write a number above zero"
))]
pub(super) struct PositiveNumber(String);
