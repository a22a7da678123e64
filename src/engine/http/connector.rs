//! Making a connection: look-up, TCP, a proxy's tunnel, TLS; each timed, all of it within one limit.

use super::{
    failure::{Phase, classify},
    meter::{Meter, Stream},
    origin::Origin,
    proxy::tunnel,
    resolver::Resolver,
};
use crate::{
    engine::{
        clock::Clock,
        transport::{Failure, Trace},
    },
    model::{ErrorKind, format_duration},
    plan::{HttpVersion, TransportOptions},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    cell::Cell,
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

/// How long one address has before the next is tried beside it (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A connection that was made.
pub(super) struct Connected {
    pub stream: Stream,
    pub meter: Rc<Meter>,
    pub remote: SocketAddr,
    pub speaks_http2: bool,
}

/// Makes connections for the users of a worker.
pub(super) struct Connector {
    pub clock: Clock,
    pub options: Arc<TransportOptions>,
    pub resolver: Resolver,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    LookingUp,
    Connecting,
    Handshaking,
}

impl Connector {
    /// Connects, or says why not; the trace is told of each step that was completed.
    pub async fn connect(
        &self,
        origin: &Origin,
        tls: Option<Arc<ClientConfig>>,
        trace: &Trace,
    ) -> Result<Connected, Failure> {
        let step = Cell::new(Step::LookingUp);
        let limit = self.clock.now() + self.options.connect_timeout;
        tokio::select! {
            biased;
            connected = self.steps(origin, tls, trace, &step) => connected,
            () = self.clock.sleep_until(limit) => Err(self.too_late(step.get())),
        }
    }

    fn too_late(&self, step: Step) -> Failure {
        let limit = format_duration(self.options.connect_timeout);
        let (kind, what) = match step {
            Step::LookingUp => (ErrorKind::Dns, "no answer to the look-up of the name"),
            Step::Connecting => (ErrorKind::ConnectTimeout, "no connection"),
            Step::Handshaking => (ErrorKind::ConnectTimeout, "the TLS handshake was not complete"),
        };
        Failure::new(kind, format!("{what} within {limit}"))
    }

    async fn steps(
        &self,
        origin: &Origin,
        tls: Option<Arc<ClientConfig>>,
        trace: &Trace,
        step: &Cell<Step>,
    ) -> Result<Connected, Failure> {
        let (host, port) = match &self.options.proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (origin.bare_host(), origin.port),
        };
        let found = self.resolver.find(host).await?;
        trace.note(|moments| moments.looking_up = found.took);
        step.set(Step::Connecting);
        let began = self.clock.now();
        let socket = self.reach(self.usable(&found.addresses)?, port).await?;
        let remote = socket.peer_addr().map_err(|error| classify(&error, Phase::Connecting))?;
        trace.note(|moments| (moments.remote, moments.is_new) = (Some(remote), true));
        let meter = Rc::new(Meter::new(self.clock));
        let _charge = Charge { meter: &meter, trace };
        let mut stream = Stream::plain(socket, Rc::clone(&meter));
        if let (Some(proxy), true) = (&self.options.proxy, origin.is_https) {
            stream = tunnel(stream, proxy, origin).await?;
        }
        trace.note(|moments| moments.connecting = Some(self.clock.now().saturating_sub(began)));
        let prior = self.options.version == HttpVersion::Http2PriorKnowledge;
        let Some(config) = tls.filter(|_| origin.is_https) else {
            return Ok(Connected { stream, meter: Rc::clone(&meter), remote, speaks_http2: prior });
        };
        step.set(Step::Handshaking);
        let began = self.clock.now();
        let (stream, agreed) = self.handshake(stream, config, origin, &meter).await?;
        trace.note(|moments| moments.tls_handshaking = Some(self.clock.now().saturating_sub(began)));
        if self.options.version == HttpVersion::Http2 && !agreed {
            return Err(Failure::new(ErrorKind::Protocol, "the target does not speak HTTP/2"));
        }
        Ok(Connected { stream, meter: Rc::clone(&meter), remote, speaks_http2: agreed || prior })
    }

    /// The addresses that can be reached from the one that the scenario names.
    fn usable(&self, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Failure> {
        let Some(local) = self.options.local_address else { return Ok(addresses.to_vec()) };
        let usable: Vec<IpAddr> =
            addresses.iter().copied().filter(|address| address.is_ipv4() == local.is_ipv4()).collect();
        if usable.is_empty() {
            let cause = format!("the host has no address that can be reached from `local_address` {local}");
            return Err(Failure::new(ErrorKind::Other, cause));
        }
        Ok(usable)
    }

    /// A TCP connection to the first address that takes one. Each has a short while to itself, then the next is tried
    /// beside it.
    async fn reach(&self, addresses: Vec<IpAddr>, port: u16) -> Result<TcpStream, Failure> {
        let mut waiting = addresses.into_iter();
        let mut running = FuturesUnordered::new();
        let mut failed: Option<io::Error> = None;
        running.extend(waiting.next().map(|address| self.attempt(address, port)));
        loop {
            let next_at = self.clock.now() + ATTEMPT_DELAY;
            tokio::select! {
                biased;
                ended = running.next() => match ended {
                    Some(Ok(socket)) => return Ok(socket),
                                        // What only says that this machine has no way there must not hide what the target said.
                    Some(Err(error)) if failed.as_ref().is_none_or(has_no_way) => failed = Some(error),
                    Some(Err(_)) => {}
                    None => {
                        let error = failed.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable));
                        return Err(classify(&error, Phase::Connecting));
                    }
                },
                () = self.clock.sleep_until(next_at), if waiting.len() > 0 => {}
            }
            running.extend(waiting.next().map(|address| self.attempt(address, port)));
        }
    }

    async fn attempt(&self, address: IpAddr, port: u16) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(local) = self.options.local_address {
            socket.bind(SocketAddr::new(local, 0))?;
        }
        socket.set_nodelay(true)?;
        socket.connect(SocketAddr::new(address, port)).await
    }

    /// A TLS session, and whether it agreed on HTTP/2.
    async fn handshake(
        &self,
        stream: Stream,
        config: Arc<ClientConfig>,
        origin: &Origin,
        meter: &Rc<Meter>,
    ) -> Result<(Stream, bool), Failure> {
        let name = self.options.tls.server_name.as_deref().unwrap_or(origin.bare_host());
        let no_name = |_| Failure::new(ErrorKind::Tls, "the host is no name that TLS can verify");
        let name = ServerName::try_from(name.to_owned()).map_err(no_name)?;
        let Some(socket) = stream.into_socket() else {
            return Err(Failure::new(ErrorKind::Tls, "TLS over TLS"));
        };
        let secured = TlsConnector::from(config).connect(name, socket).await;
        let secured = secured.map_err(|error| classify(&error, Phase::Connecting))?;
        let agreed = secured.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Stream::tls(secured, Rc::clone(meter)), agreed))
    }
}

/// Whether an error is about this machine's networks: an address of a kind that it does not have.
fn has_no_way(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable, Unsupported};
    matches!(error.kind(), AddrNotAvailable | HostUnreachable | NetworkUnreachable | Unsupported)
}

/// Charges an exchange with the bytes that passed during it, however it ends.
pub(super) struct Charge<'c> {
    pub meter: &'c Meter,
    pub trace: &'c Trace,
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        let (sent, received) = self.meter.charge();
        self.trace.note(|moments| {
            moments.sent_bytes += sent;
            moments.received_bytes += received;
        });
    }
}
