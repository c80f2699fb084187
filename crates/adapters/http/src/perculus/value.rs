//! Values that several views show.

use std::cell::RefCell;
use std::fmt::{Display, Write};

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

/// An instant as clocks in a zone show it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShownIn(pub(super) Timestamp, pub(super) Zone);

thread_local! {
    /// The last instant that was written, and its text. All new sessions of a batch show the same one twice.
    static LAST: RefCell<Option<((Timestamp, Zone), String)>> = const { RefCell::new(None) };
}

impl Serialize for ShownIn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(at, zone) = *self;
        LAST.with_borrow_mut(|last| {
            let (written, text) = last.get_or_insert_with(|| ((at, zone), at.in_zone(zone).to_string()));
            if *written != (at, zone) {
                text.clear();
                // Writing to a `String` can't fail.
                let _ = write!(text, "{}", at.in_zone(zone));
                *written = (at, zone);
            }
            serializer.serialize_str(text)
        })
    }
}

/// An instant as version 1 prints it outside sessions, with a `Z`.
pub(super) fn utc_text(at: Timestamp) -> String {
    at.in_zone(Zone::UTC).to_string().replace("+00:00", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instant_is_shown_in_its_own_zone_after_any_other() {
        let at = |micros: i64| Timestamp::from_micros(1_738_847_255_000_000 + micros);
        let (istanbul, utc) = (Zone::ISTANBUL, Zone::UTC);
        let times = [(0, istanbul), (0, istanbul), (0, utc), (500_000, utc), (0, istanbul)].map(|(micros, zone)| ShownIn(at(micros), zone));
        let shown = [
            "2025-02-06T16:07:35+03:00",
            "2025-02-06T16:07:35+03:00",
            "2025-02-06T13:07:35+00:00",
            "2025-02-06T13:07:35.5+00:00",
            "2025-02-06T16:07:35+03:00",
        ];
        assert_eq!(serde_json::to_value(times).unwrap(), serde_json::json!(shown));
    }
}
