//! Every rule that can be violated, so that a test can check the text of each.

use derslik_domain::attendee::AttendeeField;
use derslik_domain::form::{Problem, Violation};
use derslik_domain::identity::{PersonField, PersonFilterError};
use derslik_domain::page::PageError;
use derslik_domain::session::{FilterError, FilterField, OptionFlag, OptionName, SessionField};
use derslik_domain::text::TextError;
use derslik_domain::time::Zone;

use crate::perculus::attendees::style::Style;
use crate::perculus::attendees::violations::attendee_rule;
use crate::perculus::people::violations::{person_filter_fault, person_rule};
use crate::perculus::sessions::violations::{filter_fault, session_rule};
use crate::perculus::text::Text;

const PROBLEMS: [Problem; 10] = [
    Problem::Required,
    Problem::Mistyped,
    Problem::Repeated,
    Problem::Invalid,
    Problem::Past,
    Problem::Text(TextError::Empty),
    Problem::Text(TextError::TooLong { max: 500 }),
    Problem::Text(TextError::Nul),
    Problem::Text(TextError::NotUnicode),
    Problem::TooShort { min: 8 },
];

/// Each field of a kind with each problem, and the text about it.
fn broken<F: Copy + std::fmt::Debug>(fields: impl IntoIterator<Item = F>, text: impl Fn(Violation<F>) -> Text) -> Vec<(String, Text)> {
    let pairs = fields.into_iter().flat_map(|field| PROBLEMS.map(|problem| (field, problem)));
    pairs.map(|(field, problem)| (format!("{field:?} {problem:?}"), text(Violation { field, problem }))).collect()
}

pub(super) fn all() -> Vec<(String, Text)> {
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
    let second = Style::V2 { zone: Zone::UTC, with_index: false };
    texts.append(&mut broken(attendees, move |violation| attendee_rule(violation, second)));
    texts.extend(filters.map(|error| (format!("{error:?}"), filter_fault(error))));
    texts.extend(people.map(|field| (format!("filter by {field:?}"), person_filter_fault(PersonFilterError::Invalid(field)))));
    texts
}
