//! The words that some texts of the document are taken from, for its schema: a closed list there is what the documentation
//! of a field can only promise. A version that has more of them says so in its schema.

use crate::{
    judge::HealthCode,
    model::{ErrorKind, ExitCode},
    report::percentile::Percentile,
};
use serde_json::{Value, json};

/// How loads arrive, by k6's names.
const EXECUTORS: [&str; 6] = [
    "constant_vus",
    "ramping_vus",
    "shared_iterations",
    "per_vu_iterations",
    "constant_arrival_rate",
    "ramping_arrival_rate",
];

/// The verdicts that a run with results can come to.
const EXIT_CODES: [ExitCode; 9] = [
    ExitCode::Passed,
    ExitCode::Internal,
    ExitCode::Saturated,
    ExitCode::ResultsNotWritten,
    ExitCode::Incomplete,
    ExitCode::ThresholdFailed,
    ExitCode::Interrupted,
    ExitCode::SetupFailed,
    ExitCode::StoppedByStep,
];

/// A text that names a kind of missing response.
pub(super) fn errors() -> Value {
    json!({ "type": "string", "enum": ErrorKind::ALL.map(ErrorKind::name) })
}

/// The kinds of missing responses, and that there is none.
pub(super) fn errors_or_null() -> Value {
    or_null(ErrorKind::ALL.map(ErrorKind::name))
}

/// The ways of arriving, and that it is not known.
pub(super) fn executors_or_null() -> Value {
    or_null(EXECUTORS)
}

/// What a finding of the generator on itself can be about.
pub(super) fn health_codes() -> Value {
    json!(HealthCode::ALL.map(HealthCode::name))
}

/// The numbers of verdicts.
pub(super) fn exit_codes() -> Value {
    json!(EXIT_CODES.map(ExitCode::number))
}

/// A text that is the key of a percentile.
pub(super) fn percentiles() -> Value {
    json!({ "type": "string", "enum": Percentile::ALL.map(|percentile| percentile.name) })
}

fn or_null<const N: usize>(words: [&str; N]) -> Value {
    words.into_iter().map(Value::from).chain([Value::Null]).collect()
}
