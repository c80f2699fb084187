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
//! | `request` | one request on it |

mod accept;
mod connection;
mod permits;
mod request;
mod stream;
mod tail;
#[cfg(test)]
mod tests;
mod watch;

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use actix_http::{HttpService, Request};
use actix_server::{Server, ServerHandle};
use actix_service::{IntoServiceFactory, Service, ServiceFactoryExt, apply_fn_factory, fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::middleware::{DefaultHeaders, from_fn};
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tracing_actix_web::TracingLogger;

use self::accept::{Acceptor, MAX_OPEN_REFUSALS, Opened};
pub use self::permits::ConnectionLimits;
use self::permits::ConnectionPermits;
use self::stream::Stream;
pub use self::watch::Deadlines;
use crate::routes::configure;
use crate::state::HttpState;
use crate::trace::{RequestSpan, show_request_id};

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
}

/// How long the server still reads from a connection after an answer that did not wait for the whole body. It applies where the
/// length of the body is known. Without it the client might never receive the answer.
const LINGER: Duration = Duration::from_secs(1);

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
        let ServerSettings { workers, grace, connections, deadlines } = settings;
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
        let stopping = server.graceful_shutdown_signal();
        let server = server.listen("http", socket.listener, move || {
            let (stopping, state, acceptor, proxies) = (stopping.clone(), state.clone(), acceptor.clone(), acceptor.proxies.clone());
            let app = App::new()
                .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")).add(("Cache-Control", "no-store")))
                .wrap(from_fn(show_request_id))
                .wrap(TracingLogger::<RequestSpan>::new())
                .configure(move |config| configure(config, state.clone()));
            let app = map_config(app.into_factory(), |()| AppConfig::default()).map_err(|error| error.error_response());
            let app = apply_fn_factory(app, move |request: Request, app: &_| request::answer(request, app, &proxies));
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .keep_alive(deadlines.idle)
                .client_request_timeout(deadlines.head)
                .client_disconnect_timeout(LINGER)
                .on_connect_ext(|stream: &Stream, data| {
                    data.insert(Rc::clone(stream.connection()));
                    data.insert(stream.scheme());
                })
                .finish(app);
            let watched = apply_fn_factory(http, |opened: Option<Opened>, http: &_| {
                let begun = opened.map(|opened| (Rc::clone(opened.0.connection()), http.call(opened)));
                async move {
                    let Some((connection, dispatcher)) = begun else { return Ok(()) };
                    tokio::select! {
                        biased;
                        outcome = dispatcher => outcome,
                        () = connection.watch().overdue() => Ok(()),
                    }
                }
            });
            fn_service(move |socket: TcpStream| {
                let acceptor = acceptor.clone();
                async move { Ok(acceptor.open(socket).await) }
            })
            .and_then(watched)
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

fn tls_acceptor(mut tls: ServerConfig) -> TlsAcceptor {
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(tls).into()
}
