//! The texts for violated rules about people and their filters. No table here has a wildcard, so a new rule does not compile
//! until it has a text.

use derslik_domain::form::Violation;
use derslik_domain::identity::{PersonField, PersonFilterError};

use crate::perculus::text::Text;
use crate::perculus::violation::{page_fault, plain_rule};

/// The text of a violation about a person.
pub(in crate::perculus) fn person_rule(violation: Violation<PersonField>) -> Text {
    let (key, wanted) = person_key(violation.field);
    plain_rule(Text::of("user-field").with("field", key), violation.problem, key, wanted)
}

/// The text of a refused filter of people.
pub(in crate::perculus) fn person_filter_fault(error: PersonFilterError) -> Text {
    match error {
        PersonFilterError::Invalid(field) => Text::of("filter-unusable").with("key", person_key(field).0),
        PersonFilterError::Page(error) => page_fault(error),
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
