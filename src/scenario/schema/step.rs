//! Steps.

use super::{
    check::{Checks, grammar},
    load::Distribution,
    quantity::{Expression, Literal, PositiveCount, PositiveNumber, TemplatedRange, Text, Truth},
    request::Request,
};
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::BTreeMap;

/// Steps, done in order.
#[derive(JsonSchema)]
#[schemars(extend("minItems" = 1))]
pub(super) struct Steps(Vec<Step>);

/// One thing that a user does: a request, or a step of another kind.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Step {
    Request(Box<Request>),
    Think(Think),
    Set(Set),
    If(Box<If>),
    Repeat(Repeat),
    ForEach(ForEach),
    While(While),
    Choose(Choose),
    Parallel(Parallel),
    Group(Group),
    Check(Check),
    Log(Log),
    Stop(Stop),
}

/// A pause.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Think {
    /// A pause: fixed (`1s`), uniform between two (`1s..3s`), or of a distribution.
    #[schemars(extend("examples" = ["500ms", "1s..3s"]))]
    think: Pause,
}

/// How long a pause takes.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Pause {
    Between(TemplatedRange),
    Distribution(Distribution),
}

/// Gives variables of the user a value.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Set {
    /// Variables and their values. A value that is one whole `${…}` keeps its type.
    #[schemars(extend("examples" = [{ "total": "${price * 2}" }]))]
    set: BTreeMap<String, Value>,
}

/// Steps that are done only where a condition holds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct If {
    /// The condition.
    #[schemars(rename = "if", extend("examples" = ["${stock > 0}"]))]
    condition: Truth,
    /// What is done where it holds.
    then: Steps,
    /// What is done where it does not.
    #[schemars(rename = "else")]
    otherwise: Option<Steps>,
}

/// Steps that are done several times.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Repeat {
    /// How often: a number, a range such as `1..5` (both ends included), or an expression. `${loop.index}` counts
    /// from 0.
    #[schemars(extend("examples" = [3, "1..5", "${pages}"]))]
    repeat: Times,
    /// What is done each time.
    steps: Steps,
}

/// A number, a range such as `1..5`, or an expression.
#[derive(JsonSchema)]
#[schemars(extend(
    "type" = ["integer", "string"],
    "minimum" = 0,
    "pattern" = r"\$\{|^\s*[0-9][0-9_]*(?:\s*\.\.\s*[0-9][0-9_]*)?\s*$",
    "errorMessage" = "write a number, a range such as `1..5`, or an expression in `${…}`"
))]
pub(super) struct Times(String);

/// Steps that are done for each item of a list.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ForEach {
    /// The list: an expression, or the items themselves.
    #[schemars(extend("examples" = ["${items}"]))]
    for_each: Items,
    /// The variable that holds the item.
    #[schemars(rename = "as", extend("examples" = ["item"]))]
    variable: Option<String>,
    /// What is done for each item. `${loop.index}` counts from 0.
    steps: Steps,
}

/// A list, or an expression that gives one.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Items {
    Expression(Expression),
    List(Vec<Value>),
}

/// Steps that are done as long as a condition holds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct While {
    /// The condition, asked before each round.
    #[schemars(rename = "while", extend("examples" = ["${state == \"pending\"}"]))]
    condition: Truth,
    /// The most rounds.
    #[schemars(extend("examples" = [100]))]
    max: Option<PositiveCount>,
    /// What is done in each round. `${loop.index}` counts from 0.
    steps: Steps,
}

/// One of several branches, at random by weight.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Choose {
    /// The branches.
    #[schemars(length(min = 1))]
    choose: Vec<Branch>,
}

/// A branch of `choose`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Branch {
    /// How often it is chosen, relative to the others.
    #[schemars(extend("default" = 1))]
    weight: Option<PositiveNumber>,
    /// What it does.
    steps: Steps,
}

/// Steps that are done side by side.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Parallel {
    /// The steps; the next step waits for all of them.
    parallel: Steps,
    /// How many of them run at a time. By default all.
    max_concurrency: Option<PositiveCount>,
}

/// Steps that are timed as one.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Group {
    /// The group's name: the time of all its steps is in `group_duration{group:NAME}`, and their samples have the tag
    /// `group`.
    #[schemars(extend("examples" = ["checkout"]))]
    group: Literal,
    /// Its steps.
    steps: Steps,
}

/// Checks on the last response, without a new request.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Check {
    #[schemars(extend("description" = concat!("What is checked of the last response, and counted.", grammar!())))]
    check: Checks,
}

/// A line in the log.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Log {
    /// The line; `${…}` in it is replaced, and never shows a secret.
    #[schemars(extend("examples" = ["order ${order_id} is ${state}"]))]
    log: Text,
}

/// Ends something early.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Stop {
    /// What ends.
    stop: Stopped,
    /// Only where this holds.
    #[schemars(rename = "if", extend("examples" = ["${balance <= 0}"]))]
    condition: Option<Truth>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Stopped {
    /// This iteration.
    Iteration,
    /// This user.
    User,
    /// The whole run.
    Run,
}
