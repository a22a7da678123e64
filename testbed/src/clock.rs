//! The one place of the testbed that asks the time.

use std::time::Instant;

/// Now, on the monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a target's times are its own, and are compared with the client's"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
