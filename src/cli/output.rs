//! Writing a file that a command was asked for.

use super::world::World;
use crate::model::ExitCode;
use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

/// What is done with a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is written over.
    Replace,
    /// It is kept, and the command refused.
    Keep,
}

/// Writes the file; what could not be done is told.
pub(super) fn write(path: &Path, content: &str, existing: Existing, world: &mut World) -> ExitCode {
    let mut options = OpenOptions::new();
    options.write(true);
    match existing {
        Existing::Replace => options.create(true).truncate(true),
        Existing::Keep => options.create_new(true),
    };
    let name = path.display();
    match options.open(path).and_then(|mut file| file.write_all(content.as_bytes())) {
        Ok(()) => ExitCode::Passed,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            world.complain(&format!("error: {name} is there already; `--force` writes over it\n"));
            ExitCode::Usage
        }
        Err(error) => {
            world.complain(&format!("error: {name} could not be written: {error}\n"));
            ExitCode::Internal
        }
    }
}
