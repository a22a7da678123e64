//! Requests from outside to end: SIGINT and SIGTERM.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for both.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts to listen; from here on the signals no longer end the process by themselves.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The next one's name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
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
        Ok(signals.next().await)
    })
}
