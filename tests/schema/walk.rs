//! Ways through the schema: over all of its parts, and along a file.

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Keywords that hold one schema, a list of them, or a map of them.
const ONE: [&str; 5] = ["additionalProperties", "items", "if", "then", "else"];
const LIST: [&str; 3] = ["anyOf", "oneOf", "allOf"];
const MAP: [&str; 3] = ["properties", "patternProperties", "$defs"];

/// Every schema in the schema that is an object, with its place.
pub fn objects(schema: &Value) -> Vec<(String, &Map<String, Value>)> {
    let mut found = Vec::new();
    collect("#".to_owned(), schema, &mut found);
    found
}

fn collect<'s>(place: String, schema: &'s Value, found: &mut Vec<(String, &'s Map<String, Value>)>) {
    let Some(keys) = schema.as_object() else { return };
    // Rules about keys are no descriptions of values.
    if !place.contains("/allOf/") {
        found.push((place.clone(), keys));
    }
    for (keyword, value) in keys {
        let place = format!("{place}/{keyword}");
        match value {
            one if ONE.contains(&keyword.as_str()) => collect(place, one, found),
            Value::Array(list) if LIST.contains(&keyword.as_str()) => {
                for (number, one) in list.iter().enumerate() {
                    collect(format!("{place}/{number}"), one, found);
                }
            }
            Value::Object(map) if MAP.contains(&keyword.as_str()) => {
                for (key, one) in map {
                    collect(format!("{place}/{key}"), one, found);
                }
            }
            _ => {}
        }
    }
}

/// What a walk along files has met.
#[derive(Default)]
pub struct Met {
    /// Keys, by the place of the map's schema.
    pub keys: BTreeMap<String, BTreeSet<String>>,
    /// Words of enumerations, by the place of their schema.
    pub words: BTreeMap<String, BTreeSet<String>>,
}

/// Follows a valid file along the schema.
pub struct Walk<'s> {
    schema: &'s Value,
    /// What tells alternatives apart, by their place.
    validators: HashMap<String, Validator>,
    maps: BTreeSet<String>,
    pub met: Met,
}

impl<'s> Walk<'s> {
    pub fn new(schema: &'s Value) -> Self {
        Self { schema, validators: HashMap::new(), maps: BTreeSet::new(), met: Met::default() }
    }

    /// The maps with fixed keys that the file has, as JSON pointers.
    pub fn file(&mut self, value: &Value) -> BTreeSet<String> {
        self.maps.clear();
        self.follow("#", self.schema, value, "");
        self.maps.clone()
    }

    fn valid(&mut self, place: &str, part: &Value, value: &Value) -> bool {
        let validator = self.validators.entry(place.to_owned()).or_insert_with(|| {
            let mut part = part.clone();
            part["$defs"] = self.schema["$defs"].clone();
            jsonschema::draft202012::new(&part).unwrap()
        });
        validator.is_valid(value)
    }

    fn follow(&mut self, place: &str, part: &'s Value, value: &Value, at: &str) {
        if let Some(reference) = part["$ref"].as_str() {
            let target = self.schema.pointer(&reference[1..]).unwrap();
            self.follow(reference, target, value, at);
        }
        for keyword in ["anyOf", "oneOf"] {
            for (number, one) in part[keyword].as_array().into_iter().flatten().enumerate() {
                let place = format!("{place}/{keyword}/{number}");
                if self.valid(&place, one, value) {
                    self.follow(&place, one, value, at);
                }
            }
        }
        if part["enum"].as_array().is_some_and(|words| words.contains(value)) {
            self.met.words.entry(place.to_owned()).or_default().insert(value.to_string());
        }
        match value {
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.follow(&format!("{place}/items"), &part["items"], item, &format!("{at}/{number}"));
                }
            }
            Value::Object(entries) => self.map(place, part, entries, at),
            _ => {}
        }
    }

    fn map(&mut self, place: &str, part: &'s Value, entries: &Map<String, Value>, at: &str) {
        let fixed = part.get("additionalProperties") == Some(&Value::Bool(false));
        if fixed {
            self.maps.insert(at.to_owned());
        }
        for (key, value) in entries {
            let below = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            if let Some(known) = part["properties"].get(key) {
                self.met.keys.entry(place.to_owned()).or_default().insert(key.clone());
                self.follow(&format!("{place}/properties/{key}"), known, value, &below);
            } else if let Some((pattern, known)) = by_pattern(part, key) {
                self.follow(&format!("{place}/patternProperties/{pattern}"), known, value, &below);
            } else if part["additionalProperties"].is_object() {
                self.follow(&format!("{place}/*"), &part["additionalProperties"], value, &below);
            }
        }
    }
}

fn by_pattern<'s>(part: &'s Value, key: &str) -> Option<(&'s String, &'s Value)> {
    let patterns = part["patternProperties"].as_object()?;
    patterns.iter().find(|(pattern, _)| Regex::new(pattern).unwrap().is_match(key))
}
