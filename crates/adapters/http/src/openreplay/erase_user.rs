//! `DELETE /{projectKey}/users/{userId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::auth::CallerWithoutBody;
use super::dto::{JobView, answer};
use super::error::OpenReplayError;
use super::path::{project_key, user_id};
use crate::state::HttpState;

pub(super) async fn erase_user(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let user = user_id(&state, &actor, &project, &request).await?;
    let job = state.jobs.erase_user(&actor, &project, user).await?;
    Ok(answer(JobView::new(&job)))
}
