//! `GET /{projectKey}/jobs/{jobId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::read::job_id;
use super::view::JobView;
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::compat::JobsCompat;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::data;
use crate::state::HttpState;

pub(in crate::openreplay) async fn get(
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
        Ok(job) => Ok(data(JobView::from(&job))),
        Err(OpenReplayError::JobNotFound) if state.jobs_compat == JobsCompat::Release126 => Ok(data(json!({}))),
        Err(error) => Err(error),
    }
}
