//! What rows are written with: users of a transport, what came of their exchanges, and the bounds that hold for all.

use allocation_counter::measure;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadgen::{
    engine::{Arrived, Clock, Failure, Moments, Outgoing, Trace, Transport, Transports},
    model::ErrorKind,
    plan::{Payload, TransportOptions},
};
use loadgen_testbed::Truth;
use std::{future::Future, marker::PhantomData, time::Duration};
use tokio::{runtime::Builder, task::LocalSet, time::timeout};

/// Longer than any exchange of these tests takes: what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(8);

/// Most memory that a row may hold at once, the test's own included.
const MOST_MEMORY: u64 = 32 << 20;

/// A transport under test.
pub trait Subject {
    /// It.
    type Made: Transports;
    /// The rows that it cannot do, with the reason.
    const SKIPS: &'static [(&'static str, &'static str)];

    /// Makes it, with one client for each of these options.
    fn make(options: Vec<TransportOptions>) -> Self::Made;
}

/// Runs a row with a transport, as the engine would: on one thread. Its memory is bounded, whatever it does.
pub fn run<S: Subject, F: Future<Output = ()>>(row: &str, check: impl FnOnce(Lab<S>) -> F) {
    if let Some((_, reason)) = S::SKIPS.iter().find(|(name, _)| *name == row) {
        #[expect(clippy::print_stdout, reason = "shown with the test's output, where anybody asks for it")]
        {
            println!("skipped: {reason}");
        }
        return;
    }
    let memory = measure(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, check(Lab { clock: Clock::start(), subject: PhantomData }));
    });
    assert!(memory.bytes_max < MOST_MEMORY, "held {} bytes at once", memory.bytes_max);
}

/// Makes users.
pub struct Lab<S> {
    pub clock: Clock,
    subject: PhantomData<S>,
}

impl<S: Subject> Lab<S> {
    /// A user with the options that a scenario has that says nothing.
    pub fn user(&self) -> User<S> {
        self.user_with(TransportOptions::default())
    }

    /// A user with these options.
    pub fn user_with(&self, options: TransportOptions) -> User<S> {
        self.users_with(options, 1).remove(0)
    }

    /// Users of one worker.
    pub fn users_with(&self, options: TransportOptions, count: usize) -> Vec<User<S>> {
        let worker = S::make(vec![options]).worker(self.clock);
        (0..count).map(|_| User { transport: S::Made::user(&worker, 0), clock: self.clock }).collect()
    }
}

/// One user.
pub struct User<S: Subject> {
    transport: <S::Made as Transports>::User,
    clock: Clock,
}

impl<S: Subject> User<S> {
    /// What a step would make of a GET of this URL.
    pub fn request(&self, url: &str) -> Outgoing {
        Outgoing {
            method: Method::GET,
            url: url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: None,
            keep_body: 1 << 20,
            needs_whole_body: false,
            ready_at: self.clock.now(),
        }
    }

    /// GETs a URL.
    #[track_caller]
    pub fn get(&self, url: &str) -> impl Future<Output = Went> {
        self.send(self.request(url))
    }

    /// Sends a request and waits for the end of it.
    #[track_caller]
    pub fn send(&self, request: Outgoing) -> impl Future<Output = Went> {
        let place = std::panic::Location::caller();
        async move {
            let went = self.send_within(request, PATIENCE).await;
            assert!(went.result.is_some(), "it hangs ({place}): {:?}", went.moments);
            went
        }
    }

    /// Sends a request and gives it up after so long.
    pub async fn send_within(&self, mut request: Outgoing, patience: Duration) -> Went {
        let (trace, ready_at) = (Trace::default(), self.clock.now());
        request.ready_at = ready_at;
        let result = timeout(patience, self.transport.exchange(&mut request, &trace)).await.ok();
        Went { result, moments: trace.get(), ready_at, given_up_at: self.clock.now() }
    }

    /// GETs a URL and gives it up after so long.
    pub async fn get_within(&self, url: &str, patience: Duration) -> Went {
        self.send_within(self.request(url), patience).await
    }
}

/// What came of an exchange.
#[derive(Debug)]
pub struct Went {
    /// Nothing where it was given up.
    pub result: Option<Result<Arrived, Failure>>,
    pub moments: Moments,
    pub ready_at: Duration,
    pub given_up_at: Duration,
}

impl Went {
    /// The response.
    #[track_caller]
    pub fn arrived(&self) -> &Arrived {
        match &self.result {
            Some(Ok(arrived)) => arrived,
            other => panic!("no response but {other:?}"),
        }
    }

    /// Asserts a response of this status and body.
    #[track_caller]
    pub fn assert_answer(&self, status: u16, body: &str) {
        let arrived = self.arrived();
        assert_eq!((arrived.status, text(&arrived.body)), (status, body.to_owned()));
        assert_eq!(arrived.body_bytes, body.len() as u64);
    }

    /// Asserts a failure of this kind, with a cause that says something and does not say where.
    #[track_caller]
    pub fn assert_failure(&self, kind: ErrorKind) {
        let Some(Err(failure)) = &self.result else { panic!("no failure but {:?}", self.result) };
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(!failure.cause.is_empty() && !failure.cause.contains("//127.0.0.1"), "{failure:?}");
    }

    /// Asserts that it was given up.
    #[track_caller]
    pub fn assert_pending(&self) {
        assert!(self.result.is_none(), "{:?}", self.result);
    }

    /// A header of the response.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.arrived().headers.get(name).unwrap().to_str().unwrap()
    }

    /// The response's body, which is JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.arrived().body).unwrap()
    }

    /// Wait for a connection, its set-up included.
    #[track_caller]
    pub fn blocked(&self) -> Duration {
        self.moments.sent_at.unwrap() - self.ready_at
    }

    /// Writing the request.
    #[track_caller]
    pub fn sending(&self) -> Duration {
        self.moments.sent_until.unwrap() - self.moments.sent_at.unwrap()
    }

    /// From there to the first byte of the response.
    #[track_caller]
    pub fn waiting(&self) -> Duration {
        self.moments.first_byte_at.unwrap() - self.moments.sent_until.unwrap()
    }

    /// From there to the last one.
    #[track_caller]
    pub fn receiving(&self) -> Duration {
        self.arrived().ended_at - self.moments.first_byte_at.unwrap()
    }
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A body as it is.
pub fn whole(body: impl Into<Vec<u8>>) -> Option<Payload> {
    Some(Payload::Whole(Bytes::from(body.into())))
}

/// Headers of these names and values.
pub fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let header = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    pairs.iter().map(header).collect()
}

/// Asserts what the target saw: so many connections, and so many requests.
#[track_caller]
pub fn assert_saw(truth: &Truth, connections: usize, requests: usize) {
    assert_eq!((truth.connections().len(), truth.requests().len()), (connections, requests));
}

/// Asks for a path of a site, which ends in a failure of this kind. It was asked for once, and the user can go on.
pub async fn fails<S: Subject>(lab: &Lab<S>, path: &str, kind: ErrorKind) {
    let target = loadgen_testbed::Target::site();
    let user = lab.user();
    let went = user.get(&target.url(path)).await;
    went.assert_failure(kind);
    assert_saw(target.truth(), 1, 1);
    assert!(went.moments.is_new);
    let next = user.get(&target.url("/")).await;
    next.assert_answer(200, "ok");
    assert!(next.moments.is_new, "a connection that failed is used again");
    assert_saw(target.truth(), 2, 2);
}
