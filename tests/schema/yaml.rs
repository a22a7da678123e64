//! YAML as the plain values that a schema speaks of.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

/// The one document of a file.
pub fn value(place: &str, text: &str) -> Value {
    let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"));
    let [document] = documents.as_slice() else { panic!("{place}: not one document") };
    json(document)
}

fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(truth)) => Value::Bool(*truth),
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::FloatingPoint(number)) => {
            Number::from_f64(number.into_inner()).map_or(Value::Null, Value::Number)
        }
        Yaml::Value(Scalar::String(text)) => Value::String(text.to_string()),
        Yaml::Sequence(items) => Value::Array(items.iter().map(json).collect()),
        Yaml::Mapping(entries) => Value::Object(
            entries.iter().map(|(key, value)| (key_text(key), json(value))).collect::<Map<String, Value>>(),
        ),
        other => panic!("a scenario has no {other:?}"),
    }
}

fn key_text(key: &Yaml<'_>) -> String {
    match json(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
