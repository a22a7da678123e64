//! Files that are only texts, by the paths that the seeds name.

use loadgen::plan::Files;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

/// Files in memory.
#[derive(Debug)]
pub struct FixedFiles(BTreeMap<&'static str, Vec<u8>>);

impl FixedFiles {
    /// Some files of every format, and these; one of the same path replaces the fixed one.
    pub fn with(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Self {
        let fixed = [
            ("users.csv", "email,password,role\nann@example.com,\"a \"\"b\"\"\",admin\nbob@example.com,,\n"),
            (
                "items.json",
                "[{\"sku\": \"a\", \"price\": 1.5, \"tags\": [1, 2]}, {\"sku\": \"b\", \"price\": null, \"tags\": []}]",
            ),
            ("events.jsonl", "{\"kind\": \"open\"}\n{\"kind\": \"close\"}\n"),
            ("body.txt", "a text in a file: é\n"),
            ("password.txt", "s3cret-of-a-file\n"),
        ];
        let fixed = fixed.map(|(path, text)| (path, text.as_bytes().to_vec()));
        Self(fixed.into_iter().chain(files).collect())
    }
}

impl Files for FixedFiles {
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String> {
        let bytes = self.0.get(path).ok_or("there is no such file")?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    }

    fn size(&self, path: &str) -> Result<u64, String> {
        self.0.get(path).map(|bytes| bytes.len() as u64).ok_or_else(|| "there is no such file".to_owned())
    }
}
