//! `loadgen schema`.

use super::shell::loadgen;
use std::fs;

#[test]
fn it_is_the_published_one() {
    let published =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/scenario-v1.schema.json")).unwrap();
    let said = loadgen(&["schema"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert!(said.stdout == published, "LOADGEN_UPDATE=1 cargo nextest run schema");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loadgen.schema.json");
    // A newer version's goes over an older one's.
    fs::write(&file, "{ \"older\": true }".repeat(100_000)).unwrap();
    let said = loadgen(&["schema", "--output", file.to_str().unwrap()]);
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (0, "", ""));
    assert!(fs::read_to_string(file).unwrap() == published);
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Folders on the way are made; a file there is in the way.
    fs::write(folder.path().join("file"), "").unwrap();
    let file = folder.path().join("file/loadgen.schema.json");
    loadgen(&["schema", "-o", file.to_str().unwrap()])
        .assert(1, "file/loadgen.schema.json could not be written");
    loadgen(&["schema", "extra"]).assert(2, "extra");
}
