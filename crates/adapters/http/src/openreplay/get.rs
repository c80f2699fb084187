//! `GET /{projectKey}/jobs/{jobId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::auth::CallerWithoutBody;
use super::compat::JobsCompat;
use super::dto::{JobView, answer};
use super::error::OpenReplayError;
use super::path::{job_id, project_key};
use crate::state::HttpState;

pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let found = match job_id(&state, &actor, &project, &request).await {
        Ok(id) => state.jobs.get(&actor, &project, id).await.map_err(OpenReplayError::from),
        Err(error) => Err(error),
    };
    match found {
        Ok(job) => Ok(answer(JobView::from(&job))),
        Err(OpenReplayError::JobNotFound) if state.jobs_compat == JobsCompat::Release126 => Ok(answer(json!({}))),
        Err(error) => Err(error),
    }
}
