//! A connection's socket for asynchronous code, with every byte counted.

use crate::truth::ConnectionTruth;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A socket that counts.
pub(crate) struct AsyncWire {
    pub socket: TcpStream,
    pub truth: Arc<ConnectionTruth>,
}

impl AsyncRead for AsyncWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.socket).poll_read(context, buffer));
        self.truth.add_received(buffer.filled().len() - before);
        Poll::Ready(result)
    }
}

impl AsyncWrite for AsyncWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Counted first: the client may have them before this thread runs again.
        self.truth.add_sent(bytes.len());
        let result = Pin::new(&mut self.socket).poll_write(context, bytes);
        let written = if let Poll::Ready(Ok(count)) = result { count } else { 0 };
        self.truth.give_back_sent(bytes.len() - written);
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
