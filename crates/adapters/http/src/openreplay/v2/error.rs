//! The errors of the second generation: `{"error": "text"}`, and a bare status where a request reached no call.

use std::fmt::{self, Write as _};

use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, ResponseError};
use derslik_domain::job::{JobStatus, ProjectFormError};
use derslik_ports::StoreError;
use derslik_ports::inbound::{AuthenticationError, JobError};
use serde::Serialize;

use crate::body::BodyError;
use crate::injection::InjectedDenial;
use crate::memory::BudgetExhausted;
use crate::openreplay::dry_run::DryRunFault;
use crate::openreplay::words::status_name;
use crate::rate::Exceeded;
use crate::response::RETRY_AFTER_SECONDS;

/// An answer that reports an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum V2Error {
    /// No key, no valid key, or a project that the account of the key does not have.
    #[error("unauthorized")]
    Unauthorized,
    #[error("not allowed")]
    NotAllowed,
    #[error("job not found")]
    JobNotFound,
    #[error("user not found")]
    UserNotFound,
    #[error("session not found")]
    SessionNotFound,
    #[error("invalid path param jobID: {0}")]
    JobId(NotAnInteger),
    #[error("userID cannot be empty")]
    UserIdEmpty,
    #[error("userID exceeds maximum length of {} characters", MAX_USER_ID_BYTES)]
    UserIdTooLong,
    #[error("invalid path param userID: not a text")]
    UserIdMalformed,
    #[error(transparent)]
    DryRun(#[from] DryRunFault),
    #[error("the requested job has already been {}", status_name(*.0))]
    Ended(JobStatus),
    #[error("a deletion job for this user is already scheduled or running")]
    AlreadyLive,
    #[error("name already exists")]
    NameTaken,
    #[error("{}", project_refusal(.0))]
    Project(#[from] ProjectFormError),
    #[error("invalid JSON body")]
    BodyShape,
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    BudgetExhausted(#[from] BudgetExhausted),
    #[error(transparent)]
    TooMany(#[from] Exceeded),
    #[error("404 page not found")]
    NoSuchPath,
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("the service can't reach its database; try again")]
    Unavailable,
    #[error("unexpected failure")]
    Failure,
    /// A status that no call of the dialect has, for a test.
    #[error("{0}")]
    Injected(InjectedDenial),
}

/// The most bytes of a user in a path.
pub(super) const MAX_USER_ID_BYTES: usize = 256;

/// A text that is not a whole number of 64 bits, in the words of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotAnInteger {
    /// The text that was sent.
    pub(super) text: String,
    /// Whether the text is a whole number all the same.
    pub(super) is_too_large: bool,
}

impl fmt::Display for NotAnInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = if self.is_too_large { "value out of range" } else { "invalid syntax" };
        write!(f, "strconv.Atoi: parsing {}: {cause}", quoted(&self.text))
    }
}

/// A text in quotation marks, with the escapes of the original.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if u32::from(letter) < 0x20 || letter == '\u{7f}' => _ = write!(quoted, "\\x{:02x}", u32::from(letter)),
            letter if letter.is_control() || (letter.is_whitespace() && letter != ' ') => {
                _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The sentence about a refused project.
fn project_refusal(error: &ProjectFormError) -> &'static str {
    match error {
        ProjectFormError::NameMissing => "name is required",
        ProjectFormError::Name(_) => "name must be a text of 1 to 200 characters",
        ProjectFormError::UnknownPlatform => "platform must be one of: web, ios, android",
        ProjectFormError::Fault(..) => "invalid JSON body",
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error: String,
}

impl From<AuthenticationError> for V2Error {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Store(error) => error.into(),
            AuthenticationError::TooMany(exceeded) => Exceeded::from(exceeded).into(),
            AuthenticationError::Invalid | AuthenticationError::Expired | AuthenticationError::Scope(_) => Self::Unauthorized,
        }
    }
}

impl From<InjectedDenial> for V2Error {
    fn from(denial: InjectedDenial) -> Self {
        match denial {
            InjectedDenial::Denied => Self::NotAllowed,
            InjectedDenial::Missing => Self::JobNotFound,
            InjectedDenial::TooSlow => Self::Body(BodyError::TooSlow),
            InjectedDenial::Clash => Self::AlreadyLive,
            InjectedDenial::Malformed | InjectedDenial::BadGateway | InjectedDenial::GatewayTimeout => Self::Injected(denial),
        }
    }
}

impl From<JobError> for V2Error {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Denied(_) => Self::NotAllowed,
            JobError::Gone(_) | JobError::ProjectNotFound => Self::Unauthorized,
            JobError::JobNotFound => Self::JobNotFound,
            JobError::NotCancellable(status) => Self::Ended(status),
            JobError::NameTaken => Self::NameTaken,
            JobError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for V2Error {
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

impl ResponseError for V2Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::JobNotFound | Self::UserNotFound | Self::SessionNotFound | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::JobId(_)
            | Self::UserIdEmpty
            | Self::UserIdTooLong
            | Self::UserIdMalformed
            | Self::DryRun(_)
            | Self::Ended(_)
            | Self::NameTaken
            | Self::Project(_)
            | Self::BodyShape
            | Self::OutOfRange(_)
            | Self::Body(BodyError::CutOff) => StatusCode::BAD_REQUEST,
            Self::AlreadyLive => StatusCode::CONFLICT,
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
            Self::Unauthorized => return response.insert_header((WWW_AUTHENTICATE, "Bearer")).finish(),
            Self::MethodNotAllowed => return response.finish(),
            Self::NoSuchPath => {
                response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff")).content_type("text/plain; charset=utf-8");
                return response.body(self.to_string());
            }
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
            | Self::JobNotFound
            | Self::UserNotFound
            | Self::SessionNotFound
            | Self::JobId(_)
            | Self::UserIdEmpty
            | Self::UserIdTooLong
            | Self::UserIdMalformed
            | Self::DryRun(_)
            | Self::Ended(_)
            | Self::AlreadyLive
            | Self::NameTaken
            | Self::Project(_)
            | Self::BodyShape
            | Self::OutOfRange(_)
            | Self::Body(BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff)
            | Self::Failure
            | Self::Injected(_) => {}
        }
        response.json(ErrorBody { error: self.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_an_integer_is_quoted_as_the_original_does() {
        for (text, shown) in [
            ("abc", r#""abc""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("1\t2\n", r#""1\t2\n""#),
            ("\u{1}\u{7f}", r#""\x01\x7f""#),
            ("\u{a0}\u{85}", r#""\u00a0\u0085""#),
            ("١ ş", r#""١ ş""#),
            ("", r#""""#),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }

    #[test]
    fn a_number_that_is_too_large_is_told_from_a_text() {
        let shown = |is_too_large| V2Error::JobId(NotAnInteger { text: "1".to_owned(), is_too_large }).to_string();
        assert_eq!(shown(true), "invalid path param jobID: strconv.Atoi: parsing \"1\": value out of range");
        assert_eq!(shown(false), "invalid path param jobID: strconv.Atoi: parsing \"1\": invalid syntax");
    }
}
