//! One request of an actor: rendered, sent, checked, recorded, its extracts kept.

use super::{
    actor::{Actor, Kept},
    steps::{Flow, Stopped},
    transport::{Arrived, Exchange, Failure, Outgoing, Transport, Transports},
    witness::{SHOWN_BODY, Shown},
};
use crate::model::{OnFailure, StopScope};
use crate::{
    measure::{Recorder, RequestKey, RequestObservation},
    model::{CheckRecord, ErrorKind, ExchangeRecord, ExtractRecord, FailureKind, FailureSite, StageId},
    plan::{Decoded, Request, Response, UrlError},
};
use std::{pin::pin, time::Duration};

/// Largest body kept for checks and extracts; more is read and counted.
const MOST_BODY: usize = 10 * 1024 * 1024;
/// Bytes of a body kept where nothing looks at it, for the sample of a failure.
const SAMPLE_BODY: usize = 512;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequestEnd {
    /// Good.
    Passed,
    /// There was a response, but not the one that was expected.
    Failed,
    /// There was no response, or it lacks what later steps need.
    Broken,
}

impl<F: Transports> Actor<F> {
    /// Performs a request that was meant to start now, or by as much earlier as its iteration began late.
    pub(super) async fn perform(&self, request: &Request, line: usize) -> Flow {
        let now = self.look_at_clock();
        let intended = now.saturating_sub(self.late.take());
        let stage = self.stage();
        let end = match self.render(request) {
            Ok(outgoing) => self.send(request, stage, intended, outgoing).await,
            Err(error) => self.not_sent(request, stage, &error),
        };
        self.after(end, request.on_failure, line)
    }

    async fn send(
        &self,
        request: &Request,
        stage: StageId,
        intended: Duration,
        outgoing: Outgoing,
    ) -> RequestEnd {
        let sent_bytes = outgoing.body.as_ref().map_or(0, |body| body.len() as u64);
        let url = request.looks_at_url().then(|| outgoing.url.to_string());
        let shown = self.shared.witness.as_ref().map(|_| Shown::of(&outgoing));
        let began = outgoing.ready_at;
        let exchange = {
            let mut lane = self.lane();
            let (transport, deadline) = lane.way();
            // Pinned where it was made: it is large, and to hand it over would copy it.
            let exchange = pin!(transport.exchange(outgoing));
            let in_time = deadline.limit(self.shared.clock, began + request.timeout, exchange).await;
            in_time.unwrap_or_else(|| self.timed_out(began, request.timeout))
        };
        let mut record = shown.map(|shown| self.record(shown, request, &exchange));
        let seen = Seen { intended, stage, sent_bytes, url: url.unwrap_or_default() };
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

    /// What follows a request that ended so.
    fn after(&self, end: RequestEnd, on_failure: Option<OnFailure>, line: usize) -> Flow {
        if end == RequestEnd::Passed {
            return Flow::Next;
        }
        self.failures.set(true);
        let usual = if end == RequestEnd::Broken { OnFailure::StopIteration } else { OnFailure::Continue };
        let scope = match on_failure.unwrap_or(usual) {
            OnFailure::Continue => return Flow::Next,
            OnFailure::StopIteration => StopScope::Iteration,
            OnFailure::StopUser => StopScope::User,
            OnFailure::StopRun => {
                self.shared.outlet.stop_run(format!("the failed request on line {line} stopped the run"));
                StopScope::Run
            }
        };
        Flow::Stop(Stopped { scope, failed: true })
    }

    fn render(&self, request: &Request) -> Result<Outgoing, UrlError> {
        let keep_body = match &self.shared.witness {
            _ if request.reads_body => MOST_BODY,
            Some(_) => SHOWN_BODY,
            None => SAMPLE_BODY,
        };
        self.with_variables(|variables| {
            Ok(Outgoing {
                method: request.method.clone(),
                url: request.url.render(variables)?,
                headers: request.headers(variables)?,
                body: request.body.render(variables)?,
                keep_body,
                ready_at: self.shared.clock.now(),
            })
        })
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
        let service_time = exchange.ended_at.saturating_sub(exchange.sent_at);
        *self.last.borrow_mut() = exchange.result.ok().map(|arrived| Kept { arrived, service_time, url });
    }

    fn timed_out(&self, began: Duration, timeout: Duration) -> Exchange {
        let cause = format!("no complete response within {}", crate::model::format_duration(timeout));
        let result = Err(Failure { kind: ErrorKind::Timeout, cause });
        Exchange { sent_at: began, ended_at: self.shared.clock.now(), result }
    }

    /// What could not be rendered was not sent: it is no request, only a failure with its reason. A host that
    /// the scenario does not name counts as a request without a response, so that gates see it.
    fn not_sent(&self, request: &Request, stage: StageId, error: &UrlError) -> RequestEnd {
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
                recorder.request(&RequestObservation {
                    key,
                    service_time: Duration::ZERO,
                    response_time: Duration::ZERO,
                    sent_bytes: 0,
                    received_bytes: 0,
                });
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
        recorder.request(&seen.observation(key, exchange, 0));
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
        let service_time = exchange.ended_at.saturating_sub(exchange.sent_at);
        let response = response_of(arrived, service_time, &seen.url);
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
        recorder.request(&seen.observation(key, exchange, arrived.body_bytes));
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
struct Seen {
    intended: Duration,
    stage: StageId,
    sent_bytes: u64,
    /// The URL, where a check looks at it.
    url: String,
}

impl Seen {
    fn observation(&self, key: RequestKey, exchange: &Exchange, received_bytes: u64) -> RequestObservation {
        RequestObservation {
            key,
            service_time: exchange.ended_at.saturating_sub(exchange.sent_at),
            response_time: exchange.ended_at.saturating_sub(self.intended),
            sent_bytes: self.sent_bytes,
            received_bytes,
        }
    }
}

impl Kept {
    /// The response as checks look at it.
    pub fn response(&self) -> Response<'_> {
        response_of(&self.arrived, self.service_time, &self.url)
    }
}

fn response_of<'r>(arrived: &'r Arrived, service_time: Duration, url: &'r str) -> Response<'r> {
    Response {
        status: arrived.status,
        headers: &arrived.headers,
        body: &arrived.body,
        body_bytes: arrived.body_bytes,
        url,
        protocol: arrived.protocol,
        duration: service_time,
        waiting: None,
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
