//! The job that a path names, the part of a list that a query asks for, and the users that a body names.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use derslik_domain::id::{Id, JobId};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ErasureUsers, ErasureUsersError, ProjectKey, ReferenceId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::openreplay::error::{InputFault, OpenReplayError};
use crate::openreplay::path::{Whole, not_an_integer, pairs, whole_number};
use crate::openreplay::users::read::user_fault;
use crate::state::HttpState;

/// The jobs that a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ListQuery {
    pub(super) after: Option<JobId>,
    pub(super) limit: Option<u64>,
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

/// The users in a body: `{"userIds": ["…"]}`.
///
/// # Errors
/// If the body is not such an object, or the list is not one of users.
pub(super) fn users_to_erase(body: &[u8]) -> Result<ErasureUsers, OpenReplayError> {
    let fault = |kind, message: &str| OpenReplayError::Unprocessable(InputFault::new(kind, USER_IDS, message, ""));
    let not_an_object = || fault("json_invalid", "Input should be a valid JSON object");
    // A list would be read as the members of the object, in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(not_an_object());
    }
    let sent: SentUsers = serde_json::from_slice(body).map_err(|_| not_an_object())?;
    let Some(Value::Array(items)) = sent.user_ids else {
        return Err(fault("list_type", "Input should be a valid list"));
    };
    // A member that is not known may have been meant to spare the users.
    if let Some(name) = sent.others.keys().next() {
        let fault = InputFault::of_unknown("body", name, "Extra inputs are not permitted");
        return Err(OpenReplayError::Unprocessable(fault));
    }
    // The length is checked first, so that no work is done for a list that is refused.
    if items.len() > ErasureUsers::MAX {
        return Err(list_fault(ErasureUsersError::TooMany));
    }
    let references = items.into_iter().map(|item| match item {
        Value::String(text) => ReferenceId::new(text.as_str()).map_err(|error| user_fault(error, USER_IDS, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(fault("string_type", "Input should be a valid string"))
        }
    });
    ErasureUsers::new(references.collect::<Result<_, _>>()?).map_err(list_fault)
}

/// The body as it was sent. A member that it has twice is an error, since it is unclear which one was meant.
#[derive(Deserialize)]
struct SentUsers {
    #[serde(default, rename = "userIds")]
    user_ids: Option<Value>,
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "members have values, which this API ignores")]
    others: BTreeMap<String, IgnoredAny>,
}

/// Where the users stand in a body.
const USER_IDS: (&str, &str) = ("body", "userIds");

fn list_fault(error: ErasureUsersError) -> OpenReplayError {
    let (kind, message) = match error {
        ErasureUsersError::NoUser => ("too_short", "List should have at least 1 item".to_owned()),
        ErasureUsersError::TooMany => ("too_long", format!("List should have at most {} items", ErasureUsers::MAX)),
        ErasureUsersError::EmptyReference => ("string_too_short", "String should have at least 1 character".to_owned()),
    };
    OpenReplayError::Unprocessable(InputFault::new(kind, USER_IDS, message, ""))
}

fn limit_too_small(input: &str) -> OpenReplayError {
    let message = "Input should be greater than or equal to 1";
    OpenReplayError::Unprocessable(InputFault::new("greater_than_equal", ("query", "limit"), message, input))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kind of fault that the body has.
    fn fault_of(body: &str) -> &'static str {
        match users_to_erase(body.as_bytes()) {
            Err(OpenReplayError::Unprocessable(fault)) => fault.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_body_names_users_and_each_counts_once() {
        let users = users_to_erase(r#"{"userIds":["a/b","مهدي","a/b"]}"#.as_bytes()).unwrap();
        assert_eq!(users.iter().map(ReferenceId::as_str).collect::<Vec<_>>(), ["a/b", "مهدي"]);
        let most = format!(r#"{{"userIds":[{}]}}"#, (0..1_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(","));
        assert_eq!(users_to_erase(most.as_bytes()).unwrap().iter().len(), 1_000);
    }

    #[test]
    fn a_body_without_a_list_of_users_is_refused() {
        for (body, kind) in [
            ("", "json_invalid"),
            ("[\"a\"]", "json_invalid"),
            ("[[\"a\"]]", "json_invalid"),
            (r#"{"userIds":["a"],"userIds":["b"]}"#, "json_invalid"),
            (r#"{"userIds":["a"]"#, "json_invalid"),
            (r#"{"userIds":["\ud800"]}"#, "json_invalid"),
            ("{}", "list_type"),
            (r#"{"userids":["a"]}"#, "list_type"),
            (r#"{"userIds":null}"#, "list_type"),
            (r#"{"userIds":"a"}"#, "list_type"),
            (r#"{"userIds":{"0":"a"}}"#, "list_type"),
            (r#"{"userIds":[]}"#, "too_short"),
            (r#"{"userIds":["a",""]}"#, "string_too_short"),
            (r#"{"userIds":["a",1]}"#, "string_type"),
            (r#"{"userIds":["a",null]}"#, "string_type"),
            (r#"{"userIds":["a\u0000b"]}"#, "string_type"),
            (r#"{"userIds":["a"],"dry_run":true}"#, "extra_forbidden"),
            (r#"{"x":[{}],"userIds":["a"]}"#, "extra_forbidden"),
        ] {
            assert_eq!(fault_of(body), kind, "{body}");
        }
        assert_eq!(fault_of(&format!(r#"{{"userIds":["{}"]}}"#, "x".repeat(1_001))), "string_too_long");
        assert_eq!(fault_of(&format!(r#"{{"userIds":[{}]}}"#, vec!["\"a\""; 1_001].join(","))), "too_long");
    }

    #[test]
    fn a_member_that_is_not_known_is_named() {
        let Err(OpenReplayError::Unprocessable(fault)) = users_to_erase(br#"{"userIds":["a"],"dryRun":true}"#) else { panic!("taken") };
        assert_eq!(fault.location, ("body", "dryRun".into()));
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
