//! A target that answers by a script and writes down everything it is asked.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use loadgen::{
    engine::{Arrived, Clock, Failure, Outgoing, Trace, Transport, Transports},
    model::{ErrorKind, Protocol},
    plan::{Payload, Piece},
};
use serde_json::Value as Json;
use std::{
    cell::RefCell,
    collections::HashMap,
    future::{Future, pending},
    io::Read,
    sync::{Arc, Mutex},
    time::Duration,
};
use url::Url;

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a response.
    Answered,
    /// With a failure.
    Failed(ErrorKind),
    /// Nobody waited for it any longer.
    GivenUp,
}

/// A request as it reached the target.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When.
    pub at: Duration,
    /// Which connection, in the order they were made.
    pub connection: usize,
    /// The user, from its header.
    pub vu: u64,
    /// The user's iteration, from its header.
    pub iteration: u64,
    /// How many requests to this path this user had sent before.
    pub nth: usize,
    pub method: String,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: String,
    /// How it ended, and when.
    pub end: Option<(End, Duration)>,
}

impl Sent {
    pub fn path(&self) -> &str {
        self.url.path()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What the target does with a request.
#[derive(Debug, Clone)]
pub struct Reply {
    delay: Duration,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Arrives { status: u16, headers: HeaderMap, body: Bytes },
    Fails(ErrorKind),
    Never,
}

impl Reply {
    /// A response with this status, at once.
    pub fn status(status: u16) -> Self {
        Self::text(status, "")
    }

    /// A response with this body, at once.
    pub fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, body.as_bytes())
    }

    /// A response with these bytes as its body, at once.
    pub fn bytes(status: u16, body: &[u8]) -> Self {
        let what = What::Arrives { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
        Self { delay: Duration::ZERO, what }
    }

    /// A response with this body, at once.
    pub fn json(body: &Json) -> Self {
        Self::text(200, &body.to_string())
    }

    /// No response, but this failure.
    pub fn fails(kind: ErrorKind) -> Self {
        Self { delay: Duration::ZERO, what: What::Fails(kind) }
    }

    /// Nothing at all, for ever.
    pub fn never() -> Self {
        Self { delay: Duration::ZERO, what: What::Never }
    }

    /// What a property test draws: now and then a failure, an error or nothing at all, so many milliseconds later.
    pub fn drawn(what: u8, millis: u64) -> Self {
        match what {
            0 => Self::fails(ErrorKind::ClosedEarly).after(millis),
            1 => Self::status(500).after(millis),
            2 => Self::never(),
            _ => Self::status(200).after(millis),
        }
    }

    /// The same, so many milliseconds later.
    pub fn after(self, millis: u64) -> Self {
        self.after_exactly(Duration::from_millis(millis))
    }

    /// The same, so much later.
    pub fn after_exactly(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The same with a header.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        if let What::Arrives { headers, .. } = &mut self.what {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self
    }
}

type Script = dyn Fn(&Sent) -> Reply + Send + Sync;

/// The target.
#[derive(Clone)]
pub struct Fake {
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Sent>>>,
    counts: Arc<Mutex<Counts>>,
}

/// What it counts to tell requests apart.
#[derive(Default)]
struct Counts {
    connections: usize,
    requests: HashMap<(u64, String), usize>,
}

impl Fake {
    pub fn new(script: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), log: Arc::default(), counts: Arc::default() }
    }

    /// Everything it was asked, in order.
    pub fn log(&self) -> Vec<Sent> {
        self.log.lock().unwrap().clone()
    }
}

impl Transports for Fake {
    type Worker = (Self, Clock);
    type User = FakeUser;

    fn worker(&self, clock: Clock) -> (Self, Clock) {
        (self.clone(), clock)
    }

    fn user((fake, clock): &(Self, Clock), _client: usize) -> FakeUser {
        FakeUser { fake: fake.clone(), clock: *clock, idle: RefCell::default() }
    }
}

/// One user's way to the target.
pub struct FakeUser {
    fake: Fake,
    clock: Clock,
    /// Its connections that no exchange uses now.
    idle: RefCell<Vec<usize>>,
}

impl FakeUser {
    /// Writes the request down; its place in the log.
    /// A connection that is free, or one more.
    fn connection(&self) -> usize {
        let idle = self.idle.borrow_mut().pop();
        idle.unwrap_or_else(|| {
            let mut counts = self.fake.counts.lock().unwrap();
            counts.connections += 1;
            counts.connections
        })
    }

    fn write_down(&self, request: &Outgoing, connection: usize) -> (usize, Sent) {
        let number = |name: &str| {
            let value = request.headers.get(name).and_then(|value| value.to_str().ok());
            value.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        let vu = number("x-vu");
        let mut counts = self.fake.counts.lock().unwrap();
        let before = counts.requests.entry((vu, request.url.path().to_owned())).or_default();
        let nth = *before;
        *before += 1;
        let mut log = self.fake.log.lock().unwrap();
        let sent = Sent {
            at: self.clock.now(),
            connection,
            vu,
            iteration: number("x-iteration"),
            nth,
            method: request.method.to_string(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: String::from_utf8(whole(request.body.as_ref())).unwrap(),
            end: None,
        };
        log.push(sent.clone());
        (log.len() - 1, sent)
    }
}

impl Transport for FakeUser {
    fn exchange(
        &self,
        request: &mut Outgoing,
        trace: &Trace,
    ) -> impl Future<Output = Result<Arrived, Failure>> {
        let connection = self.connection();
        let (place, sent) = self.write_down(request, connection);
        // Bodies are all that passes here: there is no socket.
        trace.note(|moments| (moments.sent_at, moments.sent_bytes) = (Some(sent.at), sent.body.len() as u64));
        let keep_body = request.keep_body;
        let reply = (self.fake.script)(&sent);
        let mut waiting =
            Waiting { log: Arc::clone(&self.fake.log), clock: self.clock, place, end: End::GivenUp };
        let clock = self.clock;
        async move {
            if !reply.delay.is_zero() {
                clock.sleep_until(sent.at + reply.delay).await;
            }
            let result = match reply.what {
                What::Never => pending().await,
                What::Fails(kind) => {
                    waiting.ends(End::Failed(kind));
                    Err(Failure { kind, cause: format!("scripted {kind}") })
                }
                What::Arrives { status, headers, body } => {
                    waiting.ends(End::Answered);
                    let body_bytes = body.len() as u64;
                    let body = body.slice(..body.len().min(keep_body));
                    trace.note(|moments| moments.received_bytes = body_bytes);
                    let protocol = Some(Protocol::Http11);
                    let ended_at = clock.now();
                    Ok(Arrived { status, protocol, headers, body, body_bytes, ended_at })
                }
            };
            self.idle.borrow_mut().push(connection);
            result
        }
    }
}

fn whole(body: Option<&Payload>) -> Vec<u8> {
    match body {
        None => Vec::new(),
        Some(Payload::Whole(bytes)) => bytes.to_vec(),
        Some(Payload::Pieces(pieces)) => pieces.iter().flat_map(of_piece).collect(),
    }
}

fn of_piece(piece: &Piece) -> Vec<u8> {
    match piece {
        Piece::Bytes(bytes) => bytes.to_vec(),
        Piece::File(file) => {
            let mut bytes = Vec::new();
            file.open().unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        }
    }
}

/// Writes the end down, whichever it is.
struct Waiting {
    log: Arc<Mutex<Vec<Sent>>>,
    clock: Clock,
    place: usize,
    end: End,
}

impl Waiting {
    fn ends(&mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut log = self.log.lock().unwrap();
        log[self.place].end = Some((self.end, self.clock.now()));
    }
}
