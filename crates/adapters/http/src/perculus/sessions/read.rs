//! Sessions and filters of sessions in requests.

use derslik_domain::form::Field;
use derslik_domain::session::{BatchItem, FilterForm, Problem, SessionField, SessionForm, Target, Violation};
use serde_json::value::RawValue;

use super::options::read_options;
use super::status;
use crate::perculus::body::{read_array, read_objects};
use crate::perculus::error::PerculusError;
use crate::perculus::json::{Slot, for_each_member};
use crate::perculus::parameters::Parameters;
use crate::perculus::text::Text;

/// One item of a batch: the known members, as they were sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawItem<'a> {
    pub(super) session_guid: Slot<'a>,
    pub(super) name: Slot<'a>,
    pub(super) description: Slot<'a>,
    pub(super) tags: Slot<'a>,
    pub(super) start_date: Slot<'a>,
    pub(super) duration: Slot<'a>,
    pub(super) lang: Slot<'a>,
    pub(super) allow_recording: Slot<'a>,
    pub(super) inaccessible_replay: Slot<'a>,
    pub(super) options: Slot<'a>,
    pub(super) timezone: Slot<'a>,
    pub(super) status: Slot<'a>,
    is_object: bool,
}

/// The items of a body.
///
/// # Errors
/// If the body is not JSON, is not an array, or has more than `max` items.
pub(super) fn read_items(text: &str, max: usize) -> Result<Vec<RawItem<'_>>, PerculusError> {
    let empty = RawItem { is_object: true, ..RawItem::default() };
    read_objects(text, max, empty, RawItem::put).map_or_else(|| read_array(text, max, "session", RawItem::read), Ok)
}

impl<'a> RawItem<'a> {
    /// The members of one value.
    pub(super) fn read(raw: &'a RawValue) -> Self {
        let mut item = Self::default();
        item.is_object = for_each_member(raw.get(), |name, value| item.put(name, value)).is_ok();
        item
    }

    fn put(&mut self, name: &str, value: &'a RawValue) {
        let slot = match name {
            "session_guid" => &mut self.session_guid,
            "name" => &mut self.name,
            "description" => &mut self.description,
            "tags" => &mut self.tags,
            "start_date" => &mut self.start_date,
            "duration" => &mut self.duration,
            "lang" => &mut self.lang,
            "allow_recording" => &mut self.allow_recording,
            "inaccessible_replay" => &mut self.inaccessible_replay,
            "options" => &mut self.options,
            "timezone" => &mut self.timezone,
            "status" => &mut self.status,
            _ => return,
        };
        slot.put(value);
    }

    /// The item for the domain.
    pub(super) fn as_domain(&self) -> BatchItem {
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
    pub(super) fn form(&self) -> SessionForm {
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
            status: status::read(self.status.integer()),
        }
    }
}

/// The filter of sessions in the parameters of version 1.
pub(super) fn filter_in(parameters: &Parameters) -> FilterForm {
    let guid = parameters.text(&["sessionid", "sessionguid"]);
    let guid = if guid == Field::Given(Vec::new()) { Field::Missing } else { guid };
    FilterForm {
        guid,
        name: parameters.text(&["name", "sessionname"]),
        description: parameters.text(&["description"]),
        tags: parameters.text(&["tags"]),
        duration: parameters.number("duration"),
        begin_date: parameters.text(&["begindate"]),
        end_date: parameters.text(&["enddate"]),
        page_number: parameters.number("pagenumber"),
        page_size: parameters.number("pagesize"),
    }
}

/// The filter of a body. An empty body asks for everything.
///
/// # Errors
/// If the body is not a JSON object.
pub(super) fn read_filter(text: &str) -> Result<FilterForm, PerculusError> {
    if text.trim().is_empty() {
        return Ok(FilterForm::default());
    }
    let mut filter = RawFilter::default();
    for_each_member(text, |name, value| filter.put(name, value)).map_err(|error| {
        PerculusError::BadRequest(if error.is_data() { Text::of("body-no-object") } else { Text::of("body-malformed").with_fault(&error) })
    })?;
    Ok(filter.form())
}

#[derive(Debug, Default)]
struct RawFilter<'a> {
    guid: Slot<'a>,
    /// The name of the GUID in version 1. It counts only where the other one is not sent.
    id: Slot<'a>,
    name: Slot<'a>,
    description: Slot<'a>,
    tags: Slot<'a>,
    duration: Slot<'a>,
    begin_date: Slot<'a>,
    end_date: Slot<'a>,
    page_number: Slot<'a>,
    page_size: Slot<'a>,
}

impl<'a> RawFilter<'a> {
    fn put(&mut self, name: &str, value: &'a RawValue) {
        let slot = match name {
            "session_guid" => &mut self.guid,
            "session_id" => &mut self.id,
            "name" => &mut self.name,
            "description" => &mut self.description,
            "tags" => &mut self.tags,
            "duration" => &mut self.duration,
            "begin_date" => &mut self.begin_date,
            "end_date" => &mut self.end_date,
            "page_number" => &mut self.page_number,
            "page_size" => &mut self.page_size,
            _ => return,
        };
        slot.put(value);
    }

    fn form(&self) -> FilterForm {
        FilterForm {
            guid: if self.guid.sent().is_some() { self.guid } else { self.id }.text(),
            name: self.name.text(),
            description: self.description.text(),
            tags: self.tags.text(),
            duration: self.duration.integer_or_digits(),
            begin_date: self.begin_date.text(),
            end_date: self.end_date.text(),
            page_number: self.page_number.integer_or_digits(),
            page_size: self.page_size.integer_or_digits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_where_they_stand_as_they_are_read_one_by_one() {
        for body in [
            "[]",
            "[{}]",
            r#" [ {"name":"a", "x":[1, {"name":2}]} , {"\u006eame":"b","name":"c"} ] "#,
            r#"[{"options":{"chat":{}},"tags":null},{"status":1,"name":"\ud800"}]"#,
        ] {
            let one_by_one = read_array(body, 9, "session", RawItem::read).unwrap();
            assert_eq!(format!("{:?}", read_items(body, 9).unwrap()), format!("{one_by_one:?}"), "{body}");
        }
    }

    #[test]
    fn any_other_body_is_left_to_the_reader_of_single_values() {
        let objects = |body| read_objects(body, 2, RawItem::default(), RawItem::put);
        assert!(objects("[{},{}]").is_some());
        for body in ["", "{}", "[1]", r#"[{},"\ud800"]"#, "[{},{}", "[{}] x", "[{},{},{}]", "[{},null]"] {
            assert!(objects(body).is_none(), "{body}");
        }
        assert_eq!(read_items(r#"[{},"\ud800"]"#, 2).unwrap().iter().map(|item| item.is_object).collect::<Vec<_>>(), [true, false]);
    }
}
