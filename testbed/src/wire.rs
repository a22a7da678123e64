//! A connection's socket, with every byte counted.

use crate::truth::ConnectionTruth;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::Duration,
};

/// A socket that blocks, and counts.
#[derive(Debug)]
pub(crate) struct Wire {
    pub socket: Arc<TcpStream>,
    pub truth: Arc<ConnectionTruth>,
}

impl Wire {
    /// Says that nothing more will be sent.
    pub fn fin(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Makes the close that follows a reset.
    pub fn close_by_reset(&self) {
        let _ = rustix::net::sockopt::set_socket_linger(&*self.socket, Some(Duration::ZERO));
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&*self.socket).read(buffer)?;
        self.truth.add_received(count);
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Counted first: the client may have them before this thread runs again.
        self.truth.add_sent(bytes.len());
        let result = (&*self.socket).write(bytes);
        self.truth.give_back_sent(bytes.len() - *result.as_ref().unwrap_or(&0));
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
