//! One request of a user: rendered, sent, checked, recorded, its extracts kept.

use super::{
    clock::Clock,
    transport::{Arrived, Exchange, Failure, Outgoing, Transport},
};
use crate::{
    measure::{Recorder, RequestKey, RequestObservation},
    model::{ErrorKind, FailureKind, StageId},
    plan::{Request, Response, UrlError, Variables},
};
use serde_json::Value as Json;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// Largest body kept for checks and extracts; more is read and counted.
const MOST_BODY: usize = 10 * 1024 * 1024;
/// Bytes of a body kept where nothing looks at it, for the sample of a failure.
const SAMPLE_BODY: usize = 512;

/// How a request ended for its iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestEnd {
    /// Good.
    Passed,
    /// Failed, and the iteration goes on.
    Failed,
    /// Failed so that the iteration cannot go on.
    Broken,
}

/// What a request is made with.
pub(super) struct Exchanger<'u, T> {
    pub transport: &'u mut T,
    pub clock: Clock,
    pub recorder: &'u Rc<RefCell<Recorder>>,
    pub slots: &'u mut Vec<Option<Json>>,
    pub vu: u64,
    pub iteration: u64,
}

impl<T: Transport> Exchanger<'_, T> {
    /// Performs a request that was meant to start now.
    pub async fn perform(&mut self, request: &Request, stage: StageId) -> RequestEnd {
        let intended = self.clock.now();
        let outgoing = match self.render(request) {
            Ok(outgoing) => outgoing,
            Err(error) => return self.not_sent(request, stage, &error),
        };
        let sent_bytes = outgoing.body.as_ref().map_or(0, |body| body.len() as u64);
        let exchange = match tokio::time::timeout(request.timeout, self.transport.exchange(outgoing)).await {
            Ok(exchange) => exchange,
            Err(_) => self.timed_out(intended, request.timeout),
        };
        let seen = Seen { intended, stage, sent_bytes };
        match &exchange.result {
            Ok(arrived) => self.arrived(request, &seen, &exchange, arrived),
            Err(failure) => self.failed(request, &seen, &exchange, failure),
        }
    }

    fn variables(&self) -> Variables<'_> {
        Variables { slots: self.slots, vu: self.vu, iteration: self.iteration }
    }

    fn render(&self, request: &Request) -> Result<Outgoing, UrlError> {
        let variables = self.variables();
        Ok(Outgoing {
            method: request.method.clone(),
            url: request.url.render(&variables)?,
            headers: request.headers(&variables)?,
            body: request.body.render(&variables)?,
            keep_body: if request.reads_body { MOST_BODY } else { SAMPLE_BODY },
        })
    }

    fn timed_out(&self, intended: Duration, timeout: Duration) -> Exchange {
        let cause = format!("no complete response within {}", crate::model::format_duration(timeout));
        let result = Err(Failure { kind: ErrorKind::Timeout, cause });
        Exchange { sent_at: intended, ended_at: self.clock.now(), result }
    }

    /// What could not be rendered was not sent: it is no request, only a failure with its reason. A host that
    /// the scenario does not name counts as a request without a response, so that gates see it.
    fn not_sent(&self, request: &Request, stage: StageId, error: &UrlError) -> RequestEnd {
        let now = self.clock.now();
        let mut recorder = self.recorder.borrow_mut();
        let kind = match error {
            UrlError::Render(_) => FailureKind::Template,
            UrlError::HostNotAllowed(_) => {
                let refused = ErrorKind::HostNotAllowed;
                let key = RequestKey { error: Some(refused), failed: true, ..no_response(request, stage) };
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
        recorder.failure(request.id, kind, now, || error.to_string());
        RequestEnd::Broken
    }

    fn failed(&self, request: &Request, seen: &Seen, exchange: &Exchange, failure: &Failure) -> RequestEnd {
        let mut recorder = self.recorder.borrow_mut();
        let key = RequestKey { error: Some(failure.kind), failed: true, ..no_response(request, seen.stage) };
        recorder.request(&seen.observation(key, exchange, 0));
        let kind = FailureKind::NoResponse(failure.kind);
        recorder.failure(request.id, kind, exchange.ended_at, || failure.cause.clone());
        RequestEnd::Broken
    }

    fn arrived(
        &mut self,
        request: &Request,
        seen: &Seen,
        exchange: &Exchange,
        arrived: &Arrived,
    ) -> RequestEnd {
        let service_time = exchange.ended_at.saturating_sub(exchange.sent_at);
        let response =
            Response::new(arrived.status, &arrived.headers, &arrived.body, arrived.body_bytes, service_time);
        let recorder = Rc::clone(self.recorder);
        let mut recorder = recorder.borrow_mut();
        let mut failed = !request.expects_status && arrived.status >= 400;
        if failed {
            let kind = FailureKind::Status(arrived.status);
            recorder.failure(request.id, kind, exchange.ended_at, || sample_of_status(&response));
        }
        for check in &request.checks {
            let outcome = check.evaluate(&response, &self.variables());
            recorder.check(check.id, seen.stage, outcome.is_ok());
            let Err(observed) = outcome else { continue };
            if check.is_expectation {
                failed = true;
                let kind = FailureKind::Expectation(check.id);
                recorder.failure(request.id, kind, exchange.ended_at, || observed);
            }
        }
        let (status, protocol) = (arrived.status, arrived.protocol);
        let key = RequestKey { status, protocol, failed, ..no_response(request, seen.stage) };
        recorder.request(&seen.observation(key, exchange, arrived.body_bytes));
        let extracted = self.extract(request, &response, exchange.ended_at, &mut recorder);
        match (extracted, failed) {
            (false, _) => RequestEnd::Broken,
            (true, true) => RequestEnd::Failed,
            (true, false) => RequestEnd::Passed,
        }
    }

    fn extract(
        &mut self,
        request: &Request,
        response: &Response<'_>,
        at: Duration,
        recorder: &mut Recorder,
    ) -> bool {
        let mut all = true;
        for extract in &request.extracts {
            match extract.evaluate(response) {
                Ok(value) => self.slots[extract.slot] = Some(value),
                Err(reason) => {
                    all = false;
                    let sample = || format!("`{}` was not found: {reason}", extract.variable);
                    recorder.failure(request.id, FailureKind::Extract, at, sample);
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

/// The series of a request of which nothing came back yet.
fn no_response(request: &Request, stage: StageId) -> RequestKey {
    RequestKey { request: request.id, stage, status: 0, error: None, protocol: None, failed: false }
}

/// The status and the start of the body, as far as it was kept.
fn sample_of_status(response: &Response<'_>) -> String {
    let text = response.text();
    let start: String = text.chars().take(200).collect();
    if start.is_empty() { "the body is empty".to_owned() } else { start }
}
