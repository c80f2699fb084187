//! The texts for violated rules about sessions and their filters. No table here has a wildcard, so a new rule does not compile
//! until it has a text.

use derslik_domain::session::{FilterError, FilterField, OptionName, Problem, SessionDuration, SessionField, Violation};

use super::options::wire_name;
use crate::perculus::text::Text;
use crate::perculus::violation::{must_be, page_fault, simple_reason};

/// The text of a violation about a session.
pub(in crate::perculus) fn session_rule(violation: Violation) -> Text {
    let Violation { field, problem } = violation;
    if field == SessionField::Item {
        return Text::of("session-item");
    }
    let key = session_key(field);
    let subject = Text::of("session-field").with("field", if matches!(field, SessionField::Option(_)) { "options" } else { key });
    let key = if let SessionField::Option(name) = field { wire_name(name) } else { key.to_owned() };
    match problem {
        Problem::Invalid if field == SessionField::StartDate => subject,
        Problem::Invalid if field == SessionField::Duration => {
            let (min, max) = (SessionDuration::MIN_MINUTES, SessionDuration::MAX_MINUTES);
            subject.then(Text::of("minutes-out-of-range").with("key", key).with("min", min).with("max", max))
        }
        Problem::Invalid => subject.then(must_be(key, session_value(field))),
        Problem::Mistyped => subject.then(must_be(key, session_type(field))),
        Problem::Required | Problem::Repeated | Problem::Text(_) | Problem::TooShort { .. } | Problem::Past => {
            match simple_reason(problem, &key) {
                Some(reason) => subject.then(reason),
                // A start in the past: the vendor's message gives no reason.
                None => subject,
            }
        }
    }
}

/// The text of a refused filter of sessions.
pub(in crate::perculus) fn filter_fault(error: FilterError) -> Text {
    match error {
        FilterError::Invalid(field) => filter_unreadable(filter_key(field)),
        FilterError::TooLong { field, max } => Text::of("filter-too-long").with("key", filter_key(field)).with("max", max),
        FilterError::Page(error) => page_fault(error),
    }
}

/// The text of a filter whose field of that name can't be parsed.
pub(in crate::perculus) fn filter_unreadable(key: &'static str) -> Text {
    Text::of("filter-unreadable").with("key", key)
}

fn filter_key(field: FilterField) -> &'static str {
    match field {
        FilterField::Guid => "session_guid",
        FilterField::Name => "name",
        FilterField::Description => "description",
        FilterField::Tags => "tags",
        FilterField::Duration => "duration",
        FilterField::Begin => "begin_date",
        FilterField::End => "end_date",
        FilterField::PageNumber => "page_number",
        FilterField::PageSize => "page_size",
    }
}

fn session_key(field: SessionField) -> &'static str {
    match field {
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
        SessionField::Options | SessionField::Option(_) => "options",
        SessionField::Timezone => "timezone",
        SessionField::Status => "status",
    }
}

/// The type that a field of a session must have.
fn session_type(field: SessionField) -> &'static str {
    match field {
        SessionField::Item | SessionField::Options | SessionField::Option(OptionName::Chat | OptionName::Duration) => "object",
        SessionField::Duration | SessionField::Status | SessionField::Option(OptionName::PreparationTime) => "integer",
        SessionField::AllowRecording | SessionField::InaccessibleReplay | SessionField::Option(OptionName::Flag(_)) => "boolean",
        SessionField::Guid
        | SessionField::Name
        | SessionField::Description
        | SessionField::Tags
        | SessionField::StartDate
        | SessionField::Lang
        | SessionField::Timezone
        | SessionField::Option(OptionName::ReturnUrl) => "string",
    }
}

/// The values that a field of a session accepts.
fn session_value(field: SessionField) -> &'static str {
    match field {
        SessionField::Lang => "language",
        SessionField::Timezone => "timezone",
        SessionField::Status => "status",
        SessionField::Option(_) => "minutes",
        SessionField::Item
        | SessionField::Guid
        | SessionField::Name
        | SessionField::Description
        | SessionField::Tags
        | SessionField::StartDate
        | SessionField::Duration
        | SessionField::AllowRecording
        | SessionField::InaccessibleReplay
        | SessionField::Options => "valid",
    }
}
