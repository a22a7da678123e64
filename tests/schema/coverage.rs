//! The good files use every key of the language, and every word of a closed set.

use super::{
    samples::good,
    walk::{Walk, objects},
};
use loadgen::scenario::json_schema;

/// Overlays repeat the keys of the file.
fn counts(place: &str) -> bool {
    !place.contains("InOverlay") && !place.starts_with("#/$defs/Overlay")
}

#[test]
fn every_key_is_used() {
    let schema = json_schema();
    let mut walk = Walk::new(&schema);
    for sample in good() {
        walk.file(&sample.value());
    }
    let mut missing = Vec::new();
    for (place, object) in objects(&schema).into_iter().filter(|(place, _)| counts(place)) {
        for key in object.get("properties").and_then(|keys| keys.as_object()).into_iter().flatten() {
            // Metrics are names and no keys; the table of metrics is the truth about them.
            let used = walk.met.keys.get(&place).is_some_and(|keys| keys.contains(key.0));
            if !used && place != "#/$defs/Thresholds" {
                missing.push(format!("{place}: {}", key.0));
            }
        }
        for word in object.get("enum").and_then(|words| words.as_array()).into_iter().flatten() {
            let used = walk.met.words.get(&place).is_some_and(|met| met.contains(&word.to_string()));
            if !used {
                missing.push(format!("{place}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "no file of tests/schema/good has\n{}", missing.join("\n"));
}
