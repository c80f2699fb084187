//! The shapes of answers that many methods share.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// One page of a list. `name` is the name of the list's field.
pub(crate) struct ListView<T> {
    pub(crate) name: &'static str,
    pub(crate) entries: Vec<T>,
    /// The token of the next page.
    pub(crate) next: Option<String>,
}

impl<T: Serialize> Serialize for ListView<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, entries, next } = self;
        let mut map = serializer.serialize_map(None)?;
        if !entries.is_empty() {
            map.serialize_entry(name, entries)?;
        }
        if let Some(next) = next {
            map.serialize_entry("nextPageToken", next)?;
        }
        map.end()
    }
}

/// An answer without fields.
#[derive(Serialize)]
pub(crate) struct EmptyView {}
