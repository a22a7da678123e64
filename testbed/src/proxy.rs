//! An HTTP proxy: forwards what is asked in absolute form, opens tunnels for CONNECT, and may refuse, hang or be slow.
//! It is not the target: its own truth log holds what it was asked.

use crate::{
    answer::Answer,
    conversation::Conversation,
    framing::{Ahead, Length, length},
    request::Request,
    target::Target,
    truth::Truth,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// How a proxy behaves.
#[derive(Debug, Clone, Default)]
pub struct ProxyRules {
    /// The user and password that it wants.
    pub credentials: Option<(String, String)>,
    /// Answers everything with this status.
    pub refuse: Option<u16>,
    /// Answers a CONNECT so much later.
    pub delay: Duration,
    /// Never answers a CONNECT.
    pub hang: bool,
}

/// A proxy. Dropping it ends it.
pub struct ProxyTarget {
    target: Target,
}

impl ProxyTarget {
    /// Listens.
    pub fn start(rules: ProxyRules) -> Self {
        let rules = Arc::new(rules);
        Self { target: Target::serving(move |conversation| rules.serve(conversation)) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.target.address()
    }

    /// What it saw: requests in absolute form, and CONNECTs. What goes through a tunnel is in its bytes.
    pub fn truth(&self) -> &Truth {
        self.target.truth()
    }
}

impl ProxyRules {
    fn serve(&self, conversation: &mut Conversation) {
        while let Some(request) = conversation.request() {
            if let Some(refusal) = self.refusal(&request) {
                if !conversation.send(refusal.bytes()) {
                    return;
                }
            } else if request.method == "CONNECT" {
                return self.tunnel(conversation, &request.target);
            } else if forward(conversation, &request).is_none() {
                conversation.send(Answer::new(502).bytes());
                return conversation.close();
            }
        }
    }

    fn refusal(&self, request: &Request) -> Option<Answer> {
        if let Some((user, password)) = &self.credentials {
            let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            if request.header("proxy-authorization") != Some(&expected) {
                return Some(Answer::new(407).header("proxy-authenticate", "Basic realm=\"testbed\""));
            }
        }
        self.refuse.map(Answer::new)
    }

    fn tunnel(&self, conversation: &mut Conversation, place: &str) {
        if self.hang {
            return conversation.hang();
        }
        conversation.pause(self.delay);
        let Ok(upstream) = TcpStream::connect(place) else {
            conversation.send(Answer::new(502).bytes());
            return conversation.close();
        };
        let Ok(mut answers) = upstream.try_clone() else { return };
        conversation.send(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let mut back = conversation.sender();
        let other_way = thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = answers.read(&mut buffer) {
                if back.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            back.fin();
        });
        conversation.each_piece(&mut |bytes| (&upstream).write_all(bytes).is_ok());
        let _ = upstream.shutdown(Shutdown::Both);
        let _ = other_way.join();
    }
}

/// Asks the target, on a connection of its own, and hands the answer back as it came.
fn forward(conversation: &mut Conversation, request: &Request) -> Option<()> {
    let url = request.absolute_url()?;
    let mut upstream = TcpStream::connect((url.host_str()?, url.port_or_known_default()?)).ok()?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut head = format!("{} {}{query} HTTP/1.1\r\n", request.method, url.path());
    for (name, value) in &request.headers {
        if !name.to_ascii_lowercase().starts_with("proxy-") {
            let _ = std::fmt::Write::write_fmt(&mut head, format_args!("{name}: {value}\r\n"));
        }
    }
    upstream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    upstream.write_all(&request.body).ok()?;
    let mut ahead = Ahead::new(upstream);
    let head = ahead.head()?;
    let body = answer_body(&mut ahead, request, &Request::parse(&head))?;
    let answer = [head, body].concat();
    conversation.send(answer).then_some(())
}

/// The body of an answer in its framing; chunks come out as one.
fn answer_body(ahead: &mut Ahead<TcpStream>, request: &Request, head: &Request) -> Option<Vec<u8>> {
    // Of a status line, the second word is the status.
    let bare = request.method == "HEAD" || matches!(head.target.as_str(), "204" | "304");
    let length = if bare { Length::Exactly(0) } else { length(|name| head.header(name), Length::ToTheEnd) };
    let mut body = Vec::new();
    ahead.body(length, &mut |bytes| body.extend_from_slice(bytes))?;
    if length == Length::Chunked && !body.is_empty() {
        let size = format!("{:x}\r\n", body.len());
        return Some([size.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat());
    }
    Some(if length == Length::Chunked { b"0\r\n\r\n".to_vec() } else { body })
}
