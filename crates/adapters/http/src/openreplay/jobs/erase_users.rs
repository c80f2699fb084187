//! `POST /{projectKey}/users/erase`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};

use super::read::users_to_erase;
use super::view::{JobView, PreviewView};
use crate::body::read_json;
use crate::list::{ListBody, Part, Parts};
use crate::openreplay::auth::Caller;
use crate::openreplay::dry_run::{Erasing, checked, read_erasing};
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::{data, stream};
use crate::state::HttpState;

/// The users whose data is counted for one part of the answer to a dry run.
const PREVIEWS: usize = 20;

/// The typical size of a user with the counts, in bytes.
const TYPICAL: usize = 160;

pub(in crate::openreplay) async fn erase_users(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let body = read_json(&request, payload, &state).await?;
    let users = match users_to_erase(&body) {
        Ok(users) => users,
        Err(fault) => {
            state.projects.get(&actor, &project).await?;
            return Err(fault);
        }
    };
    drop(body);
    match checked(&state, &actor, &project, read_erasing(request.query_string())).await? {
        Erasing::Preview => {
            let users: Vec<ReferenceId> = users.iter().cloned().collect();
            let previews = Previews { state: Data::clone(&state), actor, project, users: users.into_iter() };
            stream(&state, &request, previews).await
        }
        Erasing::Job => {
            let job = state.jobs.erase_users(&actor, &project, users).await?.into_job();
            Ok(data(JobView::new(&job)))
        }
    }
}

/// What an erasure of these users would remove, user by user.
struct Previews {
    state: Data<HttpState>,
    actor: Actor,
    project: ProjectKey,
    users: std::vec::IntoIter<ReferenceId>,
}

impl Parts for Previews {
    type Error = OpenReplayError;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, OpenReplayError> {
        list.reserve(PREVIEWS.min(self.users.len()), TYPICAL);
        for user in self.users.by_ref().take(PREVIEWS) {
            let counts = self.state.jobs.preview_erasure(&self.actor, &self.project, user.clone()).await?;
            list.push(&PreviewView::new(&user, counts));
        }
        Ok(if self.users.as_slice().is_empty() { Part::Last } else { Part::More })
    }
}
