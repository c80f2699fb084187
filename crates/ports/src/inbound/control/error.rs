//! Why a use case of test control failed.

use std::fmt;

use derslik_domain::text::nearest;

use crate::StoreError;

/// Why a use case of test control failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no such object.
    #[error("there is no {what} {id}{hint}")]
    NotFound {
        /// The kind of the object, as `account`.
        what: &'static str,
        /// Its id, as it was asked for.
        id: String,
        /// What was probably meant, as the rest of the sentence, or nothing.
        hint: String,
    },
    /// A value can't be used.
    #[error("{problem}")]
    Invalid {
        /// The member of the body, or the parameter, if one is at fault.
        field: Option<String>,
        /// The line of the document, counted from 1, where the body is a document.
        line: Option<usize>,
        /// What is wrong, in English.
        problem: String,
    },
    /// Another object stands in the way.
    #[error("{0}")]
    Conflict(String),
    /// What was waited for did not come in time.
    #[error("{0}")]
    TimedOut(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ControlError {
    /// A value of that field can't be used.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { field: Some(field.to_owned()), line: None, problem: problem.into() }
    }

    /// There is no such object.
    pub fn not_found(what: &'static str, id: &dyn fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string(), hint: String::new() }
    }

    /// There is no such object among those that are known by these names.
    pub fn not_found_among<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        /// How many names are told.
        const MOST: usize = 10;
        let known: Vec<_> = known.into_iter().collect();
        let meant = nearest(name, known.iter().copied()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        let names: Vec<_> = known.iter().take(MOST).copied().collect();
        let more = if known.len() > MOST { " and others" } else { "" };
        let hint = if names.is_empty() { String::new() } else { format!(", but {}{more}{meant}", names.join(", ")) };
        Self::NotFound { what, id: name.to_owned(), hint }
    }

    /// The value of that field is none of the allowed names.
    pub fn not_among(field: &str, value: &str, allowed: &[&str]) -> Self {
        let meant = nearest(value, allowed.iter().copied()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        Self::invalid(field, format!("{value:?} is none of {}{meant}", allowed.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_told_with_those_that_exist() {
        let error = ControlError::not_found_among("snapshot", "befor", ["after", "before"]);
        assert_eq!(error.to_string(), "there is no snapshot befor, but after, before; did you mean before?");
        assert_eq!(ControlError::not_found_among("snapshot", "x", []).to_string(), "there is no snapshot x");
        let error = ControlError::not_among("kind", "delya", &["delay", "reset"]);
        assert_eq!(error.to_string(), "\"delya\" is none of delay, reset; did you mean delay?");
    }
}
