//! The parameters of a list in version 1. They stand in the query, in a JSON body, or in both, under names in any spelling.

use actix_web::web;
use derslik_domain::form::{Field, RawText};

use super::error::PerculusError;
use super::json::{Slot, for_each_member};
use super::text::Text;

/// The parameters of a list. Their names are in lower case and without underscores.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    values: Vec<(String, Field<RawText>)>,
}

impl Parameters {
    /// The parameters of a query and of a body, either of which may be empty. The query takes precedence.
    ///
    /// # Errors
    /// If one of them can't be parsed.
    pub(super) fn read(query: &str, body: &str) -> Result<Self, PerculusError> {
        let mut values = Vec::new();
        if !body.trim().is_empty() {
            for_each_member(body, |name, raw| {
                let mut slot = Slot::default();
                slot.put(raw);
                let is_number = raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
                let value = if is_number { Field::Given(raw.get().as_bytes().to_vec()) } else { slot.text() };
                values.push((normalised(name), value));
            })
            .map_err(|error| PerculusError::BadRequest(Text::of("body-no-object-because").with_fault(&error)))?;
        }
        let query = web::Query::<Vec<(String, String)>>::from_query(query);
        let query = query.map_err(|_| PerculusError::BadRequest(Text::of("query-malformed")))?;
        values.extend(query.into_inner().into_iter().map(|(name, value)| (normalised(&name), Field::Given(value.into_bytes()))));
        Ok(Self { values })
    }

    /// The value that was given last under one of these names.
    pub(super) fn text(&self, names: &[&str]) -> Field<RawText> {
        self.values.iter().rev().find(|(name, _)| names.contains(&name.as_str())).map_or(Field::Missing, |(_, value)| value.clone())
    }

    /// The value under a name as a whole number. A blank value counts as not sent.
    pub(super) fn number(&self, name: &str) -> Field<i64> {
        match self.text(&[name]) {
            Field::Given(text) => match std::str::from_utf8(&text).map(str::trim) {
                Ok("") => Field::Missing,
                Ok(digits) => digits.parse().map_or(Field::Mistyped, Field::Given),
                Err(_) => Field::Mistyped,
            },
            Field::Missing => Field::Missing,
            Field::Null => Field::Null,
            Field::Mistyped => Field::Mistyped,
            Field::Repeated => Field::Repeated,
        }
    }
}

fn normalised(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("page_size=7&session_name=A%20b", "")]
    #[case("PageSize=7&SessionName=A+b", "")]
    #[case("", r#"{"pageSize":7,"name":"A b"}"#)]
    #[case("pagesize=7", r#"{"page_size":9,"NAME":"A b"}"#)]
    #[case("Page_Number=0&page_size=7&name=A+b", "")]
    fn takes_names_in_any_spelling_from_the_query_and_the_body(#[case] query: &str, #[case] body: &str) {
        let parameters = Parameters::read(query, body).unwrap();
        assert_eq!(parameters.number("pagesize"), Field::Given(7));
        assert_eq!(parameters.text(&["name", "sessionname"]), Field::Given(b"A b".to_vec()));
    }

    #[test]
    fn a_value_that_is_not_a_number_is_mistyped() {
        let parameters = Parameters::read("page_size=many&duration=", "").unwrap();
        assert_eq!(parameters.number("pagesize"), Field::Mistyped);
        assert_eq!(parameters.number("duration"), Field::Missing);
        assert!(Parameters::read("", "[]").is_err());
    }
}
