//! What passes over a connection, and when: bytes at the socket, times where HTTP is plain text.

use crate::engine::clock::Clock;
use std::{
    cell::Cell,
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// What passed over a connection. Bytes go on counting for its whole life, times are those of the exchange under way.
#[derive(Debug)]
pub(super) struct Meter {
    clock: Clock,
    sent: Cell<u64>,
    received: Cell<u64>,
    /// How much of both exchanges have been charged with.
    charged: Cell<(u64, u64)>,
    /// Whether what is written may still be the request.
    is_sending: Cell<bool>,
    /// Whether the last byte of the request was handed over to be written.
    is_last: Cell<bool>,
    /// Bytes that are still to be written at least.
    least: Cell<u64>,
    written_at: Cell<Option<Duration>>,
    first_read_at: Cell<Option<Duration>>,
}

impl Meter {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            sent: Cell::new(0),
            received: Cell::new(0),
            charged: Cell::new((0, 0)),
            is_sending: Cell::new(false),
            is_last: Cell::new(false),
            least: Cell::new(0),
            written_at: Cell::new(None),
            first_read_at: Cell::new(None),
        }
    }

    /// An exchange begins. Where other things than requests are written, too, its last write is the first one after
    /// [`Self::handed_over`] by which at least so many bytes have been written.
    pub fn begin(&self, least: u64) {
        self.least.set(least);
        self.is_sending.set(true);
        self.is_last.set(false);
        self.written_at.set(None);
        self.first_read_at.set(None);
    }

    /// The request's last byte was given to those who write.
    pub fn handed_over(&self) {
        self.is_last.set(true);
    }

    /// When the exchange's last byte was written, so far.
    pub fn written_at(&self) -> Option<Duration> {
        self.written_at.get()
    }

    /// When the first byte after the beginning of the exchange was read.
    pub fn first_read_at(&self) -> Option<Duration> {
        self.first_read_at.get()
    }

    /// Bytes sent and received since the last call.
    pub fn charge(&self) -> (u64, u64) {
        let (sent, received) = (self.sent.get(), self.received.get());
        let before = self.charged.replace((sent, received));
        (sent - before.0, received - before.1)
    }

    fn wrote(&self, bytes: usize) {
        if self.is_sending.get() {
            self.written_at.set(Some(self.clock.now()));
            self.least.set(self.least.get().saturating_sub(bytes as u64));
            self.is_sending.set(!self.is_last.get() || self.least.get() > 0);
        }
    }

    fn read(&self) {
        if self.first_read_at.get().is_none() {
            self.first_read_at.set(Some(self.clock.now()));
        }
    }
}

/// What a layer of a connection notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notes {
    Bytes,
    Times,
    Both,
}

/// A stream that notes what passes.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    meter: Rc<Meter>,
    notes: Notes,
}

impl<S> Metered<S> {
    fn wrote(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        if self.notes != Notes::Times {
            self.meter.sent.set(self.meter.sent.get() + bytes as u64);
        }
        if self.notes != Notes::Bytes {
            self.meter.wrote(bytes);
        }
    }

    fn read(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        if self.notes != Notes::Times {
            self.meter.received.set(self.meter.received.get() + bytes as u64);
        }
        if self.notes != Notes::Bytes {
            self.meter.read();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.read(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A connection's socket, and TLS over it where there is any.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Metered<TcpStream>),
    Tls(Box<Metered<TlsStream<Metered<TcpStream>>>>),
}

impl Stream {
    /// HTTP right over the socket.
    pub fn plain(socket: TcpStream, meter: Rc<Meter>) -> Self {
        Self::Plain(Metered { stream: socket, meter, notes: Notes::Both })
    }

    /// HTTP over TLS.
    pub fn tls(stream: TlsStream<Metered<TcpStream>>, meter: Rc<Meter>) -> Self {
        Self::Tls(Box::new(Metered { stream, meter, notes: Notes::Times }))
    }

    /// What TLS is to be spoken over.
    pub fn into_socket(self) -> Option<Metered<TcpStream>> {
        match self {
            Self::Plain(socket) => Some(Metered { notes: Notes::Bytes, ..socket }),
            Self::Tls(_) => None,
        }
    }
}

/// Calls a method of whichever stream it is.
macro_rules! of_either {
    ($stream:expr, $socket:ident => $call:expr) => {
        match $stream {
            Stream::Plain($socket) => $call,
            Stream::Tls($socket) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        of_either!(self.get_mut(), stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        of_either!(self.get_mut(), stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        of_either!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        of_either!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_either!(self.get_mut(), stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(context))
    }
}
