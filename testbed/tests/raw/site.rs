//! What the paths of the site send.

use super::client::{Client, End, body, get, get_with, header};
use loadgen_testbed::Target;

#[test]
fn each_path_sends_what_it_says_and_ends_as_it_says() {
    let target = Target::site();
    for (path, begins, ends, end) in [
        ("/", "HTTP/1.1 200 Status\r\n", "\r\n\r\nok", End::Silence),
        ("/nowhere", "HTTP/1.1 404 ", "no such path", End::Silence),
        ("/status/418", "HTTP/1.1 418 ", "status 418", End::Silence),
        ("/status/204", "HTTP/1.1 204 ", "Status\r\n\r\n", End::Silence),
        ("/headers?x-a=1&x-b=%20", "HTTP/1.1 200 ", "ok", End::Silence),
        ("/bytes/28", "HTTP/1.1 200 ", "\r\n\r\nabcdefghijklmnopqrstuvwxyzab", End::Silence),
        ("/chunked/5/2", "HTTP/1.1 200 ", "\r\n\r\n2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n", End::Silence),
        ("/until-close/3", "HTTP/1.1 200 ", "\r\n\r\nabc", End::Fin),
        ("/http10", "HTTP/1.0 200 ", "old", End::Fin),
        ("/http10-keep-alive", "HTTP/1.0 200 ", "old", End::Silence),
        ("/connection-close", "HTTP/1.1 200 ", "bye", End::Fin),
        ("/early-hints", "HTTP/1.1 103 ", "ok", End::Silence),
        ("/continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ", "ok", End::Silence),
        ("/extra-bytes", "HTTP/1.1 200 ", "okand more than was announced", End::Silence),
        ("/pieces/20", "HTTP/1.1 200 ", "\r\ncontent-length: 2\r\n\r\nok", End::Silence),
        ("/delay/both/20/20", "HTTP/1.1 200 ", "late", End::Silence),
        ("/drip/4/5", "HTTP/1.1 200 ", "\r\n\r\nabcd", End::Silence),
        ("/redirect-bad", "HTTP/1.1 302 ", "elsewhere", End::Silence),
        ("/redirect-nowhere", "HTTP/1.1 302 ", "nowhere", End::Silence),
        ("/keep/close", "HTTP/1.1 200 ", "kept", End::Fin),
        ("/keep/close-after/30", "HTTP/1.1 200 ", "kept", End::Fin),
        ("/keep/drop-next", "HTTP/1.1 200 ", "kept", End::Silence),
        ("/break/reset-before-head", "", "", End::Reset),
        ("/break/reset-mid-head", "HTTP/1.1 200 ", "content-le", End::Reset),
        ("/break/reset-mid-body", "HTTP/1.1 200 ", "only this", End::Reset),
        ("/break/fin-before-head", "", "", End::Fin),
        ("/break/fin-mid-head", "HTTP/1.1 200 ", "content-le", End::Fin),
        ("/break/fin-between-chunks", "HTTP/1.1 200 ", "hello\r\n", End::Fin),
        ("/break/hang", "", "", End::Silence),
        ("/break/nothing-of-that-name", "HTTP/1.1 404 ", "no such path", End::Silence),
        ("/garbage/banner", "220 mail.example ESMTP ready", "", End::Silence),
        ("/garbage/nul", "HTTP/1.1 200 ", "ok", End::Silence),
        ("/head-of/2", "HTTP/1.1 200 OK\r\nx-long: xxx", "ok", End::Silence),
        ("/headers-of/3", "HTTP/1.1 200 OK\r\nx-0: 0\r\nx-1: 1\r\nx-2: 2\r\n", "ok", End::Silence),
    ] {
        let (answer, ended) = get(target.address(), path);
        assert!(answer.starts_with(begins) && answer.ends_with(ends), "{path}: {answer:?}");
        assert_eq!(ended, end, "{path}: {answer:?}");
    }
}

#[test]
fn what_has_no_end_goes_on_until_the_client_goes() {
    let target = Target::site();
    for (path, times, what) in [
        ("/endless/head", 3, "x-drop: of many\r\n"),
        ("/endless/interim", 1000, "HTTP/1.1 100 Continue\r\n\r\n"),
        ("/endless/body", 4, "10000\r\nxxx"),
    ] {
        let mut client = Client::connect(target.address());
        client.ask(&format!("GET {path}"), "");
        let mut read = String::new();
        while read.matches(what).count() < times {
            let (bytes, end) = if path == "/endless/head" { client.read_some() } else { client.read() };
            assert_eq!(end, End::Silence, "{path}");
            read.push_str(&String::from_utf8(bytes).unwrap());
        }
    }
    target.truth().await_all_closed();
}

#[test]
fn an_echo_has_all_of_the_request() {
    let target = Target::site();
    let mut client = Client::connect(target.address());
    client.ask("PUT /echo?a=1&b=%C3%A4", "X-Twice: 1\r\nx-twice: 2\r\nTransfer-Encoding: chunked\r\n");
    client.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    let answer = String::from_utf8(client.read().0).unwrap();
    let echo: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(echo["method"], "PUT");
    assert_eq!(echo["query"], serde_json::json!([["a", "1"], ["b", "ä"]]));
    assert_eq!(echo["headers"][1], serde_json::json!(["X-Twice", "1"]));
    assert_eq!((&echo["body"], &echo["body_bytes"]), (&"abcde".into(), &5.into()));
}

#[test]
fn redirects_lead_where_they_say() {
    let target = Target::site();
    for (path, status, location) in [
        ("/redirect/3", "302", "/redirect/2"),
        ("/redirect/1", "302", "/"),
        ("/redirect-to?url=http://a.test/b&status=308", "308", "http://a.test/b"),
        ("/redirect-loop", "302", "/redirect-loop"),
        ("/redirect-file", "302", "file:///etc/hostname"),
    ] {
        let (answer, _) = get(target.address(), path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert_eq!(header(&answer, "location"), location);
    }
}

#[test]
fn cookies_are_set_and_shown() {
    let target = Target::site();
    let (answer, _) = get(target.address(), "/cookies/set?a=1%3B%20Path%3D/x&b=2");
    assert!(answer.contains("set-cookie: a=1; Path=/x\r\nset-cookie: b=2\r\n"), "{answer}");
    let (answer, _) = get_with(target.address(), "/cookies/show", "Cookie: a=1; b=2\r\n");
    assert_eq!(body(&answer), r#"{"a":"1","b":"2"}"#);
}

#[test]
fn credentials_are_asked_for_and_checked() {
    let target = Target::site();
    for (path, right, wrong) in [
        ("/basic/user/secret", "Basic dXNlcjpzZWNyZXQ=", "Basic dXNlcjp3cm9uZw=="),
        ("/bearer/abc", "Bearer abc", "Bearer abd"),
    ] {
        let status = |authorization: &str| {
            let (answer, _) = get_with(target.address(), path, authorization);
            answer[9..12].to_owned()
        };
        assert_eq!(status(""), "401");
        assert_eq!(status(&format!("Authorization: {wrong}\r\n")), "401");
        assert_eq!(status(&format!("Authorization: {right}\r\n")), "200");
    }
    let (answer, _) = get(target.address(), "/digest/user/secret");
    let challenge = header(&answer, "www-authenticate");
    assert!(
        challenge.starts_with("Digest realm=\"testbed\", qop=\"auth\", algorithm=MD5, nonce=\"nonce-0\"")
    );
    let (answer, _) = get(target.address(), "/digest-sha256/user/secret");
    assert!(header(&answer, "www-authenticate").contains("algorithm=SHA-256, nonce=\"nonce-1\""));
}

#[test]
fn compressed_bodies_are_smaller_than_they_look() {
    let target = Target::site();
    for (path, least, most) in [
        ("/gzip/1000", 20, 200),
        ("/deflate/1000", 20, 200),
        ("/zstd/1000", 20, 200),
        ("/bomb/gzip/10", 1_000, 100_000),
        ("/bomb/zstd/10", 100, 100_000),
        ("/cut/gzip/1000", 10, 100),
        ("/mislabelled/zstd", 100, 100),
    ] {
        let (answer, _) = get(target.address(), path);
        let length: usize = header(&answer, "content-length").parse().unwrap();
        assert!((least..=most).contains(&length), "{path}: {length}");
        assert!(path.contains(header(&answer, "content-encoding")), "{path}");
    }
}
