//! Secrets in every place of a request and of what comes back for it, while everything fails that can fail on a wire:
//! whoever reads what the run left finds none of them.

use super::{
    harness::{Finished, Sandbox},
    secrets::{LONG, PLAIN, SHORT, assert_tight, sandbox},
};
use loadgen_testbed::{
    Authority, Conversation, Flaw, Handshake, ProxyRules, ProxyTarget, Request, Target, Tls, closed_port,
};
use std::collections::BTreeSet;

/// Before this many characters of padding and of what follows, messages are cut: one of these cuts a secret in two.
const PADDINGS: [usize; 6] = [0, 18, 30, 60, 110, 190];

/// What came in, as one line that can go into a header.
fn line_of(request: &Request) -> String {
    let values = request.headers.iter().map(|(_, value)| value.as_str());
    let query = request.query().into_iter().map(|(_, value)| value);
    let all: Vec<String> = query.chain(values.map(str::to_owned)).collect();
    all.join(" ").replace(',', " ")
}

fn echo(status: u16, extra: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Echo\r\n{extra}content-length: {}\r\n\r\n{body}", body.len())
}

/// Gives back what it is given, in the most unfortunate places.
fn serve(conversation: &mut Conversation) {
    while let Some(request) = conversation.request() {
        let long = request.header("x-long").unwrap_or_default().to_owned();
        let plain = request.header("x-plain").unwrap_or_default().to_owned();
        let (line, body) = (line_of(&request), request.body_text().into_owned());
        let number = |at: usize| request.segments().get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
        let padding = ".".repeat(number(1));
        let answer = match request.segments()[..] {
            ["hang", ..] => return conversation.hang(),
            ["reset", ..] => return conversation.reset(),
            ["cut", ..] => {
                conversation.send(format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{line}{body}"));
                return conversation.close();
            }
            ["garbage", ..] => format!("{padding}{line}\r\n\r\n"),
            ["bad-header", ..] => format!("HTTP/1.1 200 OK\r\n{padding}{plain} {long}\r\n\r\n"),
            ["bad-chunk", ..] => {
                format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{padding}{line}\r\n")
            }
            ["coding", ..] => echo(200, &format!("content-encoding: {padding}{long}\r\n"), "x"),
            ["plain-coding", ..] => echo(200, &format!("content-encoding: {padding}{plain}\r\n"), "x"),
            ["to", ..] => {
                let location = request.query_value("where").unwrap_or_default();
                echo(302, &format!("location: {location}\r\n"), &line)
            }
            ["challenge", ..] => echo(
                401,
                &format!(
                    "www-authenticate: Digest realm=\"{plain}\", nonce=\"{padding}{plain}\", qop=\"auth\"\r\n"
                ),
                &line,
            ),
            _ => {
                let extra = format!("x-echo: {padding}{line}\r\nset-cookie: session={plain}; path=/\r\n");
                let status = request.segments().first().and_then(|text| text.parse().ok()).unwrap_or(200);
                echo(status, &extra, &format!("{padding}{line}\n{body}"))
            }
        };
        if !conversation.send(answer) {
            return;
        }
    }
}

/// What comes back for a request.
const ANSWERS: [&str; 9] =
    ["200/0", "401/20", "500/90", "reset", "cut", "garbage/0", "garbage/45", "bad-header/10", "bad-chunk/0"];

/// Every place of a request that can hold a secret.
const PLACES: [&str; 9] = [
    "auth: { basic: { user: me, password: '${secrets.long}' } }",
    "auth: { digest: { user: me, password: '${secrets.plain}' } }",
    "auth: { bearer: '${secrets.plain}' }",
    "cookies: { session: '${secrets.plain}', other: 'x${secrets.short}x' }",
    "query: { token: '${secrets.long}', key: '${secrets.plain}' }",
    "headers: { x-api-key: '${secrets.plain}${vu}' }",
    "form: { field: '${secrets.long}', other: '${secrets.plain}' }",
    "multipart: { field: '${secrets.long}', other: '${secrets.plain}', upload: { file: upload.txt } }",
    "json: { field: '${secrets.long}', list: [ '${secrets.plain}' ] }",
];

/// Where a redirect can lead, with a secret in it.
fn locations(refusing: &str, padding: usize) -> [(&'static str, String); 9] {
    let (dots, letters) = (".".repeat(padding), "a".repeat(padding));
    [
        ("elsewhere", format!("http://elsewhere.invalid/{dots}${{secrets.long}}?token=${{secrets.plain}}")),
        ("host", format!("http://{letters}${{secrets.plain}}.invalid/")),
        ("user", format!("http://u{dots}:${{secrets.plain}}@elsewhere.invalid/")),
        ("file", format!("file:///{dots}${{secrets.plain}}")),
        ("scheme", format!("{letters}${{secrets.plain}}:x")),
        ("port", format!("http://127.0.0.1:${{secrets.plain}}/{dots}")),
        ("nonsense", format!("http://[{dots}${{secrets.long}}")),
        ("refused", format!("{refusing}/{dots}?token=${{secrets.plain}}&${{secrets.long}}")),
        ("loop", format!("/to/{dots}?where=/to/${{secrets.plain}}")),
    ]
}

/// Every place, with every answer; and every way to lead elsewhere.
fn scenario(target: &Target) -> String {
    let refusing = format!("http://127.0.0.1:{}", closed_port());
    let mut steps = vec![
        format!("get: '{refusing}/${{url_encode(secrets.long)}}', query: {{ token: '${{secrets.plain}}' }}, name: refused"),
        "get: '/hang/${secrets.plain}', name: hanging, timeout: 60ms".to_owned(),
        "get: 'http://${secrets.plain}.invalid/', name: host".to_owned(),
        "get: '/challenge/0', name: challenge, auth: { digest: { user: '${secrets.plain}', password: '${secrets.long}' } }".to_owned(),
    ];
    for answer in ANSWERS {
        steps.extend(PLACES.iter().enumerate().map(|(number, place)| {
            format!(
                "post: '/{answer}/${{url_encode(secrets.plain)}}', name: '{number} {answer}', {place}, \
                 expect: [ status == 201, 'body contains nothing', 'header x-echo == none' ], \
                 extract: {{ found: {{ from: json $.none, default: none }} }}"
            )
        }));
    }
    for padding in PADDINGS {
        steps.extend(["coding", "plain-coding"].map(|path| {
            format!("get: '/{path}/{padding}', name: '{path} {padding}', check: {{ any: body contains x }}")
        }));
        steps.extend(locations(&refusing, padding).map(|(name, location)| {
            format!(
                "get: /to, name: 'to {name} {padding}', follow_redirects: 1, query: {{ where: '{location}' }}"
            )
        }));
    }
    let steps: String =
        steps.iter().map(|step| format!("  - {{ {step}, on_failure: continue }}\n")).collect();
    format!(
        "name: Wire\ntarget: {}\nsecrets: {{ long: {{ env: LONG }}, short: {{ env: SHORT }}, plain: {{ env: PLAIN }} }}\n\
         http: {{ timeout: 2s, connect_timeout: 200ms, trace: true,\n\
         \x20 headers: {{ x-long: '${{secrets.long}}', x-short: '${{secrets.short}}', x-plain: '${{secrets.plain}}' }} }}\n\
         load: {{ users: 2, iterations_per_user: 1, max_duration: 15s }}\n\
         thresholds: {{ http_errors: count == 0 }}\nflow:\n{steps}",
        target.url("")
    )
}

fn run_in(sandbox: &Sandbox, text: &str, arguments: &[&str]) -> Finished {
    sandbox.file("upload.txt", format!("{LONG} {PLAIN}"));
    let run = sandbox.start_scenario(text, arguments).wait();
    assert_tight(sandbox, &run);
    run.assert_code(99);
    run
}

/// The kinds of error that a run had.
fn kinds(run: &Finished) -> BTreeSet<String> {
    run.summary().list("errors").iter().map(|error| error["error"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn whatever_fails_on_the_wire_shows_no_secret() {
    let (sandbox, target) = (sandbox(), Target::serving(serve));
    let run = run_in(&sandbox, &scenario(&target), &[]);
    let kinds = kinds(&run);
    for kind in [
        "reset",
        "body_truncated",
        "body_malformed",
        "protocol",
        "decompress",
        "connect_refused",
        "timeout",
        "host_not_allowed",
        "redirect_invalid",
        "too_many_redirects",
        "expect: status == 201",
    ] {
        assert!(kinds.contains(kind), "{kind} not in {kinds:?}");
    }
    // They were sent, and came back.
    let requests = target.truth().requests();
    let was_sent = |wanted: &dyn Fn(&Request) -> bool| requests.iter().any(wanted);
    assert!(was_sent(&|request| request.header("authorization") == Some(&format!("Bearer {PLAIN}"))));
    assert!(was_sent(&|request| request.header("cookie").is_some_and(|cookie| cookie.contains(PLAIN))));
    assert!(was_sent(&|request| request.query_value("token").as_deref() == Some(LONG)));
    assert!(was_sent(&|request| request.body_text().contains(LONG)));
    assert!(was_sent(&|request| request
        .header("authorization")
        .is_some_and(|digest| digest.starts_with("Digest"))));
    assert!(was_sent(&|request| request.header("x-short") == Some(SHORT)));
    let once = run_in(&sandbox, &scenario(&target), &["--once"]);
    assert!(once.stdout.contains("***"), "{}", once.both());
}

/// The proxy's password goes to the proxy, and nowhere that anybody reads.
#[test]
fn whatever_a_proxy_does_shows_no_secret() {
    let (target, authority) = (Target::serving(serve), Authority::new());
    let tls = Target::tls(Tls::good(&authority));
    let rules = |password: &str| ProxyRules {
        credentials: Some(("me".to_owned(), password.to_owned())),
        ..ProxyRules::default()
    };
    let proxies = [
        ProxyTarget::start(rules(LONG)),
        ProxyTarget::start(rules("another")),
        ProxyTarget::start(ProxyRules { refuse: Some(503), ..ProxyRules::default() }),
        ProxyTarget::start(ProxyRules { hang: true, ..ProxyRules::default() }),
    ];
    let addresses = proxies.iter().map(|proxy| proxy.address().to_string());
    for address in addresses.chain([format!("127.0.0.1:{}", closed_port())]) {
        let text = format!(
            "target: {}\nsecrets: {{ long: {{ env: LONG }}, plain: {{ env: PLAIN }} }}\n\
             load: {{ users: 2, iterations_per_user: 1, max_duration: 15s }}\nthresholds: {{ http_errors: count == 0 }}\n\
             http: {{ timeout: 2s, connect_timeout: 150ms, proxy: 'http://me:${{url_encode(secrets.long)}}@{address}', headers: {{ x-plain: '${{secrets.plain}}' }} }}\n\
             flow:\n  - {{ get: '/200/0', on_failure: continue }}\n  - {{ get: '/cut', on_failure: continue }}\n\
             \x20 - {{ get: '{}', on_failure: continue, auth: {{ bearer: '${{secrets.plain}}' }} }}\n",
            target.url(""),
            tls.url("/")
        );
        for arguments in [&[][..], &["--once"]] {
            run_in(&sandbox(), &text, arguments);
        }
    }
    let asked = proxies[0].truth().requests();
    assert!(asked.iter().any(|request| request.header("proxy-authorization").is_some()), "{asked:?}");
    assert!(target.truth().requests().iter().all(|request| request.header("proxy-authorization").is_none()));
}

#[test]
fn whatever_fails_before_the_wire_shows_no_secret() {
    let authority = Authority::new();
    let targets = [
        Target::tls(Tls::flawed(&authority, Flaw::OtherHost)),
        Target::tls(Tls::flawed(&authority, Flaw::SelfSigned)),
        Target::tls(Tls::good(&authority).handshake(Handshake::Garbage)),
        Target::tls(Tls::good(&authority).handshake(Handshake::Hangs)),
        Target::resetting_at_once(),
    ];
    let sandbox = sandbox();
    let steps: String = targets
        .iter()
        .map(|target| {
            format!(
                "  - {{ get: '{}?token=${{url_encode(secrets.long)}}', auth: {{ bearer: '${{secrets.plain}}' }}, on_failure: continue }}\n",
                target.url("/${secrets.plain}")
            )
        })
        .collect();
    let text = format!(
        "secrets: {{ long: {{ env: LONG }}, plain: {{ env: PLAIN }} }}\nload: {{ users: 1, iterations_per_user: 1, max_duration: 9s }}\n\
         thresholds: {{ http_errors: count == 0 }}\nhttp: {{ connect_timeout: 150ms }}\nflow:\n{steps}"
    );
    let run = run_in(&sandbox, &text, &[]);
    assert!(kinds(&run).len() >= 4, "{:?}", kinds(&run));
    run_in(&sandbox, &text, &["--once"]);
}
