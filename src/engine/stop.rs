//! The request to end, within one worker: read without cost between iterations, heard at once in pauses.

use std::{cell::Cell, time::Duration};
use tokio::sync::Notify;

/// Whether users should start nothing more.
#[derive(Debug, Default)]
pub(super) struct Stop {
    requested_at: Cell<Option<Duration>>,
    notify: Notify,
}

impl Stop {
    /// Asks every user of this worker, at `now`, to start nothing more.
    pub fn request(&self, now: Duration) {
        self.requested_at.set(self.requested_at.get().or(Some(now)));
        self.notify.notify_waiters();
    }

    /// Whether that was asked.
    pub fn is_requested(&self) -> bool {
        self.requested_at.get().is_some()
    }

    /// Whether that was asked before this moment.
    pub fn was_requested_before(&self, at: Duration) -> bool {
        self.requested_at.get().is_some_and(|requested| requested < at)
    }

    /// Waits until it is.
    pub async fn requested(&self) {
        // Users and the worker share one thread: nothing can come between the look and the wait.
        if !self.is_requested() {
            self.notify.notified().await;
        }
    }
}
