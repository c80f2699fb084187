//! HTTP/2: the connections whose clients chose it during the TLS handshake. The dispatcher of the framework can limit neither
//! streams nor heads, so this is a dispatcher of our own on the crate `h2`. It asks the same app (ADR 28).
//!
//! | file | content |
//! |---|---|
//! | `frames` | where in its frames a connection stands, for the watch |
//! | `stream` | one stream, from its head to the end of its answer |
//! | `request` | the request of a stream as the app knows it |
//! | `response` | the answer of the app as frames |
//! | `piece` | the bytes of an answer that are not written yet |

mod frames;
mod piece;
mod request;
mod response;
mod stream;

use std::cell::Cell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::{Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::Service;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use h2::Reason;
use h2::server::{Builder, Connection as Http2Connection};
use tokio::time::timeout;

pub(super) use self::frames::{Frames, Received};
use self::piece::Piece;
use super::connection::Connection;
use super::stream::Stream;
use super::watch::Deadlines;
use crate::forwarding::TrustedProxies;

/// The longest head of a request, which is that of HTTP/1.1. The heads of all running streams of a connection together have the
/// same limit: a connection holds no more than one of HTTP/1.1 does.
const HEAD_BYTES: u32 = 128 * 1024;
/// The most bytes of a body that a client may send before they are read.
const STREAM_WINDOW: u32 = 64 * 1024;
/// The same for all bodies of a connection together.
const CONNECTION_WINDOW: u32 = 2 * STREAM_WINDOW;
/// The most bytes of an answer that wait within the library.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// How long the end of a connection may take that has waited too long for its client.
const CLOSING: Duration = Duration::from_secs(1);

/// What all connections of a thread have in common.
#[derive(Debug, Clone)]
pub(super) struct Http2 {
    /// The most streams of one connection that run at once.
    pub(super) max_streams: u32,
    pub(super) deadlines: Deadlines,
    pub(super) proxies: TrustedProxies,
    /// Tells that the server is to stop.
    pub(super) stopping: GracefulShutdownSignal,
}

/// How a stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// With a whole answer.
    Answered,
    /// Without one, because of the client: it reset the stream, or took too long to take the answer.
    Broken,
    /// Without one, because of the service.
    Failed,
}

/// The connection that a stream belongs to.
struct Owner<'a> {
    connection: &'a Rc<Connection>,
    peer: Option<SocketAddr>,
    server: &'a Http2,
    running: Running,
}

/// What the running streams of a connection take together.
#[derive(Debug, Default)]
struct Running {
    streams: Cell<usize>,
    head_bytes: Cell<usize>,
}

/// Serves a connection until it ends. The streams run within the returned future, so they end with it.
pub(super) async fn serve<A, B>(stream: Stream, peer: Option<SocketAddr>, app: &A, server: &Http2)
where
    A: Service<Request>,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody,
{
    let connection = Rc::clone(stream.connection());
    let mut overdue = pin!(connection.watch().overdue());
    let handshake = settings(server.max_streams).handshake::<_, Piece>(stream);
    let opened = tokio::select! {
        biased;
        opened = handshake => opened,
        () = overdue.as_mut() => return,
    };
    let mut http2 = match opened {
        Ok(http2) => http2,
        Err(error) => return broken(&error),
    };
    let owner = Owner { connection: &connection, peer, server, running: Running::default() };
    let mut resets = Resets::new(server.max_streams);
    let mut stopping = pin!(server.stopping.notified());
    let mut is_stopping = false;
    // Answers come before new streams: a client can't have more streams served than it has open.
    let mut streams = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            Some(ended) = streams.next() => {
                if resets.are_too_many_with(ended) {
                    tracing::debug!(?peer, "a client resets too many streams");
                    http2.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                    return close(&mut http2).await;
                }
            }
            incoming = http2.accept() => match incoming {
                Some(Ok(incoming)) => streams.push(stream::answer::<A, B>(incoming, app, &owner)),
                Some(Err(error)) => return broken(&error),
                None => return,
            },
            () = stopping.as_mut(), if !is_stopping => {
                is_stopping = true;
                http2.graceful_shutdown();
            }
            () = connection.cut().asked() => return,
            () = overdue.as_mut() => {
                http2.abrupt_shutdown(Reason::NO_ERROR);
                return close(&mut http2).await;
            }
        }
    }
}

/// The limits of a connection. What is not named here has limits of the library that suit: frames that continue a head, streams
/// that are reset before they were accepted, streams that break the protocol, and bodies in tiny frames.
fn settings(max_streams: u32) -> Builder {
    let mut settings = Builder::new();
    settings
        .max_concurrent_streams(max_streams)
        .max_header_list_size(HEAD_BYTES)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER_BYTES);
    settings
}

fn broken(error: &h2::Error) {
    tracing::debug!(%error, "a connection of HTTP/2 is broken");
}

/// Sends the last frames of a connection, if its client reads them.
async fn close(http2: &mut Http2Connection<Stream, Piece>) {
    timeout(CLOSING, poll_fn(|cx| http2.poll_closed(cx))).await.ok();
}

/// Counts the streams that a client breaks. It may break as many as it lets end, and in all one for each stream that it may have
/// open. Opening and resetting streams would otherwise cost the server more than the client.
#[derive(Debug)]
struct Resets {
    left: u32,
    most: u32,
}

impl Resets {
    const fn new(most: u32) -> Self {
        Self { left: most, most }
    }

    /// Notes the end of a stream. Returns whether the connection must end.
    fn are_too_many_with(&mut self, ended: Ended) -> bool {
        match ended {
            Ended::Answered => self.left = self.left.saturating_add(1).min(self.most),
            Ended::Broken if self.left == 0 => return true,
            Ended::Broken => self.left -= 1,
            Ended::Failed => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_reset_as_many_streams_as_it_lets_end_and_a_few() {
        let mut resets = Resets::new(3);
        for _ in 0..100 {
            assert!(!resets.are_too_many_with(Ended::Broken));
            assert!(!resets.are_too_many_with(Ended::Answered));
        }
        for _ in 0..3 {
            assert!(!resets.are_too_many_with(Ended::Broken));
        }
        assert!(!resets.are_too_many_with(Ended::Failed));
        assert!(resets.are_too_many_with(Ended::Broken));
    }
}
