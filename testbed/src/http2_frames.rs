//! HTTP/2's frames by hand (RFC 9113), as far as faults need them.

use crate::conversation::Conversation;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
/// Of SETTINGS.
pub(crate) const ACK: u8 = 1;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame as it came in.
pub(crate) struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

/// Reads what every client begins with; `None` where it is something else.
pub(crate) fn read_preface(conversation: &mut Conversation) -> Option<()> {
    (conversation.bytes(PREFACE.len() as u64)? == PREFACE).then_some(())
}

/// Reads a frame and forgets what is in it.
pub(crate) fn read_frame(conversation: &mut Conversation) -> Option<Frame> {
    let head = conversation.bytes(9)?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    conversation.bytes(u64::from(length))?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
    Some(Frame { kind: head[3], flags: head[4], stream })
}

/// A frame as bytes. Its length is of three bytes, and ours are short.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}
