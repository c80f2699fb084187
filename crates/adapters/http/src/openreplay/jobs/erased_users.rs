//! `GET /{projectKey}/jobs/{jobId}/users`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::JobId;
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, UserPlace};
use derslik_domain::page::PageRequest;

use super::read::job_id;
use super::view::ErasedUserView;
use crate::list::{ListBody, Part, Parts};
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::{PART, stream};
use crate::state::HttpState;

/// The typical size of a user with the counts, in bytes.
const TYPICAL: usize = 160;

pub(in crate::openreplay) async fn erased_users(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let job = job_id(&state, &actor, &project, &request).await?;
    stream(&state, &request, Users { state: Data::clone(&state), actor, project, job, next: UserPlace::FIRST }).await
}

/// The users of an erasure, as far as they were read.
struct Users {
    state: Data<HttpState>,
    actor: Actor,
    project: ProjectKey,
    job: JobId,
    next: UserPlace,
}

impl Parts for Users {
    type Error = OpenReplayError;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, OpenReplayError> {
        let after = self.next.get().checked_sub(1).map(UserPlace::new);
        let page = PageRequest { size: PART, after };
        let users = self.state.jobs.erased_users(&self.actor, &self.project, self.job, page).await?;
        list.reserve(users.len(), TYPICAL);
        for user in &users {
            list.push(&ErasedUserView::from(user));
            self.next = self.next.next();
        }
        Ok(if u32::try_from(users.len()).is_ok_and(|count| count < PART) { Part::Last } else { Part::More })
    }
}
