//! The service of one thread: it opens each accepted socket, and passes it to the dispatcher of its protocol.

use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_factory, fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use tokio::net::TcpStream;
use tracing_actix_web::TracingLogger;

use super::accept::{Acceptor, Opened};
use super::h2::{self, Http2};
use super::request;
use super::stream::Stream;
use crate::controlled::control;
use crate::cors::share;
use crate::routes::configure;
use crate::state::HttpState;
use crate::trace::{RequestSpan, observe};

/// How long the server still reads from a connection after an answer that did not wait for the whole body. It applies to
/// HTTP/1.1 where the length of the body is known. Without it the client might never receive the answer.
const LINGER: Duration = Duration::from_secs(1);

/// What a thread needs to serve connections.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) state: HttpState,
    pub(super) acceptor: Acceptor,
    pub(super) http2_streams: u32,
    /// Tells that the server is to stop.
    pub(super) stopping: GracefulShutdownSignal,
}

impl Worker {
    /// Makes the app of this thread, which both protocols ask, and the service in front of it.
    pub(super) async fn service(self) -> Result<impl Service<TcpStream, Response = (), Error = DispatchError>, ()> {
        let Self { state, acceptor, http2_streams, stopping } = self;
        let (proxies, deadlines) = (acceptor.proxies.clone(), acceptor.deadlines);
        let http2 = Http2 { max_streams: http2_streams, deadlines, proxies: proxies.clone(), stopping: stopping.clone() };
        let app = App::new()
            .wrap(from_fn(share))
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")).add(("Cache-Control", "no-store")))
            .wrap(from_fn(observe))
            .wrap(Condition::new(state.request_control().is_some(), from_fn(control)))
            .wrap(TracingLogger::<RequestSpan>::new())
            .configure(move |config| configure(config, state.clone()));
        let app = map_config(app.into_factory(), |()| AppConfig::default()).map_err(|error| error.error_response());
        let app = Rc::new(ServiceFactory::<Request>::new_service(&app, ()).await?);
        let shared = Rc::clone(&app);
        let for_http1 = fn_factory::<_, (), _, Request, _, ()>(move || {
            let app = Rc::clone(&shared);
            async move { Ok(app) }
        });
        let for_http1 = apply_fn_factory(for_http1, move |request: Request, app: &_| request::answer(request, app, &proxies));
        let http1 = HttpService::build()
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
                data.insert(Rc::clone(stream.connection().cut()));
            })
            .finish(for_http1);
        let http1 = Rc::new(ServiceFactory::<Opened>::new_service(&http1, ()).await?);
        let shared = Rc::new((acceptor, http1, app, http2));
        Ok(fn_service(move |socket: TcpStream| {
            let shared = Rc::clone(&shared);
            async move {
                let (acceptor, http1, app, http2) = &*shared;
                let Some((stream, protocol, peer)) = acceptor.open(socket).await else { return Ok(()) };
                if protocol == Protocol::Http2 {
                    // The future would be large, and most connections wait most of the time.
                    Box::pin(h2::serve(stream, peer, &**app, http2)).await;
                    return Ok(());
                }
                let connection = Rc::clone(stream.connection());
                let dispatcher = Box::pin(http1.call((stream, protocol, peer)));
                tokio::select! {
                    biased;
                    outcome = dispatcher => outcome,
                    () = connection.watch().overdue() => Ok(()),
                    () = connection.cut().asked() => Ok(()),
                }
            }
        }))
    }
}
