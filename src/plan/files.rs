//! The files that a plan reads, as whoever builds it hands them over. Which of them may be read is decided there:
//! a plan itself opens none.

use std::{fmt, io::Read, path::PathBuf, sync::Arc};

/// Largest text file, in bytes.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// Files by the paths that a scenario names.
pub trait Files: fmt::Debug + Send + Sync {
    /// Opens a file; the path is as it was written, relative to the scenario's folder.
    ///
    /// # Errors
    /// Why it cannot be read, in lower case and without its path, as "there is no such file".
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>, String>;

    /// Bytes of a file.
    ///
    /// # Errors
    /// As [`Self::open`].
    fn size(&self, path: &str) -> Result<u64, String>;

    /// Where the files are that were opened so far: nothing should be written over them.
    fn opened(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// No files at all, for a scenario that comes without a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _path: &str) -> Result<Box<dyn Read + Send>, String> {
        Err("no files can be read here".to_owned())
    }

    fn size(&self, _path: &str) -> Result<u64, String> {
        Err("no files can be read here".to_owned())
    }
}

/// The whole of a text file.
///
/// # Errors
/// Why it cannot be read, or why it is not a text of at most 10 MiB.
pub(super) fn read_text(files: &dyn Files, path: &str) -> Result<Arc<str>, String> {
    let mut bytes = Vec::new();
    let reader = files.open(path).map_err(|reason| format!("`{path}` cannot be read: {reason}"))?;
    let read = reader.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("`{path}` is larger than 10 MiB, the most that is read of a text file"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        format!("`{path}` is not a text in UTF-8: line {line} has a byte that cannot be read")
    })?;
    Ok(Arc::from(text))
}
