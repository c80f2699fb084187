//! Files that the listener shows as they are. The program hands them in; this crate adds the description of the listener itself.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use crate::Operations;

/// The path of the OpenAPI document of this listener.
pub const DOCUMENT_PATH: &str = "/openapi/operations.json";

/// The document, which a test writes.
const DOCUMENT: &[u8] = include_bytes!("../../../../docs/openapi-operations.json");

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// The path of its URL.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `Content-Security-Policy`: what a browser may do with it.
    pub policy: &'static str,
    /// The content.
    pub body: Bytes,
}

/// Adds the URLs of all files, unless others reach the listener.
pub(crate) fn configure(config: &mut ServiceConfig, operations: &Data<Operations>) {
    if operations.access.is_control_open() {
        for file in operations.files.iter().cloned().chain([document()]) {
            config.service(resource(file));
        }
    }
}

fn document() -> File {
    let policy = "default-src 'none'; frame-ancestors 'none'";
    File { path: DOCUMENT_PATH, content_type: "application/json", policy, body: Bytes::from_static(DOCUMENT) }
}

fn resource(file: File) -> Resource {
    let path = file.path;
    let answer = move || {
        let response = respond(&file);
        async move { response }
    };
    web::resource(path).route(web::get().to(answer.clone())).route(web::head().to(answer))
}

fn respond(file: &File) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.content_type))
        .insert_header((CONTENT_SECURITY_POLICY, file.policy))
        .body(file.body.clone())
}
