//! The decoder and the schema know the same keys: what one takes the other takes, and an unknown key is refused by
//! both, in every map.

use super::{samples::good, walk::Walk};
use loadgen::scenario::{Options, json_schema, parse, render};
use serde_json::Value;

/// The good files use every key of the schema (`coverage`), so that the decoder reads them means that it has them all.
#[test]
fn the_decoder_reads_every_key_of_the_schema() {
    for sample in good() {
        let read = parse(&sample.text, &Options::default());
        assert!(
            read.is_ok(),
            "{}",
            render(&Options::default().sources(&sample.place, &sample.text), &read.unwrap_err())
        );
    }
}

#[test]
fn the_decoder_refuses_an_unknown_key_in_every_map() {
    let schema = json_schema();
    let mut walk = Walk::new(&schema);
    for sample in good() {
        let value = sample.value();
        for map in walk.file(&value) {
            let environment = environment(&map);
            let mut wrong = value.clone();
            wrong.pointer_mut(&map).unwrap()["no_such_key"] = Value::from(1);
            // JSON is YAML.
            let text = serde_json::to_string_pretty(&wrong).unwrap();
            let Err(faults) = parse(&text, &Options { environment, ..Options::default() }) else {
                panic!("{}: the decoder takes `no_such_key` in {map:?}", sample.place)
            };
            let said = render(&Options::default().sources(&sample.place, &text), &faults);
            assert!(said.contains("no_such_key"), "{}: {map:?}\n{said}", sample.place);
        }
    }
}

/// The overlay in which the map stands: it is read only when it is chosen.
fn environment(map: &str) -> Option<String> {
    map.strip_prefix("/environments/")?.split('/').next().map(str::to_owned)
}
