//! From the outcome of a use case to the answer.

use actix_web::http::StatusCode;
use derslik_domain::idempotency::Answer;
use derslik_domain::session::{BatchOutcome, Verdict};

use super::view::SessionViewV1;
use super::violations::session_rule;
use crate::perculus::error::PerculusError;
use crate::perculus::language::Language;
use crate::perculus::response::write;

/// The answer for the only item of a batch.
pub(super) fn single_answer(outcome: &BatchOutcome, done: StatusCode, language: Language) -> Answer {
    match outcome.verdicts().first() {
        Some(Verdict::Created(session) | Verdict::Updated(session)) => write(done, 1, &SessionViewV1(session)),
        Some(Verdict::Refused(violations)) => {
            PerculusError::Invalid(violations.iter().map(|violation| session_rule(*violation)).collect()).answer(language)
        }
        Some(Verdict::NotFound) | None => PerculusError::SessionNotFound.answer(language),
    }
}
