//! The transport over hyper's connections: look-up, TCP, TLS and HTTP, each timed where it happens.
//!
//! It goes below a client library on purpose. A library that pools, retries and hides its sockets cannot say when a
//! request was written, how many bytes passed, or whether a connection had gone stale; the connections of hyper, the
//! library underneath, can. One exchange is one request on one connection: nothing is sent twice, and a connection is
//! replaced only where not a byte of the request was written.

mod body;
mod connector;
mod failure;
mod http1;
mod http2;
mod meter;
mod origin;
mod pool;
mod proxy;
mod receive;
mod resolver;
mod tls;
mod user;

pub use user::{HttpTransports, HttpUser, TransportProblem};
