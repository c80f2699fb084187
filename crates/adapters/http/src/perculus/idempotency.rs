//! The header `Idempotency-Key`: a request with a key is carried out once, and each repetition gets the same answer. This
//! module does not know what the request does.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::idempotency::{Answer, IdempotencyKey, RequestDigest};
use derslik_ports::inbound::{IdempotentOutcome, IdempotentRequest};
use sha2::{Digest, Sha256};

use super::dto::session::respond;
use super::error::{PerculusError, mark_language};
use super::language::Language;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of a request, with a digest of everything that decides its effect and its answer.
pub(super) struct RequestKey {
    key: IdempotencyKey,
    request: RequestDigest,
}

impl RequestKey {
    /// The key of a request, if it has one. `variant` stands for all that shapes the answer besides the path and the body.
    ///
    /// # Errors
    /// If the header does not hold exactly one valid key.
    pub(super) fn read(request: &HttpRequest, body: &[u8], variant: &str) -> Result<Option<Self>, PerculusError> {
        let mut values = request.headers().get_all(KEY);
        let key = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().ok().and_then(|text| IdempotencyKey::parse(text).ok()),
            (Some(_), Some(_)) => None,
        };
        let key = key.ok_or(PerculusError::BadKey)?;
        let path = request.path().trim_end_matches('/');
        let mut digest = Sha256::new();
        for part in [request.method().as_str().as_bytes(), path.as_bytes(), variant.as_bytes(), body] {
            // The lengths separate the parts from one another.
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        Ok(Some(Self { key, request: RequestDigest::new(digest.finalize().into()) }))
    }

    /// The idempotent request with this key. `render` makes the answer of its outcome.
    pub(super) fn into_request<T>(self, render: impl FnOnce(&T) -> Answer + Send + 'static) -> IdempotentRequest<T> {
        IdempotentRequest { key: self.key, request: self.request, render: Box::new(render) }
    }
}

/// The answer to a request that may be a repetition. A replay keeps its language, regardless of the language asked for now.
pub(super) fn answered<T>(performed: IdempotentOutcome<T>, language: Language, render: impl FnOnce(&T) -> Answer) -> HttpResponse {
    match performed {
        IdempotentOutcome::Unkeyed(outcome) => with_content_language(render(&outcome), language),
        IdempotentOutcome::Stored(answer) => with_content_language(answer, language),
        IdempotentOutcome::Replayed(answer) => {
            let mut response = respond(answer);
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            response
        }
    }
}

/// The response for an answer. One that reports errors is marked with its language.
pub(super) fn with_content_language(answer: Answer, language: Language) -> HttpResponse {
    let mut response = respond(answer);
    if response.status() == StatusCode::MULTI_STATUS || response.status().is_client_error() {
        mark_language(response.headers_mut(), language);
    }
    response
}
