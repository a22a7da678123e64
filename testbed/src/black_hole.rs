//! Places that take no connection: nobody listens, nobody accepts, or every SYN is dropped.

use crate::target::listener;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, ipproto, listen, socket_with};
use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// A port of 127.0.0.1 on which nobody listens.
pub fn closed_port() -> u16 {
    listener().local_addr().expect("a listener has an address").port()
}

/// Connections are made, as far as the kernel is concerned, and nobody ever accepts them.
pub struct Silent {
    listener: TcpListener,
}

impl Silent {
    /// Listens, and does nothing more.
    pub fn start() -> Self {
        Self { listener: listener() }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("a listener has an address")
    }
}

/// Drops every SYN: its queue of connections is full (Linux).
pub struct BlackHole {
    listener: TcpListener,
    fillers: Vec<TcpStream>,
}

impl BlackHole {
    /// Listens with room for a single connection, and takes that room.
    ///
    /// # Panics
    /// The kernel still makes connections after ten; so on systems other than Linux.
    pub fn start() -> Self {
        let listener = narrow_listener();
        let address = listener.local_addr().expect("a listener has an address");
        let mut fillers = Vec::new();
        while let Ok(filler) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            fillers.push(filler);
            assert!(fillers.len() < 10, "a full queue still takes connections");
        }
        Self { listener, fillers }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("a listener has an address")
    }

    /// Drops SYNs only for so long, and then serves each connection with these bytes. A client sends its SYN again
    /// after about a second, and that is how long its connection takes.
    pub fn open_after(self, time: Duration, answer: &'static [u8]) -> SocketAddr {
        let address = self.address();
        thread::spawn(move || {
            thread::sleep(time);
            let waiting = self.fillers.len();
            drop(self.fillers);
            for socket in self.listener.incoming().skip(waiting).take(1).flatten() {
                answer_once(&socket, answer);
            }
        });
        address
    }
}

fn answer_once(mut socket: &TcpStream, answer: &[u8]) {
    use std::io::{Read, Write};
    let _ = socket.read(&mut [0; 4096]);
    let _ = socket.write_all(answer);
    // Until the client goes.
    let _ = socket.read(&mut [0; 4096]);
}

fn narrow_listener() -> TcpListener {
    let flags = SocketFlags::CLOEXEC;
    let socket =
        socket_with(AddressFamily::INET, SocketType::STREAM, flags, Some(ipproto::TCP)).expect("a socket");
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listen(&socket, 0).expect("a listening socket");
    TcpListener::from(socket)
}
