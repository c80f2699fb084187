//! Why a use case of test control failed.

use std::fmt;

use crate::StoreError;

/// Why a use case of test control failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no such object.
    #[error("there is no {what} {id}")]
    NotFound {
        /// The kind of the object, as `account`.
        what: &'static str,
        /// Its id, as it was asked for.
        id: String,
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
        Self::NotFound { what, id: id.to_string() }
    }
}
