//! The one list of URLs, and the server that answers them.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use tracing_actix_web::TracingLogger;

use crate::state::HttpState;
use crate::trace::{RequestSpan, show_request_id};
use crate::{classroom, perculus};

/// Adds every URL of the service to an app.
pub fn configure(config: &mut ServiceConfig, state: HttpState) {
    config
        .app_data(Data::new(state))
        .service(perculus::v2::scope("/xapi/v2"))
        .service(perculus::v2::scope("/api/groups/xapi"))
        .configure(classroom::configure)
        .default_service(web::to(no_such_path));
}

async fn no_such_path() -> HttpResponse {
    HttpResponse::NotFound().content_type("application/json").body(r#"{"error":"no such path"}"#)
}

/// How long a connection may be idle. Clients that write a long batch keep one longer than the framework would.
const IDLE: Duration = Duration::from_secs(30);

/// Serves on a listener until it is told to stop; then requests that are under way have `grace` to end.
///
/// # Errors
/// If the listener can't be used.
pub fn serve(listener: TcpListener, state: HttpState, workers: usize, grace: Duration) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")).add(("Cache-Control", "no-store")))
            .wrap(from_fn(show_request_id))
            .wrap(TracingLogger::<RequestSpan>::new())
            .configure(|config| configure(config, state.clone()))
    });
    Ok(server.workers(workers).keep_alive(IDLE).shutdown_timeout(grace.as_secs()).disable_signals().listen(listener)?.run())
}
