//! The bytes of a connection, with or without TLS, as the watch observes them.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::connection::Connection;
use super::permits::ConnectionPermit;
use crate::client::Scheme;

/// A TCP stream that reports its reads and writes to the watch. TLS is layered above it, so the bytes of TLS records count too.
#[derive(Debug)]
pub(super) struct Watched {
    io: TcpStream,
    connection: Rc<Connection>,
    _permit: ConnectionPermit,
}

impl Watched {
    /// The permit is given back when the socket is closed.
    pub(super) const fn new(io: TcpStream, connection: Rc<Connection>, permit: ConnectionPermit) -> Self {
        Self { io, connection, _permit: permit }
    }

    pub(super) const fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// Reports the result of a write to the watch.
    fn note<T>(&self, written: Poll<io::Result<T>>, is_flush: bool) -> Poll<io::Result<T>> {
        let watch = self.connection.watch();
        match &written {
            Poll::Pending => watch.stalled(),
            Poll::Ready(_) if is_flush => watch.flushed(),
            Poll::Ready(_) => watch.sent(),
        }
        written
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.connection.cut().is_reset() {
            self.io.set_zero_linger().ok();
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.io).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.connection.watch().received();
        }
        outcome
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.note(written, false)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.note(written, false)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.note(flushed, true)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.io).poll_shutdown(cx);
        self.note(closed, true)
    }
}

/// The stream that carries HTTP: plain TCP or TLS.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Watched),
    Tls(Box<TlsStream<Watched>>),
}

impl Stream {
    pub(super) fn connection(&self) -> &Rc<Connection> {
        match self {
            Self::Plain(watched) => watched.connection(),
            Self::Tls(encrypted) => encrypted.get_ref().0.connection(),
        }
    }

    pub(super) const fn scheme(&self) -> Scheme {
        match self {
            Self::Plain(_) => Scheme::Http,
            Self::Tls(_) => Scheme::Https,
        }
    }

    /// The underlying socket.
    #[cfg(test)]
    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(watched) => &watched.io,
            Self::Tls(encrypted) => &encrypted.get_ref().0.io,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (stream, before) = (self.get_mut(), buffer.filled().len());
        let outcome = match stream {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buffer),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buffer),
        };
        stream.connection().read(buffer.filled().get(before..).unwrap_or_default());
        outcome
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            Self::Tls(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
