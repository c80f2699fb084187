//! A socket whose incoming bytes are also read here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::codes::CodeReader;
use super::socket_state::SocketState;

/// A TCP or Unix socket.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// A socket that records the codes of failures and the end of the connection while it is read.
pub(super) struct ObservedSocket {
    socket: Box<dyn Socket>,
    codes: CodeReader,
    state: Arc<SocketState>,
}

impl ObservedSocket {
    pub(super) fn new(socket: Box<dyn Socket>, state: Arc<SocketState>) -> Self {
        Self { socket, codes: CodeReader::default(), state }
    }
}

impl AsyncRead for ObservedSocket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        let read = ready!(Pin::new(&mut this.socket).poll_read(cx, buffer));
        let bytes = buffer.filled().get(before..).unwrap_or_default();
        if read.is_err() || (bytes.is_empty() && room > 0) {
            this.state.close();
        }
        if let Some(code) = this.codes.read(bytes) {
            this.state.record_code(code);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for ObservedSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
