//! A target that begins as HTTP/2 does and then breaks off, or its rules. With prior knowledge, or over TLS.

use crate::{
    clock::now,
    conversation::Conversation,
    http2_frames::{
        ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, frame,
        read_frame, read_preface,
    },
    request::Request,
    target::Target,
    truth::Truth,
};
use std::net::SocketAddr;

/// `:status: 200`, the eighth of HPACK's static table.
const STATUS_200: &[u8] = &[0x88];
const NO_ERROR: [u8; 4] = [0, 0, 0, 0];
const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];

/// What a connection does with the request after those that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http2Fault {
    /// GOAWAY that counts the request as one that was taken, and the end.
    GoawayTaken,
    /// GOAWAY that says it was not taken, and the end.
    GoawayRefused,
    /// The end, without a word.
    Close,
    /// A reset of the connection.
    Reset,
    /// A reset of the stream with CANCEL, after the head.
    ResetStreamAfterHead,
    /// DATA for no stream.
    DataOnStreamZero,
    /// DATA before HEADERS.
    DataBeforeHead,
    /// A head whose fields mean nothing.
    BadCompression,
    /// A frame far larger than allowed.
    FrameTooLarge,
    /// CONTINUATION after nothing.
    StrayContinuation,
    /// HTTP/1.1 in place of frames.
    Http1,
    /// The end in the middle of the body.
    CloseMidBody,
    /// Nothing.
    Hang,
}

/// A target with a fault. Dropping it ends it.
pub struct Http2Faults {
    target: Target,
}

impl Http2Faults {
    /// Answers so many requests of each connection, and has this become of the next.
    pub fn after(answered: usize, fault: Http2Fault) -> Self {
        let target = Target::serving(move |conversation| {
            // The client may go whenever it likes.
            let _ = serve(conversation, answered, fault);
        });
        Self { target }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.target.address()
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        self.target.url(path)
    }

    /// What it saw. Requests are noted without their fields.
    pub fn truth(&self) -> &Truth {
        self.target.truth()
    }
}

fn serve(conversation: &mut Conversation, answered: usize, fault: Http2Fault) -> Option<()> {
    read_preface(conversation)?;
    conversation.send(frame(SETTINGS, 0, 0, &[]));
    for _ in 0..answered {
        let stream = next_request(conversation)?;
        conversation.send(frame(HEADERS, END_HEADERS, stream, STATUS_200));
        conversation.send(frame(DATA, END_STREAM, stream, b"ok"));
    }
    let stream = next_request(conversation)?;
    spoil(conversation, stream, fault);
    Some(())
}

/// The stream of the next request, once it is there whole.
fn next_request(conversation: &mut Conversation) -> Option<u32> {
    loop {
        let next = read_frame(conversation)?;
        match next.kind {
            SETTINGS if next.flags & ACK == 0 => {
                conversation.send(frame(SETTINGS, ACK, 0, &[]));
            }
            HEADERS | DATA if next.flags & END_STREAM != 0 => {
                conversation.note(unread());
                return Some(next.stream);
            }
            _ => {}
        }
    }
}

fn spoil(conversation: &mut Conversation, stream: u32, fault: Http2Fault) {
    let head = || frame(HEADERS, END_HEADERS, stream, STATUS_200);
    let bytes = match fault {
        Http2Fault::GoawayTaken => goaway(stream, ENHANCE_YOUR_CALM),
        Http2Fault::GoawayRefused => goaway(stream.saturating_sub(2), NO_ERROR),
        Http2Fault::ResetStreamAfterHead => [head(), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat(),
        Http2Fault::DataOnStreamZero => frame(DATA, 0, 0, b"ok"),
        Http2Fault::DataBeforeHead => frame(DATA, END_STREAM, stream, b"ok"),
        // An index that no table has.
        Http2Fault::BadCompression => {
            frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0xff, 0xff, 0xff, 0x7f])
        }
        Http2Fault::FrameTooLarge => frame(DATA, 0, stream, &vec![0; 1 << 20]),
        Http2Fault::StrayContinuation => frame(CONTINUATION, END_HEADERS, stream, STATUS_200),
        Http2Fault::Http1 => b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(),
        Http2Fault::CloseMidBody => [head(), frame(DATA, 0, stream, b"half")].concat(),
        Http2Fault::Close | Http2Fault::Reset | Http2Fault::Hang => Vec::new(),
    };
    conversation.send(bytes);
    match fault {
        Http2Fault::GoawayTaken
        | Http2Fault::GoawayRefused
        | Http2Fault::Close
        | Http2Fault::CloseMidBody => {
            conversation.close();
        }
        Http2Fault::Reset => conversation.reset(),
        _ => conversation.hang(),
    }
}

fn goaway(last_stream: u32, reason: [u8; 4]) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last_stream.to_be_bytes(), reason].concat())
}

/// A request of which nothing is known but that it came.
fn unread() -> Request {
    Request {
        method: String::new(),
        target: String::new(),
        version: String::from("HTTP/2"),
        headers: Vec::new(),
        body: Vec::new(),
        body_bytes: 0,
        head_at: now(),
        ended_at: now(),
    }
}
