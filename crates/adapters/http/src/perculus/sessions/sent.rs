//! Single values of a refused item: as they were sent, or the few defaults that the original fills in.

use derslik_domain::time::WrittenTime;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::perculus::json::AsSent;
use crate::perculus::value::Shown;

/// A value as it was sent, or the default where none was sent.
#[derive(Debug)]
pub(super) struct SentOr<'a, T>(pub(super) Option<&'a RawValue>, pub(super) T);

impl<T: Serialize> Serialize for SentOr<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_some() { AsSent(self.0).serialize(serializer) } else { self.1.serialize(serializer) }
    }
}

/// A start as it was sent, with its own offset. A text that is not a date is kept as it is.
#[derive(Debug)]
pub(super) struct SentStart<'a>(pub(super) Option<&'a RawValue>);

impl Serialize for SentStart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        match text.and_then(|text| text.parse::<WrittenTime>().ok()) {
            Some(written) => Shown(written).serialize(serializer),
            None => AsSent(self.0).serialize(serializer),
        }
    }
}
