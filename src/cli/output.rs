//! Writing a file that a command was asked for.

use super::world::World;
use crate::{model::ExitCode, run::write_over};
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
    let name = path.display();
    let written = match existing {
        // What is there is lost only when there is something in its place.
        Existing::Replace => write_over(path, content.as_bytes()),
        Existing::Keep => {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            file.and_then(|mut file| file.write_all(content.as_bytes()))
        }
    };
    match written {
        Ok(()) => ExitCode::Passed,
        // Of what is written over, it says that a folder on the way is a file.
        Err(error) if existing == Existing::Keep && error.kind() == io::ErrorKind::AlreadyExists => {
            world.complain(&format!("error: {name} is there already; `--force` writes over it\n"));
            ExitCode::Usage
        }
        Err(error) => {
            world.complain(&format!("error: {name} could not be written: {error}\n"));
            ExitCode::Internal
        }
    }
}
