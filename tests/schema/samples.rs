//! The files of these tests.

use super::yaml;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file or a block of a page: what to call it, and its text.
pub struct Sample {
    pub place: String,
    pub text: String,
}

impl Sample {
    pub fn value(&self) -> Value {
        yaml::value(&self.place, &self.text)
    }
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths
}

fn read(path: &Path) -> Sample {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Sample { place: path.strip_prefix(root()).unwrap_or(path).display().to_string(), text }
}

/// The YAML files of a folder.
pub fn yaml_files(folder: &str) -> Vec<Sample> {
    let samples: Vec<Sample> = files(folder, "yaml").iter().map(|path| read(path)).collect();
    assert!(!samples.is_empty(), "{folder} has no YAML files");
    samples
}

/// The files that are right and use every key of the language.
pub fn good() -> Vec<Sample> {
    yaml_files("tests/schema/good")
}

/// The fenced YAML blocks of the documentation.
pub fn documented() -> Vec<Sample> {
    // What CI systems read is no scenario.
    let mut pages: Vec<PathBuf> =
        files("docs", "md").into_iter().filter(|page| !page.ends_with("ci.md")).collect();
    pages.push(root().join("README.md"));
    let mut blocks = Vec::new();
    for page in pages.iter().map(|path| read(path)) {
        for (number, rest) in page.text.split("\n```yaml\n").skip(1).enumerate() {
            let text = rest.split("\n```").next().unwrap_or_default().to_owned();
            blocks.push(Sample { place: format!("{}, YAML block {}", page.place, number + 1), text });
        }
    }
    assert!(blocks.len() >= 7, "only {} blocks were found: does the reader still see them?", blocks.len());
    blocks
}
