//! The schema of an overlay of `environments`: the file's own, in which nothing is required.
//!
//! An overlay is merged map by map, so each map on the way may be partial; what stands in a list is replaced as a
//! whole and stays complete. Each definition that is different here gets a second one, called `…InOverlay`.

use serde_json::{Map, Value};

const REFERENCE: &str = "#/$defs/";

/// Fills the definition `Overlay` from the rest of the schema.
pub(super) fn define(schema: &mut Value) {
    let Some(Value::Object(definitions)) = schema.get("$defs").cloned() else { return };
    let mut partial = Partial { definitions, made: Map::new() };
    let mut overlay = schema.clone();
    if let Some(keys) = overlay.as_object_mut() {
        for key in ["$schema", "$defs", "title"] {
            keys.remove(key);
        }
        let described = partial.definitions.get("Overlay").and_then(|empty| empty.get("description"));
        keys.insert("description".to_owned(), described.cloned().unwrap_or_default());
        if let Some(Value::Object(properties)) = keys.get_mut("properties") {
            properties.remove("environments");
        }
    }
    partial.loosen(&mut overlay);
    partial.made.insert("Overlay".to_owned(), overlay);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        definitions.extend(partial.made);
        definitions.sort_keys();
    }
}

struct Partial {
    definitions: Map<String, Value>,
    made: Map<String, Value>,
}

impl Partial {
    /// Drops what a schema requires; whether it required anything.
    fn loosen(&mut self, schema: &mut Value) -> bool {
        let Some(keys) = schema.as_object_mut() else { return false };
        let mut changed = keys.remove("required").is_some() | keys.remove("allOf").is_some();
        changed |= self.point_to_partial(keys);
        for key in ["properties", "patternProperties"] {
            if let Some(Value::Object(properties)) = keys.get_mut(key) {
                properties.values_mut().for_each(|property| changed |= self.loosen(property));
            }
        }
        if let Some(others) = keys.get_mut("additionalProperties") {
            changed |= self.loosen(others);
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(Value::Array(either)) = keys.get_mut(key) {
                either.iter_mut().for_each(|one| changed |= self.loosen(one));
            }
        }
        // An empty map is all of them at once.
        if changed && let Some(either) = keys.remove("oneOf") {
            keys.insert("anyOf".to_owned(), either);
        }
        changed
    }

    fn point_to_partial(&mut self, keys: &mut Map<String, Value>) -> bool {
        let Some(Value::String(reference)) = keys.get_mut("$ref") else { return false };
        let Some(name) = reference.strip_prefix(REFERENCE) else { return false };
        let partial = format!("{name}InOverlay");
        if !self.made.contains_key(&partial) {
            let Some(mut definition) = self.definitions.get(name).cloned() else { return false };
            if !self.loosen(&mut definition) {
                return false;
            }
            self.made.insert(partial.clone(), definition);
        }
        *reference = format!("{REFERENCE}{partial}");
        true
    }
}
