//! The jobs of a project: a numbered page of them, one of them, and the end of one.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::auth::CallerWithoutBody;
use super::error::V2Error;
use super::path::{checked, job_id, numbered_page, project_key};
use crate::openreplay::dry_run::refuse_dry_run;
use crate::openreplay::jobs::view::JobView;
use crate::openreplay::response::data;
use crate::response::{LIST_BYTES, ResponseReservation, reserve};
use crate::state::HttpState;

/// `GET /{projectKey}/jobs`
pub(super) async fn list(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    let held = reserve(&state, &request, LIST_BYTES).await?;
    let jobs = state.jobs.list_newest(&actor, &project, numbered_page(request.query_string())).await?;
    let shown: Vec<_> = jobs.iter().map(JobView::from).collect();
    Ok(ResponseReservation::refusable(held).attach_to(data(shown)))
}

/// `GET /{projectKey}/jobs/{jobID}`
pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    let id = checked(&state, &actor, &project, job_id(&request)).await?;
    let job = state.jobs.get(&actor, &project, id).await?;
    Ok(data(JobView::from(&job)))
}

/// `DELETE /{projectKey}/jobs/{jobID}`
pub(super) async fn cancel(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    let id = checked(&state, &actor, &project, job_id(&request)).await?;
    let refused = refuse_dry_run(request.query_string()).map_err(V2Error::from);
    checked(&state, &actor, &project, refused).await?;
    let job = state.jobs.cancel(&actor, &project, id).await?;
    Ok(data(JobView::new(&job)))
}
