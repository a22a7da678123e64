//! What an exchange amounts to: checks looked at, extracts kept, everything counted.

use super::{
    actor::{Actor, Kept},
    exchange::Exchange,
    transport::{Arrived, Failure, Transports},
    witness::Shown,
};
use crate::{
    measure::{Recorder, RequestKey, RequestObservation},
    model::{
        CheckRecord, ConnectionUse, ErrorKind, ExchangeRecord, ExtractRecord, FailureKind, FailureSite,
        PhaseTimes, StageId,
    },
    plan::{Decoded, Request, Response, UrlError},
};
use bytes::Bytes;
use std::time::Duration;
use url::Url;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestEnd {
    /// Good.
    Passed,
    /// There was a response, but not the one that was expected.
    Failed,
    /// There was no response, or it lacks what later steps need.
    Broken,
}

impl<F: Transports> Actor<F> {
    /// The last exchange of a request.
    pub(super) fn ended(
        &self,
        request: &Request,
        mut seen: Seen,
        exchange: Exchange,
        shown: Option<Shown>,
        url: &Url,
    ) -> RequestEnd {
        if request.looks_at_url() {
            seen.url = url.to_string();
        }
        let mut record = shown.map(|shown| self.record(shown, request, &exchange));
        let end = match &exchange.result {
            Ok(arrived) => self.arrived(request, &seen, &exchange, arrived, record.as_mut()),
            Err(failure) => self.no_response(request, &seen, &exchange, failure),
        };
        if let (Some(mut record), Some(witness)) = (record, &self.shared.witness) {
            record.failed = end != RequestEnd::Passed;
            witness.exchanged(self.masked_record(record));
        }
        if request.keeps_response {
            self.keep(exchange, seen.url);
        }
        end
    }

    /// An exchange that asked for another one: a redirect or a challenge. It is a request like any other, and has
    /// not failed.
    pub(super) fn passed_on(
        &self,
        request: &Request,
        seen: &Seen,
        exchange: &Exchange,
        shown: Option<Shown>,
    ) {
        if let (Some(shown), Some(witness)) = (shown, &self.shared.witness) {
            witness.exchanged(self.masked_record(self.record(shown, request, exchange)));
        }
        if let Ok(arrived) = &exchange.result {
            let (status, protocol) = (arrived.status, arrived.protocol);
            let key = RequestKey { status, protocol, ..unanswered(request, seen.stage) };
            let mut recorder = self.shared.recorder.borrow_mut();
            self.count(&mut recorder, &seen.observation(key, exchange), exchange.began);
        }
    }

    fn record(&self, shown: Shown, request: &Request, exchange: &Exchange) -> ExchangeRecord {
        let catalog = self.catalog();
        let meta = catalog.request(request.id);
        shown.record(request, catalog.task(meta.task).name.clone(), meta.name.clone(), exchange)
    }

    fn masked_record(&self, mut record: ExchangeRecord) -> ExchangeRecord {
        let mask = &self.shared.plan.mask;
        record.each_text(|text| *text = mask.apply(text).into_owned());
        record
    }

    fn keep(&self, exchange: Exchange, url: String) {
        let (service_time, waiting) = (exchange.service_time(), exchange.waiting());
        let decoded = exchange.decoded;
        let kept = exchange.result.ok().map(|arrived| Kept { arrived, decoded, service_time, waiting, url });
        *self.last.borrow_mut() = kept;
    }

    /// What could not be rendered was not sent: it is no request, only a failure with its reason. A host that
    /// the scenario does not name counts as a request without a response, so that gates see it.
    pub(super) fn not_sent(&self, request: &Request, stage: StageId, error: &UrlError) -> RequestEnd {
        let now = self.shared.clock.now();
        if request.keeps_response {
            self.last.take();
        }
        let mut recorder = self.shared.recorder.borrow_mut();
        let kind = match error {
            UrlError::Render(_) => FailureKind::Template,
            UrlError::HostNotAllowed(_) => {
                let refused = ErrorKind::HostNotAllowed;
                let key = RequestKey { error: Some(refused), failed: true, ..unanswered(request, stage) };
                let seen = RequestObservation {
                    key,
                    service_time: Duration::ZERO,
                    response_time: Duration::ZERO,
                    ended_at: now,
                    sent_bytes: 0,
                    received_bytes: 0,
                    phases: PhaseTimes::default(),
                    connection: ConnectionUse::default(),
                    trace_id: None,
                };
                self.count(&mut recorder, &seen, now);
                FailureKind::NoResponse(refused)
            }
        };
        recorder
            .failure(stage, FailureSite::Request(request.id), kind, now, || self.masked(&error.to_string()));
        RequestEnd::Broken
    }

    fn no_response(
        &self,
        request: &Request,
        seen: &Seen,
        exchange: &Exchange,
        failure: &Failure,
    ) -> RequestEnd {
        let mut recorder = self.shared.recorder.borrow_mut();
        let key = RequestKey { error: Some(failure.kind), failed: true, ..unanswered(request, seen.stage) };
        self.count(&mut recorder, &seen.observation(key, exchange), exchange.began);
        let kind = FailureKind::NoResponse(failure.kind);
        let site = FailureSite::Request(request.id);
        recorder.failure(seen.stage, site, kind, exchange.ended_at, || self.masked(&failure.cause));
        RequestEnd::Broken
    }

    fn arrived(
        &self,
        request: &Request,
        seen: &Seen,
        exchange: &Exchange,
        arrived: &Arrived,
        mut record: Option<&mut ExchangeRecord>,
    ) -> RequestEnd {
        let service_time = exchange.service_time();
        let decoded = exchange.decoded.as_ref();
        let response = response_of(arrived, decoded, (service_time, exchange.waiting()), &seen.url);
        let site = FailureSite::Request(request.id);
        let mut recorder = self.shared.recorder.borrow_mut();
        let mut failed = !request.expects_status && arrived.status >= 400;
        if failed {
            let kind = FailureKind::Status(arrived.status);
            recorder.failure(seen.stage, site, kind, exchange.ended_at, || {
                self.masked(&sample_of_status(&response))
            });
        }
        for check in &request.checks {
            let outcome = self.with_variables(|variables| check.evaluate(&response, variables));
            recorder.check(check.id, seen.stage, outcome.is_ok());
            if let Some(record) = &mut record {
                let name = self.catalog().check(check.id).name.clone();
                let (held, observed) = (outcome.is_ok(), outcome.clone().err());
                record.checks.push(CheckRecord {
                    name,
                    is_expectation: check.is_expectation,
                    held,
                    observed,
                });
            }
            let Err(observed) = outcome else { continue };
            if check.is_expectation {
                failed = true;
                let kind = FailureKind::Expectation(check.id);
                recorder.failure(seen.stage, site, kind, exchange.ended_at, || self.masked(&observed));
            }
        }
        let (status, protocol) = (arrived.status, arrived.protocol);
        let key = RequestKey { status, protocol, failed, ..unanswered(request, seen.stage) };
        self.count(&mut recorder, &seen.observation(key, exchange), exchange.began);
        let extracted =
            self.extract(request, &response, seen.stage, exchange.ended_at, &mut recorder, record);
        match (extracted, failed) {
            (false, _) => RequestEnd::Broken,
            (true, true) => RequestEnd::Failed,
            (true, false) => RequestEnd::Passed,
        }
    }

    fn extract(
        &self,
        request: &Request,
        response: &Response<'_>,
        stage: StageId,
        at: Duration,
        recorder: &mut Recorder,
        mut record: Option<&mut ExchangeRecord>,
    ) -> bool {
        let mut all = true;
        for extract in &request.extracts {
            let picks = &mut self.randoms.borrow_mut().picks;
            let outcome = self.with_variables(|variables| extract.evaluate(response, variables, picks));
            if let Some(record) = &mut record {
                let value = outcome.clone().map(|value| value.to_string());
                record.extracts.push(ExtractRecord { variable: extract.variable.clone(), value });
            }
            match outcome {
                Ok(value) => self.slots.borrow_mut()[extract.slot] = Some(value),
                Err(reason) => {
                    all = false;
                    let sample = || self.masked(&format!("`{}` was not found: {reason}", extract.variable));
                    let site = FailureSite::Request(request.id);
                    recorder.failure(stage, site, FailureKind::Extract, at, sample);
                }
            }
        }
        all
    }
}

/// What is known of a request besides its exchange.
pub(super) struct Seen {
    /// When it was meant to be sent.
    pub intended: Duration,
    /// The stage in which it began.
    pub stage: StageId,
    /// The URL, where a check looks at it.
    pub url: String,
    /// The id under which the target's traces have it.
    pub trace_id: Option<u128>,
}

impl Seen {
    fn observation(&self, key: RequestKey, exchange: &Exchange) -> RequestObservation {
        RequestObservation {
            key,
            service_time: exchange.service_time(),
            response_time: exchange.ended_at.saturating_sub(self.intended),
            ended_at: exchange.ended_at,
            sent_bytes: exchange.moments.sent_bytes,
            received_bytes: exchange.moments.received_bytes,
            phases: exchange.phases(),
            connection: exchange.connection(),
            trace_id: self.trace_id,
        }
    }
}

impl Kept {
    /// The response as checks look at it.
    pub fn response(&self) -> Response<'_> {
        response_of(&self.arrived, self.decoded.as_ref(), (self.service_time, self.waiting), &self.url)
    }
}

fn response_of<'r>(
    arrived: &'r Arrived,
    decoded: Option<&'r Bytes>,
    (duration, waiting): (Duration, Option<Duration>),
    url: &'r str,
) -> Response<'r> {
    Response {
        status: arrived.status,
        headers: &arrived.headers,
        body: decoded.unwrap_or(&arrived.body),
        is_whole: arrived.body.len() as u64 == arrived.body_bytes,
        body_bytes: arrived.body_bytes,
        url,
        protocol: arrived.protocol,
        duration,
        waiting,
        decoded: Decoded::default(),
    }
}

/// The series of a request of which nothing came back yet.
fn unanswered(request: &Request, stage: StageId) -> RequestKey {
    RequestKey { request: request.id, stage, status: 0, error: None, protocol: None, failed: false }
}

/// The status and the start of the body, as far as it was kept.
fn sample_of_status(response: &Response<'_>) -> String {
    let text = response.text();
    let start: String = text.chars().take(200).collect();
    if start.is_empty() { "the body is empty".to_owned() } else { start }
}
