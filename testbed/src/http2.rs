//! A target that speaks HTTP/2 as it should, on the `h2` crate; the paths are a few of the site's, and these:
//!
//! | path | what it does |
//! |---|---|
//! | `/reset`, `/refuse` | RST_STREAM with INTERNAL_ERROR or REFUSED_STREAM before an answer |
//! | `/reset-mid-body` | RST_STREAM after half of the body |
//! | `/no-error` | RST_STREAM with NO_ERROR after the whole answer |
//! | `/goaway` | GOAWAY before an answer |

use crate::{
    clock::now,
    http2_wire::AsyncWire,
    request::Request,
    site::{echo_of, pattern},
    stop::ClosedAtEnd,
    target::listener,
    tls::Tls,
    truth::{ConnectionTruth, Truth},
};
use bytes::Bytes;
use h2::{
    Reason, RecvStream,
    server::{self, SendResponse},
};
use http::Response;
use std::{
    net::SocketAddr,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime,
    sync::oneshot,
    task::{LocalSet, spawn_local},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

/// A target that speaks HTTP/2. Dropping it ends its connections and its thread.
pub struct Http2Target {
    address: SocketAddr,
    scheme: &'static str,
    truth: Arc<Truth>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How connections behave as a whole.
#[derive(Clone, Default)]
struct Manners {
    tls: Option<TlsAcceptor>,
    goaway_after: Option<usize>,
    max_streams: Option<u32>,
}

impl Http2Target {
    /// With prior knowledge, without TLS.
    pub fn plain() -> Self {
        Self::start(Manners::default())
    }

    /// The same, and after so many requests a GOAWAY: what is open is answered, nothing more is taken.
    pub fn going_away_after(requests: usize) -> Self {
        Self::start(Manners { goaway_after: Some(requests), ..Manners::default() })
    }

    /// The same, with no more streams at once than these.
    pub fn with_streams(max: u32) -> Self {
        Self::start(Manners { max_streams: Some(max), ..Manners::default() })
    }

    /// Over TLS; the protocols of `tls` should name `h2`.
    pub fn tls(tls: &Tls) -> Self {
        Self::start(Manners { tls: Some(TlsAcceptor::from(tls.config())), ..Manners::default() })
    }

    fn start(manners: Manners) -> Self {
        let scheme = if manners.tls.is_some() { "https" } else { "http" };
        let listener = listener();
        let address = listener.local_addr().expect("a listener has an address");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let (end, ended) = oneshot::channel();
        let truth = Arc::<Truth>::default();
        let its_truth = Arc::clone(&truth);
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let accept = async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((socket, peer)) = listener.accept().await {
                    spawn_local(admit(socket, its_truth.open(Some(peer)), manners.clone()));
                }
            };
            LocalSet::new().block_on(&runtime, async {
                tokio::select! { () = accept => {}, _ = ended => {} }
            });
        });
        Self { address, scheme, truth, end: Some(end), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// What it saw.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}

impl Drop for Http2Target {
    fn drop(&mut self) {
        let _ = self.end.take().map(|end| end.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn admit(socket: TcpStream, truth: Arc<ConnectionTruth>, manners: Manners) {
    let _closed = ClosedAtEnd(Arc::clone(&truth));
    let _ = socket.set_nodelay(true);
    let wire = AsyncWire { socket, truth: Arc::clone(&truth) };
    match &manners.tls {
        None => serve(wire, truth, &manners).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(wire).await {
                truth.note_server_name(stream.get_ref().1.server_name());
                serve(stream, truth, &manners).await;
            }
        }
    }
}

async fn serve<S>(stream: S, truth: Arc<ConnectionTruth>, manners: &Manners)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = server::Builder::new();
    if let Some(max) = manners.max_streams {
        builder.max_concurrent_streams(max);
    }
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
    let mut taken = 0;
    while let Some(Ok((request, respond))) = connection.accept().await {
        taken += 1;
        if request.uri().path() == "/goaway" {
            truth.note_request(read(request).await);
            connection.abrupt_shutdown(Reason::INTERNAL_ERROR);
            continue;
        }
        spawn_local(answer(request, respond, Arc::clone(&truth)));
        if manners.goaway_after == Some(taken) {
            connection.graceful_shutdown();
        }
    }
}

async fn answer(
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    truth: Arc<ConnectionTruth>,
) {
    let request = read(request).await;
    truth.note_request(request.clone());
    // Where the client has gone there is nobody to answer.
    let _ = respond_to(&request, &mut respond).await;
}

async fn respond_to(request: &Request, respond: &mut SendResponse<Bytes>) -> Result<(), h2::Error> {
    let pause = |text: &str| sleep(Duration::from_millis(text.parse().unwrap_or(0)));
    match request.segments()[..] {
        [] => send(respond, 200, b"ok".to_vec(), "").await,
        ["echo"] => send(respond, 200, echo_of(request).to_string().into_bytes(), "").await,
        ["bytes", count] => send(respond, 200, pattern(count.parse().unwrap_or(0)), "").await,
        ["status", status] => send(respond, status.parse().unwrap_or(500), Vec::new(), "").await,
        ["delay", "head", millis] => {
            pause(millis).await;
            send(respond, 200, b"late".to_vec(), "").await
        }
        ["delay", "body", millis] => send(respond, 200, b"late".to_vec(), millis).await,
        ["reset"] => reset(respond, Reason::INTERNAL_ERROR),
        ["refuse"] => reset(respond, Reason::REFUSED_STREAM),
        ["no-error"] => {
            let mut stream = respond.send_response(Response::new(()), false)?;
            stream.send_data(Bytes::from_static(b"ok"), true)?;
            Ok(())
        }
        ["reset-mid-body"] => {
            let mut stream = respond.send_response(Response::new(()), false)?;
            stream.send_data(Bytes::from_static(b"half"), false)?;
            sleep(Duration::from_millis(20)).await;
            stream.send_reset(Reason::INTERNAL_ERROR);
            Ok(())
        }
        ["hang"] => std::future::pending().await,
        _ => send(respond, 404, b"no such path".to_vec(), "").await,
    }
}

fn reset(respond: &mut SendResponse<Bytes>, reason: Reason) -> Result<(), h2::Error> {
    respond.send_reset(reason);
    Ok(())
}

/// Sends head and body, so many milliseconds apart; the window is the client's to open.
async fn send(
    respond: &mut SendResponse<Bytes>,
    status: u16,
    body: Vec<u8>,
    apart: &str,
) -> Result<(), h2::Error> {
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let mut stream = respond.send_response(response, body.is_empty())?;
    if body.is_empty() {
        return Ok(());
    }
    if let Ok(millis) = apart.parse() {
        sleep(Duration::from_millis(millis)).await;
    }
    let mut left = Bytes::from(body);
    while !left.is_empty() {
        stream.reserve_capacity(left.len());
        let room = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
        let Some(room) = room.transpose()? else { return Ok(()) };
        let piece = left.split_to(room.min(left.len()));
        stream.send_data(piece, left.is_empty())?;
    }
    Ok(())
}

/// The request with its body; what the client cuts off is left out.
async fn read(request: http::Request<RecvStream>) -> Request {
    let (parts, mut body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let authority = parts.uri.authority().map(|authority| (":authority".to_owned(), authority.to_string()));
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut read = Request {
        method: parts.method.to_string(),
        target: path,
        version: String::from("HTTP/2"),
        headers: authority.into_iter().chain(parts.headers.iter().map(header)).collect(),
        body: Vec::new(),
        body_bytes: 0,
        head_at: now(),
        ended_at: now(),
    };
    while let Some(Ok(bytes)) = body.data().await {
        read.add_to_body(&bytes);
        let _ = body.flow_control().release_capacity(bytes.len());
    }
    read.ended_at = now();
    read
}
