//! What is wrong with a field, in the language of the visitor.

use derslik_domain::attendee::AttendeeField;
use derslik_domain::form::Problem;
use derslik_domain::session::{OptionName, SessionDuration, SessionField};
use derslik_domain::text::TextError;

use super::options;
use crate::texts::Texts;

/// The name of a field of a session on the wire, which is that of its input too.
pub(super) fn wire_name(field: SessionField) -> String {
    let name = match field {
        SessionField::Item => "item",
        SessionField::Guid => "session_guid",
        SessionField::Name => "name",
        SessionField::Description => "description",
        SessionField::Tags => "tags",
        SessionField::StartDate => "start_date",
        SessionField::Duration => "duration",
        SessionField::Lang => "lang",
        SessionField::AllowRecording => "allow_recording",
        SessionField::InaccessibleReplay => "inaccessible_replay",
        SessionField::Options => "options",
        SessionField::Option(option) => return options::wire_name(option),
        SessionField::Timezone => "timezone",
        SessionField::Status => "status",
    };
    name.to_owned()
}

/// What is wrong with a field of a session.
pub(super) fn of_session(t: Texts, field: SessionField, problem: Problem) -> String {
    if (field, problem) == (SessionField::Item, Problem::Mistyped) {
        return t.sessions_problem_item();
    }
    general(t, problem).unwrap_or_else(|| match field {
        SessionField::StartDate => t.sessions_problem_date(),
        SessionField::Duration => t.sessions_problem_duration(SessionDuration::MAX_MINUTES, SessionDuration::MIN_MINUTES),
        SessionField::Option(OptionName::PreparationTime) => t.sessions_problem_minutes(),
        SessionField::Lang => t.sessions_problem_lang(),
        SessionField::Timezone => t.sessions_problem_zone(),
        SessionField::Status => t.sessions_problem_status(),
        SessionField::Item
        | SessionField::Guid
        | SessionField::Name
        | SessionField::Description
        | SessionField::Tags
        | SessionField::AllowRecording
        | SessionField::InaccessibleReplay
        | SessionField::Options
        | SessionField::Option(_) => t.sessions_problem_invalid(),
    })
}

/// The name of the input of a field of an attendee.
pub(super) const fn attendee_input(field: AttendeeField) -> &'static str {
    match field {
        AttendeeField::Item | AttendeeField::User | AttendeeField::Code => "user",
        AttendeeField::Email => "email",
        AttendeeField::Name => "name",
        AttendeeField::Surname => "surname",
        AttendeeField::Mobile => "mobile",
        AttendeeField::Role => "role",
    }
}

/// What is wrong with a field of an attendee.
pub(super) fn of_attendee(t: Texts, field: AttendeeField, problem: Problem) -> String {
    general(t, problem).unwrap_or_else(|| match field {
        AttendeeField::Email => t.sessions_problem_email(),
        AttendeeField::Item
        | AttendeeField::User
        | AttendeeField::Code
        | AttendeeField::Name
        | AttendeeField::Surname
        | AttendeeField::Mobile
        | AttendeeField::Role => t.sessions_problem_invalid(),
    })
}

/// What is wrong with a field of any kind; `None` where it depends on the kind.
fn general(t: Texts, problem: Problem) -> Option<String> {
    match problem {
        Problem::Required | Problem::Text(TextError::Empty) => Some(t.sessions_problem_required()),
        Problem::Mistyped => Some(t.sessions_problem_type()),
        Problem::Repeated => Some(t.sessions_problem_repeated()),
        Problem::Text(TextError::NotUnicode | TextError::Nul) => Some(t.sessions_problem_letters()),
        Problem::Text(TextError::TooLong { max }) => Some(t.sessions_problem_long(max)),
        Problem::TooShort { min } => Some(t.sessions_problem_short(min)),
        Problem::Past => Some(t.sessions_problem_past()),
        Problem::Invalid => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn each_problem_has_a_sentence_in_each_language() {
        let all = [
            Problem::Required,
            Problem::Mistyped,
            Problem::Repeated,
            Problem::Text(TextError::Nul),
            Problem::Text(TextError::TooLong { max: 500 }),
            Problem::TooShort { min: 2 },
            Problem::Invalid,
            Problem::Past,
        ];
        for t in Language::ALL.map(Texts::of) {
            for problem in all {
                for field in [SessionField::StartDate, SessionField::Duration, SessionField::Name] {
                    assert!(!of_session(t, field, problem).starts_with("sessions-"), "{field:?} {problem:?}");
                }
                assert!(!of_attendee(t, AttendeeField::Email, problem).starts_with("sessions-"), "{problem:?}");
            }
        }
    }
}
