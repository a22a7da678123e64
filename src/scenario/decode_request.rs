//! A request's keys, its checks and extracts.

use super::{
    check::{Check, Extract},
    check_grammar::{parse_check, parse_subject},
    decode::{pairs, positive_duration, tags, variable_name},
    diagnostic::Faults,
    reader::{Keys, entries, items, literal, text, word},
    span::Span,
    suggest::listed,
    text::Text,
    types::{Body, Request},
    value::Value,
    yaml::{Node, NodeValue},
};

/// The keys that make a step a request.
pub(super) const METHOD_KEYS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];
/// The other keys of a request.
pub(super) const KEYS: [&str; 9] =
    ["request", "query", "headers", "json", "body", "timeout", "expect", "check", "extract"];

/// Reads the keys of a request from a step or a task; the caller reads the rest.
pub(super) fn request(keys: &mut Keys<'_>, span: Span, what: &str, faults: &mut Faults) -> Option<Request> {
    let line = request_line(keys, span, what, faults);
    let name = keys.get("name").and_then(|node| literal(node, "`name`", faults));
    let query = keys.get("query").map_or_else(Vec::new, |node| pairs(node, "`query`", faults));
    let headers = keys.get("headers").map_or_else(Vec::new, |node| pairs(node, "`headers`", faults));
    let timeout = keys.get("timeout").and_then(|node| positive_duration(node, "`timeout`", faults));
    let request_tags = keys.get("tags").map_or_else(Vec::new, |node| tags(node, faults));
    let body = body(keys, faults);
    let expect = keys.get("expect").map_or_else(Vec::new, |node| checks(node, "`expect`", faults));
    let check = keys.get("check").map_or_else(Vec::new, |node| checks(node, "`check`", faults));
    let extract = keys.get("extract").map_or_else(Vec::new, |node| extracts(node, faults));
    keys.not_yet(
        &["form", "multipart", "body_file", "follow_redirects", "auth", "cookies", "on_failure"],
        faults,
    );
    let (method, url) = line?;
    let name = name.map_or_else(|| format!("{method} {}", url.source), |name| name.value);
    Some(Request {
        method,
        url,
        name,
        query,
        headers,
        body,
        timeout,
        tags: request_tags,
        expect,
        check,
        extract,
    })
}

fn request_line(keys: &mut Keys<'_>, span: Span, what: &str, faults: &mut Faults) -> Option<(String, Text)> {
    let written: Vec<(&str, &Node)> =
        METHOD_KEYS.into_iter().filter_map(|key| keys.get(key).map(|node| (key, node))).collect();
    let general = keys.get("request");
    match (written.as_slice(), general) {
        ([(method, node)], None) => {
            let url = text(node, "a URL", faults)?;
            Some((method.to_uppercase(), url))
        }
        ([], Some(node)) => general_request(node, faults),
        ([], None) => {
            let fault = faults.report(span, format!("{what} without a request or a step to do"));
            fault.help(format!("write {} with a URL", listed(METHOD_KEYS)));
            None
        }
        ([.., (_, second)], _) => {
            faults
                .report(second.span, "a step is one request, this is a second one")
                .help("make it a step of its own");
            None
        }
    }
}

/// `request: { method, url }`
fn general_request(node: &Node, faults: &mut Faults) -> Option<(String, Text)> {
    let mut keys = Keys::open(node, "`request`", faults)?;
    let method = keys.require("method", faults).and_then(|node| literal(node, "`method`", faults));
    let url = keys.require("url", faults).and_then(|node| text(node, "`url`", faults));
    keys.finish(faults);
    let method = method?;
    if method.value.is_empty() || !method.value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
    {
        faults.report(method.span, format!("`{}` is not an HTTP method", method.value));
        return None;
    }
    Some((method.value.to_uppercase(), url?))
}

fn body(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Body> {
    let (json, text_body) = (keys.get("json"), keys.get("body"));
    if let (Some(_), Some(second)) = (json, text_body) {
        faults.report(second.span, "a request has one body: `json` or `body`");
    }
    if let Some(node) = json {
        return Some(Body::Json(Value::of_node(node, faults)));
    }
    let node = text_body?;
    if matches!(node.value, NodeValue::Map(_)) {
        let fault = faults.not_yet(node.span, "a body as a map");
        fault.help("a text, or `json:` for a JSON body");
        return None;
    }
    text(node, "`body`", faults).map(Body::Text)
}

/// One expression, a list of them, or a map of name and expression.
fn checks(node: &Node, what: &'static str, faults: &mut Faults) -> Vec<Check> {
    match &node.value {
        NodeValue::Scalar(_) => unnamed_check(node, faults).into_iter().collect(),
        NodeValue::List(_) => {
            let list = items(node, what, faults).unwrap_or_default();
            list.iter().filter_map(|node| unnamed_check(node, faults)).collect()
        }
        NodeValue::Map(_) => {
            let named = entries(node, what, faults);
            let read = |(name, node): (&super::span::Spanned<String>, &Node)| {
                let text = word(node, "a check", faults)?;
                parse_check(node, text.value, &name.value, faults)
            };
            named.into_iter().filter_map(read).collect()
        }
    }
}

fn unnamed_check(node: &Node, faults: &mut Faults) -> Option<Check> {
    let text = word(node, "a check", faults)?;
    parse_check(node, text.value, text.value, faults)
}

fn extracts(node: &Node, faults: &mut Faults) -> Vec<Extract> {
    let mut extracts = Vec::new();
    for (variable, node) in entries(node, "`extract`", faults) {
        variable_name(variable, faults);
        if matches!(node.value, NodeValue::Map(_)) {
            faults.not_yet(node.span, "an extract with `from`, `default` or `pick`");
            continue;
        }
        let Some(text) = word(node, "an extract", faults) else { continue };
        if let Some(subject) = parse_subject(node, text.value, faults) {
            extracts.push(Extract { variable: variable.clone(), subject, span: node.span });
        }
    }
    extracts
}
