//! The errors of the jobs API: `{"errors": ["text"]}`, and `{"detail": …}` for a request that did not reach a handler.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use derslik_domain::job::ProjectFormError;
use derslik_ports::StoreError;
use derslik_ports::inbound::{AuthenticationError, JobError};
use serde::Serialize;

use super::compat::JobsCompat;
use super::words::project_refusal;
use crate::body::BodyError;
use crate::injection::InjectedDenial;
use crate::memory::BudgetExhausted;
use crate::rate::Exceeded;
use crate::response::RETRY_AFTER_SECONDS;

/// An answer that reports an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenReplayError {
    #[error("Not authenticated")]
    NoKey,
    #[error("Invalid API Key")]
    InvalidKey,
    #[error("Not allowed")]
    NotAllowed,
    #[error("project not found.")]
    ProjectNotFound,
    #[error("Job not found.")]
    JobNotFound,
    #[error("The request job has already been canceled/completed.")]
    NotCancellable(JobsCompat),
    #[error("The name of the project is taken.")]
    NameTaken,
    #[error("{}", project_refusal(.0))]
    Project(#[from] ProjectFormError),
    #[error("Unprocessable")]
    Unprocessable(InputFault),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    BudgetExhausted(#[from] BudgetExhausted),
    #[error(transparent)]
    TooMany(#[from] Exceeded),
    #[error("Not Found")]
    NoSuchPath,
    #[error("Method Not Allowed")]
    MethodNotAllowed,
    #[error("The service can't reach its database; try again.")]
    Unavailable,
    #[error("Unexpected failure.")]
    Failure,
    /// A status that no call of the dialect has, for a test.
    #[error("{0}")]
    Injected(InjectedDenial),
}

/// A part of a request that can't be parsed.
#[derive(Debug)]
pub(super) struct InputFault {
    /// The kind of fault, in the words of the original.
    pub(super) kind: &'static str,
    /// Its location: `path`, `query` or `body`, and the name of the part.
    pub(super) location: (&'static str, Cow<'static, str>),
    /// The expected input.
    pub(super) message: String,
    /// The input that was sent.
    pub(super) input: String,
}

impl InputFault {
    /// The most characters of a client's name for a part that the answer repeats.
    const MAX_NAME: usize = 100;

    /// A fault at a known location.
    pub(super) fn new(
        kind: &'static str,
        (part, name): (&'static str, &'static str),
        message: impl Into<String>,
        input: impl Into<String>,
    ) -> Self {
        Self { kind, location: (part, name.into()), message: message.into(), input: input.into() }
    }

    /// A part that the call does not know, under the name that the client gave it.
    pub(super) fn of_unknown(part: &'static str, name: &str, message: impl Into<String>) -> Self {
        let name: String = name.chars().take(Self::MAX_NAME).collect();
        Self { kind: "extra_forbidden", location: (part, name.into()), message: message.into(), input: String::new() }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum ErrorBody<'a> {
    Path { detail: String },
    Input { detail: [Detail<'a>; 1] },
    Other { errors: [String; 1] },
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: (&'static str, &'a str),
    msg: &'a str,
    input: &'a str,
}

impl From<AuthenticationError> for OpenReplayError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Store(error) => error.into(),
            AuthenticationError::TooMany(exceeded) => Exceeded::from(exceeded).into(),
            AuthenticationError::Invalid | AuthenticationError::Expired | AuthenticationError::Scope(_) => Self::InvalidKey,
        }
    }
}

impl From<InjectedDenial> for OpenReplayError {
    fn from(denial: InjectedDenial) -> Self {
        match denial {
            InjectedDenial::Denied => Self::NotAllowed,
            InjectedDenial::Missing => Self::JobNotFound,
            InjectedDenial::TooSlow => Self::Body(BodyError::TooSlow),
            InjectedDenial::Malformed | InjectedDenial::Clash | InjectedDenial::BadGateway | InjectedDenial::GatewayTimeout => {
                Self::Injected(denial)
            }
        }
    }
}

impl From<JobError> for OpenReplayError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Denied(_) => Self::NotAllowed,
            JobError::Gone(_) => Self::InvalidKey,
            JobError::ProjectNotFound => Self::ProjectNotFound,
            JobError::JobNotFound => Self::JobNotFound,
            JobError::NotCancellable(_) => Self::NotCancellable(JobsCompat::Documented),
            JobError::NameTaken => Self::NameTaken,
            JobError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for OpenReplayError {
    fn from(error: StoreError) -> Self {
        let cause: &dyn std::error::Error = &error;
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(cause, "the database is not available");
                Self::Unavailable
            }
            StoreError::Conflict(_) | StoreError::Corrupt { .. } | StoreError::Other(_) => {
                tracing::error!(cause, "the store failed");
                Self::Failure
            }
        }
    }
}

impl OpenReplayError {
    fn body(&self) -> ErrorBody<'_> {
        match self {
            Self::NoSuchPath | Self::MethodNotAllowed => ErrorBody::Path { detail: self.to_string() },
            Self::Unprocessable(fault) => {
                let (part, name) = &fault.location;
                let detail = Detail { kind: fault.kind, loc: (*part, name.as_ref()), msg: &fault.message, input: &fault.input };
                ErrorBody::Input { detail: [detail] }
            }
            Self::NoKey
            | Self::InvalidKey
            | Self::NotAllowed
            | Self::ProjectNotFound
            | Self::JobNotFound
            | Self::NotCancellable(_)
            | Self::NameTaken
            | Self::Project(_)
            | Self::Body(_)
            | Self::Unavailable
            | Self::BudgetExhausted(_)
            | Self::TooMany(_)
            | Self::Failure
            | Self::Injected(_) => ErrorBody::Other { errors: [self.to_string()] },
        }
    }
}

impl ResponseError for OpenReplayError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::InvalidKey => StatusCode::UNAUTHORIZED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::ProjectNotFound | Self::JobNotFound | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NotCancellable(JobsCompat::Documented) => StatusCode::NOT_IMPLEMENTED,
            Self::NotCancellable(JobsCompat::Release126) | Self::NameTaken | Self::Project(_) | Self::Body(BodyError::CutOff) => {
                StatusCode::BAD_REQUEST
            }
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Body(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(BodyError::UnsupportedMediaType | BodyError::NoForm) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable | Self::BudgetExhausted(_) | Self::Body(BodyError::BudgetExhausted) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Injected(denial) => denial.status(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::NoKey | Self::InvalidKey => _ = response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::Unavailable | Self::BudgetExhausted(_) | Self::Body(BodyError::BudgetExhausted) => {
                _ = response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            Self::TooMany(exceeded) => {
                for field in exceeded.headers() {
                    response.insert_header(field);
                }
            }
            // The rest of the body may never arrive, or be endless.
            Self::Body(BodyError::TooSlow | BodyError::TooLarge { .. }) => _ = response.insert_header((CONNECTION, "close")),
            Self::NotAllowed
            | Self::ProjectNotFound
            | Self::JobNotFound
            | Self::NotCancellable(_)
            | Self::NameTaken
            | Self::Project(_)
            | Self::Unprocessable(_)
            | Self::Body(BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff)
            | Self::NoSuchPath
            | Self::MethodNotAllowed
            | Self::Failure
            | Self::Injected(_) => {}
        }
        response.json(self.body())
    }
}
