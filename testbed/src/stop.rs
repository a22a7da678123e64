//! The end of a target: wakes those who sleep, and takes the connections from those who read or write.

use crate::truth::ConnectionTruth;
use std::{
    net::{Shutdown, TcpStream},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    time::Duration,
};

/// Shared by a target and all its connections.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    ended: bool,
    sockets: Vec<Weak<TcpStream>>,
}

impl Stop {
    /// Sleeps so long; `false` where the target ended before.
    pub fn sleep(&self, time: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.woken.wait_timeout_while(state, time, |state| !state.ended);
        !result.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Whether the target has ended.
    pub fn has_ended(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ended
    }

    /// Has the socket closed at the end. It is not kept open for that: a reset needs the last hold on it gone.
    pub fn watch(&self, socket: &Arc<TcpStream>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.ended {
            let _ = socket.shutdown(Shutdown::Both);
        }
        state.sockets.retain(|socket| socket.strong_count() > 0);
        state.sockets.push(Arc::downgrade(socket));
    }

    /// Ends the target.
    pub fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ended = true;
        for socket in state.sockets.drain(..).filter_map(|socket| socket.upgrade()) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.woken.notify_all();
    }
}

/// Marks a connection as closed when the thread that serves it is done, however it ends.
pub(crate) struct ClosedAtEnd(pub Arc<ConnectionTruth>);

impl Drop for ClosedAtEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}
