//! What a transport skips is a row that there is, with a reason.

use super::{lab::Subject, over_hyper::Hyper, over_reqwest::Reqwest};
use std::{collections::BTreeSet, fs, path::Path};

fn rows() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transport");
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn a_transport_skips_only_rows_that_there_are() {
    let rows = rows();
    for (row, reason) in Hyper::SKIPS.iter().chain(Reqwest::SKIPS) {
        let is_row =
            rows.contains(&format!("async fn {row}<S: Subject>")) || rows.contains(&format!("\n    {row}: "));
        assert!(is_row, "no row is called {row}");
        assert!(reason.len() > 10, "{row}: {reason}");
    }
    let names: BTreeSet<&str> = Reqwest::SKIPS.iter().map(|(row, _)| *row).collect();
    assert_eq!(names.len(), Reqwest::SKIPS.len(), "a row is named twice");
}
