//! The job that a path names, and the part of a list that a query asks for.

use actix_web::HttpRequest;
use derslik_domain::id::{Id, JobId};
use derslik_domain::identity::Actor;
use derslik_domain::job::ProjectKey;

use crate::openreplay::error::{InputFault, OpenReplayError};
use crate::openreplay::path::{Whole, not_an_integer, pairs, whole_number};
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

fn limit_too_small(input: &str) -> OpenReplayError {
    let message = "Input should be greater than or equal to 1".to_owned();
    OpenReplayError::Unprocessable(InputFault {
        kind: "greater_than_equal",
        location: ("query", "limit"),
        message,
        input: input.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
