//! The truth log, held against a client that counts for itself; and the end of a target.

use super::client::{Client, End, get};
use loadgen_testbed::Target;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

#[test]
fn bytes_and_requests_are_those_of_the_client() {
    let target = Target::site();
    let mut client = Client::connect(target.address());
    let body = "x".repeat(2 << 20);
    let request =
        format!("POST /bytes/1000 HTTP/1.1\r\nHost: testbed\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    client.write(request.as_bytes());
    let (answer, end) = client.read();
    assert_eq!(end, End::Silence);
    let truth = target.truth();
    assert_eq!((truth.received_bytes(), truth.sent_bytes()), (request.len() as u64, answer.len() as u64));
    let seen = &truth.requests()[0];
    assert_eq!((seen.body_bytes, seen.body.len()), (2 << 20, 1 << 20));
    assert_eq!(
        (seen.method.as_str(), seen.path(), seen.header("HOST")),
        ("POST", "/bytes/1000", Some("testbed"))
    );
    let connection = &truth.connections()[0];
    assert!(connection.opened_at() <= seen.head_at && seen.head_at <= seen.ended_at);
    assert!(connection.closed_at().is_none());
    drop(client);
    truth.await_all_closed();
}

#[test]
fn a_target_ends_though_a_client_waits_for_it() {
    let target = Target::site();
    let mut waiting = TcpStream::connect(target.address()).unwrap();
    waiting.write_all(b"GET /drip/1000/60000 HTTP/1.1\r\nHost: testbed\r\n\r\n").unwrap();
    target.truth().await_that("the request is there", |truth| !truth.requests().is_empty());
    let address = target.address();
    drop(target);
    // Closed or reset, but over.
    let _ = waiting.read_to_end(&mut Vec::new());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn targets_have_a_port_each() {
    let (one, other) = (Target::site(), Target::site());
    get(one.address(), "/");
    assert_eq!((one.truth().connections().len(), other.truth().connections().len()), (1, 0));
}
