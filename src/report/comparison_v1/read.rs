//! From the text of a `summary.json` to what a comparison needs of it.
//!
//! Only that is read: a summary of an older version may lack what has been added since, and still be compared.

use super::super::summary_v1::{MetricV1, ModelV1, SCHEMA, TaskKindV1};
use crate::{
    judge::compare::{Health, MeasuredRun, Part, RunFacts, StageFacts, Subject, SubjectKind, WorkloadFacts},
    measure::Latency,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a file cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON, or not an object.
    #[error("is no summary of loadgen: {0}")]
    NotJson(String),
    /// It is another document, or of a version that is not known.
    #[error("has the schema {0}, and only `{SCHEMA}` can be compared")]
    OtherSchema(String),
    /// It says that it is one, and is not.
    #[error("is no sound summary: {0}")]
    Unsound(String),
}

#[derive(Deserialize)]
struct SummaryView {
    run: RunView,
    verdict: VerdictView,
    health: Option<HealthView>,
    metrics: BTreeMap<String, Value>,
    #[serde(default)]
    workloads: Vec<WorkloadView>,
    tasks: Vec<TaskView>,
    requests: Vec<RequestView>,
    stages: Vec<StageView>,
    warm_up: Option<WarmUpView>,
}

#[derive(Deserialize)]
struct RunView {
    id: String,
    started_at: String,
    duration_ms: u64,
    loadgen_version: String,
    scenario_file: String,
    scenario_sha256: String,
    environment: Option<String>,
    target: String,
    host: HostView,
    command: String,
}

#[derive(Deserialize)]
struct HostView {
    os: String,
    cpu: String,
    cores: usize,
}

#[derive(Deserialize)]
struct VerdictView {
    exit_code: u8,
    reason: String,
    #[serde(default)]
    incomplete: bool,
}

#[derive(Deserialize)]
struct HealthView {
    status: String,
    /// Sentences, or objects with one as `text`.
    #[serde(default)]
    reasons: Vec<Value>,
    /// Likewise; read where there are no `reasons`.
    #[serde(default)]
    findings: Vec<Value>,
}

#[derive(Deserialize)]
struct WorkloadView {
    name: String,
    model: ModelV1,
}

#[derive(Deserialize)]
struct TaskView {
    name: String,
    workload: String,
    kind: TaskKindV1,
    iterations: u64,
    failed: u64,
    interrupted: u64,
    duration_ms: TrendView,
}

#[derive(Deserialize)]
struct RequestView {
    name: String,
    task: String,
    workload: String,
    count: u64,
    failed: u64,
    duration_ms: TrendView,
    response_time_ms: TrendView,
}

#[derive(Deserialize)]
struct TrendView {
    count: u64,
    histogram: Option<String>,
}

#[derive(Deserialize)]
struct StageView {
    workload: String,
    start_ms: u64,
    end_ms: u64,
    #[serde(default)]
    warm_up: bool,
    dropped_iterations: u64,
}

#[derive(Deserialize)]
struct WarmUpView {
    duration_ms: u64,
}

/// Reads a run back from its summary; `place` is where that is, for messages.
///
/// # Errors
/// The text is no summary of a version that is known.
pub fn read_run(place: &str, text: &[u8]) -> Result<MeasuredRun, Unreadable> {
    let document: Value =
        serde_json::from_slice(text).map_err(|error| Unreadable::NotJson(error.to_string()))?;
    let schema = document.get("schema");
    if schema.and_then(Value::as_str) != Some(SCHEMA) {
        return Err(match schema {
            Some(schema) => Unreadable::OtherSchema(schema.to_string()),
            None => Unreadable::NotJson("it has no `schema`".to_owned()),
        });
    }
    let view = SummaryView::deserialize(document).map_err(|error| Unreadable::Unsound(error.to_string()))?;
    let seconds = counted_seconds(&view);
    let parts = parts(&view)
        .map_err(|part| Unreadable::Unsound(format!("the histogram of {part} cannot be read")))?;
    Ok(MeasuredRun { facts: facts(place, view), seconds, parts })
}

/// The time that the summary's own rates are of: without the warm-up, and without the wait for the last answers.
fn counted_seconds(view: &SummaryView) -> f64 {
    if let Some(MetricV1::Counter(requests)) = metric(&view.metrics, "http_reqs")
        && let Some(rate) = requests.rate.filter(|rate| *rate > 0.0)
    {
        return requests.count as f64 / rate;
    }
    let warm_up_ms = view.warm_up.as_ref().map_or(0, |warm_up| warm_up.duration_ms);
    view.run.duration_ms.saturating_sub(warm_up_ms) as f64 / 1e3
}

fn facts(place: &str, view: SummaryView) -> RunFacts {
    let users = metric(&view.metrics, "vus_max").and_then(|metric| match metric {
        MetricV1::Gauge(gauge) => gauge.max,
        _ => None,
    });
    let workloads = view.workloads.iter().map(|workload| workload_facts(workload, &view)).collect();
    let stages = view.stages.into_iter().map(|stage| StageFacts {
        workload: stage.workload,
        start_ms: stage.start_ms,
        end_ms: stage.end_ms,
        warm_up: stage.warm_up,
    });
    let options = options(&view.run);
    let RunView { id, started_at, loadgen_version, scenario_sha256, environment, target, host, .. } =
        view.run;
    RunFacts {
        place: place.to_owned(),
        id,
        started_at,
        scenario_sha256,
        target,
        environment,
        workloads,
        stages: stages.collect(),
        users,
        options,
        incomplete: view.verdict.incomplete,
        exit_code: view.verdict.exit_code,
        reason: view.verdict.reason,
        health: view.health.map_or(Health::Ok, health),
        host: format!("{}, {}, {} cores", host.os, host.cpu, host.cores),
        version: loadgen_version,
    }
}

/// A metric of the name, where it is there and can be read: of some, more is needed than a comparison does.
fn metric(metrics: &BTreeMap<String, Value>, name: &str) -> Option<MetricV1> {
    MetricV1::deserialize(metrics.get(name)?).ok()
}

fn workload_facts(workload: &WorkloadView, view: &SummaryView) -> WorkloadFacts {
    let is_open = workload.model == ModelV1::Open;
    let tasks =
        view.tasks.iter().filter(|task| task.workload == workload.name && task.kind == TaskKindV1::Iteration);
    let started: u64 =
        tasks.flat_map(|task| [task.iterations, task.failed, task.interrupted]).fold(0, u64::saturating_add);
    let stages = view.stages.iter().filter(|stage| stage.workload == workload.name);
    let dropped = stages.map(|stage| stage.dropped_iterations).fold(0, u64::saturating_add);
    WorkloadFacts {
        name: workload.name.clone(),
        is_open,
        arrivals: is_open.then_some(started.saturating_add(dropped)),
    }
}

fn health(health: HealthView) -> Health {
    let reasons = if health.reasons.is_empty() { &health.findings } else { &health.reasons };
    let texts = reasons.iter().filter_map(|reason| {
        reason.as_str().or_else(|| reason.get("text").and_then(Value::as_str)).map(str::to_owned)
    });
    let why = texts.collect::<Vec<_>>().join("; ");
    match health.status.as_str() {
        "saturated" => Health::Saturated(why),
        "degraded" => Health::Degraded(why),
        _ => Health::Ok,
    }
}

/// The command without what names the file, and without the seed and the environment, which are looked at apart.
fn options(run: &RunView) -> String {
    let mut words = run.command.split(' ').skip_while(|word| *word != run.scenario_file).skip(1).peekable();
    let mut kept: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        if ["--seed", "--environment"].contains(&word) {
            words.next();
        } else {
            kept.push(word);
        }
    }
    kept.join(" ")
}

/// What was measured: all requests, each request, each task. The error names the part that could not be read.
fn parts(view: &SummaryView) -> Result<Vec<Part>, String> {
    let mut parts = vec![all_requests(&view.metrics)?];
    for request in &view.requests {
        let subject = subject(SubjectKind::Request, &request.workload, &request.task, &request.name);
        let read = |trend: &TrendView| latency(trend).ok_or_else(|| format!("request `{}`", request.name));
        let (service, response) = (read(&request.duration_ms)?, read(&request.response_time_ms)?);
        parts.push(Part { subject, service, response, count: request.count, failed: request.failed });
    }
    for task in view.tasks.iter().filter(|task| task.kind == TaskKindV1::Iteration) {
        let subject = subject(SubjectKind::Task, &task.workload, &task.name, &task.name);
        let times = latency(&task.duration_ms).ok_or_else(|| format!("task `{}`", task.name))?;
        let count = task.iterations.saturating_add(task.failed);
        parts.push(Part { subject, service: times.clone(), response: times, count, failed: task.failed });
    }
    number_those_of_one_name(&mut parts);
    Ok(parts)
}

fn subject(kind: SubjectKind, workload: &str, task: &str, name: &str) -> Subject {
    Subject { kind, workload: workload.to_owned(), task: task.to_owned(), name: name.to_owned(), nth: 0 }
}

fn number_those_of_one_name(parts: &mut [Part]) {
    let mut seen: BTreeMap<Subject, u32> = BTreeMap::new();
    for part in parts {
        let number = seen.entry(part.subject.clone()).or_default();
        part.subject.nth = *number;
        *number += 1;
    }
}

fn all_requests(metrics: &BTreeMap<String, Value>) -> Result<Part, String> {
    let times = |name: &str| {
        let trend = metrics.get(name).and_then(|metric| TrendView::deserialize(metric).ok());
        trend.as_ref().and_then(latency).ok_or_else(|| format!("`metrics.{name}`"))
    };
    let (service, response) = (times("http_req_duration")?, times("http_req_response_time")?);
    let Some(MetricV1::Rate(failed)) = metric(metrics, "http_req_failed") else {
        return Err("`metrics.http_req_failed`".to_owned());
    };
    let subject = subject(SubjectKind::All, "", "", "all requests");
    Ok(Part {
        subject,
        service,
        response,
        count: failed.passes.saturating_add(failed.fails),
        failed: failed.passes,
    })
}

fn latency(trend: &TrendView) -> Option<Latency> {
    match &trend.histogram {
        None if trend.count == 0 => Some(Latency::new()),
        None => None,
        Some(text) => Latency::from_v2_deflate(&BASE64_STANDARD.decode(text).ok()?).ok(),
    }
}
