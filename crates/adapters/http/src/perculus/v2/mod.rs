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

use super::routing::{add, finished, no_such_path};

/// The calls of this version below `prefix`.
pub fn scope(prefix: &str) -> impl HttpServiceFactory + use<> {
    let calls = web::scope(prefix).configure(routes).default_service(web::to(no_such_path));
    calls.wrap_fn(|request, calls| calls.call(request).map_ok(finished))
}

fn routes(config: &mut ServiceConfig) {
    add(config, "/session/batch", &[Method::POST], |resource| resource.route(web::post().to(batch::upsert_batch)));
    add(config, "/session/search", &[Method::POST], |resource| resource.route(web::post().to(search::search)));
    add(config, "/session/{guid}", &[Method::GET, Method::HEAD, Method::DELETE], |resource| {
        resource.route(web::get().to(get::get)).route(web::head().to(get::get)).route(web::delete().to(delete::delete))
    });
    add(config, "/session/{guid}/attendee/batch", &[Method::POST], |resource| resource.route(web::post().to(attendees::upsert_batch)));
    add(config, "/session/{guid}/attendee", &[Method::GET, Method::HEAD], |resource| {
        resource.route(web::get().to(attendees::list)).route(web::head().to(attendees::list))
    });
    add(config, "/session/{guid}/attendee/{key}", &[Method::DELETE], |resource| resource.route(web::delete().to(attendees::remove)));
}
