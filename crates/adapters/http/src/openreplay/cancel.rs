//! `DELETE /{projectKey}/jobs/{jobId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_ports::inbound::JobError;

use super::auth::CallerWithoutBody;
use super::dto::{JobView, answer};
use super::error::OpenReplayError;
use super::path::{job_id, project_key};
use crate::state::HttpState;

pub(super) async fn cancel(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let id = job_id(&state, &actor, &project, &request).await?;
    let job = state.jobs.cancel(&actor, &project, id).await.map_err(|error| {
        if let JobError::NotCancellable(_) = error { OpenReplayError::NotCancellable(state.jobs_compat) } else { error.into() }
    })?;
    Ok(answer(JobView::new(&job)))
}
