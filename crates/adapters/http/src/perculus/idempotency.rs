//! Requests with an `Idempotency-Key`, and the answers to them. This module does not know what the request does.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::idempotency::Answer;
use derslik_ports::inbound::IdempotentOutcome;

use super::error::PerculusError;
use super::language::Language;
use super::response::{respond, with_content_language};
use crate::idempotency::{KeyHeader, REPLAYED, RequestKey};

/// The key of a request, if it has one. `variant` stands for all that shapes the answer besides the path and the body.
///
/// # Errors
/// If the header does not hold exactly one valid key.
pub(super) fn request_key(request: &HttpRequest, body: &[u8], variant: &str) -> Result<Option<RequestKey>, PerculusError> {
    let key = match KeyHeader::of(request.headers()) {
        KeyHeader::Missing => return Ok(None),
        KeyHeader::Key(key) => key,
        KeyHeader::Bad => return Err(PerculusError::BadKey),
    };
    let path = request.path().trim_end_matches('/');
    let parts = [request.method().as_str().as_bytes(), path.as_bytes(), variant.as_bytes(), body];
    Ok(Some(RequestKey::new(key, parts)))
}

/// The answer to a request that may be a repetition. A replay keeps its language, regardless of the language asked for now.
pub(super) fn into_response<T>(outcome: IdempotentOutcome<T>, language: Language, render: impl FnOnce(&T) -> Answer) -> HttpResponse {
    match outcome {
        IdempotentOutcome::Unkeyed(outcome) => with_content_language(render(&outcome), language),
        IdempotentOutcome::Stored(answer) => with_content_language(answer, language),
        IdempotentOutcome::Replayed(answer) => {
            let mut response = respond(answer);
            let (name, value) = REPLAYED;
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            response
        }
    }
}
