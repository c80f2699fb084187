//! From the outcome of a use case to the answer.

use actix_web::http::StatusCode;
use derslik_domain::form::Violation;
use derslik_domain::idempotency::Answer;
use derslik_domain::identity::{PersonField, PersonRefusal, User};
use derslik_ports::inbound::ServiceError;

use super::view::PersonView;
use super::violations::person_rule;
use crate::perculus::error::PerculusError;
use crate::perculus::language::Language;
use crate::perculus::response::write;

/// The answer that shows a person, or the refusal.
pub(super) fn answer(outcome: &Result<User, PersonRefusal>, done: StatusCode, language: Language) -> Answer {
    match outcome {
        Ok(user) => write(done, 1, &PersonView(user)),
        Err(refusal) => refusal_error(refusal).answer(language),
    }
}

/// A refusal as an error.
pub(super) fn refusal_error(refusal: &PersonRefusal) -> PerculusError {
    match refusal {
        PersonRefusal::Invalid(violations) => invalid(violations),
        PersonRefusal::EmailTaken => PerculusError::EmailTaken,
        PersonRefusal::UsernameTaken => PerculusError::UsernameTaken,
    }
}

/// The error for violated rules.
pub(super) fn invalid(violations: &[Violation<PersonField>]) -> PerculusError {
    PerculusError::Invalid(violations.iter().map(|violation| person_rule(*violation)).collect())
}

/// The error of a use case, which is about a person.
pub(super) fn person_error(error: ServiceError) -> PerculusError {
    if matches!(error, ServiceError::NotFound) { PerculusError::UserNotFound } else { error.into() }
}
