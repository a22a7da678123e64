//! What a request had to do with connections. The connections themselves are the engine's.

use std::net::SocketAddr;

/// The connection of one request. The default is that of a request that had none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionUse {
    /// The other end: the target's address, or the proxy's. `None` where it is not known.
    pub remote: Option<SocketAddr>,
    /// Whether this request made the connection; a failed attempt makes none.
    pub is_new: bool,
    /// Whether the request began to be sent on it.
    pub sent: bool,
}

impl ConnectionUse {
    /// Whether the request was sent on a connection that was there before.
    pub fn is_reused(&self) -> bool {
        self.sent && !self.is_new
    }

    /// What it was in words, as in `new connection to 127.0.0.1:8080`; `None` where there was none.
    pub fn described(&self) -> Option<String> {
        let kind = match (self.is_new, self.sent) {
            (true, _) => "new connection",
            (false, true) => "kept connection",
            (false, false) => return None,
        };
        Some(self.remote.map_or_else(|| kind.to_owned(), |remote| format!("{kind} to {remote}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_was_is_described() {
        let remote = Some(SocketAddr::from(([127, 0, 0, 1], 8080)));
        for (remote, is_new, sent, words) in [
            (None, false, false, None),
            (remote, false, false, None),
            (remote, true, false, Some("new connection to 127.0.0.1:8080")),
            (remote, true, true, Some("new connection to 127.0.0.1:8080")),
            (remote, false, true, Some("kept connection to 127.0.0.1:8080")),
            (None, false, true, Some("kept connection")),
        ] {
            let connection = ConnectionUse { remote, is_new, sent };
            assert_eq!(connection.described().as_deref(), words, "{connection:?}");
            assert_eq!(connection.is_reused(), sent && !is_new);
        }
    }
}
