//! Files that are right have no red mark, files that are wrong have one.

use super::{
    samples::{Sample, documented, good, yaml_files},
    walk::Walk,
};
use jsonschema::Validator;
use loadgen::scenario::json_schema;
use serde_json::Value;

fn validator() -> Validator {
    jsonschema::draft202012::new(&json_schema()).unwrap()
}

fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

#[test]
fn right_files_have_no_mark() {
    let validator = validator();
    let samples: Vec<Sample> =
        [yaml_files("scenarios"), documented(), good()].into_iter().flatten().collect();
    for sample in samples {
        let faults = faults(&validator, &sample.value());
        assert!(faults.is_empty(), "{}:\n{}", sample.place, faults.join("\n"));
    }
}

#[test]
fn wrong_files_have_a_mark() {
    let validator = validator();
    for sample in yaml_files("tests/schema/bad") {
        assert!(!validator.is_valid(&sample.value()), "{} is not refused", sample.place);
    }
}

/// A misspelt key is marked in each kind of map that the language has.
#[test]
fn an_unknown_key_is_marked_in_every_map() {
    let (schema, validator) = (json_schema(), validator());
    let (mut walk, mut tried) = (Walk::new(&schema), 0);
    for sample in good() {
        let value = sample.value();
        for map in walk.file(&value) {
            let mut wrong = value.clone();
            wrong.pointer_mut(&map).unwrap()["no_such_key"] = Value::from(1);
            assert!(!validator.is_valid(&wrong), "{}: `no_such_key` in {map:?}", sample.place);
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried}");
}
