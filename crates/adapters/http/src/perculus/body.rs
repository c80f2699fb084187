//! The JSON value of a body: an array, an object or a text.

use std::fmt;

use derslik_domain::form::{Field, RawText};
use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::PerculusError;
use super::json::{MembersVisitor, Slot};
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

/// The values of a body that is an array of at most `max` objects. Each begins as `empty`, and `put` adds its members. `None` for any
/// other body, which [`read_array`] looks at value by value: that reads each of them twice.
pub(super) fn read_objects<'a, T: Clone>(text: &'a str, max: usize, empty: T, put: Put<'a, T>) -> Option<Vec<T>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let objects = deserializer.deserialize_seq(ObjectsVisitor { max, bytes: text.len(), object: ObjectSeed { empty, put } }).ok()?;
    deserializer.end().ok()?;
    Some(objects)
}

/// Adds a member to an object, by its name.
type Put<'a, T> = fn(&mut T, &str, &'a RawValue);

#[derive(Clone)]
struct ObjectSeed<'a, T> {
    empty: T,
    put: Put<'a, T>,
}

impl<'a, T> DeserializeSeed<'a> for ObjectSeed<'a, T> {
    type Value = T;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<T, D::Error> {
        let Self { empty: mut object, put } = self;
        deserializer.deserialize_map(MembersVisitor(|name: &str, value: &'a RawValue| put(&mut object, name, value)))?;
        Ok(object)
    }
}

struct ObjectsVisitor<'a, T> {
    max: usize,
    /// The length of the body.
    bytes: usize,
    object: ObjectSeed<'a, T>,
}

impl<'a, T: Clone> Visitor<'a> for ObjectsVisitor<'a, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut array: A) -> Result<Vec<T>, A::Error> {
        /// Most objects are longer.
        const OBJECT_BYTES: usize = 256;
        let mut objects = Vec::with_capacity(self.max.min(self.bytes / OBJECT_BYTES + 1));
        while objects.len() < self.max
            && let Some(object) = array.next_element_seed(self.object.clone())?
        {
            objects.push(object);
        }
        match array.next_element::<IgnoredAny>()? {
            None => Ok(objects),
            Some(IgnoredAny) => Err(A::Error::custom("too many objects")),
        }
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
