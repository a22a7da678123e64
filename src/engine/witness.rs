//! Somebody who looks at every exchange, for writing scenarios. Nobody does in a run.

use super::{
    exchange::Exchange,
    transport::{Arrived, Outgoing},
};
use crate::{
    model::{CheckRecord, ExchangeRecord, ExtractRecord, ResponseRecord},
    plan::{Payload, Piece, Request},
};
use ::http::HeaderMap;

/// Bytes of a body that a witness is shown.
pub(super) const SHOWN_BODY: usize = 64 * 1024;

/// Somebody who is told.
pub trait Witness {
    /// A request was answered, or not.
    fn exchanged(&self, record: ExchangeRecord);
}

/// What a request said, before it is sent.
pub(super) struct Shown {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Shown {
    pub fn of(outgoing: &Outgoing) -> Self {
        Self {
            method: outgoing.method.to_string(),
            url: outgoing.url.to_string(),
            headers: pairs(&outgoing.headers),
            body: outgoing.body.as_ref().map(body),
        }
    }

    /// The record of its exchange, without what checks and extracts say.
    pub fn record(
        self,
        request: &Request,
        task: String,
        name: String,
        exchange: &Exchange,
    ) -> ExchangeRecord {
        let outcome = match &exchange.result {
            Ok(arrived) => Ok(response(arrived)),
            Err(failure) => Err(format!("{}: {}", failure.kind, failure.cause)),
        };
        ExchangeRecord {
            task,
            name,
            method: self.method,
            url: self.url,
            request_headers: self.headers,
            request_body: self.body,
            failed: outcome.is_err(),
            outcome,
            duration: exchange.service_time(),
            phases: exchange.phases(),
            connection: exchange.connection().described(),
            checks: Vec::<CheckRecord>::with_capacity(request.checks.len()),
            extracts: Vec::<ExtractRecord>::with_capacity(request.extracts.len()),
        }
    }
}

/// A body as text; a file in it by its name.
fn body(payload: &Payload) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BODY)]).into_owned();
    match payload {
        Payload::Whole(bytes) => text(bytes),
        Payload::Pieces(pieces) => {
            let shown = pieces.iter().map(|piece| match piece {
                Piece::Bytes(bytes) => text(bytes),
                Piece::File(file) => format!("<{} bytes of {}>", file.bytes, file.path),
            });
            shown.collect()
        }
    }
}

fn response(arrived: &Arrived) -> ResponseRecord {
    let reason =
        ::http::StatusCode::from_u16(arrived.status).ok().and_then(|status| status.canonical_reason());
    let shown = &arrived.body[..arrived.body.len().min(SHOWN_BODY)];
    ResponseRecord {
        status: arrived.status,
        reason: reason.unwrap_or_default().to_owned(),
        protocol: arrived.protocol.map(|protocol| protocol.name().to_owned()),
        headers: pairs(&arrived.headers),
        body: String::from_utf8_lossy(shown).into_owned(),
        body_bytes: arrived.body_bytes,
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
