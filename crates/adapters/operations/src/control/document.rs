//! `/openapi.json`: the OpenAPI document of test control. People write it, beside the code; a test holds its paths against the router.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{self, ServiceConfig};

use super::resource;

/// The document.
pub(super) const DOCUMENT: &str = include_str!("../../../../../docs/openapi-control.json");

/// Adds the resource.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(resource("/openapi.json", [(Method::GET, web::to(document))]));
}

async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .body(DOCUMENT)
}
