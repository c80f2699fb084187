//! The filter of a session search.

use crate::form::{Field, RawText};
use crate::id::SessionGuid;
use crate::page::{OffsetPage, PageError};
use crate::text::{Text, TextError, fold};
use crate::time::{CivilTime, WrittenTime};

/// The form of a search, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FilterForm {
    /// The GUID.
    pub guid: Field<RawText>,
    /// A part of the name.
    pub name: Field<RawText>,
    /// A part of the description.
    pub description: Field<RawText>,
    /// Tags, separated by commas. A session matches only if it has all of them.
    pub tags: Field<RawText>,
    /// The duration in minutes.
    pub duration: Field<i64>,
    /// The earliest start.
    pub begin_date: Field<RawText>,
    /// The latest start; a bare date means the end of that day.
    pub end_date: Field<RawText>,
    /// The number of the page, from 1.
    pub page_number: Field<i64>,
    /// The most sessions on a page.
    pub page_size: Field<i64>,
}

/// The sessions that a search is about, and the page of them. Texts are trimmed and [folded](crate::text::fold).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionFilter {
    /// The one session with this GUID; the inner `None` is a text that cannot be the id of a session.
    pub guid: Option<Option<SessionGuid>>,
    /// The name contains this.
    pub name: Option<String>,
    /// The description contains this.
    pub description: Option<String>,
    /// Each of these is one of the tags.
    pub tags: Vec<String>,
    /// The duration in minutes.
    pub duration: Option<i64>,
    /// The start, in civil time, is not before this.
    pub begin: Option<CivilTime>,
    /// The start, in civil time, is not after this.
    pub end: Option<CivilTime>,
    /// The page.
    pub page: OffsetPage,
}

impl SessionFilter {
    /// The length in bytes at which a page of found sessions ends early. The session whose texts reach it is the last one,
    /// and the caller asks for the rest of the page [afterwards](OffsetPage::after).
    pub const TEXT_BYTES: usize = 1024 * 1024;
}

/// A field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum FilterField {
    /// The GUID.
    Guid,
    /// The name.
    Name,
    /// The description.
    Description,
    /// The tags.
    Tags,
    /// The duration.
    Duration,
    /// The earliest start.
    Begin,
    /// The latest start.
    End,
    /// The number of the page.
    PageNumber,
    /// The size of the page.
    PageSize,
}

/// Why a filter was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum FilterError {
    /// A field has no usable value.
    #[error("{0:?} has no usable value")]
    Invalid(FilterField),
    /// A text is longer than `max` characters.
    #[error("{field:?} is longer than {max} characters")]
    TooLong {
        /// The field.
        field: FilterField,
        /// The most characters that are accepted.
        max: usize,
    },
    /// The page was refused.
    #[error(transparent)]
    Page(#[from] PageError),
}

/// The longest text to search by, in characters. Finding one text in another takes time in proportion to the product of both
/// lengths.
const MAX_TEXT: usize = 200;
/// The most characters of tags, as of stored ones: each tag is a condition of its own.
const MAX_TAGS: usize = 1_000;

impl FilterForm {
    /// Validates the form.
    ///
    /// # Errors
    /// The first [`FilterError`].
    pub fn validate(self) -> Result<SessionFilter, FilterError> {
        let page = OffsetPage::new(take(self.page_number, FilterField::PageNumber)?, take(self.page_size, FilterField::PageSize)?)?;
        let guid = take(self.guid, FilterField::Guid)?;
        let tags = search_text::<MAX_TAGS>(self.tags, FilterField::Tags)?.unwrap_or_default();
        Ok(SessionFilter {
            guid: guid
                .filter(|guid| !guid.trim_ascii().is_empty())
                .map(|guid| std::str::from_utf8(&guid).ok().and_then(|guid| guid.trim().parse().ok())),
            name: search_text::<MAX_TEXT>(self.name, FilterField::Name)?,
            description: search_text::<MAX_TEXT>(self.description, FilterField::Description)?,
            tags: tag_words(&tags).map(str::to_owned).collect(),
            duration: take(self.duration, FilterField::Duration)?,
            begin: date(self.begin_date, FilterField::Begin)?.map(WrittenTime::civil),
            end: date(self.end_date, FilterField::End)?.map(|end| if end.has_time() { end.civil() } else { end.civil().end_of_day() }),
            page,
        })
    }
}

/// The single tags of a list of tags.
pub(super) fn tag_words(tags: &str) -> impl Iterator<Item = &str> {
    tags.split(',').map(str::trim).filter(|tag| !tag.is_empty())
}

fn take<T>(value: Field<T>, field: FilterField) -> Result<Option<T>, FilterError> {
    value.given().map_err(|_| FilterError::Invalid(field))
}

/// A text to search by, or `None` for a blank one.
fn search_text<const MAX: usize>(value: Field<RawText>, field: FilterField) -> Result<Option<String>, FilterError> {
    let Some(text) = take(value, field)? else { return Ok(None) };
    let text = Text::<MAX>::from_bytes(text).map_err(|error| match error {
        TextError::TooLong { max } => FilterError::TooLong { field, max },
        _ => FilterError::Invalid(field),
    })?;
    let folded = fold(text.as_str().trim());
    Ok((!folded.is_empty()).then_some(folded))
}

fn date(value: Field<RawText>, field: FilterField) -> Result<Option<WrittenTime>, FilterError> {
    let Some(text) = take(value, field)? else { return Ok(None) };
    let text = std::str::from_utf8(&text).map_err(|_| FilterError::Invalid(field))?.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| FilterError::Invalid(field)) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn given(text: &str) -> Field<RawText> {
        Field::Given(text.as_bytes().to_vec())
    }

    #[test]
    fn an_empty_form_finds_the_first_hundred_of_all_sessions() {
        let filter = FilterForm::default().validate().unwrap();
        assert_eq!((filter.page.offset(), filter.page.size()), (0, 100));
        assert_eq!((filter.guid, filter.name, filter.tags.len(), filter.begin), (None, None, 0, None));
    }

    #[test]
    fn texts_are_trimmed_and_folded_and_empty_ones_do_not_count() {
        let form = FilterForm { name: given(" İSTANBUL "), description: given("  "), tags: given("Fizik, ,IŞIK,"), ..Default::default() };
        let filter = form.validate().unwrap();
        assert_eq!(filter.name.as_deref(), Some("istanbul"));
        assert_eq!(filter.description, None);
        assert_eq!(filter.tags, ["fizik", "işik"]);
    }

    #[rstest]
    #[case("2025-08-05", "2025-08-05T23:59:59.999999")]
    #[case("2025-08-05T00:00:00", "2025-08-05T00:00:00")]
    #[case("2025-08-05T12:00:00+03:00", "2025-08-05T12:00:00")]
    fn a_bare_end_date_means_the_end_of_that_day(#[case] sent: &str, #[case] meant: &str) {
        let filter = FilterForm { end_date: given(sent), ..Default::default() }.validate().unwrap();
        assert_eq!(filter.end, Some(meant.parse::<WrittenTime>().unwrap().civil()));
    }

    #[test]
    fn a_malformed_guid_is_an_id_that_finds_nothing() {
        let filter = FilterForm { guid: given("nonsense"), ..Default::default() }.validate().unwrap();
        assert_eq!(filter.guid, Some(None));
    }

    #[rstest]
    #[case(FilterForm { name: Field::Mistyped, ..Default::default() }, FilterError::Invalid(FilterField::Name))]
    #[case(FilterForm { begin_date: given("soon"), ..Default::default() }, FilterError::Invalid(FilterField::Begin))]
    #[case(FilterForm { description: given("a\0b"), ..Default::default() }, FilterError::Invalid(FilterField::Description))]
    #[case(FilterForm { tags: given(&"a,".repeat(501)), ..Default::default() }, FilterError::TooLong { field: FilterField::Tags, max: 1_000 })]
    #[case(FilterForm { page_size: Field::Given(1_001), ..Default::default() }, FilterError::Page(PageError::TooLarge))]
    fn names_the_field_that_can_not_be_used(#[case] form: FilterForm, #[case] error: FilterError) {
        assert_eq!(form.validate(), Err(error));
    }
}
