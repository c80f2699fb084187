//! Values that several views show.

use std::fmt::Display;

use derslik_domain::time::Timestamp;
use serde::Serializer;

/// Writes a value as text.
pub(super) fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// An instant in milliseconds since 1970.
pub(super) fn millis(instant: Timestamp) -> i64 {
    instant.micros().div_euclid(1_000)
}
