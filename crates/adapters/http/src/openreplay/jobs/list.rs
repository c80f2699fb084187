//! `GET /{projectKey}/jobs`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::JobId;
use derslik_domain::identity::Actor;
use derslik_domain::job::ProjectKey;
use derslik_domain::page::PageRequest;

use super::read::list_query;
use super::view::JobView;
use crate::list::{ListBody, Part, Parts};
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::stream;
use crate::state::HttpState;

/// The most jobs that are read at once. A page with long texts ends early.
const PART: u32 = PageRequest::<JobId>::MAX_SIZE;

/// The typical size of a job, in bytes.
const TYPICAL: usize = 320;

pub(in crate::openreplay) async fn list(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let query = list_query(&state, &actor, &project, &request).await?;
    let jobs = Jobs { state: Data::clone(&state), actor, project, after: query.after, left: query.limit.unwrap_or(u64::MAX) };
    stream(&state, &request, jobs).await
}

/// The jobs of a project, as far as they were read.
struct Jobs {
    state: Data<HttpState>,
    actor: Actor,
    project: ProjectKey,
    after: Option<JobId>,
    left: u64,
}

impl Parts for Jobs {
    type Error = OpenReplayError;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, OpenReplayError> {
        let size = u32::try_from(self.left).unwrap_or(u32::MAX).min(PART);
        let jobs = self.state.jobs.list(&self.actor, &self.project, PageRequest { after: self.after, size }).await?;
        list.reserve(jobs.entries.len(), TYPICAL);
        for job in &jobs.entries {
            list.push(&JobView::from(job));
        }
        self.left = self.left.saturating_sub(u64::try_from(jobs.entries.len()).unwrap_or(u64::MAX));
        self.after = jobs.entries.last().map_or(self.after, |job| Some(job.id));
        Ok(if jobs.more && self.left > 0 { Part::More } else { Part::Last })
    }
}
