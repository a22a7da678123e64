//! Requests from outside to end: SIGINT, SIGTERM and, where the terminal goes away, SIGHUP. SIGQUIT keeps its meaning.

use super::limits::FILE_SIZE_SIGNAL;
use std::{fs, future::pending, io};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A request from outside to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// The signal's name.
    pub name: &'static str,
    /// Whether one came before it: what is running is to be cut.
    pub again: bool,
}

/// Listens for them.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Nothing where it was ignored from the start, and once one signal was heard: a terminal that closes sends
    /// several, and none of them is somebody's second thought.
    hang_up: Option<Signal>,
    is_asked: bool,
}

impl Signals {
    /// Starts to listen; from here on the signals no longer end the process by themselves, nor does a file that
    /// grew too large: writing to it fails instead.
    pub fn listen() -> io::Result<Self> {
        // Once heard, it stays so for the rest of the process.
        drop(signal(SignalKind::from_raw(FILE_SIZE_SIGNAL))?);
        let hang_up = if hang_up_is_heeded() { Some(signal(SignalKind::hangup())?) } else { None };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
            is_asked: false,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Asked {
        let name = tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            () = received(&mut self.hang_up) => "SIGHUP",
        };
        self.hang_up = None;
        let again = std::mem::replace(&mut self.is_asked, true);
        Asked { name, again }
    }
}

async fn received(hang_up: &mut Option<Signal>) {
    match hang_up {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

/// Whether SIGHUP is to be listened to: `nohup` has it ignored, and listening would undo that. Only Linux tells, so
/// elsewhere it keeps its meaning.
fn hang_up_is_heeded() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_signals(&status).is_some_and(|ignored| !has_signal(ignored, SignalKind::hangup()))
}

/// The set of ignored signals that a process's status tells.
fn ignored_signals(status: &str) -> Option<u64> {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(set.trim(), 16).ok()
}

/// Signals are numbered from 1, the bits of a set from 0.
fn has_signal(set: u64, kind: SignalKind) -> bool {
    (set << 1) >> kind.as_raw_value() & 1 == 1
}

/// Calls `ready` once signals are heard, then waits for a request to end; its name.
///
/// # Errors
/// The runtime or the listener could not be made.
pub fn wait_for_signal(ready: impl FnOnce()) -> io::Result<&'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        ready();
        Ok(signals.next().await.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_which_signals_are_ignored() {
        let status = |set: &str| format!("Name:\tloadgen\nSigBlk:\tffff\nSigIgn:\t{set}\nSigCgt:\tffff\n");
        for (set, hang_up, pipe) in [
            ("0000000000000000", false, false),
            ("0000000000000001", true, false),
            ("0000000000001000", false, true),
            ("0000000000001001", true, true),
            ("0000000000001006", false, true),
        ] {
            let ignored = ignored_signals(&status(set)).expect(set);
            assert_eq!(has_signal(ignored, SignalKind::hangup()), hang_up, "{set}");
            assert_eq!(has_signal(ignored, SignalKind::pipe()), pipe, "{set}");
        }
        for unknown in ["", "SigCgt:\t1\n", "SigIgn:\tmany\n"] {
            assert_eq!(ignored_signals(unknown), None, "{unknown}");
        }
    }
}
