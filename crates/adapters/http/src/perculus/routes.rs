//! The URLs of both versions of the sessions API. The published clients call version 1.

use actix_web::dev::{HttpServiceFactory, Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError};
use futures_util::TryFutureExt;

use super::error::PerculusError;
use super::language::Language;
use super::{attendees, people, sessions, token};
use crate::observed::Dialect;
use crate::response::count_until_sent;
use crate::routing::{resource, with_and_without_slash};

const LIST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
const ONE: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE];

/// The calls of version 1 below `prefix`.
pub fn scope_v1(prefix: &str) -> impl HttpServiceFactory + use<> {
    let calls = web::scope(prefix).app_data(Dialect::Sessions).configure(routes_v1).default_service(web::to(no_such_path));
    calls.wrap_fn(|request, calls| calls.call(request).map_ok(finished))
}

/// The calls of version 2 below `prefix`.
pub fn scope_v2(prefix: &str) -> impl HttpServiceFactory + use<> {
    let calls = web::scope(prefix).app_data(Dialect::Sessions).configure(routes_v2).default_service(web::to(no_such_path));
    calls.wrap_fn(|request, calls| calls.call(request).map_ok(finished))
}

/// The routes that make tokens. They lie outside the paths of the versions.
pub fn token_routes(config: &mut ServiceConfig) {
    for path in ["/auth/connect/token", "/connect/token"].into_iter().flat_map(with_and_without_slash) {
        let token = resource(&path, &[Method::POST], method_not_allowed).app_data(Dialect::Sessions).route(web::post().to(token::issue));
        config.service(token.wrap_fn(|request, token| token.call(request).map_ok(finished)));
    }
}

fn routes_v1(config: &mut ServiceConfig) {
    add(config, "/session", LIST, |resource| {
        resource.route(web::get().to(sessions::list)).route(web::head().to(sessions::list)).route(web::post().to(sessions::create))
    });
    add(config, "/session/{guid}", ONE, |resource| {
        resource
            .route(web::get().to(sessions::get_v1))
            .route(web::head().to(sessions::get_v1))
            .route(web::put().to(sessions::change))
            .route(web::delete().to(sessions::delete))
    });
    add(config, "/session/{guid}/attendees", LIST, |resource| {
        resource
            .route(web::get().to(attendees::list_v1))
            .route(web::head().to(attendees::list_v1))
            .route(web::post().to(attendees::upsert_batch_v1))
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

fn routes_v2(config: &mut ServiceConfig) {
    add(config, "/session/batch", &[Method::POST], |resource| resource.route(web::post().to(sessions::upsert_batch)));
    add(config, "/session/search", &[Method::POST], |resource| resource.route(web::post().to(sessions::search)));
    add(config, "/session/{guid}", &[Method::GET, Method::HEAD, Method::DELETE], |resource| {
        resource.route(web::get().to(sessions::get_v2)).route(web::head().to(sessions::get_v2)).route(web::delete().to(sessions::delete))
    });
    add(config, "/session/{guid}/attendee/batch", &[Method::POST], |resource| resource.route(web::post().to(attendees::upsert_batch_v2)));
    add(config, "/session/{guid}/attendee", &[Method::GET, Method::HEAD], |resource| {
        resource.route(web::get().to(attendees::list_v2)).route(web::head().to(attendees::list_v2))
    });
    add(config, "/session/{guid}/attendee/{key}", &[Method::DELETE], |resource| resource.route(web::delete().to(attendees::remove)));
}

/// Adds a resource with and without a slash at the end of its path. Patterns are tried in order, so the most frequent calls
/// come first.
fn add(config: &mut ServiceConfig, path: &str, methods: &'static [Method], routes: impl Fn(Resource) -> Resource) {
    for path in with_and_without_slash(path) {
        config.service(routes(resource(&path, methods, method_not_allowed)));
    }
}

/// The final answer: in the language of its request, and counted until it is sent.
fn finished(response: ServiceResponse) -> ServiceResponse {
    localised(count_until_sent(response, || PerculusError::BudgetExhausted.error_response()))
}

/// An answer in the language of its request. Errors are made in English, because the request is not known there. Any other
/// answer is left unchanged.
fn localised(response: ServiceResponse) -> ServiceResponse {
    let Some(error) = response.response().error().and_then(|error| error.as_error::<PerculusError>()) else { return response };
    let language = Language::of(response.request().headers());
    if language == Language::default() {
        return response;
    }
    let localised = error.response_in(language);
    response.into_response(localised)
}

fn method_not_allowed(request: &HttpRequest) -> HttpResponse {
    PerculusError::MethodNotAllowed.response_in(Language::of(request.headers()))
}

/// The answer for every other path.
async fn no_such_path() -> Result<HttpResponse, PerculusError> {
    Err(PerculusError::NoSuchPath)
}
