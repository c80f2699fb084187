//! Paths as both versions take them. It knows none of the paths.

use actix_web::http::Method;
use actix_web::web;
use actix_web::{HttpResponse, Resource, ResponseError};

use super::error::PerculusError;

/// A resource with or without a slash at the end of its path, which tells the methods that it takes to who tries others.
pub(super) fn resource(path: &'static str, methods: &'static [Method]) -> Resource {
    let refuse = move || async move {
        let allow: Vec<_> = methods.iter().map(Method::as_str).collect();
        let mut response = PerculusError::MethodNotAllowed.error_response();
        if let Ok(allow) = allow.join(", ").parse() {
            response.headers_mut().insert(actix_web::http::header::ALLOW, allow);
        }
        response
    };
    web::resource([path.to_owned(), format!("{path}/")]).default_service(web::to(refuse))
}

/// What is said about every other path.
pub(super) async fn no_such_path() -> Result<HttpResponse, PerculusError> {
    Err(PerculusError::NoSuchPath)
}
