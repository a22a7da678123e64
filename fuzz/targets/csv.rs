//! Any bytes as a data file of each format, every cell read. The first byte, as a letter, chooses the delimiter and
//! how rows are given out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use loadgen::{
    plan::{Feed, Key},
    scenario::Options,
};
use loadgen_fuzz::{evaluate, inputs, plan_of};

const HEAD: &str = "\
target: http://127.0.0.1:8080
load: { users: 1, duration: 1s }
flow: [ { post: /, body: \"${rows}\" } ]
";

fuzz_target!(|input: (u8, &[u8])| {
    let (words, content) = input;
    let delimiter =
        ["", ", delimiter: \";\"", ", delimiter: tab", ", delimiter: \"|\""][usize::from(words % 4)];
    let pick = ["", ", pick: shuffle", ", pick: random", ", pick: unique"][usize::from(words / 4 % 4)];
    for (path, words) in [("rows.csv", delimiter), ("rows.json", ""), ("rows.jsonl", "")] {
        let source = format!("{HEAD}data: {{ rows: {{ file: {path}{words}{pick} }} }}\n");
        let inputs = inputs([(path, content.to_vec())]);
        if let Some((_, plan)) = plan_of(&source, &Options::default(), &inputs) {
            plan.feeds.iter().for_each(|feed| read(feed));
            evaluate(&plan, b"");
        }
    }
});

/// Reads every value of the first level, in both ways there are.
fn read(feed: &Feed) {
    let paths: Vec<[Key; 1]> = feed.columns().iter().map(|column| [Key::Name(column.name.clone())]).collect();
    for row in 0..feed.row_count().get() {
        assert!(feed.value(row, &[]).is_some(), "row {row} is nothing");
        for (path, column) in paths.iter().zip(feed.columns()) {
            let mut written = String::new();
            let value = feed.value(row, path);
            assert_eq!(value.is_some(), feed.write(row, path, &mut written), "{path:?} of row {row}");
            assert!(value.is_some() || column.missing_in.is_some(), "{path:?} of row {row} is missing");
            if let Some(text) = value.as_deref().and_then(|value| value.as_str()) {
                assert_eq!(text, written);
            }
        }
    }
    assert!(feed.value(feed.row_count().get(), &[]).is_none(), "a row behind the last one");
}
