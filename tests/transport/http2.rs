//! HTTP/2 as it should be: agreed on or known before, many exchanges over one connection.

use super::{
    lab::{Lab, Subject, assert_saw, headers, whole},
    tls::trusting,
};
use futures_util::future::join_all;
use http::Method;
use loadgen::{
    model::{ErrorKind, Protocol},
    plan::{HttpVersion, TransportOptions},
};
use loadgen_testbed::{Authority, Http2Target, Target, Tls};

/// Options for HTTP/2 without asking.
pub fn prior() -> TransportOptions {
    TransportOptions { version: HttpVersion::Http2PriorKnowledge, ..TransportOptions::default() }
}

async fn with_prior_knowledge<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    for is_new in [true, false] {
        let went = user.get(&target.url("/")).await;
        went.assert_answer(200, "ok");
        assert_eq!((went.arrived().protocol, went.moments.is_new), (Some(Protocol::Http2), is_new));
        assert_eq!(went.moments.remote, Some(target.address()));
    }
    assert_saw(target.truth(), 1, 2);
}

async fn the_handshake_agrees_on_what_both_speak<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let both = ["h2", "http/1.1"];
    let speaks_h2 = Http2Target::tls(&Tls::good(&authority).protocols(&both));
    let speaks_h1 = Target::tls(Tls::good(&authority).protocols(&both[1..]));
    let speaks_any = Target::tls(Tls::good(&authority).protocols(&[]));
    for (version, url, expected) in [
        (HttpVersion::Auto, speaks_h2.url("/"), Some(Protocol::Http2)),
        (HttpVersion::Http2, speaks_h2.url("/"), Some(Protocol::Http2)),
        (HttpVersion::Auto, speaks_h1.url("/"), Some(Protocol::Http11)),
        (HttpVersion::Http1, speaks_h1.url("/"), Some(Protocol::Http11)),
        (HttpVersion::Auto, speaks_any.url("/"), Some(Protocol::Http11)),
    ] {
        let user = lab.user_with(TransportOptions { version, ..trusting(&authority) });
        let went = user.get(&url).await;
        went.assert_answer(200, "ok");
        assert_eq!(went.arrived().protocol, expected, "{version:?}");
    }
}

/// rustls ends a handshake without a common protocol; a target that chose none speaks HTTP/1.1.
async fn http2_alone_is_refused_by_who_does_not_speak_it<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    for (protocols, kind) in [(&["http/1.1"][..], ErrorKind::Tls), (&[], ErrorKind::Protocol)] {
        let target = Target::tls(Tls::good(&authority).protocols(protocols));
        let user = lab.user_with(TransportOptions { version: HttpVersion::Http2, ..trusting(&authority) });
        user.get(&target.url("/")).await.assert_failure(kind);
        assert_saw(target.truth(), 1, 0);
    }
}

async fn requests_arrive_as_written<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    for size in [0_usize, 1, 16_384, 1_000_000] {
        let mut request = user.request(&target.url("/echo?q=1"));
        (request.method, request.body) = (Method::PUT, whole(vec![b'x'; size]));
        // What concerns a connection has no place here, and a host is the authority.
        request.headers = headers(&[("x-token", "abc"), ("connection", "keep-alive"), ("host", "shop.test")]);
        request.keep_body = 4 << 20;
        let seen = user.send(request).await.json();
        assert_eq!((&seen["method"], &seen["target"]), (&"PUT".into(), &"/echo?q=1".into()));
        assert_eq!(seen["body_bytes"], size);
        let seen = target.truth().requests().pop().unwrap();
        assert_eq!((seen.header("x-token"), seen.header("connection")), (Some("abc"), None));
        assert_eq!((seen.header(":authority"), seen.header("host")), (Some("shop.test"), None));
    }
    assert_saw(target.truth(), 1, 4);
}

async fn bodies_arrive_whole<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    for size in [0, 1, 100_000, 8 << 20] {
        let mut request = user.request(&target.url(&format!("/bytes/{size}")));
        request.keep_body = 10;
        let went = user.send(request).await;
        assert_eq!((went.arrived().body_bytes, went.arrived().body.len() as u64), (size, size.min(10)));
    }
    for status in [204, 304, 404, 503] {
        user.get(&target.url(&format!("/status/{status}"))).await.assert_answer(status, "");
    }
    assert_saw(target.truth(), 1, 8);
}

async fn a_body_that_is_needed_as_a_whole_ends_at_the_limit<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    let mut request = user.request(&target.url("/bytes/1000"));
    (request.keep_body, request.needs_whole_body) = (999, true);
    user.send(request).await.assert_failure(ErrorKind::BodyTooLarge);
    // The others on the connection need not suffer.
    user.get(&target.url("/")).await.assert_answer(200, "ok");
}

async fn exchanges_share_a_connection<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    let url = target.url("/delay/head/30");
    for round in 0..2 {
        let went = join_all((0..10).map(|_| user.get(&url))).await;
        went.iter().for_each(|went| went.assert_answer(200, "late"));
        let new = went.iter().filter(|went| went.moments.is_new).count();
        assert_eq!(new, 1 - round);
    }
    assert_saw(target.truth(), 1, 20);
}

async fn no_more_streams_than_the_target_allows<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::with_streams(2);
    let user = lab.user_with(prior());
    // The settings are known from then on.
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    let url = target.url("/delay/head/20");
    let went = join_all((0..6).map(|_| user.get(&url))).await;
    went.iter().for_each(|went| went.assert_answer(200, "late"));
    // How many a new one takes is known once the target has said so; a client may also wait on one connection.
    let truth = target.truth();
    assert_eq!(truth.requests().len(), 7);
    assert!((1..=3).contains(&truth.connections().len()), "{}", truth.connections().len());
}

async fn without_reuse_each_request_has_its_own_connection<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(TransportOptions { reuse: false, ..prior() });
    for _ in 0..3 {
        assert!(user.get(&target.url("/")).await.moments.is_new);
    }
    assert_saw(target.truth(), 3, 3);
}

/// What is given up is cancelled, and the connection serves on.
async fn what_is_given_up_leaves_the_others_alone<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::plain();
    let user = lab.user_with(prior());
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    let hanging = user.get_within(&target.url("/hang"), std::time::Duration::from_millis(100)).await;
    hanging.assert_pending();
    let went = user.get(&target.url("/")).await;
    went.assert_answer(200, "ok");
    assert!(!went.moments.is_new);
    assert_saw(target.truth(), 1, 3);
}

async fn a_connection_that_says_goodbye_is_not_used_again<S: Subject>(lab: Lab<S>) {
    let target = Http2Target::going_away_after(1);
    let user = lab.user_with(prior());
    for number in 1..=3 {
        user.get(&target.url("/")).await.assert_answer(200, "ok");
        target.truth().await_that("it has been closed", |truth| truth.connections().len() == number);
        // The goodbye is on its way.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_saw(target.truth(), 3, 3);
}

conform![
    a_body_that_is_needed_as_a_whole_ends_at_the_limit,
    a_connection_that_says_goodbye_is_not_used_again,
    bodies_arrive_whole,
    exchanges_share_a_connection,
    http2_alone_is_refused_by_who_does_not_speak_it,
    no_more_streams_than_the_target_allows,
    requests_arrive_as_written,
    the_handshake_agrees_on_what_both_speak,
    what_is_given_up_leaves_the_others_alone,
    with_prior_knowledge,
    without_reuse_each_request_has_its_own_connection,
];
