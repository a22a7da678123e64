//! TLS: whom to trust, who we are, and every way a handshake can fail.

use super::{
    connecting::hasty,
    lab::{Lab, Subject, assert_saw},
};
use loadgen::{
    model::ErrorKind,
    plan::{Identity, KeyKind, PrivateKey, TlsVersion, TransportOptions},
};
use loadgen_testbed::{Authority, Flaw, Handshake, Target, Tls, TlsVersions};

/// Options that trust this authority, and no other.
pub fn trusting(authority: &Authority) -> TransportOptions {
    let mut options = TransportOptions::default();
    options.tls.ca = Some(vec![authority.der()]);
    options
}

/// Options that verify nothing.
fn careless() -> TransportOptions {
    let mut options = TransportOptions::default();
    options.tls.verify = false;
    options
}

async fn a_good_certificate_is_accepted<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    for versions in [TlsVersions::Both, TlsVersions::Only12, TlsVersions::Only13] {
        let target = Target::tls(Tls::good(&authority).versions(versions));
        let mut options = trusting(&authority);
        options.dns.hosts.insert("localhost".to_owned(), "127.0.0.1".parse().unwrap());
        let user = lab.user_with(options);
        for url in [target.url("/"), target.url_as("localhost", "/")] {
            for is_new in [true, false] {
                let went = user.get(&url).await;
                went.assert_answer(200, "ok");
                assert_eq!(went.moments.is_new, is_new);
            }
        }
        assert_saw(target.truth(), 2, 4);
        let names: Vec<Option<String>> =
            target.truth().connections().iter().map(|connection| connection.server_name()).collect();
        assert_eq!(names, [None, Some("localhost".to_owned())]);
    }
}

/// A certificate with this flaw is refused before a request is sent.
async fn is_refused<S: Subject>(lab: &Lab<S>, flaw: Flaw) {
    let authority = Authority::new();
    let target = Target::tls(Tls::flawed(&authority, flaw));
    let went = lab.user_with(trusting(&authority)).get(&target.url("/")).await;
    went.assert_failure(ErrorKind::TlsCertificate);
    assert_eq!(went.moments.sent_at, None);
    assert_saw(target.truth(), 1, 0);
}

async fn nothing_stops_who_verifies_nothing<S: Subject>(lab: Lab<S>) {
    for flaw in Flaw::ALL {
        let target = Target::tls(Tls::flawed(&Authority::new(), flaw));
        lab.user_with(careless()).get(&target.url("/")).await.assert_answer(200, "ok");
        assert_saw(target.truth(), 1, 1);
    }
}

async fn a_certificate_that_signed_itself<S: Subject>(lab: Lab<S>) {
    is_refused(&lab, Flaw::SelfSigned).await;
}

async fn a_certificate_that_has_expired<S: Subject>(lab: Lab<S>) {
    is_refused(&lab, Flaw::Expired).await;
}

async fn a_certificate_that_is_not_valid_yet<S: Subject>(lab: Lab<S>) {
    is_refused(&lab, Flaw::NotYetValid).await;
}

async fn a_certificate_for_another_host<S: Subject>(lab: Lab<S>) {
    is_refused(&lab, Flaw::OtherHost).await;
}

async fn a_certificate_of_an_unknown_authority<S: Subject>(lab: Lab<S>) {
    is_refused(&lab, Flaw::UnknownAuthority).await;
}

/// Nobody named an authority, so the system's are asked, and none of them signed this.
async fn the_systems_authorities_are_asked_by_default<S: Subject>(lab: Lab<S>) {
    let target = Target::tls(Tls::good(&Authority::new()));
    lab.user().get(&target.url("/")).await.assert_failure(ErrorKind::TlsCertificate);
    assert_saw(target.truth(), 1, 0);
}

async fn the_name_that_is_asked_for_can_be_another<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority));
    for (name, fits) in [("localhost", true), ("other.test", false)] {
        let mut options = trusting(&authority);
        options.tls.server_name = Some(name.to_owned());
        let went = lab.user_with(options).get(&target.url("/")).await;
        if fits {
            went.assert_answer(200, "ok");
            assert_eq!(target.truth().connections()[0].server_name().as_deref(), Some(name));
        } else {
            went.assert_failure(ErrorKind::TlsCertificate);
        }
    }
}

async fn a_version_too_old<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority).versions(TlsVersions::Only12));
    let mut options = trusting(&authority);
    options.tls.min_version = TlsVersion::V13;
    lab.user_with(options).get(&target.url("/")).await.assert_failure(ErrorKind::Tls);
    assert_saw(target.truth(), 1, 0);
}

async fn a_client_shows_its_certificate<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    for versions in [TlsVersions::Only12, TlsVersions::Only13] {
        let target = Target::tls(Tls::good(&authority).demanding_clients_of(&authority).versions(versions));
        let client = authority.client();
        let mut options = trusting(&authority);
        options.tls.identity = Some(Identity {
            chain: client.chain(),
            key: PrivateKey { kind: KeyKind::Pkcs8, der: client.key() },
        });
        lab.user_with(options).get(&target.url("/")).await.assert_answer(200, "ok");
        assert_saw(target.truth(), 1, 1);
    }
}

/// With TLS 1.3 the client has sent its request by the time that it hears of it.
async fn a_client_without_a_certificate_is_refused<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    for versions in [TlsVersions::Only12, TlsVersions::Only13] {
        let target = Target::tls(Tls::good(&authority).demanding_clients_of(&authority).versions(versions));
        lab.user_with(trusting(&authority)).get(&target.url("/")).await.assert_failure(ErrorKind::Tls);
        assert_saw(target.truth(), 1, 0);
    }
}

async fn fails_in<S: Subject>(lab: &Lab<S>, handshake: Handshake, kind: ErrorKind) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority).handshake(handshake));
    let mut options = trusting(&authority);
    options.connect_timeout = hasty().connect_timeout;
    let went = lab.user_with(options).get(&target.url("/")).await;
    went.assert_failure(kind);
    assert_eq!(went.moments.sent_at, None);
    assert_saw(target.truth(), 1, 0);
}

async fn a_handshake_that_hangs<S: Subject>(lab: Lab<S>) {
    fails_in(&lab, Handshake::Hangs, ErrorKind::ConnectTimeout).await;
}

async fn a_handshake_that_is_reset<S: Subject>(lab: Lab<S>) {
    fails_in(&lab, Handshake::Reset, ErrorKind::Reset).await;
}

async fn a_handshake_that_is_closed<S: Subject>(lab: Lab<S>) {
    fails_in(&lab, Handshake::Closed, ErrorKind::ClosedEarly).await;
}

async fn a_handshake_that_is_answered_in_plain_text<S: Subject>(lab: Lab<S>) {
    fails_in(&lab, Handshake::PlainHttp, ErrorKind::Tls).await;
}

async fn a_handshake_of_garbage<S: Subject>(lab: Lab<S>) {
    fails_in(&lab, Handshake::Garbage, ErrorKind::Tls).await;
}

async fn plain_text_to_a_tls_port<S: Subject>(lab: Lab<S>) {
    let target = Target::tls(Tls::good(&Authority::new()));
    let url = format!("http://{}/", target.address());
    lab.user().get(&url).await.assert_failure(ErrorKind::Protocol);
    assert_saw(target.truth(), 1, 0);
}

/// A body that the end of the connection ends, without TLS's farewell: somebody may have cut it off.
async fn a_body_that_is_cut_off_is_truncated<S: Subject>(lab: Lab<S>) {
    let authority = Authority::new();
    let target = Target::tls(Tls::good(&authority));
    let user = lab.user_with(trusting(&authority));
    for path in ["/break/cut-mid-body", "/break/cut-until-close", "/break/fin-mid-body"] {
        user.get(&target.url(path)).await.assert_failure(ErrorKind::BodyTruncated);
    }
    user.get(&target.url("/until-close/100")).await.arrived();
}

conform![
    a_body_that_is_cut_off_is_truncated,
    a_certificate_for_another_host,
    a_certificate_of_an_unknown_authority,
    a_certificate_that_has_expired,
    a_certificate_that_is_not_valid_yet,
    a_certificate_that_signed_itself,
    a_client_shows_its_certificate,
    a_client_without_a_certificate_is_refused,
    a_good_certificate_is_accepted,
    a_handshake_of_garbage,
    a_handshake_that_hangs,
    a_handshake_that_is_answered_in_plain_text,
    a_handshake_that_is_closed,
    a_handshake_that_is_reset,
    a_version_too_old,
    nothing_stops_who_verifies_nothing,
    plain_text_to_a_tls_port,
    the_name_that_is_asked_for_can_be_another,
    the_systems_authorities_are_asked_by_default,
];
