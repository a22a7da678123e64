//! The transport that loadgen runs with.

use super::lab::Subject;
use loadgen::{engine::HttpTransports, plan::TransportOptions};

/// Over hyper's connections.
pub struct Hyper;

impl Subject for Hyper {
    type Made = HttpTransports;
    const SKIPS: &'static [(&'static str, &'static str)] = &[];

    fn make(options: Vec<TransportOptions>) -> HttpTransports {
        HttpTransports::new(options).unwrap()
    }
}
