//! Values that several views show.

use std::fmt::Display;

use derslik_domain::time::{Timestamp, Zone};
use serde::{Serialize, Serializer};

/// A value that is printed as a JSON string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<T>(pub(super) T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An instant as version 1 prints it outside sessions, with a `Z`.
pub(super) fn utc_text(at: Timestamp) -> String {
    at.in_zone(Zone::UTC).to_string().replace("+00:00", "Z")
}
