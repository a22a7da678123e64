//! A client that sends what it is told and reads what comes.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A connection.
pub struct Client(TcpStream);

/// How what was read ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Fin,
    Reset,
    /// Nothing more came for a while.
    Silence,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
        Self(socket)
    }

    /// Sends a request of this request line, with these header lines.
    pub fn ask(&mut self, line: &str, headers: &str) {
        self.write(format!("{line} HTTP/1.1\r\nHost: testbed\r\n{headers}\r\n").as_bytes());
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// What comes next.
    pub fn read_some(&mut self) -> (Vec<u8>, End) {
        let mut buffer = [0; 1024];
        let count = self.0.read(&mut buffer).unwrap();
        (buffer[..count].to_vec(), if count == 0 { End::Fin } else { End::Silence })
    }

    /// Everything that comes, up to a few mebibytes.
    pub fn read(&mut self) -> (Vec<u8>, End) {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        while bytes.len() < 4 << 20 {
            match self.0.read(&mut buffer) {
                Ok(0) => return (bytes, End::Fin),
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return (bytes, End::Reset),
                Err(error) => {
                    assert!(is_silence(&error), "{error}");
                    return (bytes, End::Silence);
                }
            }
        }
        (bytes, End::Silence)
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// What a GET of this path brings.
pub fn get(address: SocketAddr, path: &str) -> (String, End) {
    get_with(address, path, "")
}

/// The same with these header lines.
pub fn get_with(address: SocketAddr, path: &str, headers: &str) -> (String, End) {
    let mut client = Client::connect(address);
    client.ask(&format!("GET {path}"), headers);
    let (bytes, end) = client.read();
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

/// The value of a header of an answer.
pub fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
    line.unwrap().split_once(": ").unwrap().1
}

/// The body of an answer.
pub fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}
