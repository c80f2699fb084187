//! The server: accepts connections within their limits, enforces their deadlines and passes their requests to the app.
//!
//! | file | content |
//! |---|---|
//! | `accept` | from an accepted socket to a stream, with TLS or a refusal between |
//! | `permits` | the limits on the number of connections |
//! | `connection` | the state of one connection |
//! | `stream` | its bytes |
//! | `tail` | the last bytes of its input |
//! | `watch` | its deadlines |
//! | `request` | one request of HTTP/1.1 on it |
//! | `h2` | its requests if the client speaks HTTP/2 |
//! | `worker` | the service of one thread, from an accepted socket to the app |

mod accept;
mod connection;
mod h2;
mod permits;
mod request;
mod stream;
mod tail;
#[cfg(test)]
mod tests;
mod watch;
mod worker;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use actix_server::{Server, ServerHandle};
use actix_service::fn_factory;
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use self::accept::{Acceptor, HTTP2, MAX_OPEN_REFUSALS};
pub use self::permits::ConnectionLimits;
use self::permits::ConnectionPermits;
pub use self::watch::Deadlines;
use self::worker::Worker;
use crate::state::HttpState;

/// The listener to serve on, and the TLS settings where connections are to be encrypted.
#[derive(Debug)]
pub struct Socket {
    /// The listener.
    pub listener: TcpListener,
    /// The certificate and its key. `None` serves plain HTTP.
    pub tls: Option<ServerConfig>,
}

/// Settings of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerSettings {
    /// Threads that answer requests, at least one.
    pub workers: usize,
    /// The longest time that requests under way may take after the server was told to stop, in whole seconds.
    pub grace: Duration,
    /// The most connections.
    pub connections: ConnectionLimits,
    /// How long a connection waits for its client.
    pub deadlines: Deadlines,
    /// The most requests that one connection of HTTP/2 may have open at once, at least one.
    pub http2_streams: u32,
}

/// The default of [`ServerSettings::http2_streams`].
pub const DEFAULT_HTTP2_STREAMS: u32 = 100;

/// A server that answers requests for as long as it is awaited.
#[must_use = "it serves only while it is awaited"]
pub struct Serving(Server);

/// A handle that stops a server from another task.
#[derive(Debug, Clone)]
pub struct Stopper(ServerHandle);

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl Serving {
    /// Serves on a socket.
    ///
    /// # Errors
    /// If the listener can't be used.
    pub fn new(socket: Socket, state: HttpState, settings: ServerSettings) -> std::io::Result<Self> {
        let ServerSettings { workers, grace, connections, deadlines, http2_streams } = settings;
        let acceptor = Acceptor {
            tls: socket.tls.map(tls_acceptor),
            proxies: state.trusted_proxies().clone(),
            permits: ConnectionPermits::new(connections),
            deadlines,
            open_refusals: Arc::new(AtomicUsize::new(0)),
        };
        let server = Server::build()
            .workers(workers)
            .shutdown_timeout(grace.as_secs())
            .disable_signals()
            // The permits are the limit. A refused client gets an answer, which needs a connection beyond that limit.
            .max_concurrent_connections(connections.in_all.saturating_add(2 * MAX_OPEN_REFUSALS));
        let worker = Worker { state, acceptor, http2_streams, stopping: server.graceful_shutdown_signal() };
        let server = server.listen("http", socket.listener, move || {
            let worker = worker.clone();
            fn_factory(move || worker.clone().service())
        })?;
        Ok(Self(server.run()))
    }

    /// A handle that stops this server.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.0.handle())
    }

    /// Answers requests until the server is stopped.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn until_stopped(self) -> std::io::Result<()> {
        self.0.await
    }
}

impl Stopper {
    /// Stops the server: after the requests that are under way, or at once. Returns when it has stopped.
    pub async fn stop(&self, after_requests: bool) {
        self.0.stop(after_requests).await;
    }
}

/// Clients choose between both protocols. Those that name none speak HTTP/1.1.
fn tls_acceptor(mut tls: ServerConfig) -> TlsAcceptor {
    tls.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    Arc::new(tls).into()
}
