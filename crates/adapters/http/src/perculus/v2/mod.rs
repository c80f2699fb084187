//! Version 2 of the sessions API, one file for each call.

mod batch;
mod delete;
mod get;
mod search;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, ResponseError, Scope};

use super::error::PerculusError;

/// The calls of this version below `prefix`.
pub fn scope(prefix: &str) -> Scope {
    web::scope(prefix).configure(routes).default_service(web::to(no_such_path))
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/session/batch", &[Method::POST]).route(web::post().to(batch::upsert_batch)))
        .service(resource("/session/search", &[Method::POST]).route(web::post().to(search::search)))
        .service(
            resource("/session/{guid}", &[Method::GET, Method::HEAD, Method::DELETE])
                .route(web::get().to(get::get))
                .route(web::head().to(get::get))
                .route(web::delete().to(delete::delete)),
        );
}

/// A resource with or without a slash at the end of its path, which tells the methods that it takes to who tries others.
fn resource(path: &'static str, methods: &'static [Method]) -> Resource {
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

async fn no_such_path() -> Result<HttpResponse, PerculusError> {
    Err(PerculusError::NoSuchPath)
}
