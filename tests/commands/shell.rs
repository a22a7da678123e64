//! The program in this process, and what it said.

use loadgen::cli::{Terminal, World, main};
use std::{cell::RefCell, collections::BTreeMap, ffi::OsString, io, rc::Rc};

#[derive(Clone, Default)]
struct Stream(Rc<RefCell<Vec<u8>>>);

impl io::Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What became of a command.
#[derive(Debug)]
pub struct Said {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `loadgen` with these arguments.
pub fn loadgen<A: Into<OsString> + Clone>(arguments: &[A]) -> Said {
    let (stdout, stderr) = (Stream::default(), Stream::default());
    let world = World {
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        env: BTreeMap::new(),
        terminal: Terminal::default(),
    };
    let own = [OsString::from("loadgen")].into_iter();
    let code = main(own.chain(arguments.iter().cloned().map(Into::into)), world);
    let text = |stream: Stream| String::from_utf8(stream.0.take()).unwrap();
    Said { code, stdout: text(stdout), stderr: text(stderr) }
}

impl Said {
    #[track_caller]
    pub fn assert(&self, code: u8, says: &str) {
        assert_eq!(self.code, code, "{self:#?}");
        // Wrapped lines say the same.
        let both = format!("{} {}", self.stdout, self.stderr);
        let both = both.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(both.contains(says), "no {says:?} in {self:#?}");
    }
}
