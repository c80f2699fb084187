//! `GET /{projectKey}/jobs`: a list of any length, which is never held as a whole.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::JobId;
use derslik_domain::identity::Actor;
use derslik_domain::job::{Job, ProjectKey};
use derslik_ports::inbound::ListPart;
use futures_util::stream::try_unfold;

use super::auth::Caller;
use super::dto::JobView;
use super::error::OpenReplayError;
use super::path::{ListQuery, list_query, project_key};
use crate::state::HttpState;

/// The most jobs that are read at once.
const PART: u32 = 1_000;

pub(super) async fn list(state: Data<HttpState>, Caller(actor): Caller, request: HttpRequest) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let query = list_query(&state, &actor, &project, &request).await?;
    let mut list = List { state, actor, project, after: query.after, left: left(query), place: Place::First };
    // Whatever can go wrong mostly goes wrong here, where there still is a status to say so.
    let mut body = Vec::new();
    list.write_part(&mut body).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(ContentType::json());
    if list.place == Place::End {
        return Ok(response.body(body));
    }
    let first = Some(Bytes::from(body));
    Ok(response.streaming(try_unfold((list, first), |(mut list, first)| async move {
        if let Some(first) = first {
            return Ok::<_, OpenReplayError>(Some((first, (list, None))));
        }
        if list.place == Place::End {
            return Ok(None);
        }
        let mut body = Vec::new();
        list.write_part(&mut body).await?;
        Ok(Some((Bytes::from(body), (list, None))))
    })))
}

fn left(query: ListQuery) -> u64 {
    query.limit.unwrap_or(u64::MAX)
}

/// Where in a list the next part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Later,
    End,
}

/// A list that was written so far.
struct List {
    state: Data<HttpState>,
    actor: Actor,
    project: ProjectKey,
    after: Option<JobId>,
    left: u64,
    place: Place,
}

impl List {
    /// Reads a part and writes it, with the beginning of the list before the first one and the end after the last.
    async fn write_part(&mut self, body: &mut Vec<u8>) -> Result<(), OpenReplayError> {
        let part = u32::try_from(self.left).unwrap_or(u32::MAX).min(PART);
        // One more than is written tells whether there are more, without another look for them.
        let limit = part + u32::from(self.left > part.into());
        let mut jobs = self.state.jobs.list(&self.actor, &self.project, ListPart { after: self.after, limit }).await?;
        let found = jobs.len();
        jobs.truncate(usize::try_from(part).unwrap_or(usize::MAX));
        let written = jobs.len();
        if self.place == Place::First {
            body.extend_from_slice(br#"{"data":["#);
        }
        write_jobs(&jobs, self.place, body);
        self.left = self.left.saturating_sub(part.into());
        self.after = jobs.last().map_or(self.after, |job| Some(job.id));
        if found > written {
            self.place = Place::Later;
        } else {
            self.place = Place::End;
            body.extend_from_slice(b"]}");
        }
        Ok(())
    }
}

fn write_jobs(jobs: &[Job], place: Place, body: &mut Vec<u8>) {
    const TYPICAL_JOB: usize = 320;
    body.reserve(jobs.len().saturating_mul(TYPICAL_JOB));
    let mut comma = place == Place::Later;
    for job in jobs {
        if comma {
            body.push(b',');
        }
        comma = true;
        // Nothing about a job has no JSON, and a vector takes whatever is written to it.
        let _ = serde_json::to_writer(&mut *body, &JobView::new(job));
    }
}
