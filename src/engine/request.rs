//! One request of an actor and all that belongs to it: redirects followed, challenges answered, cookies kept. Each
//! exchange of it is counted as a request of its own; checks look at the last one.

use super::{
    actor::Actor,
    answer::{RequestEnd, Seen},
    decode::{DecodeError, decode},
    digest::Attempt,
    exchange::Exchange,
    redirect::{Hop, hop, strip_for},
    steps::{Flow, Stopped},
    traceparent::{self, TraceId},
    transport::{Arrived, Failure, Outgoing, Transports},
    witness::{SHOWN_BODY, Shown},
};
use crate::{
    model::{ErrorKind, OnFailure, StopScope, format_bytes},
    plan::{Payload, RenderError, Request, UrlError},
};
use ::http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, COOKIE},
};
use std::time::Duration;
use url::Url;

/// Bytes of a body kept where nothing looks at it, for the sample of a failure.
const SAMPLE_BODY: usize = 512;
/// Most challenges of one request; an honest target has no more than two: a new nonce, and one that went stale.
const MOST_CHALLENGES: u32 = 4;
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// How far a request has got on its way through redirects and challenges.
#[derive(Debug, Default)]
struct Chain {
    /// Redirects that were followed.
    redirects: u32,
    /// Exchanges that there were.
    exchanges: u32,
    /// Whether a redirect has left the host, and with it those who may know the credentials.
    has_left: bool,
    /// Whether a redirect has dropped the body.
    drops_body: bool,
    attempt: Attempt,
    /// Challenges that there were.
    challenges: u32,
    /// Who asks, once it was rendered.
    credentials: Option<(String, String)>,
    /// Headers that were rendered for this request: every exchange of it has the same.
    rendered: Vec<(HeaderName, HeaderValue)>,
    trace_id: Option<TraceId>,
}

impl Chain {
    fn begin(request: &Request, outgoing: &Outgoing, trace_id: Option<TraceId>) -> Self {
        let varying = request.varying_headers.iter().map(|(name, _)| name);
        let rendered =
            varying.filter_map(|name| Some((name.clone(), outgoing.headers.get(name)?.clone()))).collect();
        Self { rendered, trace_id, ..Self::default() }
    }
}

/// What follows an exchange.
enum Next {
    /// Nothing: it is the answer.
    Over,
    /// Another one.
    Again,
    /// Another one that must not be, or cannot.
    Fails(Failure),
}

impl<F: Transports> Actor<F> {
    /// Performs a request that was meant to start now, or by as much earlier as its iteration began late.
    pub(super) async fn perform(&self, request: &Request, line: usize) -> Flow {
        self.take_turn().await;
        let now = self.look_at_clock();
        let intended = now.saturating_sub(self.late.take());
        let stage = self.stage();
        let seen = Seen { intended, stage, url: String::new(), trace_id: None };
        let end = match self.render(request) {
            Ok(outgoing) => self.send(request, seen, outgoing).await,
            Err(error) => self.not_sent(request, stage, &error),
        };
        self.after(end, request.on_failure, line)
    }

    /// Waits for the cap on the run's requests.
    async fn take_turn(&self) {
        let shared = &self.shared;
        if !shared.gate.pass(shared.clock) {
            // Boxed: room for it would be kept by every user all along.
            Box::pin(shared.gate.wait(shared.clock, &shared.alarm)).await;
        }
    }

    async fn send(&self, request: &Request, mut seen: Seen, mut outgoing: Outgoing) -> RequestEnd {
        let mut chain = Chain::begin(request, &outgoing, self.next_trace_id());
        seen.trace_id = chain.trace_id.map(|id| id.0);
        if let Err(error) = self.add_own(request, &mut chain, &mut outgoing) {
            return self.not_sent(request, seen.stage, &error.into());
        }
        let mut by = outgoing.ready_at + request.timeout;
        loop {
            let shown = self.shared.witness.as_ref().map(|_| Shown::of(&outgoing));
            let mut exchange = self.exchange(&mut outgoing, by, request.timeout).await;
            chain.exchanges += 1;
            let failure = match self.next(request, &mut chain, &mut outgoing, &exchange) {
                Next::Over => None,
                Next::Fails(failure) => Some(failure),
                Next::Again => match self.make_ready(request, &mut chain, &mut outgoing) {
                    Ok(()) => {
                        self.passed_on(request, &seen, &exchange, shown);
                        by += self.take_turn_again(&mut outgoing).await;
                        seen.intended = outgoing.ready_at;
                        continue;
                    }
                    Err(error) => Some(Failure::new(ErrorKind::Other, error.to_string())),
                },
            };
            match failure {
                Some(failure) => exchange.result = Err(failure),
                None if request.reads_body => undo_encoding(&mut exchange, request),
                None => {}
            }
            return self.ended(request, seen, exchange, shown, &outgoing.url);
        }
    }

    /// Waits for the cap before one more exchange; for how long, since who has to wait for it is not slow.
    async fn take_turn_again(&self, outgoing: &mut Outgoing) -> Duration {
        let from = self.shared.clock.now();
        self.take_turn().await;
        outgoing.ready_at = self.shared.clock.now();
        outgoing.ready_at.saturating_sub(from)
    }

    /// The headers of one more exchange: those that were rendered for the first one, without what must not go along.
    fn make_ready(
        &self,
        request: &Request,
        chain: &mut Chain,
        outgoing: &mut Outgoing,
    ) -> Result<(), RenderError> {
        outgoing.headers = request.fixed_headers.clone();
        for (name, value) in &chain.rendered {
            outgoing.headers.insert(name.clone(), value.clone());
        }
        strip_for(&mut outgoing.headers, chain.drops_body, !chain.has_left);
        self.add_own(request, chain, outgoing)
    }

    /// Adds what depends on the user and on how far the request has got: credentials, cookies, the trace's id.
    fn add_own(
        &self,
        request: &Request,
        chain: &mut Chain,
        outgoing: &mut Outgoing,
    ) -> Result<(), RenderError> {
        if let Some(trace_id) = chain.trace_id {
            let value = traceparent::header(trace_id, trace_id.span(chain.exchanges));
            outgoing.headers.insert(TRACEPARENT, value);
        }
        if let Some(value) = self.answer_to_challenge(request, chain, outgoing)? {
            outgoing.headers.insert(AUTHORIZATION, value);
        }
        if let Some(value) = self.cookies(request, chain, &outgoing.url)? {
            // Those that the file sets as a header stay beside the jar's.
            let value = match outgoing.headers.get(COOKIE) {
                Some(set) => joined(set, &value).unwrap_or(value),
                None => value,
            };
            outgoing.headers.insert(COOKIE, value);
        }
        Ok(())
    }

    fn answer_to_challenge(
        &self,
        request: &Request,
        chain: &mut Chain,
        outgoing: &Outgoing,
    ) -> Result<Option<HeaderValue>, RenderError> {
        let Some(digest) = request.digest.as_ref().filter(|_| !chain.has_left) else { return Ok(None) };
        let (user, password) = match &mut chain.credentials {
            Some(known) => known,
            // Once: a name that is drawn by chance must be the same in the answer.
            none => none.insert(self.with_variables(|variables| {
                Ok::<_, RenderError>((digest.user.to_text(variables)?, digest.password.to_text(variables)?))
            })?),
        };
        let body: Option<&[u8]> = match &outgoing.body {
            None => Some(&[]),
            Some(Payload::Whole(bytes)) => Some(bytes),
            Some(Payload::Pieces(_)) => None,
        };
        let mut challenges = self.challenges.borrow_mut();
        let answer =
            challenges.authorize(&mut chain.attempt, &outgoing.url, &outgoing.method, body, (user, password));
        answer.transpose().map_err(RenderError::Unusable)
    }

    fn cookies(
        &self,
        request: &Request,
        chain: &Chain,
        url: &Url,
    ) -> Result<Option<HeaderValue>, RenderError> {
        let own: Vec<(String, String)> = if chain.has_left {
            Vec::new()
        } else {
            let own = self.with_variables(|variables| request.own_cookies(variables))?;
            own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let jar = self.jar.borrow();
        jar.header(url, &own).map_err(|error| RenderError::Unusable(error.to_string()))
    }

    /// What follows an exchange; where another one does, `outgoing` is made ready for it but for its headers.
    fn next(
        &self,
        request: &Request,
        chain: &mut Chain,
        outgoing: &mut Outgoing,
        exchange: &Exchange,
    ) -> Next {
        let Ok(arrived) = &exchange.result else { return Next::Over };
        if self.keeps_cookies() {
            self.jar.borrow_mut().receive(&arrived.headers, &outgoing.url);
        }
        if arrived.status == 401 && self.is_challenged(chain, &outgoing.url, arrived) {
            return Next::Again;
        }
        if request.redirects == 0 {
            return Next::Over;
        }
        match hop(arrived.status, &arrived.headers, &outgoing.url, &outgoing.method) {
            Hop::Stay => Next::Over,
            Hop::Invalid(why) => Next::Fails(Failure::new(ErrorKind::RedirectInvalid, why)),
            Hop::To { url, method, drops_body, same_host } => {
                if chain.redirects >= request.redirects {
                    let cause = format!("more than {} redirects", request.redirects);
                    return Next::Fails(Failure::new(ErrorKind::TooManyRedirects, cause));
                }
                let host = url.host_str().unwrap_or_default();
                if !self.shared.plan.hosts.iter().any(|allowed| allowed == host) {
                    let cause = format!("redirected to the host `{host}`, which the scenario does not name");
                    return Next::Fails(Failure::new(ErrorKind::HostNotAllowed, cause));
                }
                chain.redirects += 1;
                chain.attempt = Attempt::default();
                chain.has_left |= !same_host;
                if drops_body {
                    chain.drops_body = true;
                    outgoing.body = None;
                }
                (outgoing.url, outgoing.method) = (url, method);
                Next::Again
            }
        }
    }

    /// Whether a 401 asks for an answer that has not been given yet.
    fn is_challenged(&self, chain: &mut Chain, url: &Url, arrived: &Arrived) -> bool {
        let Some((user, _)) = chain.credentials.as_ref().filter(|_| !chain.has_left) else { return false };
        chain.challenges += 1;
        if chain.challenges > MOST_CHALLENGES {
            return false;
        }
        // What cannot be answered is the answer.
        let mut challenges = self.challenges.borrow_mut();
        challenges.challenge(chain.attempt, url, &arrived.headers, user).unwrap_or(false)
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
            _ if request.reads_body => usize::try_from(request.max_body).unwrap_or(usize::MAX),
            Some(_) => SHOWN_BODY,
            None if request.discard_body => 0,
            None => SAMPLE_BODY,
        };
        self.with_variables(|variables| {
            Ok(Outgoing {
                method: request.method.clone(),
                url: request.url.render(variables)?,
                headers: request.headers(variables)?,
                body: request.body.render(variables)?,
                keep_body,
                needs_whole_body: request.reads_body,
                ready_at: self.shared.clock.now(),
            })
        })
    }
}

/// Undoes the encoding of a body that something looks at.
fn undo_encoding(exchange: &mut Exchange, request: &Request) {
    let Ok(arrived) = &exchange.result else { return };
    let most = usize::try_from(request.max_body).unwrap_or(usize::MAX);
    match decode(&arrived.headers, &arrived.body, most) {
        Ok(decoded) => exchange.decoded = decoded,
        Err(DecodeError::TooLarge(_)) => {
            let most = format_bytes(request.max_body);
            let cause = format!(
                "the decoded body is larger than {most} (`max_body`), and a check or extract needs all of it"
            );
            exchange.result = Err(Failure::new(ErrorKind::BodyTooLarge, cause));
        }
        Err(DecodeError::Malformed(why)) => exchange.result = Err(Failure::new(ErrorKind::Decompress, why)),
    }
}

fn joined(one: &HeaderValue, other: &HeaderValue) -> Option<HeaderValue> {
    let bytes = [one.as_bytes(), b"; ", other.as_bytes()].concat();
    HeaderValue::from_bytes(&bytes).ok()
}
