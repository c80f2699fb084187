//! What a page could not do.

use std::cell::RefCell;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use derslik_domain::course::CourseDenial;
use derslik_ports::StoreError;
use derslik_ports::inbound::control::ControlError;
use derslik_ports::inbound::{CourseError, ServiceError};

/// Why a page can't be shown, or a deed was not done. `guard` makes the page that says so, in the language of the visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such page or object.
    NotFound,
    /// The visitor has not signed in, or the sign-in has ended.
    SignedOut,
    /// The visitor may only read.
    ReadOnly,
    /// The form does not come from a page of this console, or is too old.
    Foreign,
    /// The request can't be used: a text in the language of the visitor says why. The status is 422.
    Refused(String),
    /// What the visitor saw was changed meanwhile: a text says what. The status is 409.
    Conflict(String),
    /// The process is starting.
    Starting,
    /// The store does not answer now.
    Unavailable,
}

impl Failure {
    /// The status of the answer.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::ReadOnly | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Starting | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::SignedOut => f.write_str("not signed in"),
            Self::ReadOnly => f.write_str("may only read"),
            Self::Foreign => f.write_str("foreign form"),
            Self::Refused(text) | Self::Conflict(text) => f.write_str(text),
            Self::Starting => f.write_str("starting"),
            Self::Unavailable => f.write_str("unavailable"),
        }
    }
}

/// A failure that waits in an answer for its page.
pub(crate) struct Waiting(pub(crate) RefCell<Option<Failure>>);

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status());
        answer.extensions_mut().insert(Waiting(RefCell::new(Some(self.clone()))));
        answer
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a page of the console could not be made");
        Self::Unavailable
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound => Self::NotFound,
            ServiceError::Store(error) => error.into(),
            ServiceError::Denied(_) | ServiceError::Gone(_) | ServiceError::Key(_) => Self::Conflict(error.to_string()),
        }
    }
}

impl From<CourseError> for Failure {
    fn from(error: CourseError) -> Self {
        match error {
            CourseError::NotFound | CourseError::Denied(CourseDenial::Missing | CourseDenial::Invisible) => Self::NotFound,
            CourseError::Store(error) => error.into(),
            other => Self::Conflict(other.to_string()),
        }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotFound { .. } => Self::NotFound,
            ControlError::Store(error) => error.into(),
            ControlError::Conflict(text) => Self::Conflict(text),
            other => Self::Refused(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_that_is_not_there_is_not_found() {
        for denial in [CourseDenial::Missing, CourseDenial::Invisible] {
            assert_eq!(Failure::from(CourseError::Denied(denial)), Failure::NotFound);
        }
        assert!(matches!(Failure::from(CourseError::Denied(CourseDenial::Role)), Failure::Conflict(_)));
    }
}
