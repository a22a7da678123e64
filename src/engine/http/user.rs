//! A user's way to the target: a connection that is free, or a new one, and an exchange over it.

use super::{
    connector::{Connected, Connector},
    http1::{End, Http1, Manner},
    http2::Http2,
    origin::Origin,
    pool::{Making, Pool, Way},
    resolver::Resolver,
    tls,
};
use crate::{
    engine::{
        clock::Clock,
        transport::{Arrived, Failure, Moments, Outgoing, Trace, Transport, Transports},
    },
    model::ErrorKind,
    plan::{Connections, HttpVersion, TransportOptions},
};
use rustls::ClientConfig;
use std::{
    cell::{OnceCell, RefCell},
    io,
    net::{SocketAddr, UdpSocket},
    rc::Rc,
    sync::Arc,
};

/// Makes transports for users, with the options of each of a plan's clients. Cloning shares the TLS configurations,
/// which cost a hundred times what anything else here does.
#[derive(Debug, Clone)]
pub struct HttpTransports {
    clients: Arc<[Client]>,
}

#[derive(Debug)]
struct Client {
    options: Arc<TransportOptions>,
    tls: Arc<ClientConfig>,
}

/// Options that cannot be carried out here.
#[derive(Debug, thiserror::Error)]
pub enum TransportProblem {
    /// The certificates or the key cannot be used.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The address is none of this machine.
    #[error("no connection can be made from `local_address` {0}: {1}")]
    LocalAddress(std::net::IpAddr, io::Error),
}

impl HttpTransports {
    /// Works the options out: reads the system's certificates where the scenario names none.
    ///
    /// # Errors
    /// Certificates that cannot be used, or a local address that this machine does not have.
    pub fn new(options: impl IntoIterator<Item = TransportOptions>) -> Result<Self, TransportProblem> {
        let client = |options: TransportOptions| {
            if let Some(address) = options.local_address {
                UdpSocket::bind(SocketAddr::new(address, 0))
                    .map_err(|error| TransportProblem::LocalAddress(address, error))?;
            }
            let tls = Arc::new(tls::configuration(&options)?);
            Ok(Client { options: Arc::new(options), tls })
        };
        let clients = options.into_iter().map(client).collect::<Result<Vec<_>, TransportProblem>>()?;
        Ok(Self { clients: clients.into() })
    }
}

/// What the users of a worker share: what is known of names, and where the scenario says so their connections.
pub struct HttpWorker {
    clients: Vec<Rc<Shared>>,
}

struct Shared {
    connector: Connector,
    tls: Arc<ClientConfig>,
    /// The connections of all, where they are shared.
    pool: Option<Rc<Pool>>,
    /// The places that were connected to: users share what is the same for them all.
    origins: RefCell<Vec<Rc<Origin>>>,
}

/// Most places that are remembered.
const MOST_ORIGINS: usize = 100;

impl Transports for HttpTransports {
    type Worker = HttpWorker;
    type User = HttpUser;

    fn worker(&self, clock: Clock) -> HttpWorker {
        let shared = |client: &Client| {
            let options = Arc::clone(&client.options);
            let pool = match options.connections {
                Connections::PerUser => None,
                Connections::Shared { max_idle_per_host } => Some(Rc::new(Pool::limited(max_idle_per_host))),
            };
            let resolver = Resolver::new(clock, options.dns.clone());
            let connector = Connector { clock, options, resolver };
            Rc::new(Shared { connector, tls: Arc::clone(&client.tls), pool, origins: RefCell::default() })
        };
        HttpWorker { clients: self.clients.iter().map(shared).collect() }
    }

    fn user(worker: &HttpWorker, client: usize) -> HttpUser {
        let shared = Rc::clone(&worker.clients[client]);
        let pool = shared.pool.clone().unwrap_or_default();
        HttpUser { shared, pool, tls: OnceCell::new() }
    }
}

/// One user's way to the target.
pub struct HttpUser {
    shared: Rc<Shared>,
    pool: Rc<Pool>,
    /// Made at the first handshake.
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Transport for HttpUser {
    async fn exchange(&self, request: &mut Outgoing, trace: &Trace) -> Result<Arrived, Failure> {
        let options = &*self.shared.connector.options;
        let proxy = options.proxy.as_ref().filter(|_| request.url.scheme() == "http");
        let manner = Manner {
            clock: self.shared.connector.clock,
            reuse: options.reuse,
            proxy: proxy.map(|proxy| proxy.authorization.as_ref()),
        };
        loop {
            let (way, is_new) = match self.pool.take(&request.url) {
                Some(way) => (way, false),
                // Boxed: once in a connection's life, and room for it would be kept all along.
                None => {
                    let made = Box::pin(self.connect(request, trace)).await?;
                    // Whoever waited for another's connection has not begun to send meanwhile.
                    request.ready_at = manner.clock.now();
                    made
                }
            };
            let end = match way {
                Way::Http2(connection) => connection.exchange(request, trace, manner, is_new).await,
                Way::Http1(mut connection) => {
                    let end = connection.exchange(request, trace, manner).await;
                    if options.reuse {
                        self.pool.put(connection);
                    }
                    end
                }
            };
            match end {
                End::Over(result) => return result,
                // Nothing of it was written, so the target cannot have seen it: this is no second try.
                End::NotSent => trace.note(|moments| {
                    let (sent_bytes, received_bytes) = (moments.sent_bytes, moments.received_bytes);
                    *moments = Moments { sent_bytes, received_bytes, ..Moments::default() };
                }),
            }
        }
    }
}

impl HttpUser {
    /// A new connection; one that somebody else made meanwhile, where it takes several exchanges.
    async fn connect(&self, request: &Outgoing, trace: &Trace) -> Result<(Way, bool), Failure> {
        let origin = self.origin(request)?;
        let making = self.pool.making(&origin);
        if !self.may_be_shared(&origin, &making) {
            return self.connect_alone(origin, &making, trace).await;
        }
        let before = making.attempts.get();
        let lock = making.lock.lock().await;
        if let Some(way) = self.pool.take(&request.url) {
            return Ok((way, false));
        }
        if making.attempts.get() != before {
            // Whoever was waited for made nothing that can be shared: the others need not wait for each other.
            drop(lock);
            return self.connect_alone(origin, &making, trace).await;
        }
        let made = self.connect_alone(origin, &making, trace).await;
        making.attempts.set(before + 1);
        made
    }

    /// Whether a connection there may turn out to be one for several exchanges at once.
    fn may_be_shared(&self, origin: &Origin, making: &Making) -> bool {
        let options = &self.shared.connector.options;
        match options.version {
            _ if !options.reuse => false,
            HttpVersion::Http1 => false,
            HttpVersion::Auto => origin.is_https && !making.speaks_http1.get(),
            HttpVersion::Http2 => origin.is_https,
            HttpVersion::Http2PriorKnowledge => true,
        }
    }

    async fn connect_alone(
        &self,
        origin: Rc<Origin>,
        making: &Making,
        trace: &Trace,
    ) -> Result<(Way, bool), Failure> {
        let tls = origin.is_https.then(|| self.tls());
        let connected: Connected = self.shared.connector.connect(&origin, tls, trace).await?;
        if connected.speaks_http2 {
            let connection = Rc::new(Http2::over(connected, origin).await?);
            if self.shared.connector.options.reuse {
                self.pool.share(&connection);
            }
            return Ok((Way::Http2(connection), true));
        }
        making.speaks_http1.set(true);
        Ok((Way::Http1(Box::new(Http1::over(connected, origin).await?)), true))
    }

    fn origin(&self, request: &Outgoing) -> Result<Rc<Origin>, Failure> {
        let mut origins = self.shared.origins.borrow_mut();
        if let Some(known) = origins.iter().find(|origin| origin.is_of(&request.url)) {
            return Ok(Rc::clone(known));
        }
        let origin = Rc::new(Origin::of(&request.url)?);
        let secure = matches!(self.shared.connector.options.version, HttpVersion::Http2);
        if secure && !origin.is_https {
            let cause = "HTTP/2 is agreed on in a TLS handshake, and this URL has none: `version: 2-prior-knowledge` speaks it without";
            return Err(Failure::new(ErrorKind::Protocol, cause));
        }
        if origins.len() < MOST_ORIGINS {
            origins.push(Rc::clone(&origin));
        }
        Ok(origin)
    }

    /// The TLS configuration with this user's own memory of sessions, as a client of its own would have it.
    fn tls(&self) -> Arc<ClientConfig> {
        let shared = &self.shared;
        if shared.pool.is_some() {
            return Arc::clone(&shared.tls);
        }
        Arc::clone(self.tls.get_or_init(|| tls::of_one_user(&shared.tls)))
    }
}
