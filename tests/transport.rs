//! What every transport has to do, as tests against the trait: each row is a small function that is generic over the
//! transport, and runs once for each of them. The target is the testbed's, and what it saw is held against what the
//! transport says.
//!
//! A transport that cannot do a row names it with the reason in its `SKIPS`. To add a transport is to write a
//! [`lab::Subject`] and to name it in [`conform`].

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

/// Makes tests of rows: one for each row and transport.
macro_rules! conform {
    ($($row:ident),* $(,)?) => {
        mod over_hyper {
            $(#[test] fn $row() { crate::lab::run::<crate::over_hyper::Hyper, _>(stringify!($row), super::$row); })*
        }
        mod over_reqwest {
            $(#[test] fn $row() { crate::lab::run::<crate::over_reqwest::Reqwest, _>(stringify!($row), super::$row); })*
        }
    };
}

/// Rows that ask for a path of the site once, and say how that ends.
macro_rules! fault_rows {
    ($($row:ident: $path:literal => $kind:ident),* $(,)?) => {
        $(async fn $row<S: Subject>(lab: Lab<S>) { fails(&lab, $path, ErrorKind::$kind).await; })*
        conform![$($row),*];
    };
}

#[path = "transport/answers.rs"]
mod answers;
#[path = "transport/broken_answers.rs"]
mod broken_answers;
#[path = "transport/bytes_on_the_wire.rs"]
mod bytes_on_the_wire;
#[path = "transport/connect_log.rs"]
mod connect_log;
#[path = "transport/connecting.rs"]
mod connecting;
#[path = "transport/connections.rs"]
mod connections;
#[path = "transport/http2.rs"]
mod http2;
#[path = "transport/http2_faults.rs"]
mod http2_faults;
#[path = "transport/lab.rs"]
mod lab;
#[path = "transport/over_hyper.rs"]
mod over_hyper;
#[path = "transport/over_reqwest.rs"]
mod over_reqwest;
#[path = "transport/phases.rs"]
mod phases;
#[path = "transport/proxies.rs"]
mod proxies;
#[path = "transport/requests.rs"]
mod requests;
#[path = "transport/reqwest_failure.rs"]
mod reqwest_failure;
#[path = "transport/skips.rs"]
mod skips;
#[path = "transport/stale_connections.rs"]
mod stale_connections;
#[path = "transport/tls.rs"]
mod tls;
#[path = "transport/waiting.rs"]
mod waiting;
