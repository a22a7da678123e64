//! `expect`, `check` and `extract`.

use super::quantity::Count;
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::BTreeMap;

macro_rules! subject {
    () => {
        r"(?:(?:status|duration|waiting|size|body|url|protocol)(?![\w-])|(?:header|cookie|json|css)\s+\S|regex\s*/)"
    };
}

const CHECK: &str = concat!(r"^\s*", subject!(), r".*\S");
const SUBJECT: &str = concat!(r"^\s*", subject!());
const SUBJECTS: &str = "it starts with one of `status`, `duration`, `waiting`, `size`, `body`, `header NAME`, \
     `cookie NAME`, `json PATH`, `regex /…/`, `css SELECTOR`, `url`, `protocol`";

/// What the keys that take checks say of their grammar.
macro_rules! grammar {
    () => {
        "\n\nOne, a list, or a map of name and expression: `SUBJECT OPERATOR VALUE`, such as `status == 200`. \
        Subjects: `status`, `duration`, `waiting`, `size`, `body`, `header NAME`, `cookie NAME`, `json PATH`, \
        `regex /…/`, `css SELECTOR`, `css SELECTOR @ATTR`, `url`, `protocol`. \
        Operators: `== != < <= > >=`, `contains`, `not contains`, `matches /…/`, `starts with`, `ends with`, \
        `in [a, b]`, `exists`, `is missing`, `has length N`. Values: numbers, durations, sizes, words with or \
        without quotes, `true`, `false`, `null`, `2xx` for a status, `${…}`."
    };
}
pub(super) use grammar;

/// `SUBJECT OPERATOR VALUE`.
#[derive(JsonSchema)]
#[schemars(extend(
    "pattern" = CHECK,
    "errorMessage" = SUBJECTS,
    "examples" = [
        "status == 200", "status == 2xx", "duration < 200ms", "size < 64KiB", "body contains welcome",
        "header content-type starts with application/json", "json $.items has length > 0", "json $.id exists",
        "regex /id=(\\d+)/ exists", "url ends with /home"
    ]
))]
pub(super) struct CheckExpression(String);

/// One expression, a list of them, or a map of name and expression. The name of an unnamed one is its text.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Checks {
    One(CheckExpression),
    List(Vec<CheckExpression>),
    Named(BTreeMap<String, CheckExpression>),
}

/// Where in the response a value comes from: `json $.id`, `header location`, `regex /id=(\d+)/`, `cookie sid`,
/// `css input[name=csrf] @value`, `status`, `body`, `url`.
#[derive(JsonSchema)]
#[schemars(extend(
    "pattern" = SUBJECT,
    "errorMessage" = SUBJECTS,
    "examples" = [
        "json $.access_token", "json $.items[*].id", "header location", "cookie session", "regex /id=(\\d+)/",
        "css input[name=csrf] @value"
    ]
))]
pub(super) struct Subject(String);

/// Variables and where each gets its value from.
#[derive(JsonSchema)]
#[schemars(extend("propertyNames" = { "pattern": r"^[\p{L}_][\p{L}\p{N}_]*$" }))]
pub(super) struct Extracts(BTreeMap<String, Extract>);

/// Where a variable gets its value from.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Extract {
    Subject(Subject),
    Detailed(DetailedExtract),
}

/// An extract with a default, or with another match than the first.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct DetailedExtract {
    /// Where in the response the value comes from.
    from: Subject,
    /// The value where nothing matches. Without it, the extract has then failed.
    default: Option<Value>,
    /// Which match is taken.
    #[schemars(extend("default" = "first"))]
    pick: Option<PickedMatch>,
}

/// Which of several matches: `first`, `random`, `last`, `all` of them as a list, or the one of this number.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum PickedMatch {
    Named(NamedMatch),
    Number(Count),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum NamedMatch {
    /// The first match.
    First,
    /// One at random, by the run's seed.
    Random,
    /// The last match.
    Last,
    /// All matches, as a list.
    All,
}
