//! The demo API over plain HTTP: what every route answers, and that its books are exact.
//!
//! Deliberately without an assertion on how long anything takes; the arithmetic of latencies is tested where
//! it is done.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

use std::{
    io::{self, ErrorKind},
    net::TcpListener,
    time::Duration,
};

use loadgen::demo::{Config, Demo, start};
use reqwest::{Client, Method, Response, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/users/me";
const CHALLENGES: &str = "/api/v1/challenges";
const CHECKINS: &str = "/api/v1/checkins";
const PROFILE: &str = "/api/profile";
const CREDENTIALS: &str = r#"{"email": "ann@example.com", "password": "secret"}"#;
const CHECK_IN: &str = r#"{"challenge_id": "challenge-001", "habit_id": "h1", "caption": "done"}"#;

/// A demo without latencies, and a client for it.
struct Fixture {
    demo: Demo,
    client: Client,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Self { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

fn at_once() -> Config {
    Config { latency_median: Duration::ZERO, ..Config::default() }
}

impl Fixture {
    fn new(config: Config) -> Self {
        // The second test of a process finds it installed.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { demo: start(0, config).unwrap(), client }
    }

    async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
        let mut request = self.client.request(method, self.demo.url() + path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, path, Some(token), None).await
    }

    async fn login(&self) -> String {
        let answer = self.send(Method::POST, LOGIN, None, Some(CREDENTIALS)).await;
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    async fn stats(&self) -> Value {
        self.get("/stats").await.body
    }

    /// Waits until the demo has received so many requests; gives up where it looks like never.
    async fn received(&self, requests: u64) {
        for _ in 0..10_000 {
            if self.stats().await["requests"] == requests {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the demo has not received {requests} requests");
    }

    /// Sends a read on a connection of its own, without waiting for the answer.
    async fn send_raw(&self, path: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.demo.addr()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: demo\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        connection
    }
}

#[tokio::test]
async fn a_login_gives_a_token_that_opens_the_rest() {
    let fixture = Fixture::new(at_once());
    let login = fixture.send(Method::POST, LOGIN, None, Some(CREDENTIALS)).await;
    assert_eq!((login.status, &login.body["token_type"]), (200, &json!("bearer")));
    assert_eq!(login.body["user"]["email"], "ann@example.com");
    let token = login.body["access_token"].as_str().unwrap();

    let me = fixture.get_as(token, ME).await;
    assert_eq!((me.status, &me.body["id"]), (200, &login.body["user"]["id"]));
    assert_eq!((&me.body["name"], me.body["streak"].is_u64()), (&json!("ann"), true));

    let check_in = fixture.send(Method::POST, CHECKINS, Some(token), Some(CHECK_IN)).await;
    assert_eq!((check_in.status, &check_in.body["caption"]), (201, &json!("done")));
    let id = check_in.body["id"].as_str().unwrap();
    assert_eq!(check_in.header("location"), Some(format!("/api/v1/checkins/{id}").as_str()));

    let without_caption = r#"{"challenge_id": "c", "habit_id": "h"}"#;
    let bare = fixture.send(Method::POST, CHECKINS, Some(token), Some(without_caption)).await;
    assert_eq!((bare.status, &bare.body["caption"]), (201, &Value::Null));
}

#[tokio::test]
async fn challenges_come_in_pages() {
    let fixture = Fixture::new(at_once());
    let token = fixture.login().await;
    for (query, status, items, first) in [
        ("", 200, 20, "challenge-001"),
        ("?page=2", 200, 4, "challenge-021"),
        ("?page=3&limit=5", 200, 5, "challenge-011"),
        ("?limit=1000", 200, 24, "challenge-001"),
    ] {
        let answer = fixture.get_as(&token, &format!("{CHALLENGES}{query}")).await;
        assert_eq!((answer.status, &answer.body["total"]), (status, &json!(24)), "{query}");
        assert_eq!(answer.body["items"].as_array().unwrap().len(), items, "{query}");
        assert_eq!(answer.body["items"][0]["id"], first, "{query}");
    }
    let beyond = fixture.get_as(&token, &format!("{CHALLENGES}?page=4294967295&limit=4294967295")).await;
    assert_eq!((beyond.status, &beyond.body["items"]), (200, &json!([])));
    for query in ["?page=two", "?limit=many", "?page=0", "?limit=-1"] {
        let answer = fixture.get_as(&token, &format!("{CHALLENGES}{query}")).await;
        assert_eq!((answer.status, answer.body["detail"].is_string()), (422, true), "{query}");
    }
}

#[tokio::test]
async fn what_is_open_needs_no_token() {
    let fixture = Fixture::new(at_once());
    let profile = fixture.get(PROFILE).await;
    assert_eq!((profile.status, profile.header("content-type")), (200, Some("application/json")));
    assert_eq!(profile.body["id"], "user-demo");
    let health = fixture.get("/health").await;
    assert_eq!((health.status, health.body), (200, json!({ "status": "ok" })));
    let head = fixture.send(Method::HEAD, PROFILE, None, None).await;
    assert_eq!((head.status, head.body), (200, Value::Null));
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_unprocessable() {
    let fixture = Fixture::new(at_once());
    let token = fixture.login().await;
    for (path, body) in [
        (LOGIN, "not json"),
        (LOGIN, ""),
        (LOGIN, r#"{"email": "ann@example.com"}"#),
        (LOGIN, r#"{"email": "ann", "password": "secret"}"#),
        (LOGIN, r#"{"email": "ann@example.com", "password": ""}"#),
        (LOGIN, r#"{"email": 1, "password": "secret"}"#),
        (CHECKINS, "[]"),
        (CHECKINS, r#"{"challenge_id": "c"}"#),
        (CHECKINS, r#"{"challenge_id": "c", "habit_id": 7}"#),
    ] {
        let answer = fixture.send(Method::POST, path, Some(&token), Some(body)).await;
        assert_eq!((answer.status, answer.body["detail"].is_string()), (422, true), "{path} {body}");
    }
    for content_type in [None, Some("text/plain")] {
        let mut request = fixture.client.post(fixture.demo.url() + LOGIN).body(CREDENTIALS);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.body["detail"].is_string()), (422, true), "{content_type:?}");
    }
}

#[tokio::test]
async fn closed_routes_want_a_known_token() {
    let fixture = Fixture::new(at_once());
    let token = fixture.login().await;
    for (method, path, body) in [
        (Method::GET, ME, None),
        (Method::GET, CHALLENGES, None),
        (Method::POST, CHECKINS, Some(CHECK_IN)),
        // Who asks is settled before what is asked.
        (Method::POST, CHECKINS, Some("not json")),
    ] {
        for stranger in [None, Some("unknown"), Some("")] {
            let answer = fixture.send(method.clone(), path, stranger, body).await;
            assert_eq!((answer.status, answer.body["detail"].is_string()), (401, true), "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
        }
    }
    for (scheme, status) in [("Bearer", 200), ("bearer", 200), ("Basic", 401)] {
        let request = fixture.client.get(fixture.demo.url() + ME);
        let request = request.header("authorization", format!("{scheme} {token}"));
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{scheme}");
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let fixture = Fixture::new(at_once());
    for path in ["/", "/api/v1/nothing", "/api/profile/"] {
        let answer = fixture.get(path).await;
        assert_eq!((answer.status, answer.body), (404, json!({ "detail": "not found" })), "{path}");
    }
    for (method, path, allow) in [
        (Method::GET, LOGIN, "POST"),
        (Method::DELETE, PROFILE, "GET,HEAD"),
        (Method::POST, "/stats", "GET,HEAD"),
    ] {
        let answer = fixture.send(method, path, None, Some("{}")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{path}");
        assert_eq!(answer.body, json!({ "detail": "method not allowed" }), "{path}");
    }
}

#[tokio::test]
async fn the_books_are_exact() {
    let fixture = Fixture::new(at_once());
    assert_eq!(
        fixture.stats().await,
        json!({
            "requests": 0, "logins": 0, "unauthorized": 0, "injected_errors": 0, "cache_hits": 0, "routes": {},
        })
    );
    fixture.get("/nowhere").await;
    fixture.send(Method::DELETE, ME, None, None).await;
    fixture.get("/health").await;
    fixture.get(ME).await;
    for _ in 0..3 {
        fixture.get(PROFILE).await;
    }
    fixture.send(Method::POST, LOGIN, None, Some("{}")).await;
    let (ann, bob) = (fixture.login().await, fixture.login().await);
    for token in [&ann, &bob, &bob] {
        fixture.get_as(token, ME).await;
    }
    fixture.send(Method::POST, CHECKINS, Some(&ann), Some(CHECK_IN)).await;
    let expected = concat!(
        r#"{"requests":14,"logins":2,"unauthorized":1,"injected_errors":0,"cache_hits":3,"routes":{"#,
        r#""POST /api/v1/auth/login":{"count":3,"statuses":{"200":2,"422":1}},"#,
        r#""GET /api/v1/users/me":{"count":4,"statuses":{"200":3,"401":1}},"#,
        r#""POST /api/v1/checkins":{"count":1,"statuses":{"201":1}},"#,
        r#""GET /api/profile":{"count":3,"statuses":{"200":3}},"#,
        r#""GET /health":{"count":1,"statuses":{"200":1}},"#,
        r#""(wrong method)":{"count":1,"statuses":{"405":1}},"#,
        r#""(unknown)":{"count":1,"statuses":{"404":1}}}}"#,
    );
    // As text, because the order of the keys is promised too; twice, because reading it changes nothing.
    for _ in 0..2 {
        assert_eq!(fixture.stats().await.to_string(), expected);
    }
}

#[tokio::test]
async fn a_request_given_up_counts_as_received_only() {
    let fixture =
        Fixture::new(Config { latency_median: Duration::from_millis(500), latency_sigma: 0.0, ..at_once() });
    let connection = fixture.send_raw(PROFILE).await;
    fixture.received(1).await;
    drop(connection);
    // It came later and takes as long, so by its answer the first one would have had its own. And it is no
    // cache hit: what was given up has filled nothing.
    assert_eq!(fixture.get(PROFILE).await.header("x-cache"), Some("miss"));
    let routes = json!({ "GET /api/profile": { "count": 2, "statuses": { "200": 1 } } });
    assert_eq!(fixture.stats().await["routes"], routes);
}

#[tokio::test]
async fn a_second_read_is_cached_until_a_check_in() {
    let fixture = Fixture::new(at_once());
    let (ann, bob) = (fixture.login().await, fixture.login().await);
    let cached = async |token: &str, path: &str| {
        fixture.get_as(token, path).await.header("x-cache").map(str::to_owned).unwrap_or_default()
    };
    assert_eq!([cached(&ann, CHALLENGES).await, cached(&ann, CHALLENGES).await], ["miss", "hit"]);
    assert_eq!([cached(&bob, CHALLENGES).await, cached(&bob, CHALLENGES).await], ["miss", "hit"]);
    assert_eq!([cached(&ann, ME).await, cached(&ann, ME).await], ["miss", "hit"]);
    assert_eq!([cached(&ann, PROFILE).await, cached(&bob, PROFILE).await], ["miss", "hit"]);

    let refused = fixture.send(Method::POST, CHECKINS, Some(&ann), Some("{}")).await;
    assert_eq!((refused.status, refused.header("x-cache")), (422, None));
    assert_eq!(cached(&ann, CHALLENGES).await, "hit");
    let accepted = fixture.send(Method::POST, CHECKINS, Some(&ann), Some(CHECK_IN)).await;
    assert_eq!((accepted.status, accepted.header("x-cache")), (201, None));
    assert_eq!([cached(&ann, CHALLENGES).await, cached(&bob, CHALLENGES).await], ["miss", "hit"]);
    assert_eq!(cached(&ann, ME).await, "hit");
}

#[tokio::test]
async fn without_a_time_to_live_every_read_misses() {
    let fixture = Fixture::new(Config { cache_ttl: Duration::ZERO, ..at_once() });
    for _ in 0..3 {
        assert_eq!(fixture.get(PROFILE).await.header("x-cache"), Some("miss"));
    }
    assert_eq!(fixture.stats().await["cache_hits"], 0);
}

#[tokio::test]
async fn injected_errors_are_a_share_and_repeat_with_the_seed() {
    let statuses = async |seed: u64| {
        let fixture = Fixture::new(Config { seed, error_rate: 0.1, ..at_once() });
        let mut statuses = Vec::new();
        for _ in 0..1_000 {
            statuses.push(fixture.get(PROFILE).await.status);
        }
        let injected = fixture.stats().await["injected_errors"].as_u64();
        (statuses, injected)
    };
    let (one, injected) = statuses(11).await;
    let failed = one.iter().filter(|status| **status == 503).count();
    assert_eq!(injected, Some(failed as u64));
    assert!(one.iter().all(|status| matches!(status, 200 | 503)));
    // n p = 100, standard deviation sqrt(n p (1 - p)) = 9.5; four of them are 38.
    assert!(failed.abs_diff(100) <= 38, "{failed} of 1000");
    assert_eq!(statuses(11).await.0, one);
    assert_ne!(statuses(12).await.0, one);
}

#[tokio::test]
async fn errors_hit_every_route_but_health_and_stats() {
    let fixture = Fixture::new(Config { error_rate: 1.0, ..at_once() });
    for (method, path, body) in [
        (Method::POST, LOGIN, Some(CREDENTIALS)),
        (Method::GET, ME, None),
        (Method::GET, PROFILE, None),
        (Method::GET, "/nowhere", None),
    ] {
        let answer = fixture.send(method, path, None, body).await;
        assert_eq!((answer.status, &answer.body), (503, &json!({ "detail": "injected" })), "{path}");
        assert_eq!(answer.header("x-cache"), None, "{path}");
    }
    assert_eq!([fixture.get("/health").await.status, fixture.get("/stats").await.status], [200, 200]);
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_open_however_late_the_body_is() {
    for (config, path, status) in [
        (Config { error_rate: 1.0, ..at_once() }, LOGIN, "503"),
        (at_once(), CHECKINS, "401"),
        (at_once(), "/nowhere", "404"),
        (at_once(), PROFILE, "405"),
    ] {
        let fixture = Fixture::new(config);
        let mut connection = TcpStream::connect(fixture.demo.addr()).await.unwrap();
        for requests in 1..=2 {
            let head = format!("POST {path} HTTP/1.1\r\nhost: demo\r\ncontent-length: 4\r\n\r\n");
            connection.write_all(head.as_bytes()).await.unwrap();
            fixture.received(requests).await;
            connection.write_all(b"body").await.unwrap();
            let mut answer = [0; 1024];
            let n = connection.read(&mut answer).await.unwrap();
            let expected = format!("HTTP/1.1 {status} ");
            assert!(answer[..n].starts_with(expected.as_bytes()), "{path}, request {requests}");
        }
    }
}

#[tokio::test]
async fn a_stop_ends_what_is_open_and_frees_the_port() {
    let fixture =
        Fixture::new(Config { latency_median: Duration::from_secs(60), latency_sigma: 0.0, ..at_once() });
    let mut waiting = fixture.send_raw(PROFILE).await;
    fixture.received(1).await;
    let addr = fixture.demo.addr();
    fixture.demo.stop();
    let mut rest = Vec::new();
    let ended = waiting.read_to_end(&mut rest).await;
    assert!(matches!(&ended, Ok(0)) || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    start(addr.port(), at_once()).unwrap().stop();
    TcpListener::bind(addr).unwrap();
}

#[tokio::test]
async fn two_demos_run_side_by_side() {
    let (one, two) = (Fixture::new(at_once()), Fixture::new(at_once()));
    assert_ne!(one.demo.url(), two.demo.url());
    one.get(PROFILE).await;
    // The same seed gives the same token, but each demo knows only its own log-ins.
    let token = one.login().await;
    assert_eq!(two.get_as(&token, ME).await.status, 401);
    assert_eq!(two.login().await, token);
    assert_eq!([one.stats().await["requests"].clone(), two.stats().await["requests"].clone()], [2, 2]);
}

#[test]
fn what_keeps_a_demo_from_starting_is_said() -> io::Result<()> {
    let demo = start(0, at_once())?;
    assert!(demo.addr().ip().is_loopback());
    assert_eq!(demo.url(), format!("http://127.0.0.1:{}", demo.addr().port()));
    let taken = start(demo.addr().port(), at_once()).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    let port = demo.addr().port();
    assert!(
        taken.to_string().starts_with(&format!("the demo cannot listen on 127.0.0.1:{port}: ")),
        "{taken}"
    );

    let invalid = start(0, Config { error_rate: 2.0, ..at_once() }).unwrap_err();
    assert_eq!(invalid.kind(), ErrorKind::InvalidInput);
    assert_eq!(invalid.to_string(), "the demo's error rate must be from 0 to 1, not 2");
    Ok(())
}
