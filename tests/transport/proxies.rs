//! A proxy that the options name: asked itself without TLS, for a tunnel with it.

use super::{
    connecting::hasty,
    lab::{Lab, Subject, assert_saw},
    tls::trusting,
};
use loadgen::{
    model::ErrorKind,
    plan::{Proxy, TransportOptions},
};
use loadgen_testbed::{Authority, ProxyRules, ProxyTarget, Target, Tls, closed_port};
use std::net::SocketAddr;

/// `user:secret`
const AUTHORIZATION: &str = "Basic dXNlcjpzZWNyZXQ=";

/// Options with a proxy there.
pub fn through(address: SocketAddr, options: TransportOptions) -> TransportOptions {
    let proxy = Proxy { host: address.ip().to_string(), port: address.port(), authorization: None };
    TransportOptions { proxy: Some(proxy), ..options }
}

fn with_credentials(mut options: TransportOptions) -> TransportOptions {
    options.proxy.as_mut().unwrap().authorization = Some(AUTHORIZATION.parse().unwrap());
    options
}

fn strict() -> ProxyTarget {
    let credentials = Some(("user".to_owned(), "secret".to_owned()));
    ProxyTarget::start(ProxyRules { credentials, ..ProxyRules::default() })
}

async fn without_tls_the_proxy_is_asked<S: Subject>(lab: Lab<S>) {
    let (proxy, target) = (ProxyTarget::start(ProxyRules::default()), Target::site());
    let user = lab.user_with(through(proxy.address(), TransportOptions::default()));
    for (path, is_new) in [("/bytes/1000", true), ("/chunked/1000/10", false), ("/status/204", false)] {
        let went = user.get(&target.url(path)).await;
        assert!(matches!(went.arrived().status, 200 | 204));
        assert_eq!((went.moments.is_new, went.moments.remote), (is_new, Some(proxy.address())));
    }
    assert_saw(proxy.truth(), 1, 3);
    assert_eq!(target.truth().requests().len(), 3);
    let asked = &proxy.truth().requests()[0];
    assert_eq!(asked.target, target.url("/bytes/1000"));
    assert_eq!(asked.header("host"), Some(target.address().to_string().as_str()));
    assert_eq!(asked.header("proxy-authorization"), None);
}

async fn with_tls_it_opens_a_tunnel<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let (proxy, target) = (ProxyTarget::start(ProxyRules::default()), Target::tls(Tls::good(&authority)));
    let user = lab.user_with(through(proxy.address(), trusting(&authority)));
    for is_new in [true, false, false] {
        let went = user.get(&target.url("/bytes/1000")).await;
        assert_eq!(went.arrived().body_bytes, 1000);
        assert_eq!(went.moments.is_new, is_new);
    }
    assert_saw(target.truth(), 1, 3);
    assert_saw(proxy.truth(), 1, 1);
    let asked = &proxy.truth().requests()[0];
    assert_eq!((asked.method.as_str(), asked.target.clone()), ("CONNECT", target.address().to_string()));
}

async fn credentials_are_for_the_proxy_alone<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let (plain, secure) = (Target::site(), Target::tls(Tls::good(&authority)));
    for target in [&plain, &secure] {
        let proxy = strict();
        let user = lab.user_with(with_credentials(through(proxy.address(), trusting(&authority))));
        user.get(&target.url("/")).await.assert_answer(200, "ok");
        assert_eq!(proxy.truth().requests()[0].header("proxy-authorization"), Some(AUTHORIZATION));
        assert_eq!(target.truth().requests()[0].header("proxy-authorization"), None);
    }
}

/// Without TLS the refusal is an answer like any; a tunnel that is refused is no connection.
async fn a_proxy_may_refuse<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let (plain, secure) = (Target::site(), Target::tls(Tls::good(&authority)));
    let forbidding = ProxyTarget::start(ProxyRules { refuse: Some(403), ..ProxyRules::default() });
    for (proxy, status) in [(&forbidding, 403), (&strict(), 407)] {
        let user = lab.user_with(through(proxy.address(), trusting(&authority)));
        user.get(&plain.url("/")).await.assert_answer(status, "");
        let went = user.get(&secure.url("/")).await;
        went.assert_failure(ErrorKind::ConnectRefused);
        assert_eq!(went.moments.sent_at, None);
    }
    assert_saw(plain.truth(), 0, 0);
    assert_saw(secure.truth(), 0, 0);
}

async fn a_tunnel_that_hangs_is_connect_timeout<S: Subject>(lab: Lab<S>) {
    let target = Target::tls(Tls::good(&Authority::new()));
    let proxy = ProxyTarget::start(ProxyRules { hang: true, ..ProxyRules::default() });
    let user = lab.user_with(through(proxy.address(), hasty()));
    user.get(&target.url("/")).await.assert_failure(ErrorKind::ConnectTimeout);
    assert_saw(target.truth(), 0, 0);
}

async fn no_proxy_there_is_connect_refused<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let nobody = SocketAddr::from(([127, 0, 0, 1], closed_port()));
    let user = lab.user_with(through(nobody, TransportOptions::default()));
    user.get(&target.url("/")).await.assert_failure(ErrorKind::ConnectRefused);
    assert_saw(target.truth(), 0, 0);
}

conform![
    a_proxy_may_refuse,
    a_tunnel_that_hangs_is_connect_timeout,
    credentials_are_for_the_proxy_alone,
    no_proxy_there_is_connect_refused,
    with_tls_it_opens_a_tunnel,
    without_tls_the_proxy_is_asked,
];
