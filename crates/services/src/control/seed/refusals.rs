//! Says which member of a seed breaks a rule of the domain, and what it must be.

use derslik_domain::attendee::{AttendeeField, AttendeeRefusal};
use derslik_domain::course::{CourseField, CreateError};
use derslik_domain::form::Problem;
use derslik_domain::session::{DurationError, SessionField, Violation};
use derslik_ports::inbound::CourseError;
use derslik_ports::inbound::control::ControlError;
use derslik_seed::SeedSession;

/// The refusal of a session that breaks those rules.
pub(super) fn of_session(object: &str, session: &SeedSession, violations: &[Violation]) -> ControlError {
    let Some(first) = violations.first() else { return ControlError::invalid(object, "the session is not acceptable") };
    let (name, value) = match first.field {
        SessionField::Name => ("name", cut(&session.name)),
        SessionField::Description => ("description", cut(session.description.as_deref().unwrap_or_default())),
        SessionField::Tags => ("tags", cut(session.tags.as_deref().unwrap_or_default())),
        SessionField::StartDate => ("start", cut(&session.start)),
        SessionField::Duration => {
            return ControlError::invalid(&format!("{object}.duration"), format!("{} is {DurationError}", session.duration));
        }
        field => return ControlError::invalid(object, format!("the session is not acceptable: {field:?}")),
    };
    ControlError::invalid(&format!("{object}.{name}"), format!("{value} is not acceptable: {}", broken(first.problem)))
}

/// The refusal of a course.
pub(super) fn of_course(object: &str, error: &CourseError) -> ControlError {
    let CourseError::Create(CreateError::Invalid(violations)) = error else { return ControlError::invalid(object, error.to_string()) };
    let Some(first) = violations.first() else { return ControlError::invalid(object, error.to_string()) };
    let name = match first.field {
        CourseField::Name => "name",
        CourseField::Section => "section",
        CourseField::DescriptionHeading => "description_heading",
        CourseField::Description => "description",
        CourseField::Room => "room",
        CourseField::Owner => "owner",
        CourseField::State => "state",
        field => return ControlError::invalid(object, format!("{field:?}: {}", first.problem)),
    };
    ControlError::invalid(&format!("{object}.{name}"), first.problem.to_string())
}

/// The refusal of an attendee.
pub(super) fn of_attendee(object: &str, refusal: &AttendeeRefusal) -> ControlError {
    match refusal {
        AttendeeRefusal::Invalid(violations) => {
            let first = violations.first().map(|violation| (violation.field, violation.problem));
            let name = match first.map(|(field, _)| field) {
                Some(AttendeeField::Email) => "email",
                Some(AttendeeField::Name) => "name",
                Some(AttendeeField::Surname) => "surname",
                _ => return ControlError::invalid(object, "the attendee is not acceptable"),
            };
            let problem = first.map(|(_, problem)| broken(problem)).unwrap_or_default();
            ControlError::invalid(&format!("{object}.{name}"), problem)
        }
        AttendeeRefusal::UnknownUser => ControlError::invalid(object, "there is no such person"),
        AttendeeRefusal::UnknownCode => ControlError::invalid(object, "no attendee has this code"),
        AttendeeRefusal::EmailTaken => ControlError::invalid(object, "another attendee of the session has this address"),
    }
}

/// A text in quotation marks; a long one is cut.
fn cut(text: &str) -> String {
    const MAX: usize = 60;
    let begin: String = text.chars().take(MAX).collect();
    if begin.len() < text.len() { format!("\"{begin}…\"") } else { format!("\"{begin}\"") }
}

fn broken(problem: Problem) -> String {
    match problem {
        Problem::Required => "it is missing".to_owned(),
        Problem::Mistyped => "it is of the wrong type".to_owned(),
        Problem::Repeated => "it stands there more than once".to_owned(),
        Problem::Text(error) => error.to_string(),
        Problem::TooShort { min } => format!("it has fewer than {min} characters"),
        Problem::Invalid => "it does not have the wanted form".to_owned(),
        Problem::Past => "it lies in the past".to_owned(),
    }
}
