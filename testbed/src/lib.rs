//! A target that misbehaves on request, for loadgen's tests: one path or one constructor per behaviour, and a truth log
//! of what really went over the wire, to hold a client's figures against.
//!
//! It is no server to build on, and nothing of it is fast. A target listens on a free port of 127.0.0.1, serves each
//! connection on a thread of its own, and ends with all its threads when it is dropped. Whatever cannot be set up
//! panics, which fails the test that wanted it.
//!
//! | constructor | what it is |
//! |---|---|
//! | [`Target::site`] | HTTP/1.1 without TLS; the paths are listed in [`site`] |
//! | [`Target::tls`] | the same over TLS, with a certificate or a handshake of one's choice ([`Tls`]) |
//! | [`Target::serving`] | whatever a closure does with a connection |
//! | [`Http2Target`] | HTTP/2, with prior knowledge or by ALPN |
//! | [`Http2Faults`] | HTTP/2 frames that are in order, or not |
//! | [`BlackHole`] | drops every SYN, until it is opened |
//! | [`Silent`] | connections are made, and nobody accepts them |
//! | [`ProxyTarget`] | an HTTP proxy |
//! | [`DnsTarget`] | a name server |

mod answer;
mod black_hole;
mod certificates;
mod clock;
mod conversation;
mod dns;
mod framing;
mod http2;
mod http2_faults;
mod http2_frames;
mod http2_wire;
mod proxy;
mod request;
pub mod site;
mod stop;
mod target;
mod tls;
mod truth;
mod wire;

pub use answer::Answer;
pub use black_hole::{BlackHole, Silent, closed_port};
pub use certificates::{Authority, Flaw, Identity};
pub use conversation::Conversation;
pub use dns::{DnsReply, DnsTarget};
pub use http2::Http2Target;
pub use http2_faults::{Http2Fault, Http2Faults};
pub use proxy::{ProxyRules, ProxyTarget};
pub use request::Request;
pub use target::Target;
pub use tls::{Handshake, Tls, TlsVersions};
pub use truth::{ConnectionTruth, Truth};
