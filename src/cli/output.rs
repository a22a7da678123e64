//! Writing a file that a command was asked for.

use super::world::World;
use crate::{model::ExitCode, run::write_whole};
use std::{
    fs::{self, OpenOptions},
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
        // A device or a pipe takes what it is given; nothing can be put in its place.
        Existing::Replace if path.exists() && !path.is_file() => fs::write(path, content),
        // What is there is lost only when there is something in its place.
        Existing::Replace => write_whole(path, content.as_bytes()),
        Existing::Keep => {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            file.and_then(|mut file| file.write_all(content.as_bytes()))
        }
    };
    match written {
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
