//! Answers with JSON, and their language.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, HeaderMap, HeaderValue, VARY};
use derslik_domain::idempotency::Answer;
use serde::Serialize;

use super::language::Language;
use crate::response;

/// The content type of every answer.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// The typical size of a session, in bytes. Other objects are smaller. A buffer grows for a longer one.
pub(super) const OBJECT_BYTES: usize = 1_536;

/// A response with status 200.
pub(super) fn json(body: &impl Serialize) -> HttpResponse {
    respond(write(StatusCode::OK, 1, body))
}

/// An answer with that status, whose body holds about that number of objects.
pub(super) fn write(status: StatusCode, objects: usize, body: &impl Serialize) -> Answer {
    response::json_answer(status, objects * OBJECT_BYTES, body)
}

/// The response for an answer.
pub(super) fn respond(answer: Answer) -> HttpResponse {
    response::respond(answer, JSON)
}

/// The response for an answer. One that reports errors is marked with its language.
pub(super) fn with_content_language(answer: Answer, language: Language) -> HttpResponse {
    let mut response = respond(answer);
    if response.status() == StatusCode::MULTI_STATUS || response.status().is_client_error() {
        mark_language(response.headers_mut(), language);
    }
    response
}

/// Sets the language of an answer, and marks it as dependent on the client's preference.
pub(super) fn mark_language(headers: &mut HeaderMap, language: Language) {
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.append(VARY, HeaderValue::from_static(ACCEPT_LANGUAGE.as_str()));
}
