//! The file as a whole.

use super::{
    data::{Feed, Secret},
    http::Http,
    quantity::{Duration, Literal},
    rule::alone,
    step::Steps,
    threshold::Thresholds,
    workload::{WORKLOAD_KEYS, Workload, WorkloadKeys, complete, not_together},
};
use schemars::JsonSchema;
use serde_json::Value;
use std::collections::BTreeMap;

/// A load test: where load goes, how it arrives, what users do, and what must hold in the end.
///
/// Text values may hold `${…}`: variables, `${env.NAME}`, `${secrets.NAME}`, `${vu}`, `${iteration}`, and expressions.
/// `$${` is a literal `${`; inside `{ }` and `[ ]` YAML wants quotes around it. Units are always written: `30s`,
/// `100/s`, `1%`, `64KiB`.
#[derive(JsonSchema)]
#[schemars(
    title = "loadgen scenario, version 1",
    deny_unknown_fields,
    extend("allOf" = [
        { "if": { "not": { "required": ["workloads"] } }, "then": complete() },
        alone("workloads", &WORKLOAD_KEYS, "with `workloads`, this key stands in each workload"),
        not_together()
    ])
)]
pub(super) struct Scenario {
    /// Version of the language.
    #[schemars(extend("default" = 1))]
    version: Option<Version>,
    /// Name of the test in every report. By default the file's name.
    name: Option<Literal>,
    /// What the test is for; shown in every report.
    description: Option<Literal>,
    /// Tags on every sample.
    #[schemars(extend("examples" = [{ "team": "checkout" }]))]
    tags: Option<BTreeMap<String, Literal>>,
    /// Base URL: a path in a step is joined to it, and its own path is kept. `demo` starts the built-in demo API on a
    /// free port for this run. Not needed where every URL is absolute.
    #[schemars(extend(
        "pattern" = r"\$\{|^demo$|^https?://",
        "errorMessage" = "write a URL such as `https://api.example.com`, or `demo`",
        "examples" = ["demo", "http://127.0.0.1:8080", "https://api.example.com/v1"]
    ))]
    target: Option<String>,
    /// Constants of any type, used as `${name}`.
    #[schemars(extend("examples" = [{ "page_size": 20 }]))]
    variables: Option<BTreeMap<String, Value>>,
    /// Named feeds: rows of data that users take, used as `${feed.column}`.
    #[schemars(extend("examples" = [{ "users": { "file": "users.csv", "pick": "unique" } }]))]
    data: Option<BTreeMap<String, Feed>>,
    /// Values that are masked wherever anything is printed or written, used as `${secrets.name}`.
    #[schemars(extend("examples" = [{ "password": { "env": "API_PASSWORD" } }]))]
    secrets: Option<BTreeMap<String, Secret>>,
    /// What every request has unless it says otherwise, and how the client connects.
    http: Option<Http>,
    /// Steps that are done once, before the load starts; every user can read the variables they extract. Where one
    /// fails, the run ends before any load.
    setup: Option<Steps>,
    /// Steps that are done once, after the load has ended.
    teardown: Option<Steps>,
    /// What begins so early counts in no summary and no threshold, only in the course of the run.
    #[schemars(extend("default" = "0s"))]
    warm_up: Option<Duration>,
    #[schemars(flatten)]
    workload: WorkloadKeys,
    /// Several workloads side by side, by name. A file with one workload writes its keys at the top level instead.
    #[schemars(extend("minProperties" = 1))]
    workloads: Option<BTreeMap<String, Workload>>,
    /// What must hold for the run to have passed.
    thresholds: Option<Thresholds>,
    /// Named overlays: `--environment NAME` merges one over the file, key by key. Lists are replaced, and so is a `load`
    /// of another shape.
    #[schemars(extend("examples" = [{ "quick": { "load": { "users": 2, "duration": "5s" } } }]))]
    environments: Option<BTreeMap<String, Overlay>>,
}

/// A version of the language.
#[derive(JsonSchema)]
#[schemars(extend("type" = "integer", "const" = 1))]
pub(super) struct Version(String);

/// Any of the file's keys, merged over it.
#[derive(JsonSchema)]
pub(super) struct Overlay {}
