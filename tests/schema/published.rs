//! The file in `schemas/` is the schema that the types make, and every key in it is described.

use super::{samples::root, walk::objects};
use loadgen::scenario::json_schema;
use serde_json::Value;
use std::{env, fs};

#[test]
fn schema_is_current() {
    let made = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    let file = root().join("schemas/scenario-v1.schema.json");
    if env::var_os("LOADGEN_UPDATE").is_some() {
        fs::write(&file, made).unwrap();
        return;
    }
    let published = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == made,
        "schemas/scenario-v1.schema.json is not what the types make; if they are right, run\n\
         LOADGEN_UPDATE=1 cargo nextest run schema"
    );
}

#[test]
fn it_is_a_schema() {
    let schema = json_schema();
    assert!(jsonschema::meta::is_valid(&schema));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::new(&schema).unwrap();
}

/// No key is left without a text on hover, and no map without an answer to an unknown key.
#[test]
fn every_key_is_described_and_every_map_closed() {
    let schema = json_schema();
    for (place, object) in objects(&schema) {
        let Some(properties) = object.get("properties").and_then(Value::as_object) else { continue };
        assert_eq!(object.get("additionalProperties"), Some(&Value::Bool(false)), "{place}");
        for (key, property) in properties {
            let description = property["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.') || description.ends_with('`'), "{place}.{key}: {property}");
        }
    }
}

/// A key without a value is a fault, so nothing offers `null`.
#[test]
fn nothing_is_null() {
    let schema = json_schema();
    for (place, object) in objects(&schema) {
        let types = match object.get("type") {
            Some(Value::Array(types)) => types.clone(),
            other => other.into_iter().cloned().collect(),
        };
        assert!(!types.contains(&Value::from("null")), "{place}");
    }
}

/// Defaults and examples are what the key itself allows.
#[test]
fn defaults_and_examples_are_valid() {
    let schema = json_schema();
    let mut tried = 0;
    for (place, object) in objects(&schema) {
        let examples = object.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
        for value in examples.iter().chain(object.get("default")) {
            let mut part = object.clone();
            part.insert("$defs".to_owned(), schema["$defs"].clone());
            let validator = jsonschema::draft202012::new(&Value::Object(part)).unwrap();
            assert!(validator.is_valid(value), "{place}: {value}");
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried}");
}
