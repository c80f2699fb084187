//! The listener with its limits. It has few clients, all of them on this machine or in the same test.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::MetadataServer;
use super::checks::{FLAVOR, FLAVOR_VALUE};
use super::routes::configure;

/// The most connections at once. More wait until one of them ends.
pub const MAX_CONNECTIONS: usize = 32;

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection stays open for a client that still sends after the answer.
const LINGER: Duration = Duration::from_millis(500);

/// How long the requests under way may take once the listener is told to stop, in seconds.
const GRACE_SECONDS: u64 = 1;

/// A listener that answers until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    /// Stops the listener when it is dropped.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it, and waits for its end. It blocks the thread for a second or two at the most.
    pub fn stop(self) {
        drop(self.stop);
        // A panic of the thread was logged.
        self.thread.join().ok();
    }
}

/// Answers on a listener, on a thread of its own.
///
/// # Errors
/// If the listener can't be used, or no thread can be started.
pub fn start(listener: TcpListener, metadata: MetadataServer) -> io::Result<Running> {
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let (sender, started) = channel();
    let serve = move || {
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                sender.send(Err(error)).ok();
                return;
            }
        };
        runtime.block_on(async move {
            match server(listener, metadata, stopped) {
                Ok(server) => {
                    sender.send(Ok(())).ok();
                    if let Err(error) = server.await {
                        tracing::error!(%error, "the metadata server has failed");
                    }
                }
                Err(error) => {
                    sender.send(Err(error)).ok();
                }
            }
        });
    };
    let thread = thread::Builder::new().name("metadata".to_owned()).spawn(serve)?;
    started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread of the metadata server has ended")))?;
    Ok(Running { address, stop, thread })
}

fn server(listener: TcpListener, metadata: MetadataServer, stopped: oneshot::Receiver<()>) -> io::Result<Server> {
    let metadata = Data::new(metadata);
    let app = move || {
        let metadata = metadata.clone();
        App::new()
            .wrap(
                DefaultHeaders::new()
                    .add((FLAVOR, FLAVOR_VALUE))
                    .add(("X-Content-Type-Options", "nosniff"))
                    .add(("Cache-Control", "no-store")),
            )
            .configure(move |config| configure(config, metadata))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .worker_max_blocking_threads(1)
        .max_connections(MAX_CONNECTIONS)
        // A connection that is kept open would take the place of another client.
        .keep_alive(KeepAlive::Disabled)
        .client_request_timeout(HEAD_TIMEOUT)
        .client_disconnect_timeout(LINGER)
        .shutdown_timeout(GRACE_SECONDS)
        .shutdown_signal(async move {
            stopped.await.ok();
        })
        .listen(listener)?;
    Ok(server.run())
}
