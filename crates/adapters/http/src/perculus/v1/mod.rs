//! Version 1 of the sessions API, which the published clients call: one file for each kind of object.

mod attendees;
mod people;
mod sessions;
mod token;

use actix_web::dev::{HttpServiceFactory, Service};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use futures_util::TryFutureExt;

use super::routing::{localised, no_such_path, resource};

const LIST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
const ONE: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE];

/// The calls of this version below `prefix`.
pub fn scope(prefix: &str) -> impl HttpServiceFactory + use<> {
    let calls = web::scope(prefix).configure(routes).default_service(web::to(no_such_path));
    calls.wrap_fn(|request, calls| calls.call(request).map_ok(localised))
}

/// Where tokens are made: outside the paths of the version.
pub fn token_routes(config: &mut ServiceConfig) {
    for path in ["/auth/connect/token", "/connect/token"] {
        let token = resource(path, &[Method::POST]).route(web::post().to(token::token));
        config.service(token.wrap_fn(|request, token| token.call(request).map_ok(localised)));
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/session", LIST)
                .route(web::get().to(sessions::list))
                .route(web::head().to(sessions::list))
                .route(web::post().to(sessions::create)),
        )
        .service(
            resource("/session/{guid}", ONE)
                .route(web::get().to(sessions::get))
                .route(web::head().to(sessions::get))
                .route(web::put().to(sessions::change))
                .route(web::delete().to(sessions::delete)),
        )
        .service(
            resource("/session/{guid}/attendees", LIST)
                .route(web::get().to(attendees::list))
                .route(web::head().to(attendees::list))
                .route(web::post().to(attendees::upsert_batch)),
        )
        .service(resource("/session/{guid}/attendee", &[Method::POST]).route(web::post().to(attendees::add)))
        .service(
            resource("/session/{guid}/attendee/{key}", ONE)
                .route(web::get().to(attendees::get))
                .route(web::head().to(attendees::get))
                .route(web::put().to(attendees::change))
                .route(web::delete().to(attendees::remove)),
        )
        .service(
            resource("/user", LIST)
                .route(web::get().to(people::list))
                .route(web::head().to(people::list))
                .route(web::post().to(people::add)),
        )
        .service(
            resource("/user/{key}", ONE)
                .route(web::get().to(people::get))
                .route(web::head().to(people::get))
                .route(web::put().to(people::change))
                .route(web::delete().to(people::delete)),
        );
}
