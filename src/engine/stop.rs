//! The request to end, within one worker: read without cost between iterations, heard at once in pauses.

use std::cell::Cell;
use tokio::sync::Notify;

/// Whether users should start nothing more.
#[derive(Debug, Default)]
pub(super) struct Stop {
    requested: Cell<bool>,
    notify: Notify,
}

impl Stop {
    /// Asks every user of this worker to start nothing more.
    pub fn request(&self) {
        self.requested.set(true);
        self.notify.notify_waiters();
    }

    /// Whether that was asked.
    pub fn is_requested(&self) -> bool {
        self.requested.get()
    }

    /// Waits until it is.
    pub async fn requested(&self) {
        // Users and the worker share one thread: nothing can come between the look and the wait.
        if !self.is_requested() {
            self.notify.notified().await;
        }
    }
}
