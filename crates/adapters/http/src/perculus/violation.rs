//! The texts for rules that the fields of all resources share. The texts themselves are in `perculus/text`.

use derslik_domain::form::Problem;
use derslik_domain::page::{OffsetPage, PageError};
use derslik_domain::text::TextError;

use super::text::Text;

/// The text about `subject`, whose field named `key` has a problem.
pub(super) fn plain_rule(subject: Text, problem: Problem, key: &'static str, wanted: &'static str) -> Text {
    let reason = simple_reason(problem, key).unwrap_or_else(|| must_be(key.to_owned(), wanted));
    subject.then(reason)
}

/// The text for the values that a field accepts.
pub(super) fn must_be(key: String, wanted: &'static str) -> Text {
    Text::of("must-be").with("key", key).with("wanted", wanted)
}

/// The reason for a violation, where it does not depend on the purpose of the field.
pub(super) fn simple_reason(problem: Problem, key: &str) -> Option<Text> {
    let text = match problem {
        Problem::Required => Text::of("required"),
        Problem::Repeated => Text::of("repeated"),
        Problem::Text(TextError::Empty) => Text::of("empty"),
        Problem::Text(TextError::TooLong { max }) => Text::of("too-long").with("max", max),
        Problem::Text(TextError::Nul) => Text::of("nul"),
        Problem::Text(TextError::NotUnicode) => Text::of("not-unicode"),
        Problem::TooShort { min } => Text::of("too-short").with("min", min),
        Problem::Mistyped | Problem::Invalid | Problem::Past => return None,
    };
    Some(text.with("key", key.to_owned()))
}

/// The text of a refused page.
pub(super) fn page_fault(error: PageError) -> Text {
    match error {
        PageError::TooLarge => Text::of("page-too-large").with("max", OffsetPage::MAX_SIZE),
        PageError::OutOfRange => Text::of("page-out-of-range"),
    }
}
