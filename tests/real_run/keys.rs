//! The keys of a document along its schema: those that the schema does not name, and those of the schema that it met.

use serde_json::Value;
use std::collections::BTreeSet;

/// A walk over documents.
pub struct Keys<'s> {
    schema: &'s Value,
    /// Keys that the schema does not name, with their place in the document.
    pub unknown: Vec<String>,
    /// Keys that it names, as `Definition.key`.
    pub met: BTreeSet<String>,
}

impl<'s> Keys<'s> {
    pub fn new(schema: &'s Value) -> Self {
        Self { schema, unknown: Vec::new(), met: BTreeSet::new() }
    }

    pub fn document(&mut self, document: &Value) {
        let parts = self.parts("", self.schema, document);
        self.follow(&parts, document, "");
    }

    /// Every key that the schema names, as `Definition.key`.
    pub fn named(&self) -> BTreeSet<String> {
        let definitions = self.schema["$defs"].as_object().unwrap();
        let all = definitions.iter().map(|(name, part)| (name.as_str(), part)).chain([("", self.schema)]);
        let keys = all.flat_map(|(name, part)| {
            let keys = part["properties"].as_object().into_iter().flatten();
            keys.map(move |(key, _)| format!("{name}.{key}"))
        });
        keys.collect()
    }

    /// A schema, and those that it refers to for this value, each with the name of its definition.
    fn parts(&self, name: &str, schema: &'s Value, value: &Value) -> Vec<(String, &'s Value)> {
        let mut found = vec![(name.to_owned(), schema)];
        if let Some(place) = schema["$ref"].as_str() {
            let definition = place.rsplit('/').next().unwrap();
            found.extend(self.parts(definition, &self.schema["$defs"][definition], value));
        }
        for list in ["oneOf", "anyOf", "allOf"] {
            for one in schema[list].as_array().into_iter().flatten() {
                let tag = &one["properties"]["type"]["const"];
                if tag.is_null() || *tag == value["type"] {
                    found.extend(self.parts(&format!("{name}|"), one, value));
                }
            }
        }
        found
    }

    fn follow(&mut self, parts: &[(String, &'s Value)], value: &Value, place: &str) {
        match value {
            Value::Object(map) => {
                for (key, one) in map {
                    self.key(parts, key, one, &format!("{place}/{key}"));
                }
            }
            Value::Array(list) => {
                for (n, one) in list.iter().enumerate() {
                    let items = parts.iter().map(|(name, part)| (name, &part["items"]));
                    let items = items.filter(|(_, items)| items.is_object());
                    let next: Vec<_> = items.flat_map(|(name, items)| self.parts(name, items, one)).collect();
                    self.follow(&next, one, &format!("{place}/{n}"));
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, parts: &[(String, &'s Value)], key: &str, value: &Value, place: &str) {
        let (mut next, mut is_known) = (Vec::new(), false);
        for (name, part) in parts {
            let (own, others) = (&part["properties"][key], &part["additionalProperties"]);
            if own.is_object() {
                self.met.insert(format!("{name}.{key}"));
            }
            if let Some(one) = [own, others].into_iter().find(|one| one.is_object()) {
                is_known = true;
                next.extend(self.parts(&format!("{name}/"), one, value));
            }
        }
        if is_known {
            self.follow(&next, value, place);
        } else {
            self.unknown.push(place.to_owned());
        }
    }
}
