//! Version 1 of the sessions API, which the published clients call: one file for each kind of object.

mod attendees;
mod people;
mod sessions;
mod token;

use actix_web::dev::{HttpServiceFactory, Service};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use futures_util::TryFutureExt;

use super::routing::{add, finished, no_such_path, resource, with_and_without_slash};

const LIST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
const ONE: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE];

/// The calls of this version below `prefix`.
pub fn scope(prefix: &str) -> impl HttpServiceFactory + use<> {
    let calls = web::scope(prefix).configure(routes).default_service(web::to(no_such_path));
    calls.wrap_fn(|request, calls| calls.call(request).map_ok(finished))
}

/// The routes that make tokens. They lie outside the paths of the version.
pub fn token_routes(config: &mut ServiceConfig) {
    for path in ["/auth/connect/token", "/connect/token"].into_iter().flat_map(with_and_without_slash) {
        let token = resource(&path, &[Method::POST]).route(web::post().to(token::token));
        config.service(token.wrap_fn(|request, token| token.call(request).map_ok(finished)));
    }
}

fn routes(config: &mut ServiceConfig) {
    add(config, "/session", LIST, |resource| {
        resource.route(web::get().to(sessions::list)).route(web::head().to(sessions::list)).route(web::post().to(sessions::create))
    });
    add(config, "/session/{guid}", ONE, |resource| {
        resource
            .route(web::get().to(sessions::get))
            .route(web::head().to(sessions::get))
            .route(web::put().to(sessions::change))
            .route(web::delete().to(sessions::delete))
    });
    add(config, "/session/{guid}/attendees", LIST, |resource| {
        resource.route(web::get().to(attendees::list)).route(web::head().to(attendees::list)).route(web::post().to(attendees::upsert_batch))
    });
    add(config, "/session/{guid}/attendee", &[Method::POST], |resource| resource.route(web::post().to(attendees::add)));
    add(config, "/session/{guid}/attendee/{key}", ONE, |resource| {
        resource
            .route(web::get().to(attendees::get))
            .route(web::head().to(attendees::get))
            .route(web::put().to(attendees::change))
            .route(web::delete().to(attendees::remove))
    });
    add(config, "/user", LIST, |resource| {
        resource.route(web::get().to(people::list)).route(web::head().to(people::list)).route(web::post().to(people::add))
    });
    add(config, "/user/{key}/password", &[Method::PUT], |resource| resource.route(web::put().to(people::set_password)));
    add(config, "/user/{key}", ONE, |resource| {
        resource
            .route(web::get().to(people::get))
            .route(web::head().to(people::get))
            .route(web::put().to(people::change))
            .route(web::delete().to(people::delete))
    });
}
