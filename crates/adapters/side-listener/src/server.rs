//! The listener: its thread, and the service that passes the one request of each connection to the app.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::boxed::{self, BoxServiceFactory};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service, map_config};
use actix_web::Error;
use actix_web::dev::AppConfig;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::connection::{Bodies, Connections, MAX_CONNECTIONS, Stream};

/// The most sockets that are accepted beyond [`MAX_CONNECTIONS`], so that a new one can take the place of an old one.
const HANDED_OVER: usize = 32;

/// How many threads do work that would keep the one of the listener: one for metrics, and one for the documents that tests send.
const BLOCKING_THREADS: usize = 2;

/// How long the requests under way may take once the listener is told to stop, in seconds.
const GRACE_SECONDS: u64 = 1;

/// Makes the service that answers the requests: its errors are answers as well.
type App = BoxServiceFactory<(), Request, Response<BoxBody>, Response<BoxBody>, String>;

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

/// Answers on a listener, on a thread of that name. `bodies` tells what becomes of the bodies of requests, and `app` makes the service that
/// answers the requests. A handler finds a [`Lifetime`](crate::Lifetime) among the data of its connection.
///
/// # Errors
/// If the listener can't be used, or no thread can be started.
pub fn start<F, I, S, B>(name: &'static str, listener: TcpListener, bodies: Bodies, app: F) -> io::Result<Running>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let app = move || {
        let app = map_config(app().into_factory(), |()| AppConfig::default())
            .map(|answer| Into::<Response<B>>::into(answer).map_into_boxed_body())
            .map_err(|error| Response::<BoxBody>::from(error.error_response()))
            .map_init_err(|error| format!("{error:?}"));
        boxed::factory(app)
    };
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
            match server(name, listener, bodies, app, stopped) {
                Ok(server) => {
                    sender.send(Ok(())).ok();
                    if let Err(error) = server.await {
                        tracing::error!(%error, listener = name, "a listener has failed");
                    }
                }
                Err(error) => {
                    sender.send(Err(error)).ok();
                }
            }
        });
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(serve)?;
    started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread of the listener has ended")))?;
    Ok(Running { address, stop, thread })
}

fn server(
    name: &'static str,
    listener: TcpListener,
    bodies: Bodies,
    app: impl Fn() -> App + Send + Clone + 'static,
    stopped: oneshot::Receiver<()>,
) -> io::Result<Server> {
    let server = Server::build()
        .workers(1)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .max_concurrent_connections(MAX_CONNECTIONS + HANDED_OVER)
        .shutdown_timeout(GRACE_SECONDS)
        .shutdown_signal(async move {
            stopped.await.ok();
        });
    let stopping = server.graceful_shutdown_signal();
    let server = server.listen(name, listener, move || {
        let (app, stopping) = (app.clone(), stopping.clone());
        fn_factory(move || connections(app(), bodies, stopping.clone()))
    })?;
    Ok(server.run())
}

/// Makes the service that takes the connections.
async fn connections(
    app: App,
    bodies: Bodies,
    stopping: GracefulShutdownSignal,
) -> Result<impl Service<TcpStream, Response = (), Error = DispatchError>, ()> {
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        // A connection that is kept open would take the place of another client.
        .keep_alive(KeepAlive::Disabled)
        // The connection has deadlines of its own, also for what the framework would wait for without end.
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(Duration::ZERO)
        .on_connect_ext(|stream: &Stream, data| {
            data.insert(stream.lifetime());
        })
        .h1::<_, BoxBody>(app);
    let http = ServiceFactory::<(Stream, Option<SocketAddr>)>::new_service(&http, ()).await?;
    let shared = Rc::new((http, Rc::new(Connections::default())));
    Ok(fn_service(move |socket: TcpStream| {
        let shared = Rc::clone(&shared);
        async move {
            let (http, connections) = &*shared;
            // Long answers are written in pieces: with Nagle's algorithm the last one waits for the client's delayed acknowledgement.
            socket.set_nodelay(true).ok();
            let peer = socket.peer_addr().ok();
            let place = connections.open(peer.map(|peer| peer.ip()));
            let stream = Stream::new(socket, Rc::clone(&place.connection), bodies);
            let dispatcher = Box::pin(http.call((stream, peer)));
            tokio::select! {
                biased;
                outcome = dispatcher => outcome,
                () = place.connection.ended() => Ok(()),
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpStream};

    use actix_web::{App, HttpRequest, web};

    use super::*;
    use crate::Lifetime;

    /// How long a test waits for an answer that must come. The listener needs far less.
    const PATIENCE: Duration = Duration::from_secs(40);

    /// Longer than what the system takes for a client that reads nothing.
    const LONG: usize = 8 * 1024 * 1024;

    fn listen(bodies: Bodies) -> Running {
        let app = || {
            App::new()
                .route("/short", web::get().to(async || "{}"))
                .route("/long", web::get().to(async || web::Bytes::from(vec![b'a'; LONG])))
                .route("/body", web::post().to(async |body: web::Bytes| body))
                .route("/lifetime", web::get().to(async |request: HttpRequest| request.conn_data::<Lifetime>().is_some().to_string()))
        };
        start("test", TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), bodies, app).unwrap()
    }

    fn connect(listener: &Running) -> TcpStream {
        let stream = TcpStream::connect(listener.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// All that the listener answers on a connection that sends these bytes.
    fn answers(listener: &Running, sent: &str) -> String {
        let (mut stream, mut received) = (connect(listener), String::new());
        stream.write_all(sent.as_bytes()).unwrap();
        stream.read_to_string(&mut received).unwrap();
        received
    }

    fn get(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    #[test]
    fn a_connection_gets_one_answer() {
        let listener = listen(Bodies::Dropped);
        for sent in [get("/short"), get("/short").repeat(5), format!("{}{{}}", get("/short"))] {
            let received = answers(&listener, &sent);
            assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 1, "{received}");
            assert!(received.to_ascii_lowercase().contains("connection: close") && received.ends_with('}'), "{received}");
        }
        let with_body = "GET /short HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
        assert!(answers(&listener, with_body).starts_with("HTTP/1.1 200 OK"));
        listener.stop();
    }

    #[test]
    fn a_body_reaches_the_app_where_bodies_are_read() {
        let listener = listen(Bodies::Read);
        let request = "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
        for sent in [request.to_owned(), request.repeat(2)] {
            let received = answers(&listener, &sent);
            assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 1, "{received}");
            assert!(received.ends_with("abc"), "{received}");
        }
        listener.stop();
    }

    #[test]
    fn a_handler_finds_the_lifetime_of_its_connection() {
        let listener = listen(Bodies::Dropped);
        assert!(answers(&listener, &get("/lifetime")).ends_with("true"));
        listener.stop();
    }

    #[test]
    fn a_long_answer_arrives_whole() {
        let listener = listen(Bodies::Dropped);
        let received = answers(&listener, &get("/long"));
        let (_, body) = received.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.len(), LONG);
        listener.stop();
    }

    #[test]
    fn clients_that_read_nothing_do_not_keep_others_out() {
        let listener = listen(Bodies::Dropped);
        let mut silent = Vec::new();
        for _ in 0..2 * (MAX_CONNECTIONS + HANDED_OVER) {
            let mut stream = connect(&listener);
            stream.write_all(get("/long").repeat(40).as_bytes()).ok();
            silent.push(stream);
            if silent.len().is_multiple_of(MAX_CONNECTIONS) {
                assert!(answers(&listener, &get("/short")).starts_with("HTTP/1.1 200 OK"));
            }
        }
        assert!(answers(&listener, &get("/short")).starts_with("HTTP/1.1 200 OK"));
        drop(silent);
        listener.stop();
    }
}
