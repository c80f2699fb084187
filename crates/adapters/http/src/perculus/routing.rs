//! The forms of paths in both versions. This module does not know the paths.

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError};

use super::error::PerculusError;
use super::language::Language;
use crate::response::count_until_sent;

/// Adds a resource with and without a slash at the end of its path. Patterns are tried in order, so the most frequent calls
/// come first.
pub(super) fn add(config: &mut ServiceConfig, path: &str, methods: &'static [Method], routes: impl Fn(Resource) -> Resource) {
    for path in with_and_without_slash(path) {
        config.service(routes(resource(&path, methods)));
    }
}

/// Both forms of a path. A pattern for each is faster than one pattern for both.
pub(super) fn with_and_without_slash(path: &str) -> [String; 2] {
    [path.to_owned(), format!("{path}/")]
}

/// A resource that answers other methods with the list of the allowed ones.
pub(super) fn resource(path: &str, methods: &'static [Method]) -> Resource {
    let refuse = move |request: HttpRequest| async move {
        let allow: Vec<_> = methods.iter().map(Method::as_str).collect();
        let mut response = PerculusError::MethodNotAllowed.response_in(Language::of(request.headers()));
        if let Ok(allow) = allow.join(", ").parse() {
            response.headers_mut().insert(actix_web::http::header::ALLOW, allow);
        }
        response
    };
    web::resource(path).default_service(web::to(refuse))
}

/// The final answer: in the language of its request, and counted until it is sent.
pub(super) fn finished(response: ServiceResponse) -> ServiceResponse {
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

/// The answer for every other path.
pub(super) async fn no_such_path() -> Result<HttpResponse, PerculusError> {
    Err(PerculusError::NoSuchPath)
}
