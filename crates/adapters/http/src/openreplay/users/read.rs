//! The user that a path names, and the span of time that a query asks for.

use actix_web::HttpRequest;
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::text::TextError;
use derslik_domain::time::Timestamp;

use crate::openreplay::error::{InputFault, OpenReplayError};
use crate::openreplay::path::{Whole, not_an_integer, pairs, whole_number};
use crate::percent;
use crate::state::HttpState;

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// The user in the path, which may contain escaped slashes.
pub(in crate::openreplay) async fn user_id(
    state: &HttpState,
    actor: &Actor,
    project: &ProjectKey,
    request: &HttpRequest,
) -> Result<ReferenceId, OpenReplayError> {
    let bytes = percent::decode(raw_user_id(request.uri().path()));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let error = match ReferenceId::from_bytes(bytes) {
        Ok(user) => return Ok(user),
        Err(error) => error,
    };
    state.projects.get(actor, project).await?;
    Err(user_fault(error, ("path", "userId"), text))
}

/// The error for a text that can't name a user.
pub(in crate::openreplay) fn user_fault(error: TextError, location: (&'static str, &'static str), input: String) -> OpenReplayError {
    let (kind, message) = match error {
        TextError::TooLong { max } => ("string_too_long", format!("String should have at most {max} characters")),
        TextError::NotUnicode | TextError::Nul | TextError::Empty => {
            ("string_type", "Input should be a valid string without NUL".to_owned())
        }
    };
    OpenReplayError::Unprocessable(InputFault::new(kind, location, message, input))
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

/// The path segment after `users`, still encoded.
fn raw_user_id(path: &str) -> &str {
    let mut parts = path.trim_end_matches('/').rsplit('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("sessions"), Some(user), Some("users")) => user,
        (last, ..) => last.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
