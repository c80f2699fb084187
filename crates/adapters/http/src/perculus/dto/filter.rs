//! The filter of a search.

use derslik_domain::session::FilterForm;

use super::json::{Slot, for_each_member};
use crate::perculus::error::PerculusError;
use crate::perculus::text::Text;

/// The filter of a body. An empty body asks for everything.
///
/// # Errors
/// If the body is not a JSON object.
pub(crate) fn read_filter(text: &str) -> Result<FilterForm, PerculusError> {
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
    fn put(&mut self, name: &str, value: &'a serde_json::value::RawValue) {
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
