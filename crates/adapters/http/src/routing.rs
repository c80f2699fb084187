//! The forms of paths, and the answer to methods that a path does not have. This module does not know the paths.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse, Resource};

/// Both forms of a path. A pattern for each is faster than one pattern for both.
pub(crate) fn with_and_without_slash(path: &str) -> [String; 2] {
    [path.to_owned(), format!("{path}/")]
}

/// A resource that answers every other method with `refusal` and the list of the allowed methods.
pub(crate) fn resource(path: &str, methods: &'static [Method], refusal: fn(&HttpRequest) -> HttpResponse) -> Resource {
    let refuse = move |request: HttpRequest| async move {
        let allow: Vec<_> = methods.iter().map(Method::as_str).collect();
        let mut response = refusal(&request);
        if let Ok(allow) = allow.join(", ").parse() {
            response.headers_mut().insert(ALLOW, allow);
        }
        response
    };
    web::resource(path).default_service(web::to(refuse))
}
