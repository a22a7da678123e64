//! What the versioned documents share: how their schemas are made and how they are written.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde::Serialize;

/// The JSON Schema of a document, draft 2020-12, made from its types and their documentation.
pub(super) fn of<T: JsonSchema>() -> serde_json::Value {
    // Where a comment's line ends is the editor's business.
    let unwrapped = RecursiveTransform(|schema: &mut Schema| {
        if let Some(serde_json::Value::String(text)) = schema.get_mut("description") {
            *text = text.replace('\n', " ");
        }
    });
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(unwrapped);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// A document as indented JSON with a newline at its end.
pub(super) fn written(document: &impl Serialize) -> Vec<u8> {
    match serde_json::to_vec_pretty(document) {
        Ok(mut bytes) => {
            bytes.push(b'\n');
            bytes
        }
        Err(_) => unreachable!("all keys are strings, and writing to memory does not fail"),
    }
}
