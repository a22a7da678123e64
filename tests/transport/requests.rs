//! What the target gets is what was asked to be sent: once, and as it was written.

use super::lab::{Lab, Subject, assert_saw, headers, whole};
use bytes::Bytes;
use http::Method;
use loadgen::{
    model::ErrorKind,
    plan::{BodyFile, Files, Payload, Piece},
};
use loadgen_testbed::Target;
use std::{
    io::{self, Read},
    sync::Arc,
};

async fn methods_arrive_as_written<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let names = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
    for name in names {
        let mut request = user.request(&target.url("/echo"));
        request.method = Method::from_bytes(name.as_bytes()).unwrap();
        assert_eq!(user.send(request).await.json()["method"], name);
    }
    assert_saw(target.truth(), 1, names.len());
}

async fn path_query_and_headers_arrive_as_written<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let mut request = user.request(&target.url("/echo/a%20b;c?q=1&q=%26&empty=#fragment"));
    request.headers = headers(&[("x-token", "abc"), ("accept", "a/b"), ("x-list", "1"), ("x-empty", "")]);
    request.headers.append("x-list", "2".parse().unwrap());
    user.send(request).await;
    let seen = &target.truth().requests()[0];
    assert_eq!(seen.target, "/echo/a%20b;c?q=1&q=%26&empty=");
    assert_eq!(seen.all_headers("x-list").collect::<Vec<_>>(), ["1", "2"]);
    let header = |name| seen.header(name);
    assert_eq!(
        (header("x-token"), header("accept"), header("x-empty")),
        (Some("abc"), Some("a/b"), Some(""))
    );
    let address = target.address().to_string();
    assert_eq!(seen.all_headers("host").collect::<Vec<_>>(), [address]);
}

/// What nobody wrote is not sent, but what HTTP itself needs.
async fn a_bare_request_has_nothing_but_its_host<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    lab.user().get(&target.url("/")).await;
    let seen = &target.truth().requests()[0];
    let names: Vec<String> = seen.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert_eq!((names, seen.version.as_str()), (vec!["host".to_owned()], "HTTP/1.1"));
}

async fn a_host_header_takes_the_place_of_the_urls<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let mut request = user.request(&target.url("/"));
    request.headers = headers(&[("host", "shop.test")]);
    user.send(request).await.assert_answer(200, "ok");
    assert_eq!(target.truth().requests()[0].all_headers("host").collect::<Vec<_>>(), ["shop.test"]);
}

async fn bodies_arrive_whole<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    for size in [0_usize, 1, 1000, 100_000, 4 << 20] {
        let body: Vec<u8> = (0..size).map(|at| at as u8).collect();
        let mut request = user.request(&target.url("/status/200"));
        (request.method, request.body) = (Method::POST, whole(body.clone()));
        user.send(request).await.assert_answer(200, "status 200");
        let seen = target.truth().requests().pop().unwrap();
        assert_eq!((seen.method.as_str(), seen.body_bytes), ("POST", size as u64));
        assert!(seen.body[..] == body[..size.min(1 << 20)]);
        let length = size.to_string();
        assert!(size == 0 || seen.header("content-length") == Some(&length));
    }
    assert_saw(target.truth(), 1, 5);
}

/// A file of so many `x`, or of fewer than it said.
#[derive(Debug)]
struct Xs(u64);

impl Files for Xs {
    fn open(&self, _path: &str) -> Result<Box<dyn Read + Send>, String> {
        Ok(Box::new(io::repeat(b'x').take(self.0)))
    }

    fn size(&self, _path: &str) -> Result<u64, String> {
        Ok(self.0)
    }
}

fn upload(announced: u64, holds: u64) -> Option<Payload> {
    let files = Arc::new(Xs(holds));
    let file = Arc::new(BodyFile { path: "big.bin".to_owned(), bytes: announced, files });
    let text = |text: &'static str| Piece::Bytes(Bytes::from_static(text.as_bytes()));
    Some(Payload::Pieces(vec![text("--head--"), Piece::File(file), text("--end--")]))
}

/// More than may be held at once: it is read while it is sent.
async fn files_are_streamed<S: Subject>(lab: Lab<S>) {
    const SIZE: u64 = 40 << 20;
    let target = Target::site();
    let user = lab.user();
    let mut request = user.request(&target.url("/status/200"));
    (request.method, request.body) = (Method::POST, upload(SIZE, SIZE));
    user.send(request).await.assert_answer(200, "status 200");
    let seen = &target.truth().requests()[0];
    assert_eq!(seen.body_bytes, SIZE + 15);
    assert_eq!(seen.header("content-length"), Some((SIZE + 15).to_string().as_str()));
    assert!(seen.body.starts_with(b"--head--xxx"));
}

async fn a_file_that_became_shorter_is_a_failure<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let user = lab.user();
    let mut request = user.request(&target.url("/status/200"));
    (request.method, request.body) = (Method::POST, upload(200_000, 100_000));
    user.send(request).await.assert_failure(ErrorKind::Other);
    user.get(&target.url("/")).await.assert_answer(200, "ok");
    // The half request never was one.
    assert_saw(target.truth(), 2, 1);
}

async fn a_name_of_the_scenario_is_its_address<S: Subject>(lab: Lab<S>) {
    let target = Target::site();
    let mut options = loadgen::plan::TransportOptions::default();
    options.dns.hosts.insert("api.test".to_owned(), "127.0.0.1".parse().unwrap());
    let went = lab.user_with(options).get(&target.url_as("api.test", "/")).await;
    went.assert_answer(200, "ok");
    let host = format!("api.test:{}", target.address().port());
    assert_eq!(target.truth().requests()[0].header("host"), Some(host.as_str()));
    assert_eq!((went.moments.remote, went.moments.looking_up), (Some(target.address()), None));
}

conform![
    a_bare_request_has_nothing_but_its_host,
    a_file_that_became_shorter_is_a_failure,
    a_host_header_takes_the_place_of_the_urls,
    a_name_of_the_scenario_is_its_address,
    bodies_arrive_whole,
    files_are_streamed,
    methods_arrive_as_written,
    path_query_and_headers_arrive_as_written,
];
