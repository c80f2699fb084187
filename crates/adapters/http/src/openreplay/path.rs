//! The project in a path, and numbers in paths and queries. A malformed part is reported only after the project was found in the
//! caller's account. Callers therefore learn nothing about the projects of other accounts.

use actix_web::HttpRequest;
use actix_web::web::Query;
use derslik_domain::job::ProjectKey;

use super::error::{InputFault, OpenReplayError};

/// The key of the project. An invalid key counts as an unknown project.
pub(super) fn project_key(request: &HttpRequest) -> Result<ProjectKey, OpenReplayError> {
    request.match_info().get("project_key").and_then(|key| key.parse().ok()).ok_or(OpenReplayError::ProjectNotFound)
}

/// The pairs of a query. A query that can't be parsed has none.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    Query::from_query(query).map_or_else(|_| Vec::new(), Query::into_inner)
}

/// A whole number of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Fits(i64),
    TooLarge,
    TooSmall,
}

/// A text as a whole number, with or without a sign. `None` if it is not one.
pub(super) fn whole_number(text: &str) -> Option<Whole> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match text.parse() {
        Ok(number) => Whole::Fits(number),
        Err(_) if text.starts_with('-') => Whole::TooSmall,
        Err(_) => Whole::TooLarge,
    })
}

/// The error for a text that should be a whole number.
pub(super) fn not_an_integer(location: (&'static str, &'static str), input: &str) -> OpenReplayError {
    let message = "Input should be a valid integer, unable to parse string as an integer";
    OpenReplayError::Unprocessable(InputFault::new("int_parsing", location, message, input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_id_is_a_whole_number_of_any_length() {
        assert_eq!(whole_number("3451"), Some(Whole::Fits(3_451)));
        assert_eq!(whole_number("-1"), Some(Whole::Fits(-1)));
        assert_eq!(whole_number("9223372036854775808"), Some(Whole::TooLarge));
        assert_eq!(whole_number("-9223372036854775809"), Some(Whole::TooSmall));
        for text in ["", "abc", "1.0", "1e3", "+", "--1", " 1", "0x1", "١"] {
            assert_eq!(whole_number(text), None, "{text}");
        }
    }
}
