//! The proxy, asked by hand.

use super::client::{Client, End, body};
use loadgen_testbed::{ProxyRules, ProxyTarget, Target};

fn text(client: &mut Client) -> String {
    String::from_utf8(client.read().0).unwrap()
}

#[test]
fn it_asks_the_target_what_it_is_asked() {
    let (proxy, target) = (ProxyTarget::start(ProxyRules::default()), Target::site());
    let mut client = Client::connect(proxy.address());
    client.ask(&format!("GET {}", target.url("/echo?a=1")), "Proxy-Authorization: Basic x\r\n");
    let answer = text(&mut client);
    let echo: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(echo["target"], "/echo?a=1");
    assert!(!answer.to_ascii_lowercase().contains("proxy-authorization"), "{answer}");
    client.ask(&format!("GET {}", target.url("/chunked/4/2")), "");
    assert!(text(&mut client).ends_with("\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"));
    assert_eq!((proxy.truth().requests().len(), target.truth().requests().len()), (2, 2));
}

#[test]
fn it_opens_tunnels() {
    let (proxy, target) = (ProxyTarget::start(ProxyRules::default()), Target::site());
    let mut client = Client::connect(proxy.address());
    client.ask(&format!("CONNECT {}", target.address()), "");
    assert_eq!(text(&mut client), "HTTP/1.1 200 Connection established\r\n\r\n");
    client.ask("GET /until-close/3", "");
    let (answer, end) = client.read();
    assert!(answer.ends_with(b"abc") && end == End::Fin);
}

#[test]
fn it_refuses() {
    let credentials = Some(("user".to_owned(), "secret".to_owned()));
    for (rules, status) in [
        (ProxyRules { credentials, ..ProxyRules::default() }, "407"),
        (ProxyRules { refuse: Some(403), ..ProxyRules::default() }, "403"),
    ] {
        let proxy = ProxyTarget::start(rules);
        for line in ["CONNECT 127.0.0.1:1", "GET http://127.0.0.1:1/"] {
            let mut client = Client::connect(proxy.address());
            client.ask(line, "");
            assert_eq!(&text(&mut client)[9..12], status, "{line}");
        }
    }
}
