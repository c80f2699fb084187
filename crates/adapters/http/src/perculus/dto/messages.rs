//! The text for each violation. The texts themselves are in `perculus/text`. No table here has a wildcard, so a new rule does
//! not compile until it has a text.

use derslik_domain::attendee::AttendeeField;
use derslik_domain::identity::{PersonField, PersonFilterError};
use derslik_domain::page::{OffsetPage, PageError};
use derslik_domain::session::{FilterError, FilterField, OptionName, Problem, SessionDuration, SessionField, Violation};
use derslik_domain::text::TextError;

use super::attendee::Style;
use super::options::wire_name;
use crate::perculus::text::Text;

/// The text of a violation about a session.
pub(crate) fn session_rule(violation: Violation) -> Text {
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
        Problem::Required | Problem::Repeated | Problem::Text(_) | Problem::Past => match simple_reason(problem, &key) {
            Some(reason) => subject.then(reason),
            // A start in the past: the vendor's message gives no reason.
            None => subject,
        },
    }
}

/// The text of a violation about a person.
pub(crate) fn person_rule(violation: derslik_domain::form::Violation<PersonField>) -> Text {
    let (key, wanted) = person_key(violation.field);
    plain_rule(Text::of("user-field").with("field", key), violation.problem, key, wanted)
}

/// The text of a violation about an attendee.
pub(crate) fn attendee_rule(violation: derslik_domain::form::Violation<AttendeeField>, style: Style) -> Text {
    let (field, wanted) = match violation.field {
        AttendeeField::Item => return Text::of("attendee-item"),
        AttendeeField::User => ("user_guid", if matches!(style, Style::V1) { "string" } else { "guid" }),
        AttendeeField::Code => ("attendance_code", "string"),
        AttendeeField::Email => ("email", "email"),
        AttendeeField::Name => ("name", "string"),
        AttendeeField::Surname => ("surname", "string"),
        AttendeeField::Mobile => ("mobile", "string"),
        AttendeeField::Role => ("role", "role"),
    };
    let key = if violation.field == AttendeeField::User { style.keys().1 } else { field };
    plain_rule(Text::of("attendee-field").with("field", field), violation.problem, key, wanted)
}

/// The text of a refused filter of sessions.
pub(crate) fn filter_fault(error: FilterError) -> Text {
    match error {
        FilterError::Invalid(field) => filter_unreadable(filter_key(field)),
        FilterError::TooLong { field, max } => Text::of("filter-too-long").with("key", filter_key(field)).with("max", max),
        FilterError::Page(PageError::TooLarge) => Text::of("page-too-large").with("max", OffsetPage::MAX_SIZE),
        FilterError::Page(PageError::OutOfRange) => Text::of("page-out-of-range"),
    }
}

/// The text of a filter whose field of that name can't be parsed.
pub(crate) fn filter_unreadable(key: &'static str) -> Text {
    Text::of("filter-unreadable").with("key", key)
}

/// The text of a refused filter of people.
pub(crate) fn person_filter_fault(error: PersonFilterError) -> Text {
    match error {
        PersonFilterError::Invalid(field) => Text::of("filter-unusable").with("key", person_key(field).0),
        PersonFilterError::Page(error) => filter_fault(error.into()),
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

/// The key of a field of a person, and the text for its accepted values.
fn person_key(field: PersonField) -> (&'static str, &'static str) {
    match field {
        PersonField::Name => ("name", "string"),
        PersonField::Surname => ("surname", "string"),
        PersonField::Email => ("email", "email"),
        PersonField::Username => ("username", "string"),
        PersonField::Role => ("role", "role"),
        PersonField::Password => ("password", "string"),
        PersonField::Mobile => ("mobile", "string"),
        PersonField::LoginAllowed => ("login_allowed", "boolean"),
        PersonField::Active => ("active", "boolean"),
        PersonField::Lang => ("lang", "language"),
        PersonField::Timezone => ("timezone", "timezone"),
        PersonField::ExpiresAt => ("expires_at", "instant"),
    }
}

fn plain_rule(subject: Text, problem: Problem, key: &'static str, wanted: &'static str) -> Text {
    let reason = simple_reason(problem, key).unwrap_or_else(|| must_be(key.to_owned(), wanted));
    subject.then(reason)
}

fn must_be(key: String, wanted: &'static str) -> Text {
    Text::of("must-be").with("key", key).with("wanted", wanted)
}

/// The reason for a violation, where it does not depend on the purpose of the field.
fn simple_reason(problem: Problem, key: &str) -> Option<Text> {
    let text = match problem {
        Problem::Required => Text::of("required"),
        Problem::Repeated => Text::of("repeated"),
        Problem::Text(TextError::Empty) => Text::of("empty"),
        Problem::Text(TextError::TooLong { max }) => Text::of("too-long").with("max", max),
        Problem::Text(TextError::Nul) => Text::of("nul"),
        Problem::Text(TextError::NotUnicode) => Text::of("not-unicode"),
        Problem::Mistyped | Problem::Invalid | Problem::Past => return None,
    };
    Some(text.with("key", key.to_owned()))
}

#[cfg(test)]
pub(crate) mod samples {
    //! Every rule that can be violated, so that a test can check the text of each.

    use derslik_domain::session::OptionFlag;

    use super::*;

    const PROBLEMS: [Problem; 9] = [
        Problem::Required,
        Problem::Mistyped,
        Problem::Repeated,
        Problem::Invalid,
        Problem::Past,
        Problem::Text(TextError::Empty),
        Problem::Text(TextError::TooLong { max: 500 }),
        Problem::Text(TextError::Nul),
        Problem::Text(TextError::NotUnicode),
    ];

    /// Each field of a kind with each problem, and the text about it.
    fn broken<F: Copy + std::fmt::Debug>(
        fields: impl IntoIterator<Item = F>,
        text: impl Fn(derslik_domain::form::Violation<F>) -> Text,
    ) -> Vec<(String, Text)> {
        let pairs = fields.into_iter().flat_map(|field| PROBLEMS.map(|problem| (field, problem)));
        pairs.map(|(field, problem)| (format!("{field:?} {problem:?}"), text(derslik_domain::form::Violation { field, problem }))).collect()
    }

    pub(crate) fn all() -> Vec<(String, Text)> {
        use {AttendeeField as A, FilterField as F, PersonField as P, SessionField as S};
        let options = [OptionName::Chat, OptionName::Duration, OptionName::PreparationTime, OptionName::ReturnUrl];
        let options = options.into_iter().chain(OptionFlag::ALL.map(OptionName::Flag)).map(S::Option);
        let sessions = [S::Item, S::Guid, S::Name, S::Description, S::Tags, S::StartDate, S::Duration, S::Lang, S::AllowRecording];
        let sessions = sessions.into_iter().chain([S::InaccessibleReplay, S::Options, S::Timezone, S::Status]).chain(options);
        let people = [P::Name, P::Surname, P::Email, P::Username, P::Role, P::Password, P::Mobile, P::LoginAllowed, P::Active];
        let people = people.into_iter().chain([P::Lang, P::Timezone, P::ExpiresAt]);
        let attendees = [A::Item, A::User, A::Code, A::Email, A::Name, A::Surname, A::Mobile, A::Role];
        let filters = [F::Guid, F::Name, F::Description, F::Tags, F::Duration, F::Begin, F::End, F::PageNumber, F::PageSize];
        let filters = filters.into_iter().flat_map(|field| [FilterError::Invalid(field), FilterError::TooLong { field, max: 200 }]);
        let filters = filters.chain([FilterError::Page(PageError::TooLarge), FilterError::Page(PageError::OutOfRange)]);

        let mut texts = broken(sessions, session_rule);
        texts.append(&mut broken(people.clone(), person_rule));
        texts.append(&mut broken(attendees, |violation| attendee_rule(violation, Style::V1)));
        let second = Style::V2 { zone: derslik_domain::time::Zone::UTC, with_index: false };
        texts.append(&mut broken(attendees, move |violation| attendee_rule(violation, second)));
        texts.extend(filters.map(|error| (format!("{error:?}"), filter_fault(error))));
        texts.extend(people.map(|field| (format!("filter by {field:?}"), person_filter_fault(PersonFilterError::Invalid(field)))));
        texts
    }
}
