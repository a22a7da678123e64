//! Connections that do not come about.

use super::lab::{Lab, Subject};
use loadgen::{model::ErrorKind, plan::TransportOptions};
use loadgen_testbed::{BlackHole, closed_port};
use std::time::Duration;

/// Options with a short connect timeout.
pub fn hasty() -> TransportOptions {
    TransportOptions { connect_timeout: Duration::from_millis(200), ..TransportOptions::default() }
}

async fn a_closed_port_is_refused<S: Subject>(lab: Lab<S>) {
    let user = lab.user();
    for scheme in ["http", "https"] {
        let went = user.get(&format!("{scheme}://127.0.0.1:{}/", closed_port())).await;
        went.assert_failure(ErrorKind::ConnectRefused);
        let moments = went.moments;
        assert_eq!((moments.sent_at, moments.sent_bytes, moments.received_bytes), (None, 0, 0));
        assert!(moments.connecting.is_none() && moments.tls_handshaking.is_none());
    }
}

/// A label may have 63 letters: the resolver refuses this one without asking a network that may not answer.
async fn an_unknown_name_is_dns<S: Subject>(lab: Lab<S>) {
    let user = lab.user();
    let url = format!("http://{}.invalid/", "nosuch".repeat(12));
    for _ in 0..2 {
        let went = user.get(&url).await;
        went.assert_failure(ErrorKind::Dns);
        assert_eq!((went.moments.sent_at, went.moments.remote), (None, None));
    }
}

async fn a_syn_that_is_dropped_is_connect_timeout<S: Subject>(lab: Lab<S>) {
    let hole = BlackHole::start();
    let went = lab.user_with(hasty()).get(&format!("http://{}/", hole.address())).await;
    went.assert_failure(ErrorKind::ConnectTimeout);
    let took = went.given_up_at - went.ready_at;
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert_eq!(went.moments.sent_at, None);
}

conform![a_closed_port_is_refused, a_syn_that_is_dropped_is_connect_timeout, an_unknown_name_is_dns];
