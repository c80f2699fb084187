//! Version 2 of the sessions API, one file for each call.

mod attendees;
mod batch;
mod delete;
mod get;
mod search;

use actix_web::dev::{HttpServiceFactory, Service};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use futures_util::TryFutureExt;

use super::routing::{localised, no_such_path, resource};

/// The calls of this version below `prefix`.
pub fn scope(prefix: &str) -> impl HttpServiceFactory + use<> {
    let calls = web::scope(prefix).configure(routes).default_service(web::to(no_such_path));
    calls.wrap_fn(|request, calls| calls.call(request).map_ok(localised))
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/session/batch", &[Method::POST]).route(web::post().to(batch::upsert_batch)))
        .service(resource("/session/search", &[Method::POST]).route(web::post().to(search::search)))
        .service(resource("/session/{guid}/attendee/batch", &[Method::POST]).route(web::post().to(attendees::upsert_batch)))
        .service(
            resource("/session/{guid}/attendee", &[Method::GET, Method::HEAD])
                .route(web::get().to(attendees::list))
                .route(web::head().to(attendees::list)),
        )
        .service(resource("/session/{guid}/attendee/{key}", &[Method::DELETE]).route(web::delete().to(attendees::remove)))
        .service(
            resource("/session/{guid}", &[Method::GET, Method::HEAD, Method::DELETE])
                .route(web::get().to(get::get))
                .route(web::head().to(get::get))
                .route(web::delete().to(delete::delete)),
        );
}
