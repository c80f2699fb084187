//! The JSON value of a body: an array, an object or a text.

use std::fmt;

use derslik_domain::form::{Field, RawText};
use serde::de::{Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::PerculusError;
use super::json::Slot;
use super::text::Text;

/// The values of a body that is an array of `what` objects, each parsed by `read`.
///
/// # Errors
/// If the body is not JSON, is not an array, or has more than `max` items.
pub(super) fn read_array<'a, T>(
    text: &'a str,
    max: usize,
    what: &'static str,
    read: fn(&'a RawValue) -> T,
) -> Result<Vec<T>, PerculusError> {
    let Items { kept, count } = items_of(text, max, read).map_err(|error| {
        PerculusError::BadRequest(if error.is_data() {
            Text::of("body-no-array").with("items", what)
        } else {
            Text::of("body-malformed").with_fault(&error)
        })
    })?;
    if count > max {
        return Err(PerculusError::BadRequest(Text::of("batch-too-long").with("most", max).with("count", count)));
    }
    Ok(kept)
}

/// The first items of an array, and the number of all its items.
struct Items<T> {
    kept: Vec<T>,
    count: usize,
}

fn items_of<'a, T>(text: &'a str, max: usize, read: fn(&'a RawValue) -> T) -> serde_json::Result<Items<T>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let items = deserializer.deserialize_seq(ItemsVisitor { max, read })?;
    deserializer.end()?;
    Ok(items)
}

struct ItemsVisitor<'a, T> {
    max: usize,
    read: fn(&'a RawValue) -> T,
}

impl<'a, T> Visitor<'a> for ItemsVisitor<'a, T> {
    type Value = Items<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut array: A) -> Result<Items<T>, A::Error> {
        let mut items = Items { kept: Vec::new(), count: 0 };
        while items.count < self.max
            && let Some(raw) = array.next_element::<&RawValue>()?
        {
            items.kept.push((self.read)(raw));
            items.count += 1;
        }
        while array.next_element::<IgnoredAny>()?.is_some() {
            items.count += 1;
        }
        Ok(items)
    }
}

/// The one object of a body.
///
/// # Errors
/// If the body is not a JSON object.
pub(super) fn read_object(text: &str) -> Result<&RawValue, PerculusError> {
    let value: &RawValue = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    if value.get().starts_with('{') { Ok(value) } else { Err(PerculusError::BadRequest(Text::of("body-no-object"))) }
}

/// The one text of a body that is a JSON string. Missing where there is no body.
///
/// # Errors
/// If the body is not JSON.
pub(super) fn read_text(text: &str) -> Result<Field<RawText>, PerculusError> {
    if text.trim().is_empty() {
        return Ok(Field::Missing);
    }
    let value: &RawValue = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let mut slot = Slot::default();
    slot.put(value);
    Ok(slot.text())
}

fn malformed(error: &serde_json::Error) -> PerculusError {
    PerculusError::BadRequest(Text::of("body-malformed").with_fault(error))
}
