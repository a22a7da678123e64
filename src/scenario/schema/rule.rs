//! Rules about which keys stand together. All of them go into a schema's `allOf`, which nothing else uses: so an
//! overlay, in which nothing is required, finds and drops them.
//!
//! They refuse a key by name instead of counting alternatives: so an editor marks that key, and says why.

use serde_json::{Map, Value, json};

/// At least one of these keys, and no other beside it.
pub(super) fn exactly_one(keys: &[&str], message: &str) -> Value {
    let each: Vec<Value> = keys.iter().map(|key| json!({ "required": [key] })).collect();
    json!({ "allOf": [{ "anyOf": each }, at_most_one(keys, message)] })
}

/// None of these keys beside another of them.
pub(super) fn at_most_one(keys: &[&str], message: &str) -> Value {
    let each = keys.iter().enumerate().filter(|(at, _)| at + 1 < keys.len());
    let rules: Vec<Value> = each.map(|(at, key)| alone(key, &keys[at + 1..], message)).collect();
    json!({ "allOf": rules })
}

/// Where the one key is, none of the others.
pub(super) fn alone(key: &str, others: &[&str], message: &str) -> Value {
    let refused: Map<String, Value> =
        others.iter().map(|other| ((*other).to_owned(), Value::Bool(false))).collect();
    json!({ "if": { "required": [key] }, "then": { "properties": refused, "errorMessage": message } })
}
