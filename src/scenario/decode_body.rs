//! What a request carries: `json`, `form`, `multipart`, `body`, `body_file`.

use super::{
    diagnostic::Faults,
    reader::{Keys, entries, literal, pairs, text},
    span::Spanned,
    step::{Body, FieldContent, MultipartField},
    suggest::listed,
    value::Value,
    yaml::{Node, NodeValue},
};

const BODIES: [&str; 5] = ["json", "form", "multipart", "body", "body_file"];

/// The request's body, where it has one.
pub(super) fn body(keys: &mut Keys<'_>, faults: &mut Faults) -> Option<Body> {
    let written: Vec<(&'static str, &Node)> =
        BODIES.into_iter().filter_map(|key| keys.get(key).map(|node| (key, node))).collect();
    if let [(first, _), .., (second, _)] = written.as_slice() {
        let (first, second) = later_of(keys, first, second);
        let message = format!("a request has one body, and this one has `{first}` already");
        faults.report(keys.key_span(second), message).label(format!("one of {}", listed(BODIES)));
    }
    let (key, node) = written.into_iter().next()?;
    match key {
        "json" => Some(Body::Json(Value::of_node(node, faults))),
        "form" => Some(Body::Form(pairs(node, "`form`", faults))),
        "multipart" => Some(Body::Multipart(multipart(node, faults))),
        "body_file" => literal(node, "`body_file`", faults).map(Body::File),
        _ => raw(node, faults),
    }
}

/// Both keys in the file's order.
fn later_of(keys: &Keys<'_>, one: &'static str, other: &'static str) -> (&'static str, &'static str) {
    if keys.key_span(one).start < keys.key_span(other).start { (one, other) } else { (other, one) }
}

/// A text, or `{ base64: … }`.
fn raw(node: &Node, faults: &mut Faults) -> Option<Body> {
    let NodeValue::Map(_) = node.value else {
        return text(node, "`body`", faults).map(Body::Text);
    };
    let mut keys = Keys::open(node, "`body`", faults)?;
    let Some(bytes) = keys.get("base64") else {
        let fault = faults.report(node.span, "`body` is a text or `{ base64: … }`, this is another map");
        fault.label("did you mean `json:` or `form:`?");
        return None;
    };
    keys.finish(faults);
    text(bytes, "`base64`", faults).map(Body::Base64)
}

/// Fields: a text each, or a file with its content type.
fn multipart(node: &Node, faults: &mut Faults) -> Vec<MultipartField> {
    let named = entries(node, "`multipart`", faults);
    named.into_iter().filter_map(|(name, value)| field(name, value, faults)).collect()
}

fn field(name: &Spanned<String>, value: &Node, faults: &mut Faults) -> Option<MultipartField> {
    let NodeValue::Map(_) = value.value else {
        let content = FieldContent::Text(text(value, "a field", faults)?);
        return Some(MultipartField { name: name.clone(), content });
    };
    let mut keys = Keys::open(value, "a field", faults)?;
    let path = keys.require("file", faults).and_then(|node| literal(node, "`file`", faults));
    let content_type = keys.get("content_type").and_then(|node| literal(node, "`content_type`", faults));
    keys.finish(faults);
    Some(MultipartField { name: name.clone(), content: FieldContent::File { path: path?, content_type } })
}
