//! A target on 127.0.0.1 that does with each connection whatever a test wants: one thread per connection, plain
//! `std::net`. It counts what it sees.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// An answer that keeps the connection.
pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a target saw.
#[derive(Default)]
pub struct Seen {
    connections: AtomicU64,
    requests: AtomicU64,
    /// For tests that want to keep more than a count.
    pub log: Mutex<Vec<(String, String)>>,
}

impl Seen {
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests whose head has come in whole.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// A listening target; it accepts nothing more once it is dropped.
pub struct Target {
    addr: SocketAddr,
    pub seen: Arc<Seen>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Target {
    /// Serves each connection with `serve`, which closes it by returning.
    pub fn start(serve: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self::on(listener, serve)
    }

    /// The same on a socket that listens already.
    pub fn on(listener: TcpListener, serve: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        let addr = listener.local_addr().unwrap();
        let (seen, ended) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
        let (serve, its_seen, its_ended) = (Arc::new(serve), Arc::clone(&seen), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if its_ended.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                its_seen.connections.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).unwrap();
                let mut connection = Connection { stream, seen: Arc::clone(&its_seen), ahead: Vec::new() };
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(&mut connection));
            }
        });
        Self { addr, seen, ended, thread: Some(thread) }
    }

    /// Answers every request with these bytes, and keeps the connection.
    pub fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::start(move |connection| while connection.request().is_some() && connection.send(&answer) {})
    }

    /// Reads requests and answers none, for as long as the client stays.
    pub fn hanging() -> Self {
        Self::start(|connection| while connection.request().is_some() {})
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes `accept`.
        let _ = TcpStream::connect(self.addr);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A request's head, and its body where it had a content-length.
pub struct Received {
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The value of a header whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// One connection, on its own thread.
pub struct Connection {
    stream: TcpStream,
    pub seen: Arc<Seen>,
    ahead: Vec<u8>,
}

impl Connection {
    /// The next request; `None` when the client has gone.
    pub fn request(&mut self) -> Option<Received> {
        let end = loop {
            if let Some(at) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more()?;
        };
        let head = String::from_utf8(self.ahead.drain(..end).collect()).unwrap();
        let mut received = Received { head, body: Vec::new() };
        self.seen.requests.fetch_add(1, Ordering::SeqCst);
        let length = received.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.ahead.len() < length {
            self.read_more()?;
        }
        received.body = self.ahead.drain(..length).collect();
        Some(received)
    }

    fn read_more(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        let count = match self.stream.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Some(()),
            count => count.ok().filter(|count| *count > 0)?,
        };
        self.ahead.extend_from_slice(&buffer[..count]);
        Some(())
    }

    /// Writes; `false` where the client has gone.
    pub fn send(&mut self, answer: &str) -> bool {
        self.stream.write_all(answer.as_bytes()).is_ok()
    }

    /// Waits until something has come in, and leaves it unread: closing then resets the connection.
    pub fn leave_unread(&self) {
        self.stream.peek(&mut [0]).unwrap();
    }

    /// Waits, so that what is done next comes later than what was done before.
    pub fn pause(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// A port on which nobody listens.
pub fn closed_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A short run of one request: `users` users for `millis`, a pause after each iteration, the rest as given.
pub fn scenario(url: &str, users: u64, millis: u64, more: &str) -> String {
    format!(
        "name: Short run\ntarget: {url}\nload: {{ users: {users}, duration: {millis}ms }}\n\
         think_time: 5ms\ntasks:\n  - get: /\n    name: root\n{more}"
    )
}

/// A target that writes down every path with its body, and answers with what `answer` makes of them.
pub fn recording(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Target {
    Target::start(move |connection| {
        while let Some(request) = connection.request() {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            connection.seen.log.lock().unwrap().push((request.path().to_owned(), body));
            if !connection.send(&answer(request.path())) {
                break;
            }
        }
    })
}

/// A response with this status and body.
pub fn response(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Seen {
    /// The paths that were asked for, in order.
    pub fn paths(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
    }
}
