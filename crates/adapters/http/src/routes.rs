//! The one list of URLs, and the server that answers them.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use rustls::ServerConfig;
use tracing_actix_web::TracingLogger;

use crate::state::HttpState;
use crate::trace::{RequestSpan, show_request_id};
use crate::{classroom, openreplay, perculus};

/// Adds every URL of the service to an app.
pub fn configure(config: &mut ServiceConfig, state: HttpState) {
    config
        .app_data(Data::new(state))
        .service(perculus::v2::scope("/xapi/v2"))
        .service(perculus::v2::scope("/api/groups/xapi"))
        // After version 2, whose paths begin alike.
        .service(perculus::v1::scope("/xapi"))
        .configure(perculus::v1::token_routes)
        .configure(classroom::configure)
        .service(openreplay::scope("/api/v1"))
        .configure(|config| openreplay::routes(config, "/v1"))
        // After the jobs, some of whose paths begin alike.
        .configure(classroom::configure_rest)
        .default_service(web::to(no_such_path));
}

async fn no_such_path() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/json").body(r#"{"error":"no such path"}"#)
}

/// What to serve on: a listener, and where connections are to be encrypted, how.
#[derive(Debug)]
pub struct Socket {
    /// The listener.
    pub listener: TcpListener,
    /// The certificate and its key.
    pub tls: Option<ServerConfig>,
}

/// How long a connection may be idle. Clients that write a long batch keep one longer than the framework would.
const IDLE: Duration = Duration::from_secs(30);

/// A server that answers requests for as long as it is awaited.
#[must_use = "it serves only while it is awaited"]
pub struct Serving(Server);

/// Stops a server from elsewhere.
#[derive(Debug, Clone)]
pub struct Stopper(ServerHandle);

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl Serving {
    /// Serves on a socket; once it is told to stop, requests that are under way have `grace` to end.
    ///
    /// # Errors
    /// If the listener can't be used.
    pub fn new(socket: Socket, state: HttpState, workers: usize, grace: Duration) -> std::io::Result<Self> {
        let server = HttpServer::new(move || {
            App::new()
                .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")).add(("Cache-Control", "no-store")))
                .wrap(from_fn(show_request_id))
                .wrap(TracingLogger::<RequestSpan>::new())
                .configure(|config| configure(config, state.clone()))
        });
        let server = server.workers(workers).keep_alive(IDLE).shutdown_timeout(grace.as_secs()).disable_signals();
        let server = match socket.tls {
            None => server.listen(socket.listener)?,
            Some(tls) => server.listen_rustls_0_23(socket.listener, tls)?,
        };
        Ok(Self(server.run()))
    }

    /// What stops it.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.0.handle())
    }

    /// Answers requests until it is stopped.
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
