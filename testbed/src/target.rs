//! A listening target: a thread that accepts, a thread per connection, and a truth log.

use crate::{
    conversation::{Channel, Conversation},
    site::Site,
    stop::{ClosedAtEnd, Stop},
    tls::Tls,
    truth::Truth,
    wire::Wire,
};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

type Serve = dyn Fn(&mut Conversation) + Send + Sync;

/// A listening target. Dropping it ends its connections and threads.
pub struct Target {
    address: SocketAddr,
    scheme: &'static str,
    truth: Arc<Truth>,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Target {
    /// The site without TLS.
    pub fn site() -> Self {
        let site = Site::default();
        Self::serving(move |conversation| site.serve(conversation))
    }

    /// The site over TLS.
    pub fn tls(tls: Tls) -> Self {
        let site = Site::default();
        Self::tls_serving(tls, move |conversation| site.serve(conversation))
    }

    /// Serves each connection with `serve`, which closes it by returning.
    pub fn serving(serve: impl Fn(&mut Conversation) + Send + Sync + 'static) -> Self {
        Self::on(listener(), None, Arc::new(serve))
    }

    /// The same over TLS.
    pub fn tls_serving(tls: Tls, serve: impl Fn(&mut Conversation) + Send + Sync + 'static) -> Self {
        Self::on(listener(), Some(tls), Arc::new(serve))
    }

    /// The site with a receive buffer of so many bytes, so that what it does not read, the client cannot write.
    pub fn with_receive_buffer(bytes: usize) -> Self {
        let listener = listener();
        rustix::net::sockopt::set_socket_recv_buffer_size(&listener, bytes)
            .expect("a receive buffer of that size");
        let site = Site::default();
        Self::on(listener, None, Arc::new(move |conversation: &mut Conversation| site.serve(conversation)))
    }

    /// Closes each connection the moment that it is accepted, with a reset.
    pub fn resetting_at_once() -> Self {
        Self::serving(Conversation::reset)
    }

    fn on(listener: TcpListener, tls: Option<Tls>, serve: Arc<Serve>) -> Self {
        let address = listener.local_addr().expect("a listener has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (truth, stop) = (Arc::<Truth>::default(), Arc::<Stop>::default());
        let door = Door { truth: Arc::clone(&truth), stop: Arc::clone(&stop), tls: tls.map(Arc::new), serve };
        let thread = Some(thread::spawn(move || door.accept_all(&listener)));
        Self { address, scheme, truth, stop, thread }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which begins with a slash. The host is the address, as a number.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The URL of a path under another name than the address.
    pub fn url_as(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// What it saw.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.stop.end();
        // Wakes `accept`.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A listener on a free port of 127.0.0.1.
pub(crate) fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")
}

/// What the accepting thread needs.
struct Door {
    truth: Arc<Truth>,
    stop: Arc<Stop>,
    tls: Option<Arc<Tls>>,
    serve: Arc<Serve>,
}

impl Door {
    fn accept_all(&self, listener: &TcpListener) {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        for socket in listener.incoming() {
            if self.stop.has_ended() {
                break;
            }
            let Ok(socket) = socket else { continue };
            threads.retain(|thread| !thread.is_finished());
            threads.push(self.admit(socket));
        }
        for thread in threads {
            let _ = thread.join();
        }
    }

    fn admit(&self, socket: TcpStream) -> JoinHandle<()> {
        let _ = socket.set_nodelay(true);
        let peer = socket.peer_addr().ok();
        let socket = Arc::new(socket);
        self.stop.watch(&socket);
        let wire = Wire { socket, truth: self.truth.open(peer) };
        let (tls, serve, stop) = (self.tls.clone(), Arc::clone(&self.serve), Arc::clone(&self.stop));
        thread::spawn(move || {
            let _closed = ClosedAtEnd(Arc::clone(&wire.truth));
            let channel = match tls {
                None => Some(Channel::Plain(wire)),
                Some(tls) => tls.accept(wire, &stop).map(|stream| Channel::Tls(Box::new(stream))),
            };
            if let Some(channel) = channel {
                serve(&mut Conversation::new(channel, stop));
            }
        })
    }
}
