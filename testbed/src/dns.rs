//! A name server over UDP: addresses, no such name, a failure, or silence.

use crate::clock::now;
use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

const A: u16 = 1;
const AAAA: u16 = 28;
const NO_SUCH_NAME: u8 = 3;
const SERVER_FAILURE: u8 = 2;

/// What a name server says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsReply {
    /// Its addresses, of which those of the asked kind are sent.
    Addresses(Vec<IpAddr>),
    /// The same, so much later.
    Late(Duration, Vec<IpAddr>),
    /// NXDOMAIN
    NoSuchName,
    /// SERVFAIL
    ServerFailure,
    /// Nothing.
    Silence,
}

/// A name server. Dropping it ends it.
pub struct DnsTarget {
    address: SocketAddr,
    questions: Arc<Mutex<Vec<(Instant, String)>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl DnsTarget {
    /// Listens on this address (port 53 is what resolvers ask, and may be had in a network namespace). Names that are not
    /// given do not exist.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn start(address: SocketAddr, names: BTreeMap<String, DnsReply>) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        let address = socket.local_addr()?;
        let (questions, ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let server = Server { socket, names, questions: Arc::clone(&questions), ended: Arc::clone(&ended) };
        let thread = Some(thread::spawn(move || server.serve()));
        Ok(Self { address, questions, ended, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The names that were asked for, and when, once for each kind of address.
    pub fn questions(&self) -> Vec<(Instant, String)> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for DnsTarget {
    fn drop(&mut self) {
        self.ended.store(true, SeqCst);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Server {
    socket: UdpSocket,
    names: BTreeMap<String, DnsReply>,
    questions: Arc<Mutex<Vec<(Instant, String)>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    fn serve(&self) {
        let mut buffer = [0; 512];
        while !self.ended.load(SeqCst) {
            let Ok((count, from)) = self.socket.recv_from(&mut buffer) else { continue };
            if let Some(reply) = self.reply(&buffer[..count]) {
                let _ = self.socket.send_to(&reply, from);
            }
        }
    }

    fn reply(&self, query: &[u8]) -> Option<Vec<u8>> {
        let (name, end) = question_name(query)?;
        let kind = u16::from_be_bytes([*query.get(end)?, *query.get(end + 1)?]);
        let question = query.get(12..end + 4)?;
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push((now(), name.clone()));
        match self.names.get(&name).unwrap_or(&DnsReply::NoSuchName) {
            DnsReply::Silence => None,
            DnsReply::NoSuchName => Some(message(query, question, NO_SUCH_NAME, &[])),
            DnsReply::ServerFailure => Some(message(query, question, SERVER_FAILURE, &[])),
            DnsReply::Addresses(all) => Some(message(query, question, 0, &of_kind(all, kind))),
            DnsReply::Late(time, all) => {
                thread::sleep(*time);
                Some(message(query, question, 0, &of_kind(all, kind)))
            }
        }
    }
}

/// The name of a query's only question, in lower case, and where it ends.
fn question_name(query: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
}

fn of_kind(addresses: &[IpAddr], kind: u16) -> Vec<IpAddr> {
    let asked = |address: &&IpAddr| (kind == A && address.is_ipv4()) || (kind == AAAA && address.is_ipv6());
    addresses.iter().filter(asked).copied().collect()
}

fn message(query: &[u8], question: &[u8], code: u8, addresses: &[IpAddr]) -> Vec<u8> {
    let mut reply = query[..2].to_vec();
    // A response to a recursive question, as asked, with recursion available.
    reply.extend([0x80 | (query[2] & 0x79), 0x80 | code, 0, 1, 0, addresses.len() as u8, 0, 0, 0, 0]);
    reply.extend_from_slice(question);
    for address in addresses {
        let (kind, bytes) = match address {
            IpAddr::V4(address) => (A, address.octets().to_vec()),
            IpAddr::V6(address) => (AAAA, address.octets().to_vec()),
        };
        // The name as in the question, at offset 12; class IN; a minute to live.
        reply.extend([0xc0, 12, 0, kind as u8, 0, 1, 0, 0, 0, 60, 0, bytes.len() as u8]);
        reply.extend(bytes);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: &DnsTarget, name: &str, kind: u8) -> Option<Vec<u8>> {
        let mut query = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(label.len() as u8);
            query.extend_from_slice(label.as_bytes());
        }
        query.extend([0, 0, kind, 0, 1]);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        socket.send_to(&query, server.address()).unwrap();
        let mut buffer = [0; 512];
        socket.recv(&mut buffer).ok().map(|count| buffer[..count].to_vec())
    }

    #[test]
    fn names_have_the_addresses_that_they_were_given() {
        let (v4, v6): (IpAddr, IpAddr) = ("10.1.2.3".parse().unwrap(), "fd00::1".parse().unwrap());
        let names = [
            ("both.test", DnsReply::Addresses(vec![v4, v6])),
            ("broken.test", DnsReply::ServerFailure),
            ("silent.test", DnsReply::Silence),
        ];
        let names = names.map(|(name, reply)| (name.to_owned(), reply)).into();
        let server = DnsTarget::start("127.0.0.1:0".parse().unwrap(), names).unwrap();
        let four = ask(&server, "Both.test", 1).unwrap();
        assert_eq!((four[3] & 0xf, four[7]), (0, 1));
        assert_eq!(four[four.len() - 4..], [10, 1, 2, 3]);
        assert_eq!(ask(&server, "both.test", 28).unwrap()[7], 1);
        assert_eq!(ask(&server, "no.test", 1).unwrap()[3] & 0xf, NO_SUCH_NAME);
        assert_eq!(ask(&server, "broken.test", 1).unwrap()[3] & 0xf, SERVER_FAILURE);
        assert_eq!(ask(&server, "silent.test", 1), None);
        let asked: Vec<String> = server.questions().into_iter().map(|(_, name)| name).collect();
        assert_eq!(asked, ["both.test", "both.test", "no.test", "broken.test", "silent.test"]);
    }
}
