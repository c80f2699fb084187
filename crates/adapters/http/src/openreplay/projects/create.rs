//! `POST /projects`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::read::project_form;
use super::view::ProjectView;
use crate::body::read_json;
use crate::openreplay::auth::Caller;
use crate::openreplay::dry_run::refuse_dry_run;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::response::data;
use crate::state::HttpState;

pub(in crate::openreplay) async fn create(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, OpenReplayError> {
    let body = read_json(&request, payload, &state).await?;
    refuse_dry_run(request.query_string())?;
    let project = state.projects.create(&actor, project_form(&body)?.validate()?).await?;
    Ok(data(ProjectView::new(&project)))
}
