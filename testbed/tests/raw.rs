//! The testbed's target, asked by hand: bytes in, bytes out, and what its truth log says of them.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

#[path = "raw/black_hole.rs"]
mod black_hole;
#[path = "raw/client.rs"]
mod client;
#[path = "raw/proxy.rs"]
mod proxy;
#[path = "raw/site.rs"]
mod site;
#[path = "raw/truth.rs"]
mod truth;
