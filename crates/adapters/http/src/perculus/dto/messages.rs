//! The texts of broken rules, in English. Those that the vendor's page shows are its own.

use derslik_domain::page::{Page, PageError};
use derslik_domain::session::{FilterError, FilterField, OptionName, Problem, SessionDuration, SessionField, Violation};
use derslik_domain::text::TextError;

use super::options::wire_name;

/// The text of a broken rule.
pub(crate) fn message(violation: Violation) -> String {
    let Violation { field, problem } = violation;
    if field == SessionField::Item {
        return "Invalid session. An item of the batch must be a JSON object.".to_owned();
    }
    let (subject, key) = names(field);
    let reason = match problem {
        Problem::Invalid if field == SessionField::StartDate => None,
        Problem::Required => Some(format!("{key} is required.")),
        Problem::Mistyped => Some(format!("{key} must be {}.", type_name(field))),
        Problem::Repeated => Some(format!("{key} was sent more than once.")),
        Problem::Text(error) => Some(text_reason(&key, error)),
        Problem::Invalid => Some(format!("{key} must be {}.", wanted(field))),
        // A start in the past: the vendor says no more about it.
        _ => None,
    };
    match reason {
        None => format!("Invalid session {subject}."),
        Some(reason) => format!("Invalid session {subject}. {reason}"),
    }
}

/// The text of a refused filter.
pub(crate) fn filter_message(error: FilterError) -> String {
    match error {
        FilterError::Invalid(field) => format!("Invalid filter. {} can't be read.", filter_key(field)),
        FilterError::TooLong { field, max } => format!("Invalid filter. {} must not be longer than {max} characters.", filter_key(field)),
        FilterError::Page(PageError::TooLarge) => format!("page_size must not be above {}.", Page::MAX_SIZE),
        _ => "Invalid filter. page_number and page_size must be positive numbers, and not too large.".to_owned(),
    }
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

/// What a field is called in a sentence, and by its key.
fn names(field: SessionField) -> (&'static str, String) {
    let (subject, key) = match field {
        SessionField::Item => ("item", "item"),
        SessionField::Guid => ("guid", "session_guid"),
        SessionField::Name => ("name", "name"),
        SessionField::Description => ("description", "description"),
        SessionField::Tags => ("tags", "tags"),
        SessionField::StartDate => ("start date", "start_date"),
        SessionField::Duration => ("duration", "duration"),
        SessionField::Lang => ("language", "lang"),
        SessionField::AllowRecording => ("recording setting", "allow_recording"),
        SessionField::InaccessibleReplay => ("replay setting", "inaccessible_replay"),
        SessionField::Options => ("options", "options"),
        SessionField::Option(name) => return ("options", wire_name(name)),
        SessionField::Timezone => ("timezone", "timezone"),
        SessionField::Status => ("status", "status"),
    };
    (subject, key.to_owned())
}

fn type_name(field: SessionField) -> &'static str {
    match field {
        SessionField::Item | SessionField::Options | SessionField::Option(OptionName::Chat | OptionName::Duration) => "an object",
        SessionField::Duration | SessionField::Status | SessionField::Option(OptionName::PreparationTime) => "a whole number",
        SessionField::AllowRecording | SessionField::InaccessibleReplay | SessionField::Option(OptionName::Flag(_)) => "true or false",
        SessionField::Guid
        | SessionField::Name
        | SessionField::Description
        | SessionField::Tags
        | SessionField::StartDate
        | SessionField::Lang
        | SessionField::Timezone
        | SessionField::Option(OptionName::ReturnUrl) => "a string",
    }
}

fn wanted(field: SessionField) -> String {
    match field {
        SessionField::Duration => {
            format!("between {} and {} minutes", SessionDuration::MIN_MINUTES, SessionDuration::MAX_MINUTES)
        }
        SessionField::Lang => "a language tag such as tr-TR".to_owned(),
        SessionField::Timezone => "an IANA time zone such as Europe/Istanbul".to_owned(),
        SessionField::Status => "0, 1, 2 or 3".to_owned(),
        SessionField::Option(_) => "a number of minutes".to_owned(),
        _ => "valid".to_owned(),
    }
}

fn text_reason(key: &str, error: TextError) -> String {
    match error {
        TextError::Empty => format!("{key} must not be empty."),
        TextError::TooLong { max } => format!("{key} must not be longer than {max} characters."),
        TextError::Nul => format!("{key} must not contain the character NUL."),
        _ => format!("{key} is not valid Unicode text."),
    }
}
