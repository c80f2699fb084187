//! The header `Idempotency-Key`: a request that carries one is done once, and answered alike each time. What is done is
//! none of its business.

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

/// The key of a request, and all of it that decides what is done and answered.
pub(super) struct RequestKey {
    key: IdempotencyKey,
    request: RequestDigest,
}

impl RequestKey {
    /// The key of a request, if it has one. `variant` tells of whatever beside the path and the body shapes the answer.
    ///
    /// # Errors
    /// If the header holds no key, or there are several.
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
            // The lengths keep the parts apart.
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        Ok(Some(Self { key, request: RequestDigest::new(digest.finalize().into()) }))
    }

    /// The guard of the request, whose outcome `render` puts into words.
    pub(super) fn guard<T>(self, render: impl FnOnce(&T) -> Answer + Send + 'static) -> IdempotentRequest<T> {
        IdempotentRequest { key: self.key, request: self.request, render: Box::new(render) }
    }
}

/// The answer to a request that may have come before. One that did is answered as it was, whatever language is asked for now.
pub(super) fn answered<T>(performed: IdempotentOutcome<T>, language: Language, render: impl FnOnce(&T) -> Answer) -> HttpResponse {
    match performed {
        IdempotentOutcome::Unkeyed(outcome) => told(render(&outcome), language),
        IdempotentOutcome::Stored(answer) => told(answer, language),
        IdempotentOutcome::Replayed(answer) => {
            let mut response = respond(answer);
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            response
        }
    }
}

/// An answer as it goes out: one that tells of errors does so in a language.
pub(super) fn told(answer: Answer, language: Language) -> HttpResponse {
    let mut response = respond(answer);
    if response.status() == StatusCode::MULTI_STATUS || response.status().is_client_error() {
        mark_language(response.headers_mut(), language);
    }
    response
}
