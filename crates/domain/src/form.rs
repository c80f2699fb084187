//! What a client sent, field by field, before it is validated. Dialects fill a form in, and the rules of each kind of object
//! read it. Forms hold no field names.

use crate::text::TextError;

/// One field of a request object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Field<T> {
    /// The field was not sent.
    #[default]
    Missing,
    /// The field was sent with a null.
    Null,
    /// The field was sent with a value of the wanted type.
    Given(T),
    /// The field was sent with a value of another type.
    Mistyped,
    /// The field was sent more than once, so that the value that the client meant is unknown.
    Repeated,
}

/// Text as it came from the wire: mostly UTF-8, but not checked yet.
pub type RawText = Vec<u8>;

/// A fault that a field of any kind can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum FieldFault {
    /// Of the wrong type.
    Mistyped,
    /// Sent more than once.
    Repeated,
}

impl<T> Field<T> {
    /// The field with `change` applied to its value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Missing => Field::Missing,
            Field::Null => Field::Null,
            Field::Given(value) => Field::Given(change(value)),
            Field::Mistyped => Field::Mistyped,
            Field::Repeated => Field::Repeated,
        }
    }

    /// The value, or `None` for a missing field and for a null.
    ///
    /// # Errors
    /// The [`FieldFault`] of a field that holds no usable value.
    pub fn given(self) -> Result<Option<T>, FieldFault> {
        match self {
            Field::Missing | Field::Null => Ok(None),
            Field::Given(value) => Ok(Some(value)),
            Field::Mistyped => Err(FieldFault::Mistyped),
            Field::Repeated => Err(FieldFault::Repeated),
        }
    }
}

impl Field<RawText> {
    /// The same field, where an empty text counts as not sent.
    pub(crate) fn unset_if_empty(self) -> Self {
        match self {
            Field::Given(text) if text.is_empty() => Field::Missing,
            field => field,
        }
    }
}

/// A problem of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Problem {
    /// It has to be sent.
    Required,
    /// It is of the wrong type.
    Mistyped,
    /// It was sent more than once.
    Repeated,
    /// The text is not acceptable.
    Text(TextError),
    /// The text has fewer characters than the installation demands.
    TooShort {
        /// The fewest characters that are accepted.
        min: usize,
    },
    /// It does not have the wanted form, or is out of its range.
    Invalid,
    /// It lies in the past.
    Past,
}

/// One broken rule `P` about a field of the kind `F`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Violation<F, P = Problem> {
    /// The field.
    pub field: F,
    /// The broken rule.
    pub problem: P,
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        match fault {
            FieldFault::Mistyped => Self::Mistyped,
            FieldFault::Repeated => Self::Repeated,
        }
    }
}

impl From<TextError> for Problem {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

/// Collects the violations of one form.
pub(crate) struct Violations<F, P = Problem> {
    violations: Vec<Violation<F, P>>,
}

impl<F, P> Default for Violations<F, P> {
    fn default() -> Self {
        Self { violations: Vec::new() }
    }
}

impl<F, P: From<FieldFault>> Violations<F, P> {
    pub(crate) fn report(&mut self, field: F, problem: impl Into<P>) {
        self.violations.push(Violation { field, problem: problem.into() });
    }

    /// The value of a field, read by `read`. `None` if the field was not sent, or if `read` or the field itself reported a
    /// violation.
    pub(crate) fn read<T, U>(&mut self, field: F, value: Field<T>, read: impl FnOnce(T) -> Result<U, P>) -> Option<U> {
        let value = value.given().map_err(P::from).and_then(|value| value.map(read).transpose());
        value.unwrap_or_else(|problem| {
            self.report(field, problem);
            None
        })
    }

    /// Whether nothing was wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.violations.is_empty()
    }

    /// `value`, if no violation was reported; otherwise every violation.
    pub(crate) fn verdict<T>(self, value: Option<T>) -> Result<T, Vec<Violation<F, P>>> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(self.violations),
        }
    }
}

impl<F> Violations<F> {
    /// As [`Violations::read`], for a field that must be there.
    pub(crate) fn require<T, U>(&mut self, field: F, value: Field<T>, read: impl FnOnce(T) -> Result<U, Problem>) -> Option<U> {
        if matches!(value, Field::Missing | Field::Null) {
            self.report(field, Problem::Required);
            return None;
        }
        self.read(field, value, read)
    }
}

/// The text of a field that takes any text without NUL.
pub(crate) fn read_utf8(text: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(text).map_err(|_| TextError::NotUnicode)?;
    if text.contains('\0') { Err(TextError::Nul.into()) } else { Ok(text) }
}
