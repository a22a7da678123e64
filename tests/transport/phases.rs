//! Every phase is measured where it happens: a known delay is in its own phase and in no other, and the phases of an
//! exchange make up the whole of it.

use super::{
    http2::prior,
    lab::{Lab, Subject, Went, whole},
    proxies::through,
    tls::trusting,
};
use http::Method;
use loadgen::plan::TransportOptions;
use loadgen_testbed::{Authority, BlackHole, Handshake, Http2Target, ProxyRules, ProxyTarget, Target, Tls};
use std::time::Duration;

/// Long enough to tell from what the machine itself takes.
const DELAY: Duration = Duration::from_millis(200);

/// A phase of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LookingUp,
    Connecting,
    Handshaking,
    Sending,
    Waiting,
    Receiving,
}

fn phases(went: &Went) -> [(Phase, Duration); 6] {
    let moments = &went.moments;
    [
        (Phase::LookingUp, moments.looking_up.unwrap_or_default()),
        (Phase::Connecting, moments.connecting.unwrap_or_default()),
        (Phase::Handshaking, moments.tls_handshaking.unwrap_or_default()),
        (Phase::Sending, went.sending()),
        (Phase::Waiting, went.waiting()),
        (Phase::Receiving, went.receiving()),
    ]
}

/// The delay is in these phases, and in no other is half of it. A part of it may be missing: what came before it may have
/// been read late.
#[track_caller]
fn assert_in(went: &Went, places: &[Phase], delay: Duration) {
    assert_adds_up(went);
    for (phase, took) in phases(went) {
        if places.contains(&phase) {
            assert!(took >= delay * 3 / 4, "{phase:?} is {took:?}: {:?}", went.moments);
        } else {
            assert!(took < delay / 2, "{phase:?} is {took:?}: {:?}", went.moments);
        }
    }
}

/// Moments are in order, the parts of the set-up fit into the wait for it, and everything makes up the whole.
#[track_caller]
fn assert_adds_up(went: &Went) {
    let moments = &went.moments;
    let parts = [moments.looking_up, moments.connecting, moments.tls_handshaking];
    let set_up: Duration = parts.into_iter().flatten().sum();
    assert!(set_up <= went.blocked(), "{set_up:?} of {:?}", went.blocked());
    let total = went.arrived().ended_at - went.ready_at;
    assert_eq!(went.blocked() + went.sending() + went.waiting() + went.receiving(), total);
    assert!(went.arrived().ended_at <= went.given_up_at);
}

async fn a_late_head_is_waiting<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for _ in 0..2 {
        let went = user.get(&target.url("/delay/head/200")).await;
        assert_in(&went, &[Phase::Waiting], DELAY);
    }
}

async fn a_late_body_is_receiving<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let went = lab.user().get(&target.url("/delay/body/200")).await;
    assert_in(&went, &[Phase::Receiving], DELAY);
    let both = lab.user().get(&target.url("/delay/both/200/200")).await;
    assert_in(&both, &[Phase::Waiting, Phase::Receiving], DELAY);
}

/// The response begins with its first byte, not with the end of its head.
async fn a_late_end_of_the_head_is_receiving<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let went = lab.user().get(&target.url("/pieces/200")).await;
    assert_in(&went, &[Phase::Receiving], DELAY);
}

/// The target reads late what is more than fits between the two.
async fn a_target_that_reads_late_is_sending<S: Subject>(lab: Lab<S>) {
    let target = Target::with_receive_buffer(64 * 1024);
    let user = lab.user();
    let mut request = user.request(&target.url("/delay/read/200"));
    (request.method, request.body) = (Method::POST, whole(vec![b'x'; 12 << 20]));
    let went = user.send(request).await;
    assert_in(&went, &[Phase::Sending], DELAY);
    assert_eq!(target.truth().requests()[0].body_bytes, 12 << 20);
}

async fn a_late_handshake_is_tls<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority).handshake(Handshake::Late(DELAY)));
    let user = lab.user_with(trusting(&authority));
    let went = user.get(&target.url("/")).await;
    assert_in(&went, &[Phase::Handshaking], DELAY);
    let again = user.get(&target.url("/delay/head/200")).await;
    assert_in(&again, &[Phase::Waiting], DELAY);
    assert_eq!(again.moments.tls_handshaking, None);
}

/// A SYN that was dropped is sent again after a second, and then the queue has room.
async fn a_late_connection_is_connecting<S: Subject>(lab: Lab<S>) {
    let hole = BlackHole::start();
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let address = hole.open_after(Duration::from_millis(300), answer);
    let went = lab.user().get(&format!("http://{address}/")).await;
    went.assert_answer(200, "ok");
    assert_in(&went, &[Phase::Connecting], Duration::from_millis(300));
}

async fn a_late_tunnel_is_connecting<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority));
    let proxy = ProxyTarget::start(ProxyRules { delay: DELAY, ..ProxyRules::default() });
    let went = lab.user_with(through(proxy.address(), trusting(&authority))).get(&target.url("/")).await;
    assert_in(&went, &[Phase::Connecting], DELAY);
}

/// A name is looked up once; an address, never.
async fn a_look_up_has_a_time_where_there_was_one<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let options = TransportOptions { reuse: false, ..TransportOptions::default() };
    let user = lab.user_with(options);
    let went = user.get(&target.url("/")).await;
    assert_eq!(went.moments.looking_up, None);
    for is_first in [true, false] {
        let went = user.get(&target.url_as("localhost", "/")).await;
        went.assert_answer(200, "ok");
        assert_eq!(went.moments.looking_up.is_some(), is_first);
        assert_adds_up(&went);
    }
}

/// On a connection that is there nothing is set up, and nothing is waited for.
async fn a_kept_connection_has_no_set_up<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority));
    let user = lab.user_with(trusting(&authority));
    let first = user.get(&target.url("/")).await;
    assert_adds_up(&first);
    assert!(first.moments.connecting.is_some() && first.moments.tls_handshaking.is_some());
    let second = user.get(&target.url("/")).await;
    assert_adds_up(&second);
    let moments = second.moments;
    assert_eq!((moments.looking_up, moments.connecting, moments.tls_handshaking), (None, None, None));
}

/// A target that answers before it has read the request: sending ends where the response begins.
async fn an_early_answer_adds_up<S: Subject>(lab: Lab<S>) {
    let target = Target::serving(|conversation| {
        let Some(head) = conversation.head() else { return };
        conversation.send(loadgen_testbed::Answer::new(413).header("connection", "close").bytes());
        conversation.body(head);
        conversation.close();
    });
    let user = lab.user();
    let mut request = user.request(&target.url("/"));
    (request.method, request.body) = (Method::POST, whole(vec![b'x'; 8 << 20]));
    let went = user.send(request).await;
    went.assert_answer(413, "");
    assert_adds_up(&went);
}

async fn of_http2<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    for _ in 0..2 {
        let late_head = user.get(&target.url("/delay/head/200")).await;
        assert_in(&late_head, &[Phase::Waiting], DELAY);
        let late_body = user.get(&target.url("/delay/body/200")).await;
        assert_in(&late_body, &[Phase::Receiving], DELAY);
    }
}

conform![
    a_kept_connection_has_no_set_up,
    a_late_body_is_receiving,
    a_late_connection_is_connecting,
    a_late_end_of_the_head_is_receiving,
    a_late_handshake_is_tls,
    a_late_head_is_waiting,
    a_late_tunnel_is_connecting,
    a_look_up_has_a_time_where_there_was_one,
    a_target_that_reads_late_is_sending,
    an_early_answer_adds_up,
    of_http2,
];
