//! Turns an accepted socket into a stream that carries HTTP.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_http::{Protocol, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::permits::{ConnectionPermit, ConnectionPermits};
use super::request::refusal_parts;
use super::stream::{Stream, Watched};
use super::watch::Deadlines;
use crate::forwarding::TrustedProxies;

/// Opens every connection with the same settings. Clones share the permits.
#[derive(Clone)]
pub(super) struct Acceptor {
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) proxies: TrustedProxies,
    pub(super) permits: Arc<ConnectionPermits>,
    pub(super) deadlines: Deadlines,
    /// The number of connections that are being sent a refusal.
    pub(super) open_refusals: Arc<AtomicUsize>,
}

/// The most refused connections that are kept open until the client has read the reason. Further ones are answered and closed
/// at once, so their clients may not receive the answer.
pub(super) const MAX_OPEN_REFUSALS: usize = 64;
/// The longest time that sending a refusal may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// The name of HTTP/2 in TLS handshakes.
pub(super) const HTTP2: &[u8] = b"h2";
/// The answer to an unencrypted request on the HTTPS port.
const NOT_ENCRYPTED: &str = r#"{"error":"this port speaks HTTPS: use an address that begins with https://"}"#;

/// A stream, its protocol and the address of its peer, as the framework expects them.
pub(super) type Opened = (Stream, Protocol, Option<SocketAddr>);

impl Acceptor {
    /// Makes a stream from a socket. Returns `None` where the connection was refused or the TLS handshake failed.
    pub(super) async fn open(&self, socket: TcpStream) -> Option<Opened> {
        // Long answers are written in pieces: with Nagle's algorithm the last one waits for the client's delayed acknowledgement.
        socket.set_nodelay(true).ok();
        let peer = socket.peer_addr().ok();
        let address = peer.map(|peer| peer.ip());
        let is_encrypted = self.tls.is_some();
        match Connection::open(address, &self.proxies, &self.permits, self.deadlines) {
            Ok((connection, permit)) => {
                let stream = match &self.tls {
                    None => Stream::Plain(Watched::new(socket, Rc::new(connection), permit)),
                    Some(tls) => self.encrypt(socket, tls, connection, permit).await?,
                };
                let protocol = if stream.connection().speaks_http2() { Protocol::Http2 } else { Protocol::Http1 };
                Some((stream, protocol, peer))
            }
            Err(refusal) => {
                tracing::debug!(?address, ?refusal, "a connection was refused");
                // A TLS client can't read an answer that is sent before the handshake.
                if !is_encrypted {
                    let (status, body) = refusal_parts(refusal);
                    self.refuse(socket, status, body).await;
                }
                None
            }
        }
    }

    /// Performs the TLS handshake.
    async fn encrypt(&self, socket: TcpStream, tls: &TlsAcceptor, connection: Connection, permit: ConnectionPermit) -> Option<Stream> {
        let handshake = timeout(self.deadlines.handshake, async {
            let mut first = [0; 1];
            let peeked = socket.peek(&mut first).await;
            // A handshake begins with a control character, a request with the letters of its method.
            if peeked.is_ok() && first.iter().all(u8::is_ascii_alphabetic) {
                return Err(socket);
            }
            Ok(tls.accept(Watched::new(socket, Rc::new(connection), permit)).await)
        });
        match handshake.await {
            Ok(Ok(Ok(stream))) => {
                let (watched, session) = stream.get_ref();
                if session.alpn_protocol() == Some(HTTP2) {
                    watched.connection().speak_http2();
                }
                watched.connection().watch().opened();
                Some(Stream::Tls(Box::new(stream)))
            }
            Ok(Err(plain)) => {
                self.refuse(plain, StatusCode::BAD_REQUEST, NOT_ENCRYPTED).await;
                None
            }
            Ok(Ok(Err(error))) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }

    /// Sends the answer that refuses a connection, and closes the connection.
    async fn refuse(&self, socket: TcpStream, status: StatusCode, body: &str) {
        let answer = closing_response(status, body);
        if self.open_refusals.fetch_add(1, Ordering::Relaxed) < MAX_OPEN_REFUSALS {
            timeout(REFUSAL_TIMEOUT, send_and_drain(socket, &answer)).await.ok();
        } else {
            socket.try_write(answer.as_bytes()).ok();
        }
        self.open_refusals.fetch_sub(1, Ordering::Relaxed);
    }
}

fn closing_response(status: StatusCode, body: &str) -> String {
    let retry = if status == StatusCode::BAD_REQUEST { "" } else { "Retry-After: 1\r\n" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{retry}Connection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn send_and_drain(mut socket: TcpStream, answer: &str) -> std::io::Result<()> {
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await?;
    // If a socket is closed with unread input, TCP resets the connection and the client may lose the answer.
    let mut rest = [0; 1024];
    while socket.read(&mut rest).await? > 0 {}
    Ok(())
}
