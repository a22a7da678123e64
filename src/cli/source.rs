//! Reading the scenario file: a text file of sane size, or a message that says what it is instead.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Largest file read, in bytes.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// The file's text.
///
/// # Errors
/// What is wrong with the file, for people.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let name = path.display();
    let problem = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("{name}: there is no such file"),
        _ => format!("{name}: {error}"),
    };
    // Looked at before it is opened: opening a FIFO would wait for a writer.
    let kind = std::fs::metadata(path).map_err(problem)?;
    if kind.is_dir() {
        return Err(format!("{name} is a folder; name a scenario file in it"));
    }
    if !kind.is_file() {
        return Err(format!("{name} is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(problem)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("{name} is larger than 10 MiB, which no scenario is"));
    }
    decode(bytes).map_err(|what| format!("{name} {what}"))
}

fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err("is UTF-16; save it as UTF-8".to_owned());
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        return Err(format!("has a NUL byte on line {line}: it is not a text file"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        format!("is not UTF-8: line {line} has a byte that cannot be read")
    })?;
    Ok(text.strip_prefix('\u{FEFF}').map_or_else(|| text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_named() {
        assert_eq!(decode(b"\xEF\xBB\xBFa: 1".to_vec()), Ok("a: 1".to_owned()));
        for (bytes, says) in [
            (&b"\xFF\xFEa\0"[..], "is UTF-16"),
            (b"a\nb\0", "a NUL byte on line 2"),
            (b"a\n\n\xE4", "line 3"),
        ] {
            let error = decode(bytes.to_vec()).expect_err("refused");
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn what_is_not_a_file_is_refused_without_waiting() {
        for (path, says) in
            [("/dev/zero", "not a regular file"), ("/tmp", "is a folder"), ("/no/such", "no such file")]
        {
            let error = read(Path::new(path)).expect_err("refused");
            assert!(error.contains(says), "{error}");
        }
    }
}
