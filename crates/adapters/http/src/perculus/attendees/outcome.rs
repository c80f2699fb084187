//! From the outcome of a use case to the error.

use derslik_domain::attendee::AttendeeRefusal;

use super::style::Style;
use super::violations::attendee_rule;
use crate::perculus::error::PerculusError;

/// A refusal as the error of a request for one attendee.
pub(super) fn refusal_error(refusal: &AttendeeRefusal, style: Style) -> PerculusError {
    match refusal {
        AttendeeRefusal::Invalid(violations) => {
            PerculusError::Invalid(violations.iter().map(|violation| attendee_rule(*violation, style)).collect())
        }
        AttendeeRefusal::UnknownUser => PerculusError::UserNotFound,
        AttendeeRefusal::UnknownCode => PerculusError::AttendeeNotFound,
        AttendeeRefusal::EmailTaken => PerculusError::EmailTaken,
    }
}
