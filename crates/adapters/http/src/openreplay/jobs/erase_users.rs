//! `POST /{projectKey}/users/erase`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::read::users_to_erase;
use super::view::JobView;
use crate::body::read_json;
use crate::openreplay::auth::Caller;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::data;
use crate::state::HttpState;

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
    let job = state.jobs.erase_users(&actor, &project, users).await?.into_job();
    Ok(data(JobView::new(&job)))
}
