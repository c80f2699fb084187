//! `GET /projects/{projectKey}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::view::ProjectView;
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::data;
use crate::state::HttpState;

pub(in crate::openreplay) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = state.projects.get(&actor, &project_key(&request)?).await?;
    Ok(data(ProjectView::new(&project)))
}
