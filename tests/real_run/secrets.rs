//! A secret goes everywhere that a scenario can send it, everything fails in every way, and nothing that the
//! program prints, writes or names shows it, however it is spelt.

use super::{
    harness::{Finished, Sandbox},
    target::{Connection, Target, closed_port},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use std::{collections::BTreeSet, fs, path::Path};

/// With what JSON, URLs, forms, shells and Rust escape.
pub const LONG: &str = r#"pa ss"w/\+&=%41?#<é>{}'x;:@end"#;
pub const SHORT: &str = "Zq7x";
/// With nothing that anything escapes: it can be part of a host name.
pub const PLAIN: &str = "kanarie4711vogel";
/// So many neighbouring characters of a spelling are too much.
const TOO_MUCH: usize = 8;

/// A run in which everything fails, with the secret in every place that can hold one.
fn scenario(target: &Target) -> String {
    let (url, closed) = (target.url(), closed_port());
    format!(
        r#"
name: Leaks
target: {url}
secrets: {{ long: {{ env: LONG }}, short: {{ env: SHORT }} }}
variables: {{ both: "${{secrets.long}}-${{secrets.short}}" }}
http: {{ headers: {{ x-long: "${{secrets.long}}", x-short: "${{secrets.short}}" }} }}
load: {{ users: 1, duration: 400ms, graceful_stop: 2s }}
on_stop: [ {{ get: "/400/bye/${{url_encode(both)}}" }} ]
flow:
  - get: "/400/${{secrets.short}}/${{vu}}"
  - post: "/400/${{url_encode(secrets.long)}}/${{secrets.short}}"
    query: {{ a: "${{secrets.long}}", b: "${{both}}" }}
    json: {{ deep: [ "${{secrets.long}}", {{ more: "${{both}}" }} ] }}
    check: {{ text: body contains nothing, echo: header x-echo == none, place: 'json $.body == "${{secrets.long}}"' }}
  - post: "/200/form?${{url_encode(secrets.long)}}"
    form: {{ "a b": "${{secrets.long}}", b: "${{secrets.short}}" }}
    expect: [ 'body == "${{secrets.short}}"', header x-echo == x, 'json $.body starts with "x"', 'json $.all has length 3', size > 1GiB, 'url == "${{secrets.long}}"' ]
  - post: /200/raw
    body: "raw ${{secrets.long}} and ${{base64(secrets.long)}} and ${{json(secrets.long)}}"
    auth: {{ basic: {{ user: "me", password: "${{secrets.long}}" }} }}
    extract: {{ echoed: json $.body, whole: body, head: header x-echo, none: json $.none }}
    on_failure: continue
  - post: /200/bearer
    auth: {{ bearer: "${{secrets.long}}${{vu}}" }}
    body: {{ base64: "${{base64(secrets.long)}}" }}
    extract: {{ auth: 'regex /Bearer ([^"\n]*)/', no: 'regex /(nothing) like it/', tag: css p }}
    on_failure: continue
  - post: /plain/400
    body: "${{secrets.long}} ${{secrets.short}} ${{secrets.long}}"
    auth: {{ basic: {{ user: "${{secrets.short}}", password: "${{secrets.long}}${{vu}}" }} }}
    expect: [ body matches /^nothing$/, 'status in [200, 201]' ]
  - log: "log ${{secrets.long}} ${{both}} ${{base64(secrets.long)}} ${{url_encode(both)}} ${{json([secrets.long])}} ${{base64(secrets.short)}}"
  - log: "more ${{echoed | default('')}} ${{auth | default('')}} ${{head | default('')}}"
  - {{ get: "http://127.0.0.1:{closed}/${{both}}", on_failure: continue }}
  - {{ get: "/hang/${{both}}", timeout: 30ms, on_failure: continue }}
  - {{ get: "/reset/${{both}}", on_failure: continue }}
  - {{ get: "http://${{secrets.long}}${{vu}}/x", name: bad host, on_failure: continue }}
  - {{ get: "http://127.0.0.1:${{secrets.short}}${{vu}}/x", name: bad port, on_failure: continue }}
  - {{ get: /x, headers: {{ x-bad: "${{secrets.long}}${{'\n'}}${{vu}}" }}, on_failure: continue }}
  - {{ get: "/x/${{(both ~ vu) | int}}", name: no number, on_failure: continue }}
  - {{ get: "/x/${{[both, vu][0].deep.er}}", name: no key, on_failure: continue }}
  - choose:
      - steps: [ {{ set: {{ x: "${{(secrets.long ~ vu) | float}}" }} }} ]
      - steps: [ {{ repeat: "${{secrets.long ~ vu}}", steps: [ {{ think: 0s }} ] }} ]
      - steps: [ {{ for_each: "${{secrets.long ~ vu}}", as: item, steps: [ {{ think: 0s }} ] }} ]
      - steps: [ {{ set: {{ x: "${{date(secrets.long ~ vu)}}" }} }} ]
      - steps: [ {{ set: {{ x: "${{random_int(both, vu)}}" }} }} ]
      - steps: [ {{ set: {{ x: "${{base64_decode(secrets.long ~ vu)}}" }} }} ]
"#
    )
}

/// Answers with what it was sent: as JSON, and at another place of the body each time.
fn serve(connection: &mut Connection) {
    while let Some(request) = connection.request() {
        let path = request.path().to_owned();
        if path.starts_with("/hang") {
            while connection.request().is_some() {}
            return;
        }
        if path.starts_with("/reset") {
            return;
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let padding = ".".repeat(connection.seen.requests() as usize * 3 % 220);
        let echo = if path.starts_with("/plain") {
            format!("{padding}{body}\n{}", request.head)
        } else {
            serde_json::json!({ "body": format!("{padding}{body}"), "all": [request.head, path, body] })
                .to_string()
        };
        let status = if path.contains("400") { 400 } else { 200 };
        let shown = request.header("authorization").or(request.header("x-long")).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 {status} Echo\r\nx-echo: {padding}{shown}\r\ncontent-length: {}\r\n\r\n{echo}",
            echo.len()
        );
        if !connection.send(&answer) {
            return;
        }
    }
}

/// Everything that looks like a secret.
fn spellings() -> BTreeSet<String> {
    let mut spellings = BTreeSet::new();
    for secret in [LONG, SHORT, PLAIN] {
        let percent = |plain: fn(u8) -> bool, upper: bool| -> String {
            let byte = |byte: u8| match byte {
                _ if plain(byte) => char::from(byte).to_string(),
                _ if upper => format!("%{byte:02X}"),
                _ => format!("%{byte:02x}"),
            };
            secret.bytes().map(byte).collect()
        };
        let json = serde_json::to_string(secret).unwrap();
        let json = json.trim_matches('"').to_owned();
        let ascii: String = json
            .chars()
            .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
            .collect();
        spellings.extend([
            secret.to_owned(),
            json,
            ascii,
            format!("{secret:?}").trim_matches('"').to_owned(),
        ]);
        spellings.insert(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
        spellings.insert(secret.bytes().map(|byte| format!("{byte:02X}")).collect());
        for upper in [false, true] {
            spellings.insert(percent(|byte| byte.is_ascii_alphanumeric(), upper));
            spellings.insert(percent(|byte| byte.is_ascii_graphic() && !b"\"#<>?{}`".contains(&byte), upper));
        }
        spellings.insert(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
        for before in 0..3 {
            let bytes = [vec![b'u'; before], secret.as_bytes().to_vec()].concat();
            let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
            for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                spellings.insert(encoded[own.clone()].to_owned());
            }
        }
    }
    spellings
}

/// What must not be found: the spellings, and every longer piece of them.
fn needles() -> Vec<String> {
    let mut needles = BTreeSet::new();
    for spelling in spellings() {
        let chars: Vec<char> = spelling.chars().collect();
        needles
            .extend(chars.windows(TOO_MUCH.min(chars.len())).map(|piece| piece.iter().collect::<String>()));
    }
    needles.into_iter().collect()
}

/// Every text that a run left: its output, its files, and their names.
fn left(sandbox: &Sandbox, run: &Finished) -> Vec<(String, String)> {
    let mut texts =
        vec![("stdout".to_owned(), run.stdout.clone()), ("stderr".to_owned(), run.stderr.clone())];
    let mut folders = vec![sandbox.path().join("results")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            texts.push(("a name".to_owned(), path.display().to_string()));
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    texts
}

#[track_caller]
pub fn assert_tight(sandbox: &Sandbox, run: &Finished) {
    let needles = needles();
    for (place, text) in left(sandbox, run) {
        // Wrapped lines say the same.
        let unwrapped: String = text.split('\n').map(str::trim_start).collect();
        for text in [&text, &unwrapped] {
            for needle in &needles {
                let Some(at) = text.find(needle.as_str()) else { continue };
                let around: String =
                    text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
                let after: String = text[at..].chars().take(80).collect();
                panic!("{needle:?} in {place}: …{around}⟦{after}…\n{}", run.stderr);
            }
        }
    }
}

pub fn sandbox() -> Sandbox {
    Sandbox::new().with_env("LONG", LONG).with_env("SHORT", SHORT).with_env("PLAIN", PLAIN)
}

const EVERYWHERE: [&str; 6] =
    ["--tag", concat!("build=", "Zq7x"), "--set", "name=run Zq7x", "--set", "description=of Zq7x"];

#[test]
fn a_run_in_which_everything_fails_shows_nothing() {
    let (sandbox, target) = (sandbox(), Target::start(serve));
    let (tag, env) = (format!("long={LONG}"), format!("LONG={LONG}"));
    let arguments = [&EVERYWHERE[..], &["--tag", &tag, "-e", &env]].concat();
    let run = sandbox.start_scenario(&scenario(&target), &arguments).wait();
    assert_tight(&sandbox, &run);
    assert_eq!(run.code, 99, "no iteration completed: {}", run.both());
    let summary = run.summary();
    let kinds: BTreeSet<&str> =
        summary.list("errors").iter().filter_map(|one| one["error"].as_str()).collect();
    // Everything was tried, and told: without secrets, but with what stood around them.
    assert!(summary.list("errors").len() > 15, "{:#}", summary.at("/errors"));
    for kind in ["connect_refused", "timeout", "template", "extract"] {
        assert!(kinds.iter().any(|known| known.contains(kind)), "{kind}: {kinds:?}");
    }
    assert!(run.stderr.contains("log ***"), "{}", run.both());
    let tags = summary.at("/run/tags");
    assert_eq!((&tags["build"], &tags["long"]), (&"***".into(), &"***".into()));
    assert!(summary.at("/run/command").as_str().is_some_and(|command| command.contains("***")));
}

#[test]
fn a_single_try_and_a_failing_setup_show_nothing() {
    let (sandbox, target) = (sandbox(), Target::start(serve));
    let text = scenario(&target);
    for seed in 0..6 {
        let run = sandbox.start_scenario(&text, &["--once", "--seed", &seed.to_string()]).wait();
        assert_tight(&sandbox, &run);
        run.assert_code(99);
        assert!(run.stdout.contains("***"));
    }
    let flow = text.split_once("\nflow:\n").unwrap().1;
    for steps in [flow, "  - { set: { x: \"${(secrets.long ~ vu) | int}\" } }\n"] {
        let text = format!(
            "{}\nsetup:\n{steps}flow: [ {{ get: /200 }} ]\n",
            text.split_once("\nflow:\n").unwrap().0
        );
        for once in [&[][..], &["--once"]] {
            let run = sandbox.start_scenario(&text, once).wait();
            assert_tight(&sandbox, &run);
            run.assert_code(if once.is_empty() { 107 } else { 99 });
        }
    }
}

#[test]
fn looking_shows_nothing() {
    let (sandbox, target) = (sandbox(), Target::start(serve));
    sandbox.file("scenario.yaml", scenario(&target));
    for arguments in [
        &["plan", "scenario.yaml"][..],
        &["plan", "scenario.yaml", "--json"],
        &["validate", "scenario.yaml"],
        &["validate", "scenario.yaml", "--format", "json"],
        &["validate", "scenario.yaml", "--format", "github"],
    ] {
        let run = sandbox.run(&[arguments, &EVERYWHERE].concat());
        assert_tight(&sandbox, &run);
        run.assert_code(0);
    }
    assert_eq!(target.seen.connections(), 0);
}

#[test]
fn faults_of_a_file_show_nothing() {
    let sandbox = sandbox();
    fs::write(sandbox.path().join("pass.txt"), format!("{LONG}\n")).unwrap();
    for fault in [
        "variables: { n: '${secrets.long | int}' }",
        "variables: { n: '${[secrets.long] | first | float}' }",
        "variables: { n: '${secrets.file | int}' }",
        "variables: { n: '${secrets.long.deep.er}' }",
        "variables: { n: '${base64_decode(secrets.long)}' }",
        "variables: { n: '${file(secrets.long)}' }",
        "variables: { n: '${secrets.long + 1}' }",
        "variables: { n: '${1 / secrets.short}' }",
        "target: 'http://${secrets.long}'",
        "target: 'http://127.0.0.1:${secrets.short}'",
        "on_start: [ { get: 'http://${secrets.long}/' } ]",
        "on_start: [ { get: 'http://127.0.0.1:${secrets.short}/x' } ]",
        "on_start: [ { get: /, headers: { x: \"${secrets.long}\\n\" } } ]",
        "on_start: [ { get: /, expect: 'status == ${secrets.long}' } ]",
        "on_start: [ { get: /, expect: 'duration < ${secrets.long}' } ]",
        "on_start: [ { get: /, body: { base64: '${secrets.long}' } } ]",
        "on_start: [ { repeat: '${secrets.long}', steps: [ { get: / } ] } ]",
        "on_start: [ { set: { x: '${random_int(secrets.long, 2)}' } } ]",
        "wrong: [ '${secrets.long}' ]",
        "warm_up: 1s",
        "tags: [ '${secrets.long}'",
    ] {
        let target = if fault.starts_with("target") { "" } else { "target: http://127.0.0.1:1\n" };
        let text = format!(
            "{target}secrets: {{ long: {{ env: LONG }}, short: {{ env: SHORT }}, file: {{ file: pass.txt }} }}\n\
             load: {{ users: 1, duration: 1s }}\nflow: [ {{ get: /x }}, {{ gett: '${{secrets.long}}' }} ]\n{fault}\n"
        );
        check_faults(&sandbox, &text, fault);
        let text = text.replace(", { gett: '${secrets.long}' }", "");
        check_faults(&sandbox, &text, fault);
    }
}

#[track_caller]
fn check_faults(sandbox: &Sandbox, text: &str, fault: &str) {
    let file = sandbox.file("broken.yaml", text);
    assert!(Path::new(&file).exists());
    for arguments in [
        &["validate", "broken.yaml"][..],
        &["validate", "broken.yaml", "--format", "json", "--tag", "t=Zq7x"],
        &["validate", "broken.yaml", "--format", "github"],
        &["plan", "broken.yaml", "--json"],
    ] {
        let run = sandbox.run(arguments);
        assert_tight(sandbox, &run);
        assert!(run.code == 104 || run.code == 0, "{fault}: {}", run.both());
    }
}
