//! A connection that speaks HTTP/1: one exchange at a time.
//!
//! It is driven by whoever uses it and not by a task of its own: no other task has to be woken for a request, and
//! between two requests it costs nothing. What happens to it meanwhile is seen when it is used again.

use super::{
    body::OutBody,
    connector::{Charge, Connected},
    failure::{Phase, classify},
    meter::{Meter, Stream},
    origin::Origin,
    receive::{Receiving, protocol},
};
use crate::engine::{
    clock::Clock,
    transport::{Arrived, Failure, Outgoing, Trace},
};
use ::http::{
    HeaderValue, Request, Response, Uri,
    header::{CONNECTION, HOST, PROXY_AUTHORIZATION},
    uri::{PathAndQuery, Scheme},
};
use bytes::Bytes;
use hyper::{
    body::{Body, Frame, Incoming},
    client::conn::{
        TrySendError,
        http1::{Builder, Connection, SendRequest},
    },
};
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use url::{Position, Url};

/// Most bytes that a connection reads ahead, and so the longest head of a response. It stays with the connection.
const MOST_BUFFER: usize = 64 * 1024;

/// A connection.
pub(super) struct Http1 {
    pub origin: Rc<Origin>,
    meter: Rc<Meter>,
    remote: SocketAddr,
    /// Requests that were answered over it.
    served: u64,
    /// Whether it was ready for another exchange after the last one.
    pub is_idle: bool,
    sender: SendRequest<OutBody>,
    /// Nothing once it has ended.
    connection: Option<Connection<TokioIo<Stream>, OutBody>>,
}

/// How requests are written over a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'m> {
    pub clock: Clock,
    /// Whether the connection is for more than one request.
    pub reuse: bool,
    /// Whether a proxy is asked, that is without a tunnel, and what it is told about who asks.
    pub proxy: Option<Option<&'m HeaderValue>>,
}

/// How an exchange ended.
pub(super) enum End {
    /// With a response, or a failure.
    Over(Result<Arrived, Failure>),
    /// The connection was closed before a byte of the request was written.
    NotSent,
}

impl Http1 {
    /// HTTP/1 over this connection.
    pub async fn over(connected: Connected, origin: Rc<Origin>) -> Result<Self, Failure> {
        let Connected { stream, meter, remote, .. } = connected;
        let made = Builder::new().max_buf_size(MOST_BUFFER).handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| classify(&error, Phase::Connecting))?;
        let connection = Some(connection);
        Ok(Self { origin, meter, remote, served: 0, is_idle: false, sender, connection })
    }

    /// Looks what has happened to it; whether it can be used.
    pub fn is_usable(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        poll_connection(&mut self.connection, &mut context);
        self.connection.is_some() && self.sender.is_ready()
    }

    /// One exchange.
    pub async fn exchange(&mut self, request: &mut Outgoing, trace: &Trace, manner: Manner<'_>) -> End {
        let is_reused = self.served > 0;
        self.is_idle = false;
        let message = match message(request, &self.origin, manner) {
            Ok(message) => message,
            Err(failure) => return End::Over(Err(failure)),
        };
        let meter = Rc::clone(&self.meter);
        meter.begin(0);
        let charge = Charge { meter: &meter, trace };
        let _progress = Progress { meter: &meter, trace };
        let sent_at = if is_reused { request.ready_at } else { manner.clock.now() };
        trace.note(|moments| {
            moments.sent_at = Some(sent_at);
            moments.remote = Some(self.remote);
            moments.is_new = !is_reused;
        });
        let answered = self.answered(message).await;
        let response = match answered {
            Ok(response) => response,
            Err(mut error) => {
                if let (true, Some(message)) =
                    (is_reused && meter.written_at().is_none(), error.take_message())
                {
                    request.headers = message.into_parts().0.headers;
                    return End::NotSent;
                }
                let has_begun = meter.first_read_at().is_some();
                note_written(&meter, trace, None);
                let failure = classify(error.error(), Phase::Head { is_reused, has_begun });
                return End::Over(Err(self.explained(failure, manner.clock.now().saturating_sub(sent_at))));
            }
        };
        note_written(&meter, trace, meter.first_read_at());
        let read = self.read(response, request, manner.clock).await;
        self.served += 1;
        // Here, so that what passes while it comes to rest is still charged to this exchange.
        self.is_idle = self.is_usable();
        drop(charge);
        End::Over(read)
    }

    async fn answered(
        &mut self,
        message: Request<OutBody>,
    ) -> Result<Response<Incoming>, TrySendError<Request<OutBody>>> {
        let connection = &mut self.connection;
        let mut answer = pin!(self.sender.try_send_request(message));
        poll_fn(|context| {
            poll_connection(connection, context);
            // Only the connection brings an answer, and it has just been asked: nobody has to be woken for it.
            answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await
    }

    async fn read(
        &mut self,
        response: Response<Incoming>,
        request: &Outgoing,
        clock: Clock,
    ) -> Result<Arrived, Failure> {
        let (head, mut body) = response.into_parts();
        let mut receiving = Receiving::of(request);
        let connection = &mut self.connection;
        let read = async {
            receiving.announced(body.size_hint().lower())?;
            while let Some(frame) = poll_fn(|context| poll_body(connection, &mut body, context)).await {
                receiving.next(frame)?;
            }
            Ok(())
        };
        if let Err(failure) = read.await {
            // What is left of the body is nobody's any more.
            self.connection = None;
            return Err(failure);
        }
        let ended_at = clock.now();
        let (body, body_bytes) = receiving.finish();
        let (status, protocol) = (head.status.as_u16(), protocol(head.version));
        Ok(Arrived { status, protocol, headers: head.headers, body, body_bytes, ended_at })
    }

    /// A stale connection with what tells whether it was idle or the target fell: how often it had been used, and how
    /// soon it was closed.
    fn explained(&self, failure: Failure, after: Duration) -> Failure {
        if failure.kind != crate::model::ErrorKind::StaleConnection {
            return failure;
        }
        let Failure { kind, cause } = failure;
        let millis = after.as_secs_f64() * 1e3;
        let served = self.served;
        let cause = format!(
            "{cause}; the connection had served {served} requests and was closed {millis:.1} ms after this one"
        );
        Failure { kind, cause }
    }
}

/// The next part of a body. It is asked for twice: the first time may only tell the connection that it is wanted, and
/// to come back for it later, behind all other users, would be charged to the target.
fn poll_body(
    connection: &mut Option<Connection<TokioIo<Stream>, OutBody>>,
    body: &mut Incoming,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    let mut unheard = Context::from_waker(Waker::noop());
    poll_connection(connection, context);
    if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(&mut unheard) {
        return Poll::Ready(frame);
    }
    poll_connection(connection, context);
    Pin::new(body).poll_frame(&mut unheard)
}

fn poll_connection(connection: &mut Option<Connection<TokioIo<Stream>, OutBody>>, context: &mut Context<'_>) {
    if let Some(alive) = connection
        && let Poll::Ready(_) = Pin::new(alive).poll(context)
    {
        // How it ended is told to whoever waits for a response.
        *connection = None;
    }
}

/// When the request was written; not after the response began, where the target did not wait for the end of it.
fn note_written(meter: &Meter, trace: &Trace, first_byte_at: Option<Duration>) {
    let written = meter.written_at();
    trace.note(|moments| {
        moments.first_byte_at = first_byte_at;
        moments.sent_until = match (written, first_byte_at) {
            (Some(written), Some(first_byte)) => Some(written.min(first_byte)),
            (written, _) => written,
        };
    });
}

/// Notes how far an exchange came that ended without saying so: it failed, or nobody waited for it any longer.
struct Progress<'p> {
    meter: &'p Meter,
    trace: &'p Trace,
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.trace.get().first_byte_at.is_none() {
            note_written(self.meter, self.trace, self.meter.first_read_at());
        }
    }
}

/// The request as it is written.
fn message(request: &mut Outgoing, origin: &Origin, manner: Manner<'_>) -> Result<Request<OutBody>, Failure> {
    let mut message = Request::new(OutBody::new(request.body.clone()));
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = match manner.proxy {
        Some(_) => absolute(&request.url, origin)?,
        None => Uri::from(path(&request.url)?),
    };
    let mut headers = std::mem::take(&mut request.headers);
    headers.entry(HOST).or_insert_with(|| origin.host_header.clone());
    if let Some(Some(authorization)) = manner.proxy {
        headers.insert(PROXY_AUTHORIZATION, authorization.clone());
    }
    if !manner.reuse {
        headers.entry(CONNECTION).or_insert(HeaderValue::from_static("close"));
    }
    *message.headers_mut() = headers;
    Ok(message)
}

/// The URL from its path on.
pub(super) fn path(url: &Url) -> Result<PathAndQuery, Failure> {
    let text = &url[Position::BeforePath..Position::AfterQuery];
    PathAndQuery::try_from(text)
        .map_err(|error| Failure::new(crate::model::ErrorKind::Other, format!("the URL's path: {error}")))
}

/// The whole URL, as HTTP/2 and proxies want it.
pub(super) fn absolute(url: &Url, origin: &Origin) -> Result<Uri, Failure> {
    let mut parts = ::http::uri::Parts::default();
    parts.scheme = Some(if origin.is_https { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(origin.authority.clone());
    parts.path_and_query = Some(path(url)?);
    Uri::from_parts(parts)
        .map_err(|error| Failure::new(crate::model::ErrorKind::Other, format!("the URL: {error}")))
}
