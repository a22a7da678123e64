//! Files that a text must be equal to.

use std::{env, fs, path::Path};

/// Compares `actual` with the file at this path from the package's root.
pub fn check(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("LOADGEN_UPDATE").is_some() {
        fs::write(&file, actual).expect("the golden file can be written");
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        expected == actual,
        "{path} is not what the code makes; if the code is right, run\n\
         LOADGEN_UPDATE=1 cargo nextest run report\n--- in the file\n{expected}\n--- made\n{actual}"
    );
}
