//! A request's keys.

use super::{
    decode_body::body,
    decode_check::{checks, extracts},
    decode_step::one_of,
    decode_vars::tags,
    diagnostic::Faults,
    reader::{Keys, literal, pairs, positive_duration, text, whole_number, word},
    span::Span,
    step::{Auth, Request},
    suggest::listed,
    text::Text,
    yaml::{Node, NodeValue},
};
use crate::model::OnFailure;

/// The keys that make a step a request.
pub(super) const METHOD_KEYS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];
/// The other keys of a request.
pub(super) const KEYS: [&str; 17] = [
    "request",
    "query",
    "headers",
    "json",
    "form",
    "multipart",
    "body",
    "body_file",
    "timeout",
    "follow_redirects",
    "auth",
    "cookies",
    "tags",
    "expect",
    "check",
    "extract",
    "on_failure",
];
/// Keys that say what a step does, so that a stranger like one of them is what it was to do.
const MEANT: [&str; 21] = [
    "get", "head", "post", "put", "patch", "delete", "options", "request", "think", "set", "if", "repeat",
    "for_each", "while", "choose", "parallel", "group", "check", "log", "stop", "steps",
];
/// Keys of places around a request, which are told apart from it elsewhere.
const AROUND: [&str; 8] = ["name", "weight", "think_time", "then", "else", "as", "max", "max_concurrency"];
/// Most redirects that can be asked for.
const MOST_REDIRECTS: u64 = 100;
/// Most redirects where the file says only that they are followed.
const USUAL_REDIRECTS: u32 = 10;

/// Reads the keys of a request from a step or a task; the caller reads the rest.
pub(super) fn request(keys: &mut Keys<'_>, span: Span, what: &str, faults: &mut Faults) -> Option<Request> {
    let line = request_line(keys, span, what, faults);
    let name = keys.get("name").and_then(|node| literal(node, "`name`", faults));
    let query = keys.get("query").map_or_else(Vec::new, |node| pairs(node, "`query`", faults));
    let headers = keys.get("headers").map_or_else(Vec::new, |node| pairs(node, "`headers`", faults));
    let timeout = keys.get("timeout").and_then(|node| positive_duration(node, "`timeout`", faults));
    let request_tags = keys.get("tags").map_or_else(Vec::new, |node| tags(node, faults));
    let body = body(keys, faults);
    let auth = keys.get("auth").and_then(|node| auth(node, faults));
    let cookies = keys.get("cookies").map_or_else(Vec::new, |node| pairs(node, "`cookies`", faults));
    let redirects =
        keys.get("follow_redirects").and_then(|node| redirects(node, "`follow_redirects`", faults));
    let expect = keys.get("expect").map_or_else(Vec::new, |node| checks(node, "`expect`", faults));
    let check = keys.get("check").map_or_else(Vec::new, |node| checks(node, "`check`", faults));
    let extract = keys.get("extract").map_or_else(Vec::new, |node| extracts(node, faults));
    let on_failure = keys.get("on_failure").and_then(|node| on_failure(node, faults));
    let (method, url) = line?;
    let name = name.map_or_else(|| format!("{method} {}", url.source), |name| name.value);
    Some(Request {
        method,
        url,
        name,
        query,
        headers,
        body,
        auth,
        cookies,
        redirects,
        timeout,
        tags: request_tags,
        expect,
        check,
        extract,
        on_failure,
    })
}

fn request_line(keys: &mut Keys<'_>, span: Span, what: &str, faults: &mut Faults) -> Option<(String, Text)> {
    let written: Vec<(&'static str, &Node)> =
        METHOD_KEYS.into_iter().filter_map(|key| keys.get(key).map(|node| (key, node))).collect();
    let general = keys.get("request");
    match (written.as_slice(), general) {
        ([(method, node)], None) => {
            let url = url(node, method, faults)?;
            Some((method.to_uppercase(), url))
        }
        ([], Some(node)) => general_request(node, faults),
        ([], None) => {
            keys.know(&KEYS);
            keys.know(&AROUND);
            if faults.are_many() || !keys.misspelt_or_strange(&MEANT) {
                let fault = faults.report(span, format!("{what} without a request or anything else to do"));
                fault
                    .label("what should it do?")
                    .help(format!("for example `get: /path`; requests are {}", listed(METHOD_KEYS)));
            }
            None
        }
        ([.., (second, _)], _) => {
            let place = keys.key_span(second);
            faults
                .report(place, "a step is one request, this is a second one")
                .label("make it a step of its own");
            None
        }
    }
}

fn url(node: &Node, method: &str, faults: &mut Faults) -> Option<Text> {
    if let NodeValue::Map(_) = node.value {
        let fault = faults.report(node.span, format!("`{method}` takes a URL, this is a map"));
        fault.label("the URL stands here, the request's other keys beside it");
        fault.help(format!("write `{method}: /path`, and `headers:`, `json:` and so on at the same depth"));
        return None;
    }
    let url = text(node, "a URL", faults)?;
    if url.source.trim().is_empty() {
        faults.report(node.span, "this URL is empty").label("write `/` for the target itself");
        return None;
    }
    Some(url)
}

/// `request: { method, url }`
fn general_request(node: &Node, faults: &mut Faults) -> Option<(String, Text)> {
    let mut keys = Keys::open(node, "`request`", faults)?;
    let method = keys.require("method", faults).and_then(|node| literal(node, "`method`", faults));
    let url = keys.require("url", faults).and_then(|node| url(node, "url", faults));
    keys.finish_with(faults, |key, fault| {
        let beside = KEYS.contains(&key) || matches!(key, "name" | "weight" | "think_time");
        if beside {
            fault.label(format!("`{key}` stands beside `request`, not in it"));
        }
        beside
    });
    let method = method?;
    if method.value.is_empty() || !method.value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
    {
        faults.report(method.span, format!("`{}` is not an HTTP method", method.value)).label("letters only");
        return None;
    }
    Some((method.value.to_uppercase(), url?))
}

/// `false`, `true`, or the most redirects to follow.
pub(super) fn redirects(node: &Node, what: &str, faults: &mut Faults) -> Option<u32> {
    match word(node, what, faults)?.value {
        "false" => Some(0),
        "true" => Some(USUAL_REDIRECTS),
        _ => whole_number(node, what, 0..=MOST_REDIRECTS, faults).and_then(|most| u32::try_from(most).ok()),
    }
}

fn auth(node: &Node, faults: &mut Faults) -> Option<Auth> {
    let mut keys = Keys::open(node, "`auth`", faults)?;
    let (basic, bearer, digest) = (keys.get("basic"), keys.get("bearer"), keys.get("digest"));
    let found = match (basic, bearer, digest) {
        (Some(node), None, None) => {
            credentials(node, "`basic`", faults).map(|(user, password)| Auth::Basic { user, password })
        }
        (None, Some(node), None) => text(node, "`bearer`", faults).map(Auth::Bearer),
        (None, None, Some(node)) => {
            credentials(node, "`digest`", faults).map(|(user, password)| Auth::Digest { user, password })
        }
        (None, None, None) if keys.misspelt(&["basic", "bearer", "digest"]) => None,
        _ => {
            let fault = faults.report(node.span, "`auth` is one of `basic`, `bearer` and `digest`");
            fault
                .label("exactly one of them")
                .help("for example `auth: { basic: { user: me, password: \"${secrets.password}\" } }`");
            None
        }
    };
    keys.finish(faults);
    found
}

fn credentials(node: &Node, what: &'static str, faults: &mut Faults) -> Option<(Text, Text)> {
    let mut keys = Keys::open(node, what, faults)?;
    let user = keys.require("user", faults).and_then(|node| text(node, "`user`", faults));
    let password = keys.require("password", faults).and_then(|node| text(node, "`password`", faults));
    keys.finish(faults);
    Some((user?, password?))
}

fn on_failure(node: &Node, faults: &mut Faults) -> Option<OnFailure> {
    const WORDS: [(&str, OnFailure); 4] = [
        ("continue", OnFailure::Continue),
        ("stop_iteration", OnFailure::StopIteration),
        ("stop_user", OnFailure::StopUser),
        ("stop_run", OnFailure::StopRun),
    ];
    one_of(node, "`on_failure`", &WORDS, faults)
}
