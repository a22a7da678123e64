//! Feeds from text to rows and from rows to users. What is said of wrong files stands in `tests/diagnostics`.

mod dealing;
mod reading;

use super::*;
use crate::{
    plan::{Files, scope::Scope},
    scenario::{Faults, Options, parse},
};
use std::{collections::BTreeMap, io::Read, sync::Arc};

/// Files that are only texts.
#[derive(Debug, Default)]
struct MapFiles(BTreeMap<String, Vec<u8>>);

impl Files for MapFiles {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        let bytes = self.0.get(path).ok_or("there is no such file")?;
        Ok(Box::new(std::io::Cursor::new(bytes.clone())))
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        self.0.get(path).map(|bytes| bytes.len() as u64).ok_or_else(|| "there is no such file".to_owned())
    }
}

/// The feed `f`, written as the inside of its map, with one file; or the messages of what is wrong.
fn load(feed: &str, path: &str, content: &[u8]) -> Result<Arc<Feed>, Vec<String>> {
    let text = format!(
        "target: http://127.0.0.1\nload: {{users: 1, duration: 1s}}\nflow:\n  - get: /\ndata:\n  f: {{ {feed} }}\n"
    );
    let scenario = parse(&text, &Options::default()).unwrap_or_else(|faults| panic!("{feed}: {faults:?}"));
    let files = MapFiles([(path.to_owned(), content.to_owned())].into());
    let env = BTreeMap::from([("REGION".to_owned(), "eu".to_owned())]);
    let mut faults = Faults::default();
    let mut loaded = load_all(&scenario.data, &Scope::constants(&env), &files, &mut faults);
    let told: Vec<String> = faults.into_sorted().into_iter().map(|fault| fault.message).collect();
    match loaded.pop().flatten() {
        Some(feed) if told.is_empty() => Ok(feed),
        _ => Err(told),
    }
}

fn csv(content: &[u8]) -> Result<Arc<Feed>, Vec<String>> {
    load("file: f.csv", "f.csv", content)
}

/// A feed of so many rows with these words; its rows are their own numbers.
fn numbered(rows: u32, words: &str) -> Arc<Feed> {
    let lines: String = (0..rows).map(|row| format!("{row}\n")).collect();
    load(&format!("file: f.csv, {words}"), "f.csv", format!("n\n{lines}").as_bytes()).unwrap()
}
