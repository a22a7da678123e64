//! What the time of requests went to, over which connections they went, and which of them were the slowest.

use super::{
    trend::{doubtful, milliseconds},
    words,
};
use crate::{
    measure::{Connections, Latency, PhaseLatencies, SlowRequest},
    model::{Catalog, Phase, RequestId},
    report::{percentile::Percentile, totals::addresses},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The phases of a request, in the order they come in an exchange; null where a phase has no samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhasesV1 {
    /// From the moment the request was ready to the moment it began to be sent: 0 on a connection that was there
    /// and free, else the wait for one, look-up, connect and TLS handshake included.
    pub blocked: Option<PhaseV1>,
    /// DNS look-up, of requests that made a connection.
    pub looking_up: Option<PhaseV1>,
    /// TCP connect, a proxy's `CONNECT` included, of requests that made a connection.
    pub connecting: Option<PhaseV1>,
    /// TLS handshake, of requests that made a connection.
    pub tls_handshaking: Option<PhaseV1>,
    /// From the first byte of the request written to its last.
    pub sending: Option<PhaseV1>,
    /// From the last byte of the request written to the first byte of the response.
    pub waiting: Option<PhaseV1>,
    /// From the first byte of the response to its last.
    pub receiving: Option<PhaseV1>,
}

impl PhasesV1 {
    /// What the phases amount to.
    pub fn new(seen: &PhaseLatencies) -> Self {
        let of = |phase| seen.get(phase).and_then(PhaseV1::new);
        Self {
            blocked: of(Phase::Blocked),
            looking_up: of(Phase::LookingUp),
            connecting: of(Phase::Connecting),
            tls_handshaking: of(Phase::TlsHandshaking),
            sending: of(Phase::Sending),
            waiting: of(Phase::Waiting),
            receiving: of(Phase::Receiving),
        }
    }
}

/// How long a phase took. All times are in milliseconds, rounded to 1 µs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseV1 {
    /// Number of requests that had the phase, those that failed after it included.
    pub count: u64,
    /// Exact arithmetic mean, in ms.
    pub avg: f64,
    /// Median, in ms.
    pub p50: f64,
    /// 95th percentile, in ms.
    pub p95: f64,
    /// 99th percentile, in ms.
    pub p99: f64,
    /// Exact largest sample, in ms.
    pub max: f64,
    /// Keys of the percentiles above that have too few samples to rely on; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("items" = words::percentiles()))]
    pub low_confidence: Vec<String>,
}

impl PhaseV1 {
    /// What a distribution amounts to; `None` without samples.
    fn new(latency: &Latency) -> Option<Self> {
        let at = |percentile: Percentile| latency.percentile(percentile.percent).map(milliseconds);
        Some(Self {
            count: latency.count(),
            avg: milliseconds(latency.mean()?),
            p50: at(Percentile::P50)?,
            p95: at(Percentile::P95)?,
            p99: at(Percentile::P99)?,
            max: milliseconds(latency.max()?),
            low_confidence: doubtful(&[Percentile::P50, Percentile::P95, Percentile::P99], latency.count()),
        })
    }
}

/// What the requests did with connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionsV1 {
    /// Number of requests that made a connection.
    pub opened: u64,
    /// Number of requests that were sent on a connection that was there before.
    pub reused: u64,
}

impl ConnectionsV1 {
    /// The counts.
    pub fn new(seen: &Connections) -> Self {
        Self { opened: seen.opened(), reused: seen.reused() }
    }
}

/// An address that requests were sent to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AddressV1 {
    /// IP address and port of the target, or of the proxy before it; `(other)` for all beyond a hundred.
    pub address: String,
    /// Number of requests sent there.
    pub requests: u64,
}

impl AddressV1 {
    /// The addresses with the most requests first, and what was not told apart at the end.
    pub fn list(seen: &Connections) -> Vec<Self> {
        let known = addresses(seen).into_iter().map(|(address, requests)| (address.to_string(), requests));
        let others = Some(seen.others()).filter(|others| *others > 0);
        let all = known.chain(others.map(|others| ("(other)".to_owned(), others)));
        all.map(|(address, requests)| Self { address, requests }).collect()
    }
}

/// A request that took long, with the id by which the target's traces and logs can tell it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlowRequestV1 {
    /// The request's name.
    pub name: String,
    /// The task it belongs to.
    pub task: String,
    /// The workload that the task belongs to.
    pub workload: String,
    /// The trace id of the `traceparent` that it was sent with, 32 hexadecimal digits.
    pub trace_id: String,
    /// When it ended, in milliseconds from the start of the run.
    pub at_ms: f64,
    /// Service time, in ms: from the first byte sent to the last received.
    pub duration_ms: f64,
    /// Response time, in ms: from the intended start to the last byte received.
    pub response_time_ms: f64,
    /// The response's status; null where there was no response.
    pub status: Option<u16>,
    /// Why there was no response; null where there was one.
    #[schemars(extend("enum" = words::errors_or_null()))]
    pub error: Option<String>,
}

impl SlowRequestV1 {
    /// The request of this id that took so long.
    pub fn new(id: RequestId, slow: &SlowRequest, catalog: &Catalog) -> Self {
        let request = catalog.request(id);
        let task = catalog.task(request.task);
        Self {
            name: request.name.clone(),
            task: task.name.clone(),
            workload: catalog.workload(task.workload).name.clone(),
            trace_id: format!("{:032x}", slow.trace_id),
            at_ms: milliseconds(slow.at),
            duration_ms: milliseconds(slow.service_time),
            response_time_ms: milliseconds(slow.response_time),
            status: Some(slow.status).filter(|status| *status > 0),
            error: slow.error.map(|error| error.name().to_owned()),
        }
    }
}
