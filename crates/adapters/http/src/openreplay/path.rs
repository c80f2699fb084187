//! The path and the query of a request. A malformed part is reported only after the project was found in the caller's account.
//! Callers therefore learn nothing about the projects of other accounts.

use actix_web::HttpRequest;
use actix_web::web::Query;
use derslik_domain::id::{Id, JobId};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::text::TextError;
use derslik_domain::time::Timestamp;

use super::error::{InputFault, OpenReplayError};
use crate::state::HttpState;

/// The key of the project. An invalid key counts as an unknown project.
pub(super) fn project_key(request: &HttpRequest) -> Result<ProjectKey, OpenReplayError> {
    request.match_info().get("project_key").and_then(|key| key.parse().ok()).ok_or(OpenReplayError::ProjectNotFound)
}

/// The jobs that a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ListQuery {
    pub(super) after: Option<JobId>,
    pub(super) limit: Option<u64>,
}

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// The job that the path names.
pub(super) async fn job_id(
    state: &HttpState,
    actor: &Actor,
    project: &ProjectKey,
    request: &HttpRequest,
) -> Result<JobId, OpenReplayError> {
    let text = request.match_info().get("job_id").unwrap_or_default();
    let fault = match whole_number(text) {
        Some(Whole::Fits(id)) => return Ok(Id::new(id)),
        Some(Whole::TooLarge | Whole::TooSmall) => OpenReplayError::JobNotFound,
        None => not_an_integer(("path", "jobId"), text),
    };
    state.projects.get(actor, project).await?;
    Err(fault)
}

/// The user in the path, which may contain escaped slashes.
pub(super) async fn user_id(
    state: &HttpState,
    actor: &Actor,
    project: &ProjectKey,
    request: &HttpRequest,
) -> Result<ReferenceId, OpenReplayError> {
    let bytes = percent_decoded(raw_user_id(request.uri().path()));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let error = match ReferenceId::from_bytes(bytes) {
        Ok(user) => return Ok(user),
        Err(error) => error,
    };
    state.projects.get(actor, project).await?;
    let (kind, message) = match error {
        TextError::TooLong { max } => ("string_too_long", format!("String should have at most {max} characters")),
        TextError::NotUnicode | TextError::Nul | TextError::Empty => {
            ("string_type", "Input should be a valid string without NUL".to_owned())
        }
    };
    Err(OpenReplayError::Unprocessable(InputFault { kind, location: ("path", "userId"), message, input: text }))
}

/// The part of a list that the query asks for.
pub(super) async fn list_query(
    state: &HttpState,
    actor: &Actor,
    project: &ProjectKey,
    request: &HttpRequest,
) -> Result<ListQuery, OpenReplayError> {
    match read_list_query(request.query_string()) {
        Ok(query) => Ok(query),
        Err(fault) => {
            state.projects.get(actor, project).await?;
            Err(fault)
        }
    }
}

/// The span of time that the query asks for, in milliseconds since 1970. Without parameters it covers all time.
pub(super) async fn span(state: &HttpState, actor: &Actor, project: &ProjectKey, request: &HttpRequest) -> Result<Span, OpenReplayError> {
    match read_span(request.query_string()) {
        Ok(span) => Ok(span),
        Err(fault) => {
            state.projects.get(actor, project).await?;
            Err(fault)
        }
    }
}

fn read_span(query: &str) -> Result<Span, OpenReplayError> {
    const MICROS: i64 = 1_000;
    let mut span = Span { from: Timestamp::MIN, to: Timestamp::MAX };
    for (name, value) in pairs(query) {
        let millis = |name| match whole_number(&value) {
            Some(Whole::Fits(millis)) => Ok(millis),
            Some(Whole::TooLarge) => Ok(i64::MAX),
            Some(Whole::TooSmall) => Ok(i64::MIN),
            None => Err(not_an_integer(("query", name), &value)),
        };
        let bounded = |micros| Timestamp::from_micros(micros).clamp(Timestamp::MIN, Timestamp::MAX);
        match name.as_str() {
            "start_date" => span.from = bounded(millis("start_date")?.saturating_mul(MICROS)),
            // The last millisecond is included as a whole.
            "end_date" => span.to = bounded(millis("end_date")?.saturating_mul(MICROS).saturating_add(MICROS - 1)),
            _ => {}
        }
    }
    Ok(span)
}

fn pairs(query: &str) -> Vec<(String, String)> {
    Query::from_query(query).map_or_else(|_| Vec::new(), Query::into_inner)
}

fn read_list_query(query: &str) -> Result<ListQuery, OpenReplayError> {
    let mut list = ListQuery::default();
    for (name, value) in pairs(query) {
        match name.as_str() {
            "limit" => {
                list.limit = Some(match whole_number(&value).ok_or_else(|| not_an_integer(("query", "limit"), &value))? {
                    Whole::Fits(limit @ 1..) => limit.unsigned_abs(),
                    Whole::TooLarge => u64::MAX,
                    Whole::Fits(_) | Whole::TooSmall => return Err(limit_too_small(&value)),
                });
            }
            "after" => {
                list.after = Some(Id::new(match whole_number(&value).ok_or_else(|| not_an_integer(("query", "after"), &value))? {
                    Whole::Fits(id) => id,
                    Whole::TooLarge => i64::MAX,
                    Whole::TooSmall => i64::MIN,
                }));
            }
            _ => {}
        }
    }
    Ok(list)
}

/// A whole number of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    Fits(i64),
    TooLarge,
    TooSmall,
}

fn whole_number(text: &str) -> Option<Whole> {
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

fn not_an_integer(location: (&'static str, &'static str), input: &str) -> OpenReplayError {
    let message = "Input should be a valid integer, unable to parse string as an integer".to_owned();
    OpenReplayError::Unprocessable(InputFault { kind: "int_parsing", location, message, input: input.to_owned() })
}

fn limit_too_small(input: &str) -> OpenReplayError {
    let message = "Input should be greater than or equal to 1".to_owned();
    OpenReplayError::Unprocessable(InputFault {
        kind: "greater_than_equal",
        location: ("query", "limit"),
        message,
        input: input.to_owned(),
    })
}

/// The path segment after `users`, still encoded.
fn raw_user_id(path: &str) -> &str {
    let mut parts = path.trim_end_matches('/').rsplit('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("sessions"), Some(user), Some("users")) => user,
        (last, ..) => last.unwrap_or_default(),
    }
}

/// The bytes of a path segment. An invalid escape is kept as it is.
fn percent_decoded(raw: &str) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let escaped = match tail {
            [high, low, ..] if first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.split_at_checked(2).map_or(tail, |(_, after)| after);
            }
            None => bytes.push(first),
        }
    }
    bytes
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

    #[test]
    fn the_bytes_of_a_user_id_are_those_behind_the_escapes() {
        assert_eq!(percent_decoded("a%2Fb%20%d9%85"), "a/b م".as_bytes());
        assert_eq!(percent_decoded("100%+%zz%4"), b"100%+%zz%4");
        assert_eq!(percent_decoded("%00"), b"\0");
    }

    #[test]
    fn a_user_id_stands_at_the_end_of_a_path_or_before_its_sessions() {
        assert_eq!(raw_user_id("/api/v1/key/users/a%2Fb"), "a%2Fb");
        assert_eq!(raw_user_id("/api/v1/key/users/a%2Fb/sessions/"), "a%2Fb");
        assert_eq!(raw_user_id("/v1/key/users/sessions"), "sessions");
        assert_eq!(raw_user_id("/v1/users/users/users/sessions"), "users");
    }

    #[test]
    fn a_span_is_all_of_time_unless_the_query_says_otherwise() {
        let all = Span { from: Timestamp::MIN, to: Timestamp::MAX };
        for query in ["", "x=1", "start_date=-9223372036854775809&end_date=9223372036854775808"] {
            assert_eq!(read_span(query).unwrap(), all, "{query}");
        }
        let span = read_span("start_date=1621288800000&end_date=1621375199000").unwrap();
        assert_eq!((span.from.micros(), span.to.micros()), (1_621_288_800_000_000, 1_621_375_199_000_999));
        for query in ["start_date=", "start_date=2021-05-18", "end_date=1.5", "end_date=null"] {
            assert!(read_span(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_list_takes_a_limit_above_zero_and_any_job_to_go_on_after() {
        let query = read_list_query("limit=2&after=3451&x=y").unwrap();
        assert_eq!(query, ListQuery { after: Some(Id::new(3_451)), limit: Some(2) });
        assert_eq!(read_list_query("").unwrap(), ListQuery::default());
        for query in ["limit=0", "limit=-1", "limit=x", "after=1.0"] {
            assert!(read_list_query(query).is_err(), "{query}");
        }
    }
}
