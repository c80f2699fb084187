//! `DELETE /{projectKey}/jobs/{jobId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_ports::inbound::JobError;

use super::read::job_id;
use super::view::JobView;
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::dry_run::{checked, refuse_dry_run};
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::data;
use crate::state::HttpState;

pub(in crate::openreplay) async fn cancel(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let id = job_id(&state, &actor, &project, &request).await?;
    checked(&state, &actor, &project, refuse_dry_run(request.query_string())).await?;
    let job = state.jobs.cancel(&actor, &project, id).await.map_err(|error| {
        if let JobError::NotCancellable(_) = error { OpenReplayError::NotCancellable(state.jobs_compat) } else { error.into() }
    })?;
    Ok(data(JobView::new(&job)))
}
