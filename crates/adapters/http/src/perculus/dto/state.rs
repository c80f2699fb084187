//! The reason why an item of a batch was refused.

use serde::Serialize;

use crate::perculus::error::PerculusError;
use crate::perculus::language::Language;
use crate::perculus::text::Text;

/// The reason why an item was refused.
#[derive(Debug, Serialize)]
pub(super) struct State {
    code: u16,
    details: Details,
}

/// Violations are reported as a list of texts, a state that forbids the change as one text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Details {
    Broken(Vec<String>),
    State(String),
}

impl State {
    /// The item violates rules.
    pub(super) fn broken(rules: impl Iterator<Item = Text>, language: Language) -> Self {
        Self { code: 12, details: Details::Broken(rules.map(|rule| rule.in_language(language)).collect()) }
    }

    /// The error that a request for this one item would have had.
    pub(super) fn of(error: PerculusError, language: Language) -> Self {
        if let PerculusError::Invalid(rules) = error {
            return Self::broken(rules.into_iter(), language);
        }
        Self { code: error.code(), details: Details::State(error.details_in(language)) }
    }
}
