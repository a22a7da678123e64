//! A connection that speaks HTTP/2: exchanges side by side. It needs a task of its own, since it also has to answer
//! the other side's frames while nobody waits for a response.

use super::{
    body::OutBody,
    connector::{Charge, Connected},
    failure::{Phase, classify},
    http1::{End, Manner, absolute},
    meter::Meter,
    origin::Origin,
    receive::{Receiving, protocol},
};
use crate::engine::{
    clock::Clock,
    transport::{Arrived, Failure, Outgoing, Trace},
};
use ::http::{HeaderMap, Request, Response, header};
use hyper::{
    body::{Body, Incoming},
    client::conn::http2::{Builder, SendRequest},
    rt::Executor,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    cell::Cell,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    time::Duration,
};
use tokio::task::spawn_local;

/// How long the other side may be silent while it owes answers, until it is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(10);

/// A connection.
pub(super) struct Http2 {
    pub origin: Rc<Origin>,
    meter: Rc<Meter>,
    remote: SocketAddr,
    sender: SendRequest<OutBody>,
    /// Requests that were answered over it.
    served: Cell<u64>,
    /// Exchanges that go on.
    running: Cell<u64>,
    /// Exchanges that began while another one went on.
    overlaps: Cell<u64>,
    /// Most exchanges that the other side takes at once.
    streams: Rc<Cell<usize>>,
}

/// Spawns on the worker's own thread.
#[derive(Debug, Clone, Copy)]
struct Local;

impl<F: Future<Output = ()> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}

impl Http2 {
    /// HTTP/2 over this connection.
    pub async fn over(connected: Connected, origin: Rc<Origin>) -> Result<Self, Failure> {
        let Connected { stream, meter, remote, .. } = connected;
        let made = Builder::new(Local)
            .timer(TokioTimer::new())
            .keep_alive_interval(SILENCE)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, mut connection) = made.map_err(|error| classify(&error, Phase::Connecting))?;
        let streams = Rc::new(Cell::new(connection.current_max_send_streams()));
        let limit = Rc::clone(&streams);
        spawn_local(async move {
            let driven = poll_fn(|context| {
                let ended = Pin::new(&mut connection).poll(context);
                limit.set(connection.current_max_send_streams());
                ended
            });
            // How it ended is told to whoever waits for a response.
            let _ = driven.await;
        });
        let counts = || Cell::new(0);
        let (served, running, overlaps) = (counts(), counts(), counts());
        Ok(Self { origin, meter, remote, sender, served, running, overlaps, streams })
    }

    /// Whether it can take another exchange.
    pub fn is_usable(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Whether another exchange would not have to wait for one of those that go on.
    pub fn has_room(&self) -> bool {
        self.running.get() < self.streams.get() as u64
    }

    /// One exchange.
    pub async fn exchange(
        &self,
        request: &mut Outgoing,
        trace: &Trace,
        manner: Manner<'_>,
        is_new: bool,
    ) -> End {
        let message = match message(request, &self.origin, manner) {
            Ok(message) => message,
            Err(failure) => return End::Over(Err(failure)),
        };
        let alone = Alone::begin(self, message.body().size_hint().lower());
        let charge = Charge { meter: &self.meter, trace };
        let message = message.map(|body| if alone.is_so() { body.telling(&self.meter) } else { body });
        let sent_at = manner.clock.now();
        trace.note(|moments| {
            moments.sent_at = Some(sent_at);
            moments.remote = Some(self.remote);
            moments.is_new = is_new;
        });
        let is_reused = self.served.get() > 0;
        let answered = self.sender.clone().try_send_request(message).await;
        let head_at = manner.clock.now();
        // Who shares the connection cannot tell its own writes from others'.
        let written = if alone.is_so() { self.meter.written_at() } else { Some(sent_at) };
        let response = match answered {
            Ok(response) => response,
            Err(mut error) => {
                if let (true, Some(message)) = (is_reused, error.take_message()) {
                    request.headers = message.into_parts().0.headers;
                    return End::NotSent;
                }
                trace.note(|moments| moments.sent_until = written);
                // Where others go on beside it, the connection was not idle.
                let phase = Phase::Head { is_reused: is_reused && alone.is_so(), has_begun: false };
                return End::Over(Err(classify(error.error(), phase)));
            }
        };
        trace.note(|moments| {
            moments.first_byte_at = Some(head_at);
            moments.sent_until = Some(written.unwrap_or(sent_at).clamp(sent_at, head_at));
        });
        let read = read(response, request, manner.clock).await;
        self.served.set(self.served.get() + 1);
        drop(charge);
        End::Over(read)
    }
}

/// Whether an exchange has had the connection for itself, so far.
struct Alone<'a> {
    connection: &'a Http2,
    /// The count of overlaps at its beginning; nothing where it began beside another.
    overlaps: Option<u64>,
}

impl<'a> Alone<'a> {
    fn begin(connection: &'a Http2, body_bytes: u64) -> Self {
        let running = connection.running.get();
        connection.running.set(running + 1);
        if running > 0 {
            connection.overlaps.set(connection.overlaps.get() + 1);
            return Self { connection, overlaps: None };
        }
        connection.meter.begin(body_bytes);
        Self { connection, overlaps: Some(connection.overlaps.get()) }
    }

    fn is_so(&self) -> bool {
        self.overlaps == Some(self.connection.overlaps.get())
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.connection.running.set(self.connection.running.get() - 1);
    }
}

async fn read(response: Response<Incoming>, request: &Outgoing, clock: Clock) -> Result<Arrived, Failure> {
    let (head, mut body) = response.into_parts();
    let mut receiving = Receiving::of(request);
    receiving.announced(body.size_hint().lower())?;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        receiving.next(frame)?;
    }
    let ended_at: Duration = clock.now();
    let (body, body_bytes) = receiving.finish();
    let (status, protocol) = (head.status.as_u16(), protocol(head.version));
    Ok(Arrived { status, protocol, headers: head.headers, body, body_bytes, ended_at })
}

/// The request as it is written: a `host` header takes the place of the URL's own, as in HTTP/1, and what concerns
/// a connection is no header of HTTP/2 (RFC 9113, section 8.2.2).
fn message(request: &mut Outgoing, origin: &Origin, manner: Manner<'_>) -> Result<Request<OutBody>, Failure> {
    let mut message = Request::new(OutBody::new(request.body.clone()));
    *message.method_mut() = request.method.clone();
    *message.version_mut() = ::http::Version::HTTP_2;
    let mut uri = absolute(&request.url, origin)?;
    let mut headers = std::mem::take(&mut request.headers);
    if let Some(host) = headers.remove(header::HOST)
        && let Ok(authority) = host.as_bytes().try_into()
    {
        let mut parts = uri.clone().into_parts();
        parts.authority = Some(authority);
        uri = ::http::Uri::from_parts(parts).unwrap_or(uri);
    }
    strip(&mut headers);
    if let Some(Some(authorization)) = manner.proxy {
        headers.insert(header::PROXY_AUTHORIZATION, authorization.clone());
    }
    *message.uri_mut() = uri;
    *message.headers_mut() = headers;
    Ok(message)
}

fn strip(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
}
