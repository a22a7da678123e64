//! Bytes are those at the socket, to the last one, and each exchange is charged with its own.

use super::{
    lab::{Lab, Subject, User, headers, whole},
    tls::trusting,
};
use http::Method;
use loadgen::engine::{Moments, Outgoing};
use loadgen_testbed::{Authority, Http2Target, Target, Tls, TlsVersions, Truth};

/// A few requests of all sizes.
fn requests<S: Subject>(user: &User<S>, url: impl Fn(&str) -> String) -> Vec<Outgoing> {
    let mut post = user.request(&url("/bytes/0"));
    (post.method, post.body) = (Method::POST, whole(vec![b'x'; 300_000]));
    post.headers = headers(&[("x-one", "1")]);
    let gets = ["/", "/bytes/500000", "/status/404", "/"];
    gets.map(|path| user.request(&url(path))).into_iter().chain([post]).collect()
}

/// Each exchange's bytes are what the target's own counts grew by.
async fn equal<S: Subject>(user: &User<S>, requests: Vec<Outgoing>, truth: &Truth) {
    let mut before = (0, 0);
    for request in requests {
        let url = request.url.to_string();
        let went = user.send(request).await;
        went.arrived();
        let Moments { sent_bytes, received_bytes, .. } = went.moments;
        let now = (truth.received_bytes(), truth.sent_bytes());
        assert_eq!((sent_bytes, received_bytes), (now.0 - before.0, now.1 - before.1), "{url}");
        before = now;
    }
}

async fn without_tls<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let mut all = requests(&user, |path| target.url(path));
    for path in ["/chunked/10000/7", "/early-hints", "/until-close/10", "/http10", "/keep/close"] {
        all.push(user.request(&target.url(path)));
    }
    equal(&user, all, target.truth()).await;
}

async fn with_tls<S: Subject>(lab: Lab<S>) {
    for versions in [TlsVersions::Only12, TlsVersions::Only13] {
        let authority = Authority::new();
        let target = Target::tls(Tls::good(&authority).versions(versions));
        let user = lab.user_with(trusting(&authority));
        let all = requests(&user, |path| target.url(path));
        equal(&user, all, target.truth()).await;
    }
}

async fn without_reuse<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let options = loadgen::plan::TransportOptions { reuse: false, ..Default::default() };
    let user = lab.user_with(options);
    let all = requests(&user, |path| target.url(path));
    equal(&user, all, target.truth()).await;
}

/// HTTP/2 sends what concerns the connection when it likes, so that the sides agree only but for that: settings and
/// windows, a hundred bytes or two.
async fn with_http2<S: Subject>(lab: Lab<S>) {
    const FEW: u64 = 200;
    let target = Http2Target::plain();
    let user = lab.user_with(super::http2::prior());
    let (mut sent, mut received) = (0, 0);
    for request in requests(&user, |path| target.url(path)) {
        let moments = user.send(request).await.moments;
        sent += moments.sent_bytes;
        received += moments.received_bytes;
    }
    let truth = target.truth();
    assert!(
        sent > 300_000 && sent.abs_diff(truth.received_bytes()) < FEW,
        "{sent} {}",
        truth.received_bytes()
    );
    assert!(
        received > 500_000 && received.abs_diff(truth.sent_bytes()) < FEW,
        "{received} {}",
        truth.sent_bytes()
    );
}

/// What failed was on the wire, too.
async fn of_what_failed<S: Subject>(lab: Lab<S>) {
    for path in ["/break/fin-mid-body", "/break/fin-mid-head", "/break/fin-before-head", "/garbage/banner"] {
        let target = Target::site();
        let went = lab.user().get(&target.url(path)).await;
        assert!(went.result.as_ref().unwrap().is_err());
        let truth = target.truth();
        let Moments { sent_bytes, received_bytes, .. } = went.moments;
        assert_eq!((sent_bytes, received_bytes), (truth.received_bytes(), truth.sent_bytes()), "{path}");
    }
}

conform![of_what_failed, with_http2, with_tls, without_reuse, without_tls];
