//! One item of a batch as it was sent.

use std::fmt;

use derslik_domain::form::{Field, RawText};
use derslik_domain::session::{BatchItem, Problem, SessionField, SessionForm, Target, Violation};
use serde::de::{Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Slot, for_each_member};
use super::options::read_options;
use super::session_status;
use crate::perculus::error::PerculusError;
use crate::perculus::text::Text;

/// One item of a batch: the known members, as they were sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RawItem<'a> {
    pub(crate) session_guid: Slot<'a>,
    pub(crate) name: Slot<'a>,
    pub(crate) description: Slot<'a>,
    pub(crate) tags: Slot<'a>,
    pub(crate) start_date: Slot<'a>,
    pub(crate) duration: Slot<'a>,
    pub(crate) lang: Slot<'a>,
    pub(crate) allow_recording: Slot<'a>,
    pub(crate) inaccessible_replay: Slot<'a>,
    pub(crate) options: Slot<'a>,
    pub(crate) timezone: Slot<'a>,
    pub(crate) status: Slot<'a>,
    is_object: bool,
}

/// The items of a body.
///
/// # Errors
/// If the body is not JSON, is not an array, or has more than `most` items.
pub(crate) fn read_items(text: &str, most: usize) -> Result<Vec<RawItem<'_>>, PerculusError> {
    read_array(text, most, "session", RawItem::read)
}

/// The values of a body that is an array of `what` objects, each parsed by `read`.
///
/// # Errors
/// If the body is not JSON, is not an array, or has more than `most` items.
pub(crate) fn read_array<'a, T>(
    text: &'a str,
    most: usize,
    what: &'static str,
    read: fn(&'a RawValue) -> T,
) -> Result<Vec<T>, PerculusError> {
    let Items { kept, count } = items_of(text, most, read).map_err(|error| {
        PerculusError::BadRequest(if error.is_data() {
            Text::of("body-no-array").with("items", what)
        } else {
            Text::of("body-malformed").with_fault(&error)
        })
    })?;
    if count > most {
        return Err(PerculusError::BadRequest(Text::of("batch-too-long").with("most", most).with("count", count)));
    }
    Ok(kept)
}

/// The first items of an array, and the number of all its items.
struct Items<T> {
    kept: Vec<T>,
    count: usize,
}

fn items_of<'a, T>(text: &'a str, most: usize, read: fn(&'a RawValue) -> T) -> serde_json::Result<Items<T>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let items = deserializer.deserialize_seq(ItemsVisitor { most, read })?;
    deserializer.end()?;
    Ok(items)
}

struct ItemsVisitor<'a, T> {
    most: usize,
    read: fn(&'a RawValue) -> T,
}

impl<'a, T> Visitor<'a> for ItemsVisitor<'a, T> {
    type Value = Items<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut array: A) -> Result<Items<T>, A::Error> {
        let mut items = Items { kept: Vec::new(), count: 0 };
        while items.count < self.most
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
pub(crate) fn read_object(text: &str) -> Result<&RawValue, PerculusError> {
    let value: &RawValue =
        serde_json::from_str(text).map_err(|error| PerculusError::BadRequest(Text::of("body-malformed").with_fault(&error)))?;
    if value.get().starts_with('{') { Ok(value) } else { Err(PerculusError::BadRequest(Text::of("body-no-object"))) }
}

/// The one text of a body that is a JSON string. Missing where there is no body.
///
/// # Errors
/// If the body is not JSON.
pub(crate) fn read_text(text: &str) -> Result<Field<RawText>, PerculusError> {
    if text.trim().is_empty() {
        return Ok(Field::Missing);
    }
    let value: &RawValue =
        serde_json::from_str(text).map_err(|error| PerculusError::BadRequest(Text::of("body-malformed").with_fault(&error)))?;
    let mut slot = Slot::default();
    slot.put(value);
    Ok(slot.text())
}

impl<'a> RawItem<'a> {
    /// The members of one value.
    pub(crate) fn read(raw: &'a RawValue) -> Self {
        let mut item = Self::default();
        item.is_object = for_each_member(raw.get(), |name, value| {
            let slot = match name {
                "session_guid" => &mut item.session_guid,
                "name" => &mut item.name,
                "description" => &mut item.description,
                "tags" => &mut item.tags,
                "start_date" => &mut item.start_date,
                "duration" => &mut item.duration,
                "lang" => &mut item.lang,
                "allow_recording" => &mut item.allow_recording,
                "inaccessible_replay" => &mut item.inaccessible_replay,
                "options" => &mut item.options,
                "timezone" => &mut item.timezone,
                "status" => &mut item.status,
                _ => return,
            };
            slot.put(value);
        })
        .is_ok();
        item
    }

    /// The item for the domain.
    pub(crate) fn as_domain(&self) -> BatchItem {
        let unreadable = |field, problem| BatchItem::Unreadable(Violation { field, problem });
        if !self.is_object {
            return unreadable(SessionField::Item, Problem::Mistyped);
        }
        let target = match self.session_guid.text() {
            Field::Missing | Field::Null => Target::New,
            Field::Given(guid) => {
                std::str::from_utf8(&guid).ok().and_then(|guid| guid.parse().ok()).map_or(Target::Impossible, Target::Existing)
            }
            Field::Mistyped => return unreadable(SessionField::Guid, Problem::Mistyped),
            Field::Repeated => return unreadable(SessionField::Guid, Problem::Repeated),
        };
        BatchItem::Session(target, Box::new(self.form()))
    }

    /// The fields for the domain, without the session that they are for.
    pub(crate) fn form(&self) -> SessionForm {
        SessionForm {
            name: self.name.text(),
            description: self.description.text(),
            tags: self.tags.text(),
            start_date: self.start_date.text(),
            duration: self.duration.integer_or_digits(),
            lang: self.lang.text(),
            allow_recording: self.allow_recording.boolean(),
            inaccessible_replay: self.inaccessible_replay.boolean(),
            options: self.options.object(read_options),
            timezone: self.timezone.text(),
            status: session_status::read(self.status.integer()),
        }
    }
}
