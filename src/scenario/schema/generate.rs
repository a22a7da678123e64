//! From the types to the schema.

use super::{overlay, top::Scenario};
use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

/// The language's JSON Schema, draft 2020-12: what a scenario file may say, with a description of every key.
///
/// Two keywords are not of the draft but of editors: `errorMessage`, shown in place of what failed, and
/// `enumDescriptions`, a text for each word of an enumeration.
pub fn json_schema() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(unwrap_description))
        .with_transform(RecursiveTransform(refuse_null))
        .with_transform(RecursiveTransform(close))
        .with_transform(RecursiveTransform(list_words));
    let mut schema = settings.into_generator().into_root_schema_for::<Scenario>().to_value();
    leave_descriptions_to_keys(&mut schema);
    overlay::define(&mut schema);
    schema
}

/// Where a comment's line ends is the editor's business; an empty line stays.
fn unwrap_description(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace("\n\n", "\u{0}").replace('\n', " ").replace('\u{0}', "\n\n");
    }
}

/// An optional key may be left out, but a key without a value is a fault.
fn refuse_null(schema: &mut Schema) {
    let Some(keys) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = keys.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            keys.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(either)) = keys.get_mut("anyOf") else { return };
    either.retain(|one| one.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = either.as_slice() {
        let only = only.clone();
        keys.remove("anyOf");
        for (key, value) in only {
            keys.entry(key).or_insert(value);
        }
    }
}

/// A map that takes another one's keys in is closed as any other: editors know this keyword better, and it says the
/// same where the keys stand side by side.
fn close(schema: &mut Schema) {
    if let Some(closed) = schema.remove("unevaluatedProperties") {
        schema.insert("additionalProperties".to_owned(), closed);
    }
}

/// Words of a closed set, each with its text: editors show `enum` as a list, and a `oneOf` only in part.
fn list_words(schema: &mut Schema) {
    let Some(Value::Array(either)) = schema.get("oneOf") else { return };
    let words: Option<Vec<Value>> = either.iter().map(|one| one.get("const").cloned()).collect();
    let texts: Option<Vec<Value>> = either.iter().map(|one| one.get("description").cloned()).collect();
    let (Some(words), Some(texts)) = (words, texts) else { return };
    schema.remove("oneOf");
    schema.insert("type".to_owned(), Value::from("string"));
    schema.insert("enum".to_owned(), Value::Array(words));
    schema.insert("enumDescriptions".to_owned(), Value::Array(texts));
}

/// What a key says comes before what the type of its value says. Of several texts editors show that of the innermost
/// schema, so only maps keep theirs.
fn leave_descriptions_to_keys(schema: &mut Value) {
    let Some(Value::Object(definitions)) = schema.get_mut("$defs") else { return };
    for definition in definitions.values_mut().filter_map(Value::as_object_mut) {
        if definition.get("type").is_none_or(|name| name != "object") {
            definition.remove("description");
        }
    }
}
