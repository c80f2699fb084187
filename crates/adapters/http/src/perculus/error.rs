//! The errors of the sessions API: `{"code": n, "details": "text"}` and an HTTP status.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use derslik_domain::idempotency::IdempotencyKey;
use derslik_domain::page::PageError;
use derslik_domain::session::FilterError;
use derslik_ports::inbound::{AuthenticationError, ServiceError};
use derslik_ports::outbound::StoreError;
use serde::Serialize;

use super::dto::messages::filter_message;
use crate::body::BodyError;

/// How long a client should wait before it asks again what could not be done at the moment, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// An answer that says no.
#[derive(Debug, thiserror::Error)]
pub(super) enum PerculusError {
    #[error("unauthorized")]
    Unauthorized,
    #[error("not allowed")]
    NotAllowed,
    #[error("session_not_found")]
    SessionNotFound,
    #[error("{0}")]
    BadRequest(String),
    #[error("Idempotency-Key must be one text of 1 to {} visible ASCII characters.", IdempotencyKey::MAX)]
    BadKey,
    #[error("Idempotency-Key was sent before with another request.")]
    KeyReused,
    #[error("A request of the same Idempotency-Key is under way; try again.")]
    KeyBusy,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error("no such path")]
    NoSuchPath,
    #[error("the path does not take this method")]
    MethodNotAllowed,
    #[error("the service can't reach its database; try again")]
    Unavailable,
    #[error("unexpected failure")]
    Failure,
}

#[derive(Serialize)]
struct ErrorBody {
    code: u16,
    details: String,
}

impl PerculusError {
    /// The code of the dialect.
    fn code(&self) -> u16 {
        match self {
            Self::Failure => 10,
            Self::Unavailable | Self::Body(BodyError::NoRoom) => 11,
            Self::Filter(FilterError::Page(PageError::TooLarge)) => 38,
            Self::Filter(_) => 12,
            Self::Unauthorized => 14,
            Self::KeyReused => 15,
            Self::NotAllowed => 17,
            Self::BadRequest(_) | Self::BadKey | Self::KeyBusy | Self::Body(_) | Self::NoSuchPath | Self::MethodNotAllowed => 19,
            Self::SessionNotFound => 30,
        }
    }

    fn details(&self) -> String {
        match self {
            Self::Filter(error) => filter_message(*error),
            other => other.to_string(),
        }
    }
}

impl From<AuthenticationError> for PerculusError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Store(error) => error.into(),
            _ => Self::Unauthorized,
        }
    }
}

impl From<ServiceError> for PerculusError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Denied(_) => Self::NotAllowed,
            ServiceError::NotFound => Self::SessionNotFound,
            ServiceError::KeyReused => Self::KeyReused,
            ServiceError::KeyBusy => Self::KeyBusy,
            ServiceError::Store(error) => error.into(),
            _ => Self::Failure,
        }
    }
}

impl From<StoreError> for PerculusError {
    fn from(error: StoreError) -> Self {
        let cause: &dyn std::error::Error = &error;
        if matches!(error, StoreError::Unavailable(_)) {
            tracing::warn!(cause, "the database is not available");
            Self::Unavailable
        } else {
            tracing::error!(cause, "the store failed");
            Self::Failure
        }
    }
}

impl ResponseError for PerculusError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::NotAllowed => StatusCode::UNAUTHORIZED,
            Self::SessionNotFound | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyBusy => StatusCode::CONFLICT,
            Self::BadRequest(_) | Self::BadKey | Self::Filter(_) | Self::Body(BodyError::CutOff) => StatusCode::BAD_REQUEST,
            Self::Body(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(BodyError::UnsupportedMediaType) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable | Self::Body(BodyError::NoRoom) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthorized => _ = response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::Unavailable | Self::KeyBusy | Self::Body(BodyError::NoRoom) => {
                _ = response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            // The rest of the body may never come, or be endless.
            Self::Body(BodyError::TooSlow | BodyError::TooLarge { .. }) => _ = response.insert_header((CONNECTION, "close")),
            _ => {}
        }
        response.json(ErrorBody { code: self.code(), details: self.details() })
    }
}
