//! The errors of the sessions API: `{"code": n, "details": "text"}` and an HTTP status.
//!
//! The code does not depend on the language. Neither do details that are written like an identifier, because programs compare
//! those.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use derslik_domain::idempotency::{Answer, IdempotencyKey};
use derslik_domain::identity::PersonFilterError;
use derslik_domain::page::PageError;
use derslik_domain::session::FilterError;
use derslik_ports::inbound::{AuthenticationError, KeyRefusal, ServiceError};
use derslik_ports::{Conflict, StoreError};
use serde::Serialize;

use super::language::Language;
use super::people::violations::person_filter_fault;
use super::response::{mark_language, write};
use super::sessions::violations::filter_fault;
use super::text::Text;
use crate::body::BodyError;
use crate::injection::InjectedDenial;
use crate::memory::BudgetExhausted;
use crate::rate::{Exceeded, Policy};
use crate::response::RETRY_AFTER_SECONDS;

/// An answer that reports an error.
#[derive(Debug)]
pub(super) enum PerculusError {
    Unauthorized,
    NotAllowed,
    SessionNotFound,
    /// The violated rules.
    Invalid(Vec<Text>),
    AttendeeNotFound,
    UserNotFound,
    UsernameTaken,
    EmailTaken,
    BadRequest(Text),
    BadKey,
    KeyReused,
    KeyBusy,
    KeyErased,
    Body(BodyError),
    BudgetExhausted,
    TooMany(Exceeded),
    Filter(FilterError),
    NoSuchPath,
    MethodNotAllowed,
    Unavailable,
    Failure,
    /// A status that no call of the dialect has, for a test.
    Injected(InjectedDenial),
}

/// The details of an error.
enum Details {
    /// A token for programs, the same in every language.
    Token(&'static str),
    /// Texts for people.
    Texts(Vec<Text>),
}

#[derive(Serialize)]
struct ErrorBody {
    code: u16,
    details: String,
}

impl PerculusError {
    /// The error code of the dialect.
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Failure | Self::Injected(InjectedDenial::BadGateway | InjectedDenial::GatewayTimeout) => 10,
            Self::Unavailable | Self::BudgetExhausted | Self::Body(BodyError::BudgetExhausted) => 11,
            Self::Filter(FilterError::Page(PageError::TooLarge)) => 38,
            Self::Filter(_) | Self::Invalid(_) => 12,
            Self::Unauthorized => 14,
            Self::KeyReused => 15,
            Self::NotAllowed => 17,
            Self::BadRequest(_)
            | Self::BadKey
            | Self::KeyBusy
            | Self::KeyErased
            | Self::Body(_)
            | Self::TooMany(_)
            | Self::NoSuchPath
            | Self::MethodNotAllowed
            | Self::Injected(_) => 19,
            Self::SessionNotFound => 30,
            Self::AttendeeNotFound => 40,
            Self::UsernameTaken => 50,
            Self::EmailTaken => 51,
            Self::UserNotFound => 52,
        }
    }

    /// The error as the answer to an idempotent request.
    pub(super) fn answer(&self, language: Language) -> Answer {
        write(self.status_code(), 0, &ErrorBody { code: self.code(), details: self.details_in(language) })
    }

    /// The error as an answer in a language.
    pub(super) fn response_in(&self, language: Language) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthorized => _ = response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::Unavailable | Self::BudgetExhausted | Self::KeyBusy | Self::Body(BodyError::BudgetExhausted) => {
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
            | Self::SessionNotFound
            | Self::Invalid(_)
            | Self::AttendeeNotFound
            | Self::UserNotFound
            | Self::UsernameTaken
            | Self::EmailTaken
            | Self::BadRequest(_)
            | Self::BadKey
            | Self::KeyReused
            | Self::KeyErased
            | Self::Body(BodyError::UnsupportedMediaType | BodyError::NoForm | BodyError::CutOff)
            | Self::Filter(_)
            | Self::NoSuchPath
            | Self::MethodNotAllowed
            | Self::Failure
            | Self::Injected(_) => {}
        }
        let mut response = response.json(ErrorBody { code: self.code(), details: self.details_in(language) });
        if matches!(self.details(), Details::Texts(_)) {
            mark_language(response.headers_mut(), language);
        }
        response
    }

    /// The details in a language.
    pub(super) fn details_in(&self, language: Language) -> String {
        match self.details() {
            Details::Token(token) => token.to_owned(),
            Details::Texts(texts) => texts.iter().map(|text| text.in_language(language)).collect::<Vec<_>>().join(" "),
        }
    }

    /// The texts for people, before they are put into a language.
    #[cfg(test)]
    pub(super) fn texts(&self) -> Vec<Text> {
        match self.details() {
            Details::Token(_) => Vec::new(),
            Details::Texts(texts) => texts,
        }
    }

    fn details(&self) -> Details {
        let text = match self {
            Self::SessionNotFound => return Details::Token("session_not_found"),
            Self::AttendeeNotFound => return Details::Token("attendee_not_found"),
            Self::UserNotFound => return Details::Token("user_not_found"),
            Self::UsernameTaken => return Details::Token("username_in_use"),
            Self::EmailTaken => return Details::Token("email_in_use"),
            Self::Injected(denial) => return Details::Token(denial.word()),
            Self::Invalid(texts) => return Details::Texts(texts.clone()),
            Self::BadRequest(text) => text.clone(),
            Self::Filter(error) => filter_fault(*error),
            Self::Body(error) => body_fault(*error),
            Self::BudgetExhausted => Text::of("answer-budget-exhausted"),
            Self::TooMany(exceeded) => match exceeded.policy {
                Policy::Unknown | Policy::Signature => Text::of("too-many-unknown"),
                Policy::Credential => Text::of("too-many-of-credential"),
            },
            Self::BadKey => Text::of("key-malformed").with("max", IdempotencyKey::MAX),
            Self::KeyReused => Text::of("key-reused"),
            Self::KeyBusy => Text::of("key-busy"),
            Self::KeyErased => Text::of("key-erased"),
            Self::Unauthorized => Text::of("unauthorized"),
            Self::NotAllowed => Text::of("not-allowed"),
            Self::NoSuchPath => Text::of("no-such-path"),
            Self::MethodNotAllowed => Text::of("method-not-allowed"),
            Self::Unavailable => Text::of("unavailable"),
            Self::Failure => Text::of("failure"),
        };
        Details::Texts(vec![text])
    }
}

fn body_fault(error: BodyError) -> Text {
    match error {
        BodyError::UnsupportedMediaType => Text::of("body-not-json-by-header"),
        BodyError::NoForm => Text::of("body-no-form"),
        BodyError::TooLarge { limit } => Text::of("body-too-large").with("limit", limit),
        BodyError::TooSlow => Text::of("body-too-slow"),
        BodyError::CutOff => Text::of("body-cut-off"),
        BodyError::BudgetExhausted => Text::of("body-budget-exhausted"),
    }
}

/// In English, for logs.
impl std::fmt::Display for PerculusError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.details_in(Language::English))
    }
}

impl std::error::Error for PerculusError {}

impl From<BodyError> for PerculusError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<BudgetExhausted> for PerculusError {
    fn from(BudgetExhausted: BudgetExhausted) -> Self {
        Self::BudgetExhausted
    }
}

impl From<InjectedDenial> for PerculusError {
    fn from(denial: InjectedDenial) -> Self {
        match denial {
            InjectedDenial::Denied => Self::NotAllowed,
            InjectedDenial::Missing => Self::SessionNotFound,
            InjectedDenial::TooSlow => Self::Body(BodyError::TooSlow),
            InjectedDenial::Malformed | InjectedDenial::Clash | InjectedDenial::BadGateway | InjectedDenial::GatewayTimeout => {
                Self::Injected(denial)
            }
        }
    }
}

impl From<Exceeded> for PerculusError {
    fn from(exceeded: Exceeded) -> Self {
        Self::TooMany(exceeded)
    }
}

impl From<FilterError> for PerculusError {
    fn from(error: FilterError) -> Self {
        Self::Filter(error)
    }
}

impl From<PersonFilterError> for PerculusError {
    fn from(error: PersonFilterError) -> Self {
        match error {
            PersonFilterError::Page(error) => Self::Filter(error.into()),
            PersonFilterError::Invalid(_) => Self::Invalid(vec![person_filter_fault(error)]),
        }
    }
}

impl From<AuthenticationError> for PerculusError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Store(error) => error.into(),
            AuthenticationError::TooMany(exceeded) => Exceeded::from(exceeded).into(),
            AuthenticationError::Invalid | AuthenticationError::Expired | AuthenticationError::Scope(_) => Self::Unauthorized,
        }
    }
}

impl From<ServiceError> for PerculusError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Denied(_) => Self::NotAllowed,
            ServiceError::Gone(_) => Self::Unauthorized,
            ServiceError::NotFound => Self::SessionNotFound,
            ServiceError::Key(KeyRefusal::Reused) => Self::KeyReused,
            ServiceError::Key(KeyRefusal::Busy) => Self::KeyBusy,
            ServiceError::Key(KeyRefusal::Erased) => Self::KeyErased,
            // Another transaction has taken the name or the address meanwhile.
            ServiceError::Store(StoreError::Conflict(Conflict::Username)) => Self::UsernameTaken,
            ServiceError::Store(StoreError::Conflict(Conflict::UserEmail)) => Self::EmailTaken,
            ServiceError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for PerculusError {
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

impl ResponseError for PerculusError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::NotAllowed => StatusCode::UNAUTHORIZED,
            Self::SessionNotFound | Self::AttendeeNotFound | Self::UserNotFound | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyBusy | Self::KeyErased | Self::UsernameTaken | Self::EmailTaken => StatusCode::CONFLICT,
            Self::BadRequest(_) | Self::BadKey | Self::Invalid(_) | Self::Filter(_) | Self::Body(BodyError::CutOff) => {
                StatusCode::BAD_REQUEST
            }
            Self::Body(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(BodyError::UnsupportedMediaType | BodyError::NoForm) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable | Self::BudgetExhausted | Self::Body(BodyError::BudgetExhausted) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Injected(denial) => denial.status(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.response_in(Language::default())
    }
}
