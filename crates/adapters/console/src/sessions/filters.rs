//! The fields of the search, which the week and the list have above them.

use derslik_domain::form::Field;
use derslik_domain::session::{FilterError, FilterField, FilterForm};

use super::inputs::{Input, Kind};
use super::times;
use crate::fields::Fields;
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// The form above a week or a list.
#[derive(Debug)]
pub(super) struct Filters {
    /// The address of the sessions, to which the form goes.
    pub(super) url: String,
    pub(super) main: Input,
    pub(super) extra: Vec<Input>,
    /// Fields of the query that stay as they are.
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) chips: Vec<Chip>,
    /// The address of the same page without filters.
    pub(super) clear_url: String,
}

/// A filter that is on, and the address without it.
#[derive(Debug)]
pub(super) struct Chip {
    pub(super) text: String,
    pub(super) url: String,
}

/// The page that the form belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The week decides the dates.
    Week,
    /// The list has all fields.
    List,
}

/// The names of the fields in a query.
const NAMES: [(&str, FilterField); 7] = [
    ("name", FilterField::Name),
    ("description", FilterField::Description),
    ("tags", FilterField::Tags),
    ("duration", FilterField::Duration),
    ("session_guid", FilterField::Guid),
    ("begin_date", FilterField::Begin),
    ("end_date", FilterField::End),
];

/// The field of a query with the number of a page.
pub(super) const PAGE: &str = "page";

/// Reads the filter of a query.
pub(super) fn read(query: &Fields) -> FilterForm {
    let given = |value: Option<String>| value.map_or(Field::Missing, |value| Field::Given(value.into_bytes()));
    let text = |name: &str| given(query.get(name).map(str::to_owned));
    let date = |name: &str| given(query.get(name).map(times::written));
    let duration = match query.get("duration").map(str::parse::<i64>) {
        None => Field::Missing,
        Some(Ok(minutes)) => Field::Given(minutes),
        Some(Err(_)) => Field::Mistyped,
    };
    FilterForm {
        guid: text("session_guid"),
        name: text("name"),
        description: text("description"),
        tags: text("tags"),
        duration,
        begin_date: date("begin_date"),
        end_date: date("end_date"),
        page_number: Field::Missing,
        page_size: Field::Missing,
    }
}

impl Filters {
    /// The form with the values of the query, and what is wrong with one of them.
    pub(super) fn of(visit: &Visit, place: Place, problem: Option<FilterError>) -> Self {
        Self::new(visit.t, &visit.query, visit.url("sessions"), place, problem)
    }

    fn new(t: Texts, query: &Fields, url: String, place: Place, problem: Option<FilterError>) -> Self {
        let problem = problem.map(|error| of_filter(t, error));
        let input = |name: &'static str, kind, hint: String| {
            let mut input = Input::new(kind, name, label(t, name), query.text(name)).hint(hint);
            input.error = problem.as_ref().filter(|(wrong, _)| *wrong == Some(name)).map(|(_, text)| text.clone());
            input
        };
        let mut extra = vec![
            input("description", Kind::Text, String::new()),
            input("tags", Kind::Text, String::new()),
            input("duration", Kind::Code, String::new()),
        ];
        if place == Place::List {
            extra.push(input("begin_date", Kind::Code, t.sessions_date_hint()));
            extra.push(input("end_date", Kind::Code, t.sessions_date_hint()));
            extra.push(input("session_guid", Kind::Code, String::new()));
        }
        let shown = NAMES.iter().filter(|(name, _)| *name == "name" || extra.iter().any(|input| input.name == *name));
        let chips = shown.filter_map(|(name, _)| {
            let text = t.sessions_chip(label(t, name), query.get(name)?);
            Some(Chip { text, url: format!("{url}{}", query.with(&[(*name, None), (PAGE, None), (NOTE, None)])) })
        });
        let chips = chips.collect();
        let mut without: Vec<_> = NAMES.iter().map(|(name, _)| (*name, None)).collect();
        without.extend([(PAGE, None), (NOTE, None)]);
        let kept: &[&'static str] = match place {
            Place::Week => &["week"],
            Place::List => &["view"],
        };
        let hidden = kept.iter().filter_map(|name| Some((*name, query.get(name)?.to_owned()))).collect();
        let main = input("name", Kind::Text, t.sessions_filter_name_hint());
        Self { clear_url: format!("{url}{}", query.with(&without)), main, extra, hidden, chips, url }
    }
}

fn label(t: Texts, name: &str) -> String {
    match name {
        "name" => t.sessions_filter_name(),
        "description" => t.sessions_filter_description(),
        "tags" => t.sessions_filter_tags(),
        "duration" => t.sessions_filter_duration(),
        "session_guid" => t.sessions_filter_guid(),
        "begin_date" => t.sessions_filter_begin(),
        _ => t.sessions_filter_end(),
    }
}

/// What is wrong with a filter, and the field that it is about.
fn of_filter(t: Texts, error: FilterError) -> (Option<&'static str>, String) {
    let name = |field| NAMES.iter().find(|(_, other)| *other == field).map(|(name, _)| *name);
    match error {
        FilterError::Invalid(field @ (FilterField::Begin | FilterField::End)) => (name(field), t.sessions_problem_date()),
        FilterError::Invalid(FilterField::Duration) => (name(FilterField::Duration), t.sessions_problem_minutes()),
        FilterError::Invalid(field) => (name(field), t.sessions_problem_invalid()),
        FilterError::TooLong { field, max } => (name(field), t.sessions_problem_long(max)),
        FilterError::Page(_) => (None, t.sessions_problem_invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn filters(query: &str, place: Place, problem: Option<FilterError>) -> Filters {
        let query = Fields::read(query.as_bytes());
        Filters::new(Texts::of(Language::English), &query, "/console/1/sessions".to_owned(), place, problem)
    }

    #[test]
    fn a_query_becomes_the_filter_of_the_search() {
        let query = Fields::read(b"name=Fizik&tags=a,b&duration=45&begin_date=25.11.2026&end_date=2026-11-26&session_guid=x");
        let filter = read(&query).validate().unwrap();
        assert_eq!((filter.name.as_deref(), filter.tags.len(), filter.duration), (Some("fizik"), 2, Some(45)));
        assert_eq!(filter.guid, Some(None));
        assert_eq!(filter.begin.map(|begin| begin.to_naive().to_string()), Some("2026-11-25 00:00:00".to_owned()));
        assert!(filter.end.is_some_and(|end| end.to_naive().to_string().starts_with("2026-11-26 23:59:59")));
        let wrong = read(&Fields::read(b"duration=long")).validate();
        assert_eq!(wrong, Err(FilterError::Invalid(FilterField::Duration)));
    }

    #[test]
    fn each_filter_that_is_on_has_an_address_without_it() {
        let filters = filters("view=list&name=a%26b&duration=45&page=3&note=1", Place::List, None);
        let urls: Vec<_> = filters.chips.iter().map(|chip| chip.url.as_str()).collect();
        assert_eq!(urls, ["/console/1/sessions?view=list&duration=45", "/console/1/sessions?view=list&name=a%26b"]);
        assert_eq!(filters.clear_url, "/console/1/sessions?view=list");
        assert_eq!(filters.hidden, [("view", "list".to_owned())]);
    }

    #[test]
    fn the_reason_stands_at_the_field_that_it_is_about() {
        let filters = filters("begin_date=soon&view=list", Place::List, Some(FilterError::Invalid(FilterField::Begin)));
        let wrong: Vec<_> = filters.extra.iter().filter(|input| input.error.is_some()).map(|input| input.name.as_str()).collect();
        assert_eq!((wrong, filters.main.error.is_none()), (vec!["begin_date"], true));
    }
}
